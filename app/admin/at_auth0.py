"""The way from a page to the Management API of Auth0, with the credentials of the settings."""

from __future__ import annotations

from contextlib import AbstractContextManager

from app.admin.house import Ask, NoPage
from app.auth0.access import management
from app.auth0.management import Management


def tenant(ask: Ask, needed: tuple[str, ...], back: str) -> AbstractContextManager[Management]:
    """A way in. Raises :class:`NoPage` without credentials, and :class:`~app.errors.Auth0Failed`."""
    if not ask.house.settings.manages_auth0:
        raise NoPage(
            404,
            "For this the server needs a way in at Auth0: set AUTH0_MANAGEMENT_CLIENT_ID and "
            "AUTH0_MANAGEMENT_CLIENT_SECRET in .env and restart it (docs/how-to/auth0.md).",
            "Auth0에 들어갈 자격 증명이 필요합니다. .env에 AUTH0_MANAGEMENT_CLIENT_ID와 AUTH0_MANAGEMENT_CLIENT_SECRET을 "
            "적고 서버를 다시 시작하세요 (docs/how-to/auth0.md).",
            back,
        )
    return management(ask.house.settings, needed)
