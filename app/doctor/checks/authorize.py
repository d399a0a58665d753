"""Whether the log-in page opens for ChatGPT's client: the request up to the point where a person would type.

One request, without a log-in; what the log-in service says instead of its page names the cause (Auth0's own words).
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urljoin

from app.doctor.check import Finding, Room, problem, skipped
from app.doctor.checks.documents import passed_on
from app.doctor.checks.metadata import resource_of
from app.doctor.checks.registration import callback_of, registered
from app.doctor.connector import STABLE_REDIRECT
from app.doctor.context import BROWSER, Answer, Context
from app.doctor.reading import split, texts
from app.doctor.trouble import Unreachable

_MAX_STEPS = 5
_PATTERNS = {
    "client-unknown": r"unknown client|client not found|invalid_client",
    "redirect-refused": r"callback url mismatch|redirect_uri",
    "api-missing": r"service not found",
    "clients-not-granted": r"is not authorized to access resource server",
    "resource-parameter-off": r"userinfo audience is not allowed",
    "no-connection": r"no connections enabled",
}


_WENT_WRONG = r"\boops\b|something went wrong|misconfiguration"


@dataclass(frozen=True)
class LogInPage:
    """What came instead of a log-in page: the check that explains it, and the words. Both blank when it opened."""

    kind: str = ""
    said: str = ""


async def client_of(context: Context) -> str:
    """The client to ask with: the given one, or one registered for this."""
    return context.client_id or (await registered(context)).client_id


async def log_in_page(context: Context) -> LogInPage | None:
    """Ask for the log-in page as ChatGPT does; None without a client."""
    page: LogInPage | None = await context.once("log-in page", lambda: _ask(context))
    return page


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def request_url(endpoint: str, **parameters: str) -> str:
    """The address of an authorization request."""
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"


async def _ask(context: Context) -> LogInPage | None:
    client, callback = await client_of(context), await callback_of(context)
    if not client or (context.client_id and callback != STABLE_REDIRECT):
        return None
    resource = await resource_of(context)
    url = request_url(
        str((await passed_on(context)).get("authorization_endpoint", "")),
        response_type="code",
        client_id=client,
        redirect_uri=callback,
        scope=" ".join([*texts(resource.get("scopes_supported")), "openid", "offline_access"]),
        resource=str(resource.get("resource", "")),
        state=secrets.token_urlsafe(16),
        code_challenge=challenge_of(secrets.token_urlsafe(48)),
        code_challenge_method="S256",
    )
    try:
        return await _follow(context, url, callback)
    except Unreachable as trouble:
        return LogInPage("log-in-page-unanswered", str(trouble))


async def _follow(context: Context, url: str, callback: str) -> LogInPage:
    for _ in range(_MAX_STEPS):
        answer = await context.ask("GET", url, agent=BROWSER)
        if not 300 <= answer.status < 400:
            return _page_of(answer)
        url = _joined(url, answer.headers.get("location", ""))
        told = parse_qs(split(url).query)
        if url.startswith(callback) or "error" in told:
            return _explained(" ".join([*told.get("error", []), *told.get("error_description", [])]))
        if re.search(r"/(u/)?(login|consent|authorize/resume)", split(url).path):
            return LogInPage()
    return LogInPage("log-in-page-missing", "It leads from page to page without end.")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _explained(said: str) -> LogInPage:
    """What an error that came as a parameter of the protocol means."""
    kind = next((kind for kind, pattern in _PATTERNS.items() if re.search(pattern, said, re.I)), "log-in-page-missing")
    return LogInPage(kind, f"It says: {said[:200]}")


def _page_of(answer: Answer) -> LogInPage:
    """What a page means. Of its words only those that are known are told: the page may be anybody's.

    Auth0 shows its errors with the status 200, too; a page to log in on has something to fill in, or a program.
    """
    words = _words(answer.text)
    for kind, pattern in _PATTERNS.items():
        if found := re.search(pattern, words, re.I):
            return LogInPage(kind, f"It says: {found[0].lower()} ({answer.kind}).")
    usable = re.search(r"<(form|input|script)\b", answer.text, re.I) and not re.search(_WENT_WRONG, words, re.I)
    return (
        LogInPage() if answer.status < 300 and usable else LogInPage("log-in-page-missing", f"It sent {answer.kind}.")
    )


def _words(page: str) -> str:
    """The text of an error page, without its styles and signs."""
    text = re.sub(r"<(style|script|head)\b.*?</\1>", " ", page, flags=re.S | re.I)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


_NEEDS = ("passed-on-document-missing", "issuers-differ-here", "endpoints-missing", "resource-differs")
_REGISTERED = ("registration-unanswered", "application-limit-reached", "registration-off", "registration-refused")
_UNANSWERED = "log-in-page-unanswered"
_ROWS = (
    (
        _UNANSWERED,
        "The log-in page answers",
        "Wait and try again: nobody can log in meanwhile. Then look whether a firewall stands before the log-in "
        "service, and at its status page.",
    ),
    (
        "client-unknown",
        "The log-in service knows the client",
        "The application was deleted, or the client id has a typing error. Take it from the application's page in "
        "Auth0, and paste it anew into ChatGPT.",
    ),
    (
        "redirect-refused",
        "The log-in service accepts ChatGPT's redirect URI",
        f"In Auth0 open the application and add {STABLE_REDIRECT} to its Allowed Callback URLs.",
    ),
    (
        "api-missing",
        "The log-in service has an API for this address",
        "In Auth0 create an API whose Identifier is PUBLIC_BASE_URL followed by /mcp, letter by letter. An "
        "existing one cannot be changed.",
    ),
    (
        "clients-not-granted",
        "Registered clients may use the API",
        "In Auth0 give third-party clients a default permission for the API, or use the shared application: "
        "gatehouse auth0 apply does either.",
    ),
    (
        "resource-parameter-off",
        "The log-in service heeds what the token is for (resource)",
        "In Auth0 open Settings → Advanced and switch the Resource Parameter Compatibility Profile on.",
    ),
    (
        "no-connection",
        "People can log in through this client",
        "In Auth0 enable a connection for the application; for registered clients make it a domain-level one.",
    ),
    (
        "log-in-page-missing",
        "The log-in page opens",
        "Look into the log of the log-in service (Auth0: Monitoring → Logs), and open the page as ChatGPT does: "
        "add the connector.",
    ),
)
check = Room("registration", when=("log-in", "client"), see="how-to/auth0.md")


def _judge(id: str, title: str, action: str) -> None:
    async def run(context: Context) -> Finding | None:
        page = await log_in_page(context)
        if page is None:
            return skipped("each connector has a redirect URI of its own, which only ChatGPT's form shows")
        if page.kind == id:
            return problem("Instead of its log-in page, the log-in service has something else.", quoted=page.said)
        return skipped("the log-in page did not open for another reason") if page.kind else None

    check(id, title, action, needs=(*_NEEDS, *_REGISTERED, *([] if id == _UNANSWERED else [_UNANSWERED])))(run)


for _row in _ROWS:
    _judge(*_row)

CHECKS = tuple(check.made)
