"""Whether the certificate under the public name is one that clients believe (RFC 9110 §4.3.4).

From inside, a certificate that is not believed may be the router's: that is only a warning, and the checks that follow
ask the server directly.
"""

from __future__ import annotations

import ssl

from app.doctor.check import Finding, Room, passed, problem, skipped
from app.doctor.checks.network import hairpin
from app.doctor.context import Context
from app.doctor.trouble import Unreachable

check = Room("tls", see="how-to/home-server.md#when-it-does-not-work")

SOON_DAYS = 14
_EXPIRED, _NOT_YET, _OTHER_NAME = 10, 9, 62  # X509_V_ERR_* of OpenSSL
_NONE = "there is no TLS to look at for this address"


async def _trouble(context: Context) -> Unreachable | None:
    """What is wrong with the certificate, if anything is."""
    if context.parts.scheme != "https" or context.inner_road:
        return None

    async def look() -> Unreachable | dict[str, object]:
        try:
            return dict(await context.network.certificate(context.host, context.port))
        except Unreachable as trouble:
            return trouble

    found = await context.once("certificate", look)
    return found if isinstance(found, Unreachable) else None


async def _wrong(context: Context, mine: bool, trouble: Unreachable | None) -> Finding | None:
    if context.parts.scheme != "https" or context.inner_road:
        return skipped(_NONE)
    return problem(str(trouble)) if mine else None


def _from_inside(context: Context, said: str) -> Finding:
    if not context.inside:
        return problem(said)
    context.inner_road = True
    return problem(f"From here, {said}", f"If this is not your router answering: {hairpin(context)}", mild=True)


@check(
    "tls-broken",
    "A TLS connection comes about",
    "Look whether Caddy runs and has a certificate for this name (docker compose logs caddy), and whether the port "
    "leads to Caddy and not to something that speaks plain http.",
    needs=("public-unreachable",),
)
async def tls_broken(context: Context) -> Finding | None:
    trouble = await _trouble(context)
    return await _wrong(context, trouble is not None and not trouble.code, trouble)


@check(
    "tls-expired",
    "The certificate is valid today",
    "Look why it was not renewed (docker compose logs caddy); the authority must reach port 80 or 443. Compare this "
    "machine's clock with the true time, too.",
    needs=("tls-broken",),
)
async def tls_expired(context: Context) -> Finding | None:
    trouble = await _trouble(context)
    return await _wrong(context, trouble is not None and trouble.code in {_EXPIRED, _NOT_YET}, trouble)


@check(
    "tls-wrong-name",
    "The certificate is for the public name",
    "Let PUBLIC_BASE_URL be the name that the certificate is for, or get a certificate for this name.",
    needs=("tls-expired",),
)
async def tls_wrong_name(context: Context) -> Finding | None:
    trouble = await _trouble(context)
    if trouble is not None and trouble.code == _OTHER_NAME:
        return _from_inside(context, str(trouble))
    return await _wrong(context, False, None)


@check(
    "tls-untrusted",
    "The certificate is from an authority that clients believe",
    "Use a certificate of a public authority, with its intermediate certificates: Caddy does both by itself for a name "
    "that leads to it. One of your own is good only on machines "
    "that trust its root (here: --ca-file).",
    needs=("tls-wrong-name",),
    see="how-to/home-server.md#on-one-machine",
)
async def tls_untrusted(context: Context) -> Finding | None:
    trouble = await _trouble(context)
    if trouble is not None and trouble.code:
        return _from_inside(context, str(trouble))
    return await _wrong(context, False, None)


@check(
    "tls-ends-soon",
    f"The certificate holds for another {SOON_DAYS} days",
    "Look why it is not renewed (docker compose logs caddy); the authority must reach port 80 or 443.",
    severity="warn",
    needs=("tls-untrusted",),
)
async def tls_ends_soon(context: Context) -> Finding | None:
    if context.parts.scheme != "https" or context.inner_road:
        return skipped(_NONE)
    certificate = await context.network.certificate(context.host, context.port)
    days = (ssl.cert_time_to_seconds(str(certificate["notAfter"])) - context.clock()) / 86_400
    return passed(f"it holds for {days:.0f} days") if days > SOON_DAYS else problem(f"It ends in {days:.0f} days.")


CHECKS = tuple(check.made)
