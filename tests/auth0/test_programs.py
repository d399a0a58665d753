"""Programs at Auth0: pruned when nobody uses them."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from app.auth0.registration import Program, delete
from app.demo.tenant import Client, management_clients
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
