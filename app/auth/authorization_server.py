"""The authorization server's metadata (RFC 8414 §2–3, OpenID Connect Discovery 1.0 §4) and its keys.

Both are fetched on demand and kept by :mod:`app.auth.remote_document`. Deliberately absent: any endpoint of an
authorization server. Registration, log-in and tokens stay where they are; this only passes the directory on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.auth.remote_document import FETCH_SECONDS, FetchFailed, Lifetimes, RemoteDocument, fetch_json
from app.auth.saved_document import SavedDocument
from app.auth.verification_key import JwkSet, VerificationKey, parse_jwk_set
from app.errors import InvalidAccessToken

HOUR = 3_600.0
LOOK_SECONDS = 60.0
"""How often it is looked whether a renewal is due."""

METADATA_LIFETIMES = Lifetimes(fresh=HOUR, usable=24 * HOUR, cooldown=1.5)
JWKS_LIFETIMES = Lifetimes(fresh=600.0, usable=24 * HOUR, cooldown=1.5)


class AuthorizationServer:
    """One external authorization server: its metadata as published here, and its keys."""

    def __init__(
        self,
        issuer: str,
        client: httpx.AsyncClient,
        clock: Callable[[], float],
        *,
        jwks_uri: str = "",
        keep_in: Path | None = None,
    ) -> None:
        self._issuer = issuer
        self._client = client
        self._jwks_uri = jwks_uri
        kept = {name: SavedDocument(keep_in, issuer, name) if keep_in else None for name in ("metadata", "keys")}
        self.metadata = RemoteDocument(
            "metadata", self._load_metadata, self._read_metadata, METADATA_LIFETIMES, clock, kept["metadata"]
        )
        self.jwks = RemoteDocument("keys", self._load_jwks, _read_jwks, JWKS_LIFETIMES, clock, kept["keys"])

    async def published_metadata(self) -> dict[str, Any]:
        """The metadata as clients get it here: everything untouched, but S256 the only PKCE method (RFC 7636 §4.2).

        Raises :class:`~app.errors.AuthorizationServerUnavailable` before the first successful fetch.
        """
        document = await self.metadata.require()
        methods = document.get("code_challenge_methods_supported")
        if not isinstance(methods, list):
            return document
        rest = {name: value for name, value in document.items() if name != "code_challenge_methods_supported"}
        return {**rest, "code_challenge_methods_supported": ["S256"]} if "S256" in methods else rest

    async def find_key(self, kid: str | None, alg: str, unverified_iat: Any) -> VerificationKey:
        """Return the key a token names, asking the authorization server when it is not known yet.

        Raises :class:`InvalidAccessToken` when the authorization server has no such key, and
        :class:`~app.errors.AuthorizationServerUnavailable` when that cannot be said at present. ``unverified_iat``
        decides only between these two: a token younger than the newest look at the keys may be signed by a newer one.
        """
        keys = await self.jwks.require()
        key = keys.find(kid, alg)
        if key is None and await self.jwks.renew():
            key = (await self.jwks.require()).find(kid, alg)
        elif key is None and (self.jwks.last_attempt_failed or self._may_be_newer(unverified_iat)):
            raise self.jwks.unavailable()
        if key is None:
            detail = f"The authorization server {self._issuer} has no key {kid!r:.200} for {alg}."
            raise InvalidAccessToken("unknown_key", detail)
        return key

    def holds(self, thumbprint: str) -> bool:
        """Whether the key with this thumbprint is still among the authorization server's keys; never waits."""
        keys = self.jwks.current()
        return keys is not None and not self.jwks.overdue and thumbprint in keys.thumbprints

    async def keep_fresh(self) -> None:
        """Renew both ahead of time, without end, so that requests after a quiet night find fresh keys."""
        while True:
            self.jwks.current()
            self.metadata.current()
            await asyncio.sleep(LOOK_SECONDS)

    async def close(self) -> None:
        """End fetches in flight and the connections they used."""
        await self.jwks.close()
        await self.metadata.close()
        await self._client.aclose()

    def _may_be_newer(self, unverified_iat: Any) -> bool:
        return isinstance(unverified_iat, int | float) and unverified_iat >= self.jwks.fetched_at - 1

    async def _load_metadata(self) -> dict[str, Any]:
        failures = []
        urls = metadata_urls(self._issuer)
        for url in urls:
            try:
                async with asyncio.timeout(
                    0.9 * FETCH_SECONDS / len(urls)
                ):  # one that hangs must leave time for the next
                    return await fetch_json(self._client, url)
            except FetchFailed as error:
                failures.append(str(error))
            except TimeoutError:
                failures.append(f"{url} did not answer in time")
        raise FetchFailed("; ".join(failures))

    def _read_metadata(self, document: dict[str, Any]) -> dict[str, Any]:
        if document.get("issuer") != self._issuer:
            received = repr(document.get("issuer"))[:200]
            raise FetchFailed(f"it names the issuer {received}, but {self._issuer!r} is configured")
        return document

    async def _load_jwks(self) -> dict[str, Any]:
        return await fetch_json(self._client, self._jwks_uri or await self._jwks_uri_of_metadata())

    async def _jwks_uri_of_metadata(self) -> str:
        document = self.metadata.current()
        if document is None:
            await self.metadata.renew()
            document = self.metadata.current()
        if document is None:
            raise FetchFailed(f"its metadata cannot be had: {self.metadata.failure}")
        uri = document.get("jwks_uri")
        if not isinstance(uri, str) or urlsplit(uri).scheme not in {"https", urlsplit(self._issuer).scheme}:
            raise FetchFailed("its metadata names no jwks_uri over https")
        return uri


def _read_jwks(document: dict[str, Any]) -> JwkSet:
    try:
        return parse_jwk_set(document)
    except ValueError as error:
        raise FetchFailed(str(error)) from None


def metadata_urls(issuer: str) -> list[str]:
    """Where an issuer's metadata may stand, in the order to try (RFC 8414 §3.1, §5; OpenID Connect Discovery §4.1)."""
    parts = urlsplit(issuer)
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    urls = [
        f"{origin}/.well-known/oauth-authorization-server{path}",
        f"{origin}/.well-known/openid-configuration{path}",
        f"{origin}{path}/.well-known/openid-configuration",
    ]
    return list(dict.fromkeys(urls))
