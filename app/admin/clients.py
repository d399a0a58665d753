"""Clients: the programs through which people come, as their tokens name them; who may go on to use them."""

from __future__ import annotations

from app.admin.house import Ask, Back, NoPage, Page, Work
from app.people.door import Door

SHOWN = 200
MAX_CLIENT_ID = 1_024


def show(ask: Ask) -> Page:
    """Every program that was here, the last one first."""
    wanted = ask.query.get("find", "").strip().lower()
    known = Door(ask.engine).clients()
    found = [one for one in known if wanted in one.client_id.lower() or wanted in one.name.lower()]
    return Page(
        "clients.html",
        {
            "clients": found[:SHOWN],
            "hidden": max(0, len(found) - SHOWN),
            "total": len(known),
            "blocked": sum(one.blocked for one in known),
            "find": ask.query.get("find", ""),
            "own": ask.house.settings.admin_client_id,
            "manages": ask.house.settings.manages_auth0,
        },
    )


def block(ask: Ask) -> Back:
    """Refuse everybody who comes through a program, from the next request on."""
    client_id = ask.must("client_id")
    if client_id == ask.house.settings.admin_client_id:
        raise NoPage(
            400,
            "That is the program of this very page: blocking it would lock you out. It was not blocked.",
            "바로 이 화면의 프로그램입니다. 차단하면 들어올 수 없게 되므로 차단하지 않았습니다.",
            "/admin/clients",
        )
    return _set(ask, client_id, blocked=True)


def unblock(ask: Ask) -> Back:
    """Undo a block."""
    return _set(ask, ask.must("client_id"), blocked=False)


def _set(ask: Ask, client_id: str, *, blocked: bool) -> Back:
    door = Door(ask.engine)
    if client_id not in {one.client_id for one in door.clients()}:
        raise NoPage(
            404,
            "No program with this client id was ever here, so nothing was changed.",
            "이 client id를 가진 프로그램은 온 적이 없어 아무것도 바꾸지 않았습니다.",
            "/admin/clients",
        )
    door.block_client(client_id, blocked=blocked)
    return Back("/admin/clients", "blocked" if blocked else "unblocked")


TAB = ("/admin/clients", "Clients", "프로그램")
PAGES: dict[str, Work] = {"/admin/clients": show}
CHANGES: dict[str, Work] = {"/admin/clients/block": block, "/admin/clients/unblock": unblock}
