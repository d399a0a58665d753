"""The stand-in tenant's pages: log-in, consent and errors. Plain HTML without scripts; every value is escaped.

The content security policy sets no ``form-action``: browsers apply it to the redirect that follows a form, which would
stop the person on the way back to the client. Deliberately not here: any decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from starlette.responses import Response

_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 26rem; margin: 3rem auto; padding: 0 1rem; }
label, input { display: block; width: 100%; box-sizing: border-box; font: inherit; }
input { padding: .5rem; margin: .25rem 0 1rem; }
button { padding: .5rem 1.25rem; margin-right: .5rem; font: inherit; }
code { overflow-wrap: anywhere; }
.note { border: 1px solid; border-radius: .25rem; padding: .5rem .75rem; }
"""

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

_NOTE = "This is a stand-in for Auth0, running for a demo on this machine only. Do not type a real password here."


def _page(title: str, body: str, status: int) -> Response:
    html = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · stand-in tenant</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
<p class="note">{_NOTE}</p>
</body>
</html>
"""
    return Response(html.encode("utf-8", "replace"), status, _HEADERS, media_type="text/html")


def login_page(transaction_id: str, client_name: str, *, email: str = "", problem: str = "") -> Response:
    alert = f'<p role="alert" id="problem"><strong>{escape(problem)}</strong></p>' if problem else ""
    described = ' aria-describedby="problem" aria-invalid="true"' if problem else ""
    body = f"""<p>to continue to <strong>{escape(client_name)}</strong></p>
{alert}
<form method="post" action="/u/login">
<input type="hidden" name="state" value="{escape(transaction_id)}">
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="username" required value="{escape(email)}"{described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required{described}>
<button type="submit">Log in</button>
</form>"""
    return _page("Log in", body, 400 if problem else 200)


def consent_page(
    transaction_id: str, client_name: str, *, email: str, api_name: str, scopes: Iterable[str]
) -> Response:
    items = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in scopes)
    asked = f"<ul>{items}</ul>" if items else "<p>It gets no permissions beyond knowing who you are.</p>"
    body = f"""<p><strong>{escape(client_name)}</strong> asks for access to <strong>{escape(api_name)}</strong>
as {escape(email)}:</p>
{asked}
<form method="post" action="/u/consent">
<input type="hidden" name="state" value="{escape(transaction_id)}">
<button type="submit" name="decision" value="accept">Accept</button>
<button type="submit" name="decision" value="deny">Deny</button>
</form>"""
    return _page("Authorize the application", body, 200)


def password_page(ticket: str, email: str, *, problem: str = "") -> Response:
    alert = f'<p role="alert"><strong>{escape(problem)}</strong></p>' if problem else ""
    body = f"""<p>for <strong>{escape(email)}</strong></p>
{alert}
<form method="post" action="/u/reset-verify">
<input type="hidden" name="ticket" value="{escape(ticket)}">
<label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required>
<button type="submit">Set password</button>
</form>"""
    return _page("Set a password", body, 400 if problem else 200)


def done_page(title: str, text: str) -> Response:
    return _page(title, f"<p>{escape(text)}</p>", 200)


def error_page(error: str, error_description: str, status: int) -> Response:
    body = f"""<p role="alert"><code>{escape(error)}</code>: {escape(error_description)}</p>
<p>Go back to the application and start again.</p>"""
    return _page("Something is wrong", body, status)
