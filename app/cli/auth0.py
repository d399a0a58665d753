"""``gatehouse auth0``: the Auth0 tenant, set up by command.

``plan`` shows what differs from how the tenant should be, and changes nothing. ``apply`` makes it so, after asking, and
can be run again at any time: it does only what is still to do.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.auth0.access import place_for
from app.auth0.management import Management
from app.auth0.place import Place, place_of
from app.auth0.plan import Plan, carry_out, make_plan, needed_scopes
from app.auth0.steps import Step
from app.auth0.wanted import Wanted
from app.cli.auth0_access import confirm, credentials_or_ask, management, tell
from app.cli.auth0_words import connect_lines, options_line, plan_facts, plan_lines
from app.cli.common import add_json, complain, database, say, show
from app.cli.env_file import add_lines, lacking
from app.errors import Auth0Failed, ConfigurationError, Problem
from app.people.door import Door
from app.settings import Settings, load_settings
from app.store.engine import SQLITE_FILE

ENV = Path(".env")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, text in {"plan": "show what would be changed, and why", "apply": "change it, after asking"}.items():
        action = actions.add_parser(name, help=text)
        action.add_argument(
            "--registration",
            choices=("shared", "dcr", "cimd"),
            default="shared",
            help="how programs become clients: one application for all, by themselves (dcr), by document (cimd)",
        )
        action.add_argument("--domain", default="", help="the tenant's own name, such as tenant.us.auth0.com")
        action.add_argument(
            "--url", default="", help="the public address of this server, if PUBLIC_BASE_URL is not set"
        )
        action.add_argument("--connection", default="", help="the database of people, when the tenant has several")
        action.add_argument("--adopt", action="append", default=[], help="use this application, made by hand (its id)")
        if name == "apply":
            action.add_argument("--yes", action="store_true", help="do not ask")
        add_json(action)


def run(arguments: argparse.Namespace) -> int:
    """Plan or apply. Exit code 1 when something is in the way or failed, 2 when the settings cannot be used."""
    try:
        settings = _settings(arguments)
        wanted = Wanted(
            settings.public_base_url, arguments.registration, arguments.connection, frozenset(arguments.adopt)
        )
        change = arguments.action == "apply"
        credentials = credentials_or_ask(settings)
        needed = needed_scopes(wanted, change=change)
        with management(settings, needed, credentials, arguments.domain) as api:
            complain(f"Reading the tenant {api.place.domain} (about four seconds) ...")
            plan = make_plan(api, wanted)
            return _apply(api, plan, settings, arguments) if change else _show(plan, arguments)
    except Auth0Failed as error:
        tell(error)
        return 1


def _show(plan: Plan, arguments: argparse.Namespace) -> int:
    if arguments.json:
        show(plan_facts(plan))
        return 1 if plan.problems else 0
    say(*plan_lines(plan), "")
    _tell_notes(plan)
    if not plan.problems:
        say(f"{plan.changes} values differ. Nothing was changed." if plan.changes else "Everything is as it should be.")
    if plan.changes and not plan.problems:
        say(f"To change them: {options_line(plan, arguments.domain, arguments.url)}")
    return 1 if plan.problems else 0


def _tell_notes(plan: Plan) -> None:
    for note in plan.notes:
        complain(f"Note: {note}")
    for problem in plan.problems:
        complain(f"In the way: {problem}")


def _apply(api: Management, plan: Plan, settings: Settings, arguments: argparse.Namespace) -> int:
    if plan.problems:
        _tell_notes(plan)
        complain("Nothing was changed.")
        return 1
    if not arguments.json:
        say(*plan_lines(plan), "")
        _tell_notes(plan)
    if plan.changes and not confirm(f"Change these {plan.changes} values at {api.place.domain}?", yes=arguments.yes):
        return 1
    written = _carry_out(api, plan, settings)
    lines = _env_lines(settings, api.place, arguments.domain, plan.client_id("owner"))
    if arguments.json:
        ids = {"client_id": plan.client_id("shared"), "owner_client_id": plan.client_id("owner")}
        show({**plan_facts(plan), "written": written, "server_url": settings.resource, **ids, "env": lines})
    else:
        say("Everything is as it should be now." if written else "There was nothing to do.", "")
        client_id = plan.client_id("shared") if arguments.registration == "shared" else ""
        say(*connect_lines(settings.resource, client_id), "")
    return _write_env(lines, arguments)


def _carry_out(api: Management, plan: Plan, settings: Settings) -> int:
    total, done = len(plan.parts), 0
    with _forgetting(settings, api.place.issuer) as forget:

        def told(step: Step, outcome: str) -> None:
            nonlocal done
            done += 1
            complain(f"  [{done}/{total}] {step.title}: {outcome}")
            if step.part == "tenant":  # whether programs may register is as its owner wants it now
                forget()

        return carry_out(api, plan, told)


@contextmanager
def _forgetting(settings: Settings, issuer: str) -> Iterator[Callable[[], None]]:
    """What crosses out the note that closing switched registration off at this tenant.

    The database is opened beforehand, so that one that cannot be is found before Auth0 is changed; none is made. Raises
    :class:`~app.errors.ConfigurationError`.
    """
    if not settings.database_url.get_secret_value() and not (Path(settings.data_dir) / SQLITE_FILE).exists():
        yield lambda: None
        return
    with database(settings) as engine:
        door = Door(engine)

        def forget() -> None:
            if door.registration_at() == issuer:
                door.remember_registration("")

        yield forget


def _env_lines(settings: Settings, place: Place, domain: str, owner: str) -> dict[str, str]:
    """What ``.env`` should say, of what neither it nor the environment says yet."""
    lines = {"PUBLIC_BASE_URL": settings.public_base_url}
    if place.issuer.startswith("http:"):
        lines["OAUTH_ISSUER"] = place.issuer
    elif settings.auth0_domain in ("", place.domain):
        lines["AUTH0_DOMAIN"] = place.domain
    elif domain:
        lines["AUTH0_MANAGEMENT_DOMAIN"] = place.domain
    lines["ADMIN_CLIENT_ID"] = owner
    return {name: value for name, value in lacking(ENV, lines).items() if not os.environ.get(name, "").strip()}


def _write_env(lines: dict[str, str], arguments: argparse.Namespace) -> int:
    if not lines:
        return 0
    shown = "  ".join(f"{name}={value}" for name, value in lines.items())
    if not confirm(f"Write to {ENV}: {shown} ?", yes=arguments.yes):
        complain(f"Not written. Put these lines into {ENV} yourself: {shown}")
        return 0
    try:
        add_lines(ENV, lines)
    except OSError as error:
        complain(f"{ENV} cannot be written ({error.strerror}). Put these lines into it yourself: {shown}")
        return 1
    complain(f"Written to {ENV}: {shown}")
    return 0


def _settings(arguments: argparse.Namespace) -> Settings:
    """The settings, with what the options add to them. Asks at the terminal for what is still missing."""
    given = {"public_base_url": arguments.url} if arguments.url else {}
    try:
        settings = load_settings(**given)
    except ConfigurationError as error:
        missing = {problem.setting for problem in error.problems}
        given |= _asked_for(missing, arguments)
        settings = _load_or_hint(given)
    if not settings.public_base_url:
        example = "https://home.example.net"
        raise ConfigurationError([Problem("PUBLIC_BASE_URL", "is required here (or --url).", example)])
    _check_same(settings, arguments.domain)
    return settings


def _load_or_hint(given: dict[str, Any]) -> Settings:
    try:
        return load_settings(**given)
    except ConfigurationError as error:
        if {problem.setting for problem in error.problems} & {"PUBLIC_BASE_URL", "AUTH0_DOMAIN"}:
            complain("In this command --url stands for PUBLIC_BASE_URL, and --domain for AUTH0_DOMAIN.")
        raise


def _asked_for(missing: set[str], arguments: argparse.Namespace) -> dict[str, str]:
    given = {}
    interactive = sys.stdin.isatty()
    if "PUBLIC_BASE_URL" in missing and not arguments.url and interactive:
        given["public_base_url"] = input(
            "The public address of this server, such as https://home.example.net: "
        ).strip()
    if "AUTH0_DOMAIN" in missing:
        if not arguments.domain and interactive:
            arguments.domain = input("The Auth0 tenant, such as tenant.us.auth0.com: ").strip()
        if arguments.domain:
            place = place_of(arguments.domain)
            is_stand_in = place.issuer.startswith("http:")
            given |= {"oauth_issuer": place.issuer} if is_stand_in else {"auth0_domain": place.domain}
    return given


def _check_same(settings: Settings, domain: str) -> None:
    """A tenant's own name in AUTH0_DOMAIN must be the one that is meant; beside a custom domain any may be."""
    if not domain or not settings.auth0_domain.endswith(".auth0.com"):
        return
    place = place_for(settings, domain)
    if place.domain != settings.auth0_domain:
        what = f"is {settings.auth0_domain}, and --domain says {place.domain}: set the same tenant in both."
        raise ConfigurationError([Problem("AUTH0_DOMAIN", what, place.domain)])
