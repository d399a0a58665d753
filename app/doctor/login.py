"""A log-in in the owner's own browser, through a loopback redirect (RFC 8252 §7.3), PKCE (RFC 7636) and RFC 9207.

It ends with an access token in memory. Nothing is kept or printed, and no refresh token is asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from app.doctor.checks.authorization_server import issuer_of, server_of
from app.doctor.checks.authorize import challenge_of, client_of, request_url
from app.doctor.checks.metadata import resource_of
from app.doctor.context import Context
from app.doctor.reading import is_openable, same_origin, texts
from app.doctor.trouble import Unreachable

CALLBACKS = ("http://localhost:3334/oauth/callback", "http://localhost:6274/oauth/callback")
"""Those that the shared application allows already, for other programs on this machine. Auth0 compares ports, too."""

LOG_IN_SECONDS = 300.0
_HEAD_BYTES = 16 * 1024
_PAGE = b"<!doctype html><title>Gatehouse</title><p>You can close this page and go back to the terminal."


class LogInFailed(Exception):
    """There is no token. The text says what the log-in service or the browser brought instead."""


@dataclass
class Loopback:
    """Where the browser comes back to; ``told`` gets what it brings."""

    uri: str
    told: asyncio.Queue[dict[str, str]] = field(default_factory=asyncio.Queue)


@asynccontextmanager
async def loopback(callbacks: Sequence[str] = CALLBACKS) -> AsyncIterator[Loopback]:
    """Listen for the browser, on this machine only, at the first callback whose port is free.

    Raises :class:`OSError` when none is.
    """
    back = Loopback("")

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
            parts = urlsplit(target)
            is_it = method == "GET" and parts.path == urlsplit(back.uri).path
            status = b"200 OK" if is_it else b"404 Not Found"
            body = _PAGE if is_it else b""
            lines = [b"HTTP/1.1 " + status, b"Content-Type: text/html; charset=utf-8", b"Connection: close"]
            writer.write(b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body]))
            await writer.drain()
            if is_it:
                back.told.put_nowait({name: values[0] for name, values in parse_qs(parts.query).items()})
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # not a browser that comes back: nobody to tell
        finally:
            writer.close()

    back.uri, servers = await _listen(meet, callbacks)
    try:
        yield back
    finally:
        for server in servers:
            server.close()
            await server.wait_closed()


async def _listen(meet: Callable[..., Any], callbacks: Sequence[str]) -> tuple[str, list[asyncio.Server]]:
    """Both of the machine's own addresses, since a browser may take localhost for either."""
    for uri in callbacks:
        port = urlsplit(uri).port or 80
        try:
            servers = [await asyncio.start_server(meet, "127.0.0.1", port, limit=_HEAD_BYTES)]
        except OSError:
            continue
        with contextlib.suppress(OSError):  # a machine without IPv6
            servers.append(await asyncio.start_server(meet, "::1", port, limit=_HEAD_BYTES))
        return uri, servers
    raise OSError("none of the ports is free")


async def log_in(
    context: Context,
    back: Loopback,
    show: Callable[[str], None],
    *,
    client_secret: str = "",
    secret_for: str = "",
) -> str:
    """Let a person log in, and return the access token. ``show`` gets the address to open.

    ``secret_for`` is the log-in service that alone may get the secret; from outside it must be given, since there the
    examined server names the service. Raises :class:`LogInFailed` and :class:`~app.doctor.trouble.Unreachable`.
    """
    # Asked directly, not as the server passes it on: code, verifier and secret go to the log-in service alone.
    server, resource, client = await server_of(context), await resource_of(context), await client_of(context)
    issuer = await issuer_of(context)
    if client_secret and not context.inside and issuer != secret_for:
        raise LogInFailed(f"The secret was kept back: the server names {issuer!r:.200}, --issuer {secret_for!r:.200}.")
    page = str(server.get("authorization_endpoint", ""))
    if not is_openable(page):
        raise LogInFailed(f"{page[:100]!r} is no log-in page: a browser is sent to https only.")
    for place in (page, str(server.get("token_endpoint", ""))):
        if not same_origin(place, issuer):
            why = "a browser, a code and a secret go to the log-in service itself only. Use --token-file instead."
            raise LogInFailed(f"{place[:100]!r} is not at {issuer[:100]}: {why}")
        await context.way_to(place)
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    wanted = " ".join(texts(resource.get("scopes_supported")))
    show(
        request_url(
            page,
            response_type="code",
            client_id=client,
            redirect_uri=back.uri,
            scope=wanted,
            resource=str(resource.get("resource", "")),
            state=state,
            code_challenge=challenge_of(verifier),
            code_challenge_method="S256",
        )
    )
    code = await _code(back, state, server)
    form = {
        "grant_type": "authorization_code",
        "client_id": client,
        "code": code,
        "redirect_uri": back.uri,
        "code_verifier": verifier,
        "resource": str(resource.get("resource", "")),
        **({"client_secret": client_secret} if client_secret else {}),
    }
    return await _exchange(context, str(server.get("token_endpoint", "")), form)


async def _code(back: Loopback, state: str, server: dict[str, object]) -> str:
    """Wait for the browser; believe only what carries our own ``state``, and the right ``iss`` (RFC 9207 §2.4)."""
    try:
        async with asyncio.timeout(LOG_IN_SECONDS):
            told = await back.told.get()
            while not hmac.compare_digest(told.get("state", "").encode(), state.encode()):
                told = await back.told.get()
    except TimeoutError:
        what = f"The browser did not come back to {back.uri} within {LOG_IN_SECONDS:.0f} seconds."
        raise LogInFailed(f"{what} If the page spoke of a callback URL, allow this one for the application.") from None
    issuer, promised = told.get("iss"), server.get("authorization_response_iss_parameter_supported") is True
    if (issuer is not None or promised) and issuer != server.get("issuer"):
        raise LogInFailed(f"The answer is from {issuer!r:.200}, not from {server.get('issuer')!r:.200} (iss).")
    if "error" in told:
        raise LogInFailed(f"The log-in service says: {told['error'][:80]} {told.get('error_description', '')[:300]}")
    return told.get("code", "")


async def _exchange(context: Context, endpoint: str, form: dict[str, str]) -> str:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    try:
        answer = await context.ask("POST", endpoint, body=urlencode(form).encode(), headers=headers)
    except Unreachable as trouble:
        raise LogInFailed(str(trouble)) from None
    body = answer.json or {}
    token = body.get("access_token")
    if answer.status == 200 and isinstance(token, str) and token:
        return token
    said = f"{str(body.get('error', answer.kind))[:80]} {str(body.get('error_description', ''))[:300]}".rstrip()
    raise LogInFailed(f"The log-in service gives no token: {said}")
