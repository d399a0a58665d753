"""``gatehouse clients``: the programs through which people come."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from typing import Any

from app.cli.common import add_json, complain, database, iso, local, say, show, table
from app.people.door import Client, Door
from app.people.until import span
from app.settings import Settings, load_settings

MAX_CLIENT_ID = 1_024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_json(actions.add_parser("list", help="all programs that were here"))
    prune = actions.add_parser("prune", help="forget programs that nobody used for long; blocked ones stay")
    prune.add_argument("--unused", default="90d", help="for how long: 12h, 30d, 8w; 90d by default")
    prune.add_argument("--yes", action="store_true", help="do not ask before deleting any at Auth0")
    add_json(prune)
    for name, text in {"block": "refuse a program from the next request on", "unblock": "undo a block"}.items():
        action = actions.add_parser(name, help=text)
        action.add_argument("client", help="the client id, letter by letter")
        add_json(action)


def run(arguments: argparse.Namespace) -> int:
    """Do one action. Exit code 1 when there is no such client, 2 when something given cannot be used."""
    settings = load_settings()
    with database(settings) as engine:
        door = Door(engine)
        if arguments.action == "list":
            return _list(door.clients(), "No program was here yet.", as_json=arguments.json)
        if arguments.action == "prune":
            return _prune(door, settings, arguments)
        return _block(door, arguments)


def _list(clients: list[Client], nobody: str, *, as_json: bool) -> int:
    if as_json:
        show([_facts(one) for one in clients])
    elif not clients:
        say(nobody)
    else:
        table(
            [
                {
                    "client id": one.client_id or "(none given)",
                    "called itself": one.name,
                    "standing": "blocked" if one.blocked else "let in",
                    "last seen": local(one.last_seen),
                    "calls": one.calls,
                }
                for one in clients
            ]
        )
    return 0


def _prune(door: Door, settings: Settings, arguments: argparse.Namespace) -> int:
    try:
        unused = span(arguments.unused)
    except ValueError as error:
        complain(f"--unused: {error}")
        return 2
    before = time.time() - unused.total_seconds()
    if not settings.manages_auth0:
        forgotten = door.prune_clients(before)
        if not arguments.json:
            say(f"Forgotten here: {len(forgotten)}. At the log-in service they are as they were.")
        return _list(forgotten, "Nothing was unused for so long.", as_json=arguments.json)
    from app.cli.clients_auth0 import prune_at_auth0  # noqa: PLC0415  (slow to load)

    seen = {one.client_id: one.last_seen for one in door.clients()}
    code, deleted = prune_at_auth0(settings, seen, before, yes=arguments.yes, quiet=arguments.json)
    forgotten = [] if code else door.prune_clients(before)  # when they were here last is still needed after a no
    if not arguments.json:
        say("Nothing was forgotten here." if code else f"Forgotten here: {len(forgotten)}.")
        if not code:
            _list(forgotten, "No program was here that was unused for so long.", as_json=False)
    if arguments.json:
        show({"forgotten": [_facts(one) for one in forgotten], "deleted": deleted})
    return code


def _block(door: Door, arguments: argparse.Namespace) -> int:
    client, block = arguments.client, arguments.action == "block"
    if not client:
        complain("No client id was given. gatehouse clients list shows all.")
        return 2
    if len(client) > MAX_CLIENT_ID:
        complain(f"A client id has at most {MAX_CLIENT_ID:,} characters; gatehouse clients list shows all.")
        return 2
    known = door.block_client(client, blocked=block)
    if not known and not block:
        complain(f"No client has the id {client}. gatehouse clients list shows all.")
        return 1
    if arguments.json:
        show({"client_id": client, "blocked": block, "known": known})
        return 0
    strange = "" if known else " Nobody came through it so far: check its letters."
    undo = "Blocked: nobody comes in through it from the next request on. To undo: gatehouse clients unblock CLIENT."
    say(f"{client}: {undo if block else 'No longer blocked.'}{strange}")
    return 0


def _facts(one: Client) -> dict[str, Any]:
    return {**asdict(one), "first_seen": iso(one.first_seen), "last_seen": iso(one.last_seen)}
