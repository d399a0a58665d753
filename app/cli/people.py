"""``gatehouse people``: who is here, who asks to come in, and what each of them may do."""

from __future__ import annotations

import argparse
import time
from typing import Any

from app.cli.common import add_json, complain, database, iso, issuer_of, local, say, show, table
from app.cli.people_address import no_subject, quoted
from app.cli.people_show import show_person
from app.people.address import EMAIL, is_address, is_no_subject_of_auth0
from app.people.roster import Entry, Roster
from app.people.summary import facts_of, standing
from app.people.until import moment
from app.scopes import LADDER
from app.settings import Settings, load_settings
from app.store.tables import SUB_CHARS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="everybody who was here, is invited, or asks to come in")
    listing.add_argument(
        "--auth0", action="store_true", help="with their accounts at Auth0, also of who was never here"
    )
    add_json(listing)
    for name, text in _ACTIONS.items():
        action = actions.add_parser(name, help=text)
        action.add_argument("subject", help="the person's subject (sub), letter by letter, such as 'auth0|6553…'")
        action.add_argument("--issuer", help="whose subject it is; by default, of the log-in service in the settings")
        add_json(action)
        if name in {"invite", "scopes"}:
            word = "--scopes" if name == "invite" else "--grant"
            action.add_argument(
                word, dest="granted", type=_scopes, help="given here alone, besides what the token brings: read,write"
            )
            action.add_argument("--cap", type=_cap, help="the most they may have: none, read, write, admin; or off")
        if name == "invite":
            action.add_argument("--until", help="the end of their access: 2026-12-31, friday, 7d; or never")
            action.add_argument(
                "--connection", default="", help="the database of people at Auth0, if there are several"
            )
            for field in ("note", "name", "email"):
                action.add_argument(f"--{field}", help="for your eyes only")
        if name == "remove":
            action.add_argument("--force", action="store_true", help="also when that would let them in again")


_ACTIONS = {
    "show": "what one person did this week, and what they may do",
    "invite": "let somebody in, or prepare for them to come",
    "scopes": "give permissions here beyond the token's, or limit both",
    "block": "refuse a person from the next request on",
    "unblock": "undo a block",
    "remove": "forget a person",
}


def run(arguments: argparse.Namespace) -> int:
    """Do one action. Exit code 1 when there is no such person, 2 when something given cannot be used."""
    settings = load_settings()
    if arguments.action != "list" and not 0 < len(arguments.subject) <= SUB_CHARS:
        complain(f"A subject has 1 to {SUB_CHARS:,} characters; copy it from the token or from the log-in service.")
        return 2
    with database(settings) as engine:
        roster = Roster(engine)
        if arguments.action == "list":
            return _list(roster, settings, arguments)
        iss = issuer_of(arguments, settings)
        if arguments.action != "invite" and is_address(roster, iss, arguments.subject):
            return no_subject(roster, arguments.subject, arguments.action)
        if arguments.action == "show":
            return show_person(engine, iss, settings, arguments)
        if arguments.action == "invite":
            return _invite(roster, iss, settings, arguments)
        if arguments.action == "remove":
            return _remove(roster, iss, settings, arguments)
        return _change(roster, iss, settings, arguments)


