"""Settings: what counts at present, and where each came from when the server started. Nothing is changed here.

Secrets are never shown, and neither is what an address may carry besides itself: a password, or a query.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import SecretStr

from app.admin.house import Ask, Page, Work
from app.settings import Settings

_ADDRESS = re.compile(r"(\w+://)(\S*[@?#]\S*)")
_PLAIN = re.compile(r"[^/?#@]*(@[^?#@]*)|([^?#@]*\?)[^@]*")
"""Log-in data alone, or a query alone. In everything else one cannot tell where the secret ends."""


def show(ask: Ask) -> Page:
    """All settings: first those that somebody set, then those that are as they come."""
    settings = ask.house.settings
    rows = [_row(settings, name) for name in type(settings).model_fields]
    return Page(
        "settings.html",
        {"given": [one for one in rows if one["origin"]], "usual": [one for one in rows if not one["origin"]]},
    )


def _row(settings: Settings, name: str) -> dict[str, Any]:
    value = getattr(settings, name)
    derived = {
        "oauth_issuer": settings.issuer,
        "auth0_audience": settings.audiences,
        "allowed_origins": settings.origins,
    }
    is_secret = isinstance(value, SecretStr)
    is_set = bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
    effective = derived.get(name, value) if not is_set and settings.auth_mode == "oauth" else value
    return {
        "name": name.upper(),
        "is_secret": is_secret,
        "is_set": is_set,
        "value": "" if is_secret else told(effective),
        "origin": settings.came_from.get(name, ""),
    }


def told(value: object) -> str:
    """A value as the owner may read it."""
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return _ADDRESS.sub(_without_secrets, text)


def _without_secrets(address: re.Match[str]) -> str:
    plain = _PLAIN.fullmatch(address[2])
    before, after = (plain[2] or "", plain[1] or "") if plain else ("", "")
    return f"{address[1]}{before}…{after}"


TAB = ("/admin/settings", "Settings", "설정")
PAGES: dict[str, Work] = {"/admin/settings": show}
CHANGES: dict[str, Work] = {}
