"""Logging in at the authorization server: authorization code with PKCE (RFC 6749 §4.1, RFC 7636, RFC 9207, RFC 8707).

What comes back is an access token for this very server, looked at by the same rules as any other, and an ID token that
ties it to this log-in (OpenID Connect Core 1.0 §3.1.3.7). Neither is kept. Deliberately absent: a password, a
registration, refreshing.

Each attempt has a cookie of its own with a random word; ``state``, ``nonce`` and ``code_verifier`` are digests of it, so
nothing is kept here, several tabs do not disturb each other, and a foreign or replayed answer fits no cookie.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from app.admin.house import House, NoPage
from app.auth.access_token import TokenPolicy
from app.auth.id_token import verify_id_token
from app.auth.principal import Principal
from app.errors import AuthenticationError, AuthorizationServerUnavailable, InvalidAccessToken
from app.tools.bounded import Bounded

ATTEMPT_SECONDS = 600
ATTEMPT = "gatehouse_login_"
WAIT_SECONDS = 8.0
"""How long the authorization server may take to answer, all in all."""
MAX_ANSWER_BYTES = 2**20

log = logging.getLogger("gatehouse.admin")


@dataclass(frozen=True)
class Attempt:
    """One attempt to log in. ``secret`` is in its cookie only; ``path`` is where to go afterwards."""

    secret: str
    path: str
    plain: bool = False
    """Whether no scope of ours is asked for: some services know only those that were set up there."""

    @classmethod
    def begin(cls, path: str, *, plain: bool = False) -> Attempt:
        """A new one."""
        return cls(secrets.token_urlsafe(32), own_path(path), plain)

    @classmethod
    def of(cls, cookies: Mapping[str, str], state: str) -> Attempt | None:
        """The attempt of this browser that an answer with this ``state`` belongs to."""
        secret, _, rest = cookies.get(ATTEMPT + state[:16], "").partition(".")
        attempt = cls(secret, own_path(unquote(rest[1:])), rest[:1] == "p")
        return attempt if secret and secrets.compare_digest(attempt.state.encode(), state.encode()) else None

    @property
    def cookie(self) -> tuple[str, str]:
        """Name and value."""
        return ATTEMPT + self.state[:16], f"{self.secret}.{'p' if self.plain else 's'}{quote(self.path, safe='')}"

    @property
    def state(self) -> str:
        """What the answer must bring back."""
        return _digest(f"state {self.secret} {self.path}")

    @property
    def verifier(self) -> str:
        """What only whoever began can show."""
        return _digest(f"verifier {self.secret}")

    @property
    def nonce(self) -> str:
        """What the ID token must bring back."""
        return _digest(f"nonce {self.secret}")


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def own_path(text: str) -> str:
    """A path of the page, or its beginning for anything else: nobody is sent elsewhere after logging in."""
    parts = urlsplit(text)
    plain = not parts.scheme and not parts.netloc and "\\" not in text and text.isprintable() and len(text) < 2_000
    inside = parts.path == "/admin" or parts.path.startswith("/admin/")
    return text if plain and inside and ".." not in parts.path else "/admin"


class LogIn:
    """The way to the authorization server and back."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._settings = house.settings
        self._redirect_uri = f"{house.settings.public_base_url}/admin/callback"
        self._id_tokens = TokenPolicy(
            house.settings.issuer,
            (house.settings.admin_client_id,),
            frozenset(house.settings.oauth_algorithms),
            house.settings.oauth_leeway_seconds,
            (),
        )

    async def address(self, attempt: Attempt) -> str:
        """Where the browser has to go. Raises :class:`NoPage`."""
        metadata = await self._metadata()
        resource = self._settings.audiences[0]
        scope = "openid profile email" if attempt.plain else "openid profile email admin"
        async with self._client(scope) as client:
            address, _ = client.create_authorization_url(
                _endpoint(metadata, "authorization_endpoint"),
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
                audience=resource,
                resource=resource,
            )
        return str(address)

    async def finish(self, attempt: Attempt, query: Mapping[str, str]) -> Principal:
        """Turn the answer into who logged in. Raises :class:`NoPage`."""
        metadata = await self._metadata()
        iss = query.get("iss")
        if iss != metadata["issuer"] and (
            iss is not None or metadata.get("authorization_response_iss_parameter_supported") is True
        ):
            what = ("it came from another log-in service", "다른 로그인 서비스에서 온 응답입니다")
            raise _failed(*what, "foreign_log_in")
        try:
            async with asyncio.timeout(WAIT_SECONDS), self._client("") as client:
                token = await client.fetch_token(
                    _endpoint(metadata, "token_endpoint"),
                    code=query.get("code", ""),
                    code_verifier=attempt.verifier,
                    grant_type="authorization_code",
                    resource=self._settings.audiences[0],
                )
            compact = token["access_token"]
            headers = [(b"authorization", f"Bearer {compact}".encode())]
            owner = await self._house.authenticate({"type": "http", "headers": headers, "client": None})
            return await self._same_person(owner, str(token["id_token"]), attempt.nonce)
        except AuthenticationError as error:
            log.warning("the log-in at the owner's page brought no usable token: %s", error)
            raise _failed(
                "its token is not for this server: check ADMIN_CLIENT_ID, and run gatehouse doctor",
                "토큰이 이 서버용이 아닙니다. ADMIN_CLIENT_ID를 확인하고 gatehouse doctor를 실행하세요",
                error.reason if isinstance(error, InvalidAccessToken) else "log_in_failed",
            ) from None
        except (httpx2.HTTPError, AuthorizationServerUnavailable, TimeoutError):
            raise _unreachable() from None
        except (AuthlibBaseError, KeyError, ValueError, TypeError) as error:
            log.warning(
                "the log-in service did not exchange the code: %s", getattr(error, "error", type(error).__name__)
            )
            raise _failed(
                "the log-in service did not accept the code, which counts once and for a short time",
                "로그인 서비스가 코드를 받아들이지 않았습니다. 코드는 짧은 시간 동안 한 번만 쓸 수 있습니다",
            ) from None

    async def _same_person(self, owner: Principal, id_token: str, nonce: str) -> Principal:
        """The principal of the access token with the name that the ID token has, when both are of this log-in."""
        assert self._house.server is not None  # noqa: S101
        person = await verify_id_token(id_token, nonce, self._id_tokens, self._house.server, self._house.clock)
        if (person.iss, person.sub) != (owner.iss, owner.sub):
            raise InvalidAccessToken("foreign_log_in", "The two tokens are of different people.")
        return replace(owner, name=owner.name or person.name, email=owner.email or person.email)

    async def _metadata(self) -> dict[str, Any]:
        assert self._house.server is not None  # noqa: S101  (the room answers before without a log-in service)
        try:
            return await self._house.server.metadata.require()
        except AuthorizationServerUnavailable:
            raise _unreachable() from None

    def _client(self, scope: str) -> AsyncOAuth2Client:
        secret = self._settings.admin_client_secret.get_secret_value()
        return AsyncOAuth2Client(
            self._settings.admin_client_id,
            secret or None,
            token_endpoint_auth_method="client_secret_post" if secret else "none",
            scope=scope or None,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=WAIT_SECONDS,
            headers={"accept-encoding": "identity"},
            transport=Bounded(MAX_ANSWER_BYTES, httpx2.TransportError),
            follow_redirects=False,
            trust_env=False,
        )


def _endpoint(metadata: Mapping[str, Any], name: str) -> str:
    """An endpoint of the metadata. Raises :class:`NoPage` when it is not there, or not over https."""
    value, issuer = metadata.get(name), str(metadata["issuer"])
    if isinstance(value, str) and urlsplit(value).scheme in {"https", urlsplit(issuer).scheme}:
        return value
    raise _failed(f"the log-in service names no {name}", f"로그인 서비스에 {name}가 없습니다")


def _failed(en: str, ko: str, reason: str = "log_in_failed") -> NoPage:
    return NoPage(400, f"The log-in did not work: {en}.", f"로그인하지 못했습니다: {ko}.", "/admin/log-in", reason)


def _unreachable() -> NoPage:
    return NoPage(
        424,
        "The log-in service does not answer at the moment. Nothing was changed; try again in a minute.",
        "로그인 서비스가 지금 응답하지 않습니다. 바뀐 것은 없습니다. 잠시 뒤 다시 시도하세요.",
        "/admin/log-in",
        "authorization_server_unavailable",
    )