def _list(roster: Roster, settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.auth0:
        from app.cli.people_auth0 import list_joined  # noqa: PLC0415  (slow to load)

        return list_joined(roster, settings, as_json=arguments.json)
    people, now = roster.everybody(), time.time()
    facts = [facts_of(one, settings.default_scopes, now) for one in people]
    if arguments.json:
        show([_json(one) for one in facts])
        return 0
    if not people:
        say("Nobody was here yet. Invite somebody with: gatehouse people invite SUBJECT")
        return 0
    table(
        [
            {
                "subject": one.sub,
                "name": one.name or one.email or one.note,
                "standing": standing(one, now),
                "scopes": " ".join(fact["scopes"]) or "none",
                "until": local(one.expires_at, "-"),
                "last seen": local(one.last_seen),
                "calls": one.calls,
            }
            for one, fact in zip(people, facts, strict=True)
        ]
    )
    asked = [one for one in people if one.status == "asked" and not one.blocked]
    if asked:
        say("", f"{len(asked)} asked to come in. To let one in: gatehouse people invite {quoted(asked[0].sub)}")
    return 0


def _invite(roster: Roster, iss: str, settings: Settings, arguments: argparse.Namespace) -> int:
    sub, known = arguments.subject, roster.find(iss, arguments.subject)
    by_address = known is None and EMAIL.fullmatch(sub)
    if by_address and not (settings.manages_auth0 and iss == settings.issuer):
        return no_subject(roster, sub)
    if known is None and not by_address and is_no_subject_of_auth0(iss, settings, sub):
        complain(f"{sub} is neither an e-mail address nor a subject of Auth0, such as auth0|6553… Nobody was invited.")
        return 2
    if known is not None and known.blocked:
        complain(f"{sub} is blocked, and an invitation does not change that. First: gatehouse people unblock SUBJECT")
        return 1
    facts = _given(arguments, "granted", "cap", "note", "name", "email")
    if arguments.until is not None:
        try:
            facts["expires_at"] = None if arguments.until == "never" else moment(arguments.until, time.time())
        except ValueError as error:
            complain(f"--until: {error}")
            return 2
    if by_address:
        from app.cli.people_auth0 import invite_by_address  # noqa: PLC0415  (slow to load)

        return invite_by_address(roster, settings, arguments, facts)
    entry = roster.invite(iss, sub, **facts)
    if known is not None and entry.expired(time.time()):
        complain(
            "They are invited, but their access has ended. Give them more time with --until 30d, or --until never."
        )
        return 1
    done = "Invited, from the next request on. While the door is closed (gatehouse access status) nobody comes in."
    return _done(entry, settings, arguments, done)


def _change(roster: Roster, iss: str, settings: Settings, arguments: argparse.Namespace) -> int:
    sub, action = arguments.subject, arguments.action
    known = roster.find(iss, sub)
    if known is None and action == "unblock":
        return _unknown(roster, iss, sub)
    if action == "scopes":
        facts = _given(arguments, "granted", "cap")
        if not facts:
            complain("Say what to change: --grant read,write (or none), --cap read (or none, write, admin, off).")
            return 2
        done = "Changed, from the next request on."
    else:
        facts = {"blocked": action == "block"}
        done = (
            "Blocked. They are refused from the next request on, on every running server, although their token may "
            f"still be valid. A call that is being answered now still ends. To undo: people unblock {quoted(sub)}"
            if action == "block"
            else "No longer blocked."
        )
    entry = roster.change(iss, sub, **facts)
    if known is None:
        done += " Nobody with this subject was ever here: check its letters. It counts for whoever comes with it."
    if action == "unblock" and entry.expired(time.time()):
        done += " Their access has ended, though: give them time with people invite SUBJECT --until 30d."
    too = action != "scopes" and settings.manages_auth0 and iss == settings.issuer
    return _done(entry, settings, arguments, done, too)


def _remove(roster: Roster, iss: str, settings: Settings, arguments: argparse.Namespace) -> int:
    known = roster.find(iss, arguments.subject)
    if known is None:
        return _unknown(roster, iss, arguments.subject)
    kept_out = known.blocked or known.cap or known.expires_at is not None
    if kept_out and not arguments.force:
        complain(
            "This person is blocked or limited, and forgetting them would forget that too: they could come in anew.",
            "Keep the entry, or remove it all the same with --force.",
        )
        return 1
    roster.remove(iss, arguments.subject)
    done = "Forgotten. While the door is open to everybody, they come in anew when they call; see access status."
    return _done(known, settings, arguments, done)


def _unknown(roster: Roster, iss: str, sub: str) -> int:
    complain(f"Nobody with the subject {sub} is known for the issuer {iss}. gatehouse people list shows all.")
    for one in roster.everybody():
        if one.sub == sub or (one.email and one.email.lower() == sub.lower()):
            complain(f"Did you mean {quoted(one.sub)} --issuer {quoted(one.iss)}?")
    return 1


def _done(entry: Entry, settings: Settings, arguments: argparse.Namespace, done: str, too: bool = False) -> int:
    """Say what was done here, and then do the same at Auth0 (``too``): here it counts already, whatever comes."""
    facts = _json(facts_of(entry, settings.default_scopes, time.time()))
    if not arguments.json:
        say(f"{entry.sub}{f' ({entry.name})' if entry.name else ''}: {done}")
    went_well, what = True, ""
    if too:
        from app.auth0.invitations import block_too  # noqa: PLC0415  (slow to load)
        from app.cli.auth0_access import waiting  # noqa: PLC0415

        went_well, what = block_too(settings, arguments.subject, blocked=entry.blocked, waiting=waiting)
        facts["auth0"] = {"done": went_well, "what": what}
    if arguments.json:
        show(facts)
    elif what:
        (say if went_well else complain)(what)
    return 0 if went_well else 1


def _given(arguments: argparse.Namespace, *names: str) -> dict[str, Any]:
    return {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}


def _json(facts: dict[str, Any]) -> dict[str, Any]:
    times = ("expires_at", "first_seen", "last_seen")
    return {name: iso(fact) if name in times else fact for name, fact in facts.items()}


def _scopes(text: str) -> frozenset[str]:
    words = frozenset(text.replace(",", " ").split())
    if words == {"none"}:
        return frozenset()
    if not words or not words <= set(LADDER):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of {', '.join(LADDER)}; write read,write or none")
    return words


def _cap(text: str) -> str:
    if text not in {"none", "off", *LADDER}:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of none, {', '.join(LADDER)}, off")
    return "" if text == "off" else text
