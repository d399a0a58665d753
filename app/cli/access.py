"""``gatehouse access``: open the door, close it, or say who gets in."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict

from sqlalchemy import Engine

from app.cli.common import add_json, database, iso, say, show
from app.people.admission import who_gets_in
from app.people.door import Door
from app.people.roster import Roster
from app.settings import Settings, load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_json(actions.add_parser("status", help="who gets in at present"))
    opening = actions.add_parser("open", help="let everybody of the log-in service in, or only the invited")
    opening.add_argument("--invited", action="store_true", help="only people invited with: gatehouse people invite")
    opening.add_argument("--keep", action="store_true", help="count everybody who came so far as invited")
    opening.add_argument("--old-tokens", action="store_true", help="also accept tokens from before close --everyone")
    add_json(opening)
    closing = actions.add_parser("close", help="let nobody in, from the next request on")
    closing.add_argument("--everyone", action="store_true", help="also refuse every token that was issued before now")
    add_json(closing)


def run(arguments: argparse.Namespace) -> int:
    """Do one action, and say who gets in after it."""
    settings = load_settings()
    with database(settings) as engine:
        door, also = Door(engine), (True, "")
        if arguments.action == "open":
            if arguments.keep:
                Roster(engine).keep_those_who_came()
            door.set("invited" if arguments.invited else "everybody", 0.0 if arguments.old_tokens else None)
            also = _registration(door, settings, closing=False)
        elif arguments.action == "close":
            # Their clocks may be ahead by as much as is accepted.
            line = time.time() + settings.oauth_leeway_seconds if arguments.everyone else None
            door.set("nobody", line)
            also = _registration(door, settings, closing=True)
        return _status(engine, settings, *also, as_json=arguments.json)


def _registration(door: Door, settings: Settings, *, closing: bool) -> tuple[bool, str]:
    """What was done at Auth0 about programs that register there by themselves: whether that went well, a sentence."""
    from app.auth0.door import registration_too  # noqa: PLC0415  (slow to load)
    from app.cli.auth0_access import waiting  # noqa: PLC0415

    return registration_too(door, settings, closing=closing, waiting=waiting)


def _status(engine: Engine, settings: Settings, went_well: bool, at_auth0: str, *, as_json: bool) -> int:
    door = Door(engine)
    _, state = door.state(frozenset(settings.default_scopes))
    counts = door.counts(time.time())
    blocked = len(state.blocked_clients)
    line = iso(state.tokens_from) if state.tokens_from else None
    words = who_gets_in(state.admission, line, counts, log_in=settings.auth_mode == "oauth")
    if blocked:
        words.append(f"{blocked} programs are blocked: gatehouse clients list")
    words += [at_auth0] if at_auth0 else []
    if as_json:
        people = asdict(counts)
        show({"admission": state.admission, "tokens_from": line, **people, "blocked_clients": blocked, "words": words})
    else:
        say(*words)
    return 0 if went_well else 1
