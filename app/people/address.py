"""An e-mail address where a subject is meant: people are known by their subject, since addresses change hands."""

from __future__ import annotations

import re

from app.people.roster import Roster
from app.settings import Settings

EMAIL = re.compile(r"[^\s|@]+@[^\s|@]+\.[^\s|@]+")


def is_address(roster: Roster, iss: str, sub: str) -> bool:
    """Whether it is an address, and nobody's subject."""
    return bool(EMAIL.fullmatch(sub)) and roster.find(iss, sub) is None


def is_no_subject_of_auth0(iss: str, settings: Settings, sub: str) -> bool:
    """Whether it is a mistyped address at Auth0, whose people's subjects have a ``|`` and its machines' end so."""
    at_auth0 = iss == settings.issuer and bool(settings.auth0_domain or settings.manages_auth0)
    return at_auth0 and "@" in sub and "|" not in sub and not sub.endswith("@clients")
