"""What is registered at the log-in service (Auth0): how much of the plan is used, what nobody uses, and a new one.

Needs the owner's credentials for Auth0 in the settings. Each page asks Auth0 anew; nothing of it is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from app.admin.at_auth0 import tenant
from app.admin.house import Ask, Back, NoPage, Page, Work
from app.auth0.connecting import PROGRAMS
from app.auth0.management import Management
from app.auth0.register import (
    MAX_CALLBACKS,
    REGISTER_SCOPES,
    Registered,
    problem_of_callback,
    problem_of_name,
    register,
)
from app.auth0.registration import PRUNE_SCOPES, Program, delete, programs, stale
from app.auth0.wanted import APPLICATION_LIMIT
from app.errors import Auth0Failed
from app.people.door import Door
from app.people.until import span

HERE = "/admin/clients/registered"
NEW = "/admin/clients/register"
UNUSED = "90d"
"""How long a program is unused before it is stale, unless the owner says something else."""


def show(ask: Ask) -> Page:
    """Every application of the tenant, and those that registered by themselves and are used no more."""
    unused = ask.query.get("unused", "").strip() or UNUSED
    try:
        before = ask.now - span(unused).total_seconds()
    except (ValueError, OverflowError):
        raise NoPage(
            400,
            f"“{unused[:40]}” is not a length of time. Write one like 12h, 30d or 8w.",
            f"“{unused[:40]}”은(는) 기간이 아닙니다. 12h, 30d, 8w처럼 쓰세요.",
            HERE,
        ) from None
    with _tenant(ask, ("read:clients",)) as api:
        found, domain = programs(api), api.place.domain
    seen = _seen(ask)
    old = {one.client_id for one in stale(found, seen, before)}
    return Page(
        "registered.html",
        {
            "programs": sorted(found, key=lambda one: (one.client_id not in old, -one.last(seen))),
            "seen": seen,
            "stale": old,
            "before": before,
            "unused": unused,
            "limit": APPLICATION_LIMIT,
            "domain": domain,
            "shared": _shared(ask, found),
            "own": ask.house.settings.admin_client_id,
        },
    )


def prune(ask: Ask) -> Page:
    """Delete at Auth0 what nobody used since the moment that the page was made for, telling each as it goes."""
    try:
        before = float(ask.must("before"))
    except ValueError:
        before = -1.0
    if not before <= ask.now - 3_600:  # nor when it is not a number
        raise NoPage(400, "That is not a time that this page asked about.", "이 화면에서 온 시각이 아닙니다.", HERE)
    with _tenant(ask, PRUNE_SCOPES) as api:
        old = stale(programs(api), _seen(ask), before)
    return Page("pruned.html", {"steps": _pruning(ask, old, before), "count": len(old)}, streams=True)


def _pruning(ask: Ask, old: list[Program], before: float) -> Iterator[tuple[Program | None, str]]:
    """Each that is deleted, as it is; then a failure, if there was one, with which it ends."""
    try:
        with _tenant(ask, PRUNE_SCOPES) as api:
            for one in old:
                delete(api, one)
                yield one, ""
    except Auth0Failed as error:
        yield None, f"{error.what} {error.next_step}"
    else:
        Door(ask.engine).prune_clients(before)  # when they were here last was still needed until now


def remove(ask: Ask) -> Back:
    """Delete one application that registered by itself or was registered here."""
    client_id = ask.must("client_id")
    with _tenant(ask, PRUNE_SCOPES) as api:
        found = next((one for one in programs(api) if one.client_id == client_id), None)
        if found is None or not found.may_be_deleted:
            raise NoPage(
                404,
                "There is no such application, or it is one that the tenant needs. Nothing was deleted.",
                "그런 애플리케이션이 없거나 테넌트에 필요한 것입니다. 지우지 않았습니다.",
                HERE,
            )
        delete(api, found)
    return Back(HERE, "pruned")


def ask_new(ask: Ask) -> Page:
    """The form for a new one."""
    url = ask.house.settings.resource
    offered = [(one.key, one.name, one.callbacks(url)) for one in PROGRAMS]
    return Page("register.html", {"offered": offered, "manages": ask.house.settings.manages_auth0})


def make_new(ask: Ask) -> Page:
    """Register it, and show its credential: once."""
    name, resource = ask.must("name").strip(), ask.house.settings.resource
    if why := problem_of_name(name):
        raise NoPage(400, why, "이름은 1~64자이고 < 와 > 는 쓸 수 없습니다.", NEW)
    callbacks = _callbacks(ask)
    kind = ask.form.get("kind", "website")
    if kind not in {"website", "computer"}:
        raise NoPage(
            400,
            "Say what it is: a website, or a program on a computer.",
            "웹사이트인지 컴퓨터 프로그램인지 고르세요.",
            NEW,
        )
    with _tenant(ask, REGISTER_SCOPES) as api:
        made = register(api, resource, name, callbacks, with_secret=kind == "website")
    credential = json.dumps(_credential(ask, made), indent=2, ensure_ascii=False)
    return Page("credential.html", {"made": made, "credential": credential})


def _callbacks(ask: Ask) -> list[str]:
    """The addresses of the programs that were ticked, and those that were written."""
    url = ask.house.settings.resource
    ticked = [back for one in PROGRAMS if ask.form.get(f"to_{one.key}") == "yes" for back in one.callbacks(url)]
    written = [line.strip() for line in ask.form.get("callbacks", "").splitlines() if line.strip()]
    for line in written:
        if why := problem_of_callback(line):
            raise NoPage(
                400, f"The redirect URI {line[:200]} {why}.", f"이 redirect URI는 쓸 수 없습니다: {line[:200]}", NEW
            )
    found = list(dict.fromkeys([*ticked, *written]))
    if not found or len(written) > MAX_CALLBACKS:
        raise NoPage(
            400,
            f"Tick a program, or write 1 to {MAX_CALLBACKS} redirect URIs, one a line: where people are taken back to.",
            f"프로그램을 고르거나 redirect URI를 한 줄에 하나씩 1~{MAX_CALLBACKS}개 쓰세요.",
            NEW,
        )
    return found


def _credential(ask: Ask, made: Registered) -> Mapping[str, Any]:
    """By the names of RFC 7591, and with what it is for."""
    secret = {"client_secret": made.client_secret} if made.client_secret else {}
    return {
        "client_id": made.client_id,
        **secret,
        "client_name": made.name,
        "redirect_uris": list(made.callbacks),
        "token_endpoint_auth_method": "client_secret_post" if made.client_secret else "none",
        "issuer": ask.house.settings.issuer,
        "server_url": ask.house.settings.resource,
    }


def _shared(ask: Ask, found: list[Program]) -> str:
    """The client id that everybody pastes; blank when there is none."""
    wanted = ("shared", ask.house.settings.resource)
    return next((one.client_id for one in found if (one.made_as, one.made_for) == wanted), "")


def _seen(ask: Ask) -> dict[str, float | None]:
    return {one.client_id: one.last_seen for one in Door(ask.engine).clients()}


def _tenant(ask: Ask, needed: tuple[str, ...]) -> AbstractContextManager[Management]:
    return tenant(ask, needed, "/admin/clients")


TAB = None
PAGES: dict[str, Work] = {HERE: show, NEW: ask_new}
CHANGES: dict[str, Work] = {
    "/admin/clients/prune": prune,
    "/admin/clients/delete": remove,
    NEW: make_new,
}
