"""The owner's page as a browser without a screen sees it: cookies, redirects, the log-in at the stand-in tenant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.support.login import log_in
from tests.support.world import EMAIL, PASSWORD, World, open_world

CLIENT = "owners-page"
MANAGEMENT_SECRET = "made-up-management-secret"
OWNER = {"sec-fetch-site": "same-origin"}


@contextmanager
def managed_world(**settings: Any) -> Iterator[World]:
    """The same, whose server can get in at Auth0. Time passes there only for who sleeps."""
    given = {"auth0_management_client_id": "commands", "auth0_management_client_secret": MANAGEMENT_SECRET}
    with owned_world(**given, **settings) as world:

        def sleep(seconds: float) -> None:
            world.clock.now += seconds

        with mock.patch("app.auth0.access.clock", world.clock), mock.patch("app.auth0.access.sleep", sleep):
            yield world


@contextmanager
def owned_world(**settings: Any) -> Iterator[World]:
    """A world whose person is its owner."""
    with open_world(**{"admin_client_id": CLIENT, **settings}) as world:
        world.person.permissions = {"read", "write", "admin"}
        try:
            yield world
        finally:
            for browser in _opened.pop(world.url, []):
                browser.close()


_opened: dict[str, list[httpx.Client]] = {}


class Visitor:
    """Somebody with a browser."""

    def __init__(self, world: World, **headers: str) -> None:
        self.world = world
        self.http = httpx.Client(base_url=world.url, timeout=30, headers=headers)
        _opened.setdefault(world.url, []).append(self.http)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.http.get(path, **more)

    def post(self, path: str, *, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        """Send a form, as a page of this very site does unless other ``headers`` are given."""
        return self.http.post(path, data=fields, headers=OWNER if headers is None else headers)

    def callback(self, path: str = "/admin", email: str = EMAIL, password: str = PASSWORD) -> dict[str, str]:
        """Begin to log in, be the person at the tenant, and return what the tenant sends back."""
        begun = self.get("/admin/log-in", params={"next": path})
        assert begun.status_code == 303, begun.text
        return dict(log_in(begun.headers["location"], email, password))

    def log_in(self, path: str = "/admin", email: str = EMAIL, password: str = PASSWORD) -> httpx.Response:
        return self.get("/admin/callback", params=self.callback(path, email, password))


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))
