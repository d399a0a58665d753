"""Connect: ready settings for each program that people use, with a client id or without."""

from __future__ import annotations

from app.admin.house import Ask, Page, Work
from app.admin.looks import shown
from app.auth0.connecting import PROGRAMS
from app.people.door import Door


def show(ask: Ask) -> Page:
    """All programs; the client id is what the owner typed, or chose of those that were here."""
    client_id, settings = shown(ask.query.get("client_id", "").strip(), 1_024), ask.house.settings
    known = [one for one in Door(ask.engine).clients() if one.client_id and not one.blocked]
    return Page(
        "connect.html",
        {
            "url": settings.resource,
            "client_id": client_id,
            "told": [(one, one.told(settings.resource, client_id, ask.t)) for one in PROGRAMS],
            "known": [one for one in known if one.client_id != settings.admin_client_id][:20],
        },
    )


TAB = None
PAGES: dict[str, Work] = {"/admin/clients/connect": show}
CHANGES: dict[str, Work] = {}
