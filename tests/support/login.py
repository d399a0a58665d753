"""A person at a browser, played over HTTP: opens the log-in page, fills the form in, consents, and is sent back."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx


class _Form(HTMLParser):
    """The first form of a page: where it goes and what it already holds."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = values.get("action") or ""
        elif tag == "input" and values.get("name"):
            self.fields[str(values["name"])] = values.get("value") or ""


def log_in(authorization_url: str, email: str, password: str) -> dict[str, str]:
    """Walk through the pages until the browser is sent back to the client; return what the client is told.

    Raises :class:`AssertionError` with the page's text when the log-in ends anywhere else.
    """
    redirect_uri = parse_qs(urlsplit(authorization_url).query)["redirect_uri"][0]
    with httpx.Client() as browser:
        response = browser.get(authorization_url)
        for _ in range(12):
            if response.is_redirect:
                target = urljoin(str(response.url), response.headers["location"])
                if target.startswith(redirect_uri):
                    return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
                response = browser.get(target)
                continue
            form = _Form(response.text)
            assert form.action is not None, f"no form and no way back: {response.status_code} {response.text[:500]}"
            if "password" in form.fields:
                form.fields |= {"email": email, "password": password}
            else:
                form.fields["decision"] = "accept"
            response = browser.post(urljoin(str(response.url), form.action or str(response.url)), data=form.fields)
    raise AssertionError("the log-in went round in circles")
