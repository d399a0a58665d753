"""Programs at Auth0: pruned when nobody uses them, and kept from registering while the door is closed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from app.auth0.registration import Program, delete
from app.auth0.wanted import CHATGPT_CALLBACK, CHATGPT_DOCUMENT
from app.demo.tenant import Client, management_clients
from app.people.door import Door
from app.people.noting import Noting
from app.people.recorder import Visits
from app.store.engine import open_engine, sqlite_url, writing
from tests.auth0.conftest import Run
from tests.support.auth0 import StandIn

DAY = 86_400.0


def program(stand_in: StandIn, client_id: str, days_old: float | None, *, first_party: bool = False) -> None:
    made = 0.0 if days_old is None else time.time() - days_old * DAY
    client = Client(client_id, f"name of {client_id}", (), is_first_party=first_party, created_at=made)
    stand_in.tenant.clients[client_id] = client


def was_here(folder: Path, client_id: str, days_ago: float) -> None:
    then = time.time() - days_ago * DAY
    engine = open_engine(sqlite_url(str(folder / "data")))
    visits = Visits(then, then, client_id, "", "", "", calls=1)
    with writing(engine) as connection:
        Noting(connection).came({("iss", "sub"): visits}, {client_id: visits}, anybody_new=True)
    engine.dispose()


@pytest.fixture
def crowded(stand_in: StandIn, tmp_path: Path) -> StandIn:
    program(stand_in, "tpc_old_unused", 100)
    program(stand_in, "tpc_old_used", 100)
    program(stand_in, "tpc_used_long_ago", 200)
    program(stand_in, "tpc_new", 1)
    program(stand_in, "tpc_of_unknown_age", None)
    program(stand_in, "own_old", 400, first_party=True)
    was_here(tmp_path, "tpc_old_used", 1)
    was_here(tmp_path, "tpc_used_long_ago", 120)
    return stand_in


STALE = {"tpc_old_unused", "tpc_used_long_ago", "tpc_of_unknown_age"}


def test_prune_shows_and_deletes_third_party_programs_that_nobody_used(crowded: StandIn, run: Run) -> None:
    done = run("clients", "prune", "--yes")
    assert done.code == 0
    assert set(crowded.tenant.clients) == {"tpc_old_used", "tpc_new", "own_old"}
    for one in STALE:
        assert f"name of {one}" in done.out
    assert "own_old" not in done.out
    assert "Forgotten here: 1." in done.out
    again = run("clients", "prune", "--yes", "--json")
    assert again.json == {"forgotten": [], "deleted": []}


def test_prune_as_json_names_what_was_forgotten_and_deleted(crowded: StandIn, run: Run) -> None:
    done = run("clients", "prune", "--yes", "--json")
    assert {one["client_id"] for one in done.json["deleted"]} == STALE
    assert [one["client_id"] for one in done.json["forgotten"]] == ["tpc_used_long_ago"]


def test_a_shorter_time_takes_newer_ones_too_but_never_an_own_application(crowded: StandIn, run: Run) -> None:
    assert run("clients", "prune", "--yes", "--unused", "12h").code == 0
    assert set(crowded.tenant.clients) == {"own_old"}


def test_nothing_is_deleted_without_a_yes(crowded: StandIn, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = run("clients", "prune")
    assert refused.code == 1
    assert "add --yes" in refused.err
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "no")
    assert run("clients", "prune").code == 1
    assert (len(crowded.tenant.clients), crowded.tenant.management.writes) == (6, [])
    monkeypatch.setattr("builtins.input", lambda question: "yes")
    assert run("clients", "prune").code == 0
    assert len(crowded.tenant.clients) == 3


def test_after_a_no_it_is_still_known_when_a_program_was_here_last(crowded: StandIn, run: Run) -> None:
    declined = run("clients", "prune")
    assert (declined.code, "Nothing was forgotten here." in declined.out) == (1, True)
    assert "unknown" in declined.out
    assert "never" not in declined.out
    assert run("clients", "prune", "--unused", "150d", "--yes").code == 0
    assert "tpc_used_long_ago" in crowded.tenant.clients  # 200 days old, and here 120 days ago
    crowded.tenant.fail_next("DELETE", "", 500)
    assert run("clients", "prune", "--yes").code == 1
    assert "tpc_used_long_ago" in {one["client_id"] for one in run("clients", "list", "--json").json}


def test_more_applications_than_auth0_lists_are_an_error(stand_in: StandIn, run: Run) -> None:
    for number in range(1_001):
        program(stand_in, f"tpc_{number}", 300)
    for words in (("clients", "prune", "--yes"), ("auth0", "apply", "--yes")):
        refused = run(*words)
        assert refused.code == 1
        assert "there are 1,000 or more" in refused.err
    assert (len(stand_in.tenant.clients), stand_in.tenant.management.writes) == (1_001, [])


def test_an_application_that_auth0_does_not_call_third_party_is_never_deleted(
    stand_in: StandIn, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = management_clients._client
    monkeypatch.setattr(
        management_clients,
        "_client",
        lambda one: {name: value for name, value in original(one).items() if name != "is_first_party"},
    )
    program(stand_in, "tpc_unsaid", 300)
    assert run("clients", "prune", "--yes").code == 0
    assert list(stand_in.tenant.clients) == ["tpc_unsaid"]


def test_deleting_an_own_application_is_refused_before_auth0_is_asked() -> None:
    with pytest.raises(ValueError, match="own_app is the tenant's own"):
        delete(None, Program("own_app", "mine", False, 0.0))  # type: ignore[arg-type]


def test_without_credentials_only_this_server_forgets(crowded: StandIn, run: Run) -> None:
    done = run("clients", "prune", "--json", AUTH0_MANAGEMENT_TOKEN="")
    assert [one["client_id"] for one in done.json] == ["tpc_used_long_ago"]
    assert crowded.tenant.requests == {}


def test_a_failure_in_between_is_told_and_the_rest_deleted_next_time(crowded: StandIn, run: Run) -> None:
    crowded.tenant.fail_next("DELETE", "", 500, after=1)
    broken = run("clients", "prune", "--yes")
    assert broken.code == 1
    assert "While deleting" in broken.err
    assert len(crowded.tenant.clients) == 5
    was_forgotten = run("clients", "prune", "--yes")
    assert was_forgotten.code == 0
    assert set(crowded.tenant.clients) == {"tpc_old_used", "tpc_new", "own_old"}


@pytest.mark.parametrize(("count", "warned"), [(7, False), (8, True), (10, True)])
def test_the_limit_of_the_plan_is_warned_of_before_it_is_reached(
    stand_in: StandIn, run: Run, count: int, warned: bool
) -> None:
    for number in range(count):
        program(stand_in, f"app{number}", 1, first_party=True)
    done = run("clients", "prune", "--yes")
    assert done.code == 0
    assert (f"The tenant has {count} applications. Auth0's free plan allows 10" in done.err) is warned


# The door


def remembered(folder: Path) -> str:
    engine = open_engine(sqlite_url(str(folder / "data")))
    try:
        return Door(engine).registration_at()
    finally:
        engine.dispose()


def flag(stand_in: StandIn) -> bool:
    return stand_in.tenant.settings.enable_dynamic_client_registration


def test_closing_switches_registration_off_and_opening_switches_it_on_again(
    stand_in: StandIn, run: Run, tmp_path: Path
) -> None:
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    closed = run("access", "close")
    assert (closed.code, flag(stand_in), remembered(tmp_path)) == (0, False, stand_in.issuer)
    assert "can no longer register by themselves" in closed.out
    assert run("access", "close", "--json").json["admission"] == "nobody"  # twice changes nothing
    assert remembered(tmp_path) == stand_in.issuer
    opened = run("access", "open", "--invited")
    assert (opened.code, flag(stand_in), remembered(tmp_path)) == (0, True, "")
    assert "can register by themselves again" in opened.out


def test_what_was_off_before_stays_off(stand_in: StandIn, run: Run, tmp_path: Path) -> None:
    closed = run("access", "close")
    assert (closed.code, remembered(tmp_path), stand_in.tenant.management.writes) == (0, "", [])
    stand_in.tenant.management.log.clear()
    assert run("access", "open").code == 0
    assert (flag(stand_in), stand_in.tenant.management.log) == (False, [])


def test_without_credentials_closing_says_what_was_not_done_at_auth0(stand_in: StandIn, run: Run) -> None:
    closed = run("access", "close", AUTH0_MANAGEMENT_TOKEN="", AUTH0_DOMAIN="tenant.us.auth0.com", OAUTH_ISSUER="")
    assert closed.code == 0
    assert "it was not looked at, and new ones may still register" in closed.out
    other = run("access", "close", AUTH0_MANAGEMENT_TOKEN="")  # another log-in service than Auth0
    assert "Auth0" not in other.out


def test_opening_without_credentials_says_that_registration_stays_off_and_does_not_forget_it(
    stand_in: StandIn, run: Run, tmp_path: Path
) -> None:
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    assert run("access", "close").code == 0
    opened = run("access", "open", AUTH0_MANAGEMENT_TOKEN="")
    assert (opened.code, flag(stand_in)) == (0, False)
    assert "it is still switched off" in opened.out
    assert run("access", "open").code == 0
    assert (flag(stand_in), remembered(tmp_path)) == (True, "")


# What becomes of the switch at Auth0, whether that can be looked at afterwards, and what must be remembered then:
# the tenant as long as it may be closing that switched it off.
CUTS = [
    ("close", 500, False, True, 1, True, False),
    ("close", None, False, True, 1, True, False),
    ("close", 500, True, True, 0, False, True),
    ("close", None, True, True, 0, False, True),
    ("close", None, False, False, 1, True, True),
    ("close", None, True, False, 1, False, True),
    ("open", 403, False, True, 1, False, True),
    ("open", None, False, True, 1, False, True),
    ("open", 500, True, True, 0, True, False),
    ("open", None, True, True, 0, True, False),
    ("open", None, False, False, 1, False, True),
    ("open", None, True, False, 1, True, True),
]


@pytest.mark.parametrize(("action", "status", "done", "can_look", "code", "is_on", "is_noted"), CUTS)
def test_after_a_failure_in_the_middle_what_is_remembered_is_what_auth0_confirmed(
    stand_in: StandIn,
    run: Run,
    tmp_path: Path,
    action: str,
    status: int | None,
    done: bool,
    can_look: bool,
    code: int,
    is_on: bool,
    is_noted: bool,
) -> None:
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    if action == "open":
        assert run("access", "close").code == 0
    stand_in.tenant.fail_next("PATCH", "/tenants/settings", status, done=done)
    if not can_look:
        stand_in.tenant.fail_next("GET", "/tenants/settings", None, after=1)
    broken = run("access", action)
    assert (broken.code, "Not done at Auth0." in broken.out) == (code, code == 1), broken.out
    assert run("access", "status", "--json").json["admission"] == ("nobody" if action == "close" else "everybody")
    assert (flag(stand_in), remembered(tmp_path)) == (is_on, stand_in.issuer if is_noted else "")
    assert run("access", "close").code == 0
    assert (flag(stand_in), remembered(tmp_path)) == (False, stand_in.issuer)
    assert run("access", "open").code == 0
    assert (flag(stand_in), remembered(tmp_path)) == (True, "")


def test_what_closing_could_not_switch_off_is_not_switched_on_by_opening(stand_in: StandIn, run: Run) -> None:
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    stand_in.tenant.fail_next("PATCH", "/tenants/settings", 500)
    assert run("access", "close").code == 1
    stand_in.tenant.settings.enable_dynamic_client_registration = False  # the owner does it by hand
    assert run("access", "open").code == 0
    assert flag(stand_in) is False


@pytest.mark.parametrize(("mode", "is_on"), [("shared", False), ("cimd", False), ("dcr", True)])
def test_whoever_applies_in_between_has_the_last_word_on_registration(
    stand_in: StandIn, run: Run, tmp_path: Path, mode: str, is_on: bool
) -> None:
    stand_in.tenant.metadata_documents[CHATGPT_DOCUMENT] = {
        "client_id": CHATGPT_DOCUMENT,
        "client_name": "ChatGPT",
        "redirect_uris": [CHATGPT_CALLBACK],
    }
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    assert run("access", "close").code == 0
    assert run("auth0", "apply", "--registration", mode).code == 1  # no yes: nothing is decided
    assert remembered(tmp_path) == stand_in.issuer
    stand_in.tenant.fail_next("PATCH", "/tenants/settings", None)
    assert run("auth0", "apply", "--yes", "--registration", mode).code == 1
    assert remembered(tmp_path) == stand_in.issuer
    stand_in.tenant.fail_next("PATCH", "/connections", 500)  # after the tenant's own settings
    assert run("auth0", "apply", "--yes", "--registration", mode).code == 1
    assert (flag(stand_in), remembered(tmp_path)) == (is_on, "")
    assert run("access", "open").code == 0
    assert flag(stand_in) is is_on


def test_an_apply_that_finds_nothing_to_do_decides_on_registration_too(
    stand_in: StandIn, run: Run, tmp_path: Path
) -> None:
    assert run("auth0", "apply", "--yes").code == 0
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    assert run("access", "close").code == 0
    assert remembered(tmp_path) == stand_in.issuer
    assert "There was nothing to do." in run("auth0", "apply").out
    assert run("access", "open").code == 0
    assert (flag(stand_in), remembered(tmp_path)) == (False, "")


def test_apply_makes_no_database_and_forgets_nothing_of_another_tenant(
    stand_in: StandIn, run: Run, tmp_path: Path
) -> None:
    assert run("auth0", "apply", "--yes").code == 0
    assert not (tmp_path / "data").exists()
    assert run("access", "close").code == 0
    engine = open_engine(sqlite_url(str(tmp_path / "data")))
    Door(engine).remember_registration("https://other.us.auth0.com/")
    engine.dispose()
    assert run("auth0", "apply", "--yes").code == 0
    assert remembered(tmp_path) == "https://other.us.auth0.com/"


def test_another_tenants_registration_is_not_switched_on(stand_in: StandIn, run: Run, tmp_path: Path) -> None:
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    assert run("access", "close").code == 0
    opened = run("access", "open", OAUTH_ISSUER="", AUTH0_DOMAIN="tenant.us.auth0.com")
    assert opened.code == 0
    assert f"Registration at {stand_in.issuer} stays off" in opened.out
    assert (flag(stand_in), remembered(tmp_path)) == (False, stand_in.issuer)
