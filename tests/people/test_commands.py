"""The owner's commands: what they do, say and refuse, also for hostile subjects."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.journal.entry import Entry
from app.journal.store import Store
from app.store.engine import open_engine, sqlite_url
from tests.support.world import Ran, World, eventually, gatehouse, open_world

Gatehouse = Callable[..., Ran]
ISSUER = "https://tenant.us.auth0.com/"


@pytest.fixture
def run(tmp_path: Path) -> Gatehouse:
    """Run a command in an installation of its own."""
    environment = {
        "DATA_DIR": str(tmp_path),
        "PUBLIC_BASE_URL": "https://home.example.net",
        "AUTH0_DOMAIN": "tenant.us.auth0.com",
    }
    return lambda *words: gatehouse(*words, **environment)


def only(run: Gatehouse) -> dict[str, Any]:
    (entry,) = run("people", "list", "--json").json
    return dict(entry)


HOSTILE = {
    "a bar": "auth0|6553",
    "quotes": "a'b\"c`d",
    "SQL": "'; DROP TABLE people; --",
    "a wildcard": "%",
    "control characters": "a\x01\x1b[2J\r\nb\x7f",
    "half letters, as bytes that are no UTF-8 arrive": "a\udcffb",
    "direction marks": "\u202eecila\u2066",
    "another script": "앨리스|🦊",
    "4,096 characters": "x" * 4_096,
    "a space": " ",
    "an option": "--json",
    "a path": "../../etc/passwd",
    "a format": "%s{0}{sub}",
}


@pytest.mark.parametrize("sub", HOSTILE.values(), ids=HOSTILE)
def test_every_subject_is_taken_letter_by_letter_by_every_command(run: Gatehouse, sub: str) -> None:
    options = ["--note", "n"] if sub != "--json" else []
    assert run("people", "invite", *options, "--", sub).code == 0
    assert run("people", "invite", "--", sub[:-1] + "!").code == 0  # a neighbour, who must stay untouched
    assert run("people", "block", "--", sub).code == 0
    assert run("people", "scopes", "--grant", "write", "--cap", "write", "--", sub).code == 0
    shown = run("people", "show", "--", sub)
    assert shown.code == 0
    assert "blocked" in shown.out.splitlines()[0]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown.out)
    listed = {one["blocked"]: one for one in run("people", "list", "--json").json}
    assert listed[True]["sub"] == re.sub("[\ud800-\udfff]", "?", sub)
    assert (listed[True]["scopes"], listed[False]["scopes"]) == (["read", "write"], ["read"])
    assert run("people", "list").code == 0
    assert run("people", "remove", "--", sub).code == 1  # forgetting would let them in again
    assert run("people", "unblock", "--", sub).code == 0
    assert run("people", "remove", "--force", "--", sub).code == 0
    assert only(run)["blocked"] is False
    assert run("people", "show", "--", sub).code == 1


@pytest.mark.parametrize("client", HOSTILE.values(), ids=HOSTILE)
def test_every_client_id_is_taken_letter_by_letter(run: Gatehouse, client: str) -> None:
    client = client[:1_024]
    assert run("clients", "block", "--", client).code == 0
    (entry,) = run("clients", "list", "--json").json
    assert run("clients", "prune", "--unused", "1h").code == 0  # a block outlives it
    assert run("clients", "list", "--json").json[0]["blocked"] is True
    assert (entry["client_id"], entry["blocked"]) == (re.sub("[\ud800-\udfff]", "?", client), True)
    listed = run("clients", "list").out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", listed)
    assert run("clients", "unblock", "--", client).code == 0
    assert run("clients", "list", "--json").json[0]["blocked"] is False
    assert run("clients", "unblock", "--", client + "x").code == (1 if len(client) < 1_024 else 2)


WRONG: list[tuple[list[str], int, str]] = [
    (["people"], 2, "ACTION"),
    (["people", "dance"], 2, "dance"),
    (["people", "block"], 2, "subject"),
    (["people", "block", ""], 2, "1 to 4,096 characters"),
    (["people", "block", "x" * 4_097], 2, "1 to 4,096 characters"),
    (["people", "show", "nobody"], 1, "Nobody with the subject nobody"),
    (["people", "unblock", "nobody"], 1, "Nobody with the subject nobody"),
    (["people", "remove", "nobody"], 1, "gatehouse people list shows all"),
    (["people", "scopes", "a"], 2, "--grant read,write"),
    (["people", "scopes", "a", "--grant", "everything"], 2, "read, write, admin"),
    (["people", "scopes", "a", "--grant", ""], 2, "read, write, admin"),
    (["people", "scopes", "a", "--cap", "most"], 2, "none, read, write, admin, off"),
    (["people", "invite", "alice@example.com"], 2, "User Management"),
    (["people", "invite", "a", "--until", "yesterday"], 2, "--until: 'yesterday' is not a time"),
    (["people", "invite", "a", "--until", "2020-01-01"], 2, "over already"),
    (["people", "invite", "a", "--until", "0d"], 2, "is not a time"),
    (["people", "invite", "a", "--until", "2026-13-45"], 2, "is not a time"),
    (["access"], 2, "ACTION"),
    (["access", "open", "--everyone"], 2, "--everyone"),
    (["clients", "block", "x" * 1_025], 2, "1,024"),
    (["clients", "prune", "--unused", "long"], 2, "12h, 7d or 3w"),
    (["tools", "extra"], 2, "extra"),
]


@pytest.mark.parametrize(("words", "code", "said"), WRONG, ids=[" ".join(row[0])[:60] or "none" for row in WRONG])
def test_what_cannot_be_done_is_said_on_standard_error_with_its_exit_code_and_changes_nothing(
    run: Gatehouse, words: list[str], code: int, said: str
) -> None:
    ran = run(*words)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert run("people", "list", "--json").json == run("clients", "list", "--json").json == []


def test_an_invitation_keeps_what_was_said_before_and_changes_what_is_said_now(run: Gatehouse) -> None:
    facts = [
        "--scopes",
        "read,write",
        "--cap",
        "write",
        "--note",
        "aunt",
        "--name",
        "Ann",
        "--email",
        "ann@example.com",
    ]
    assert run("people", "invite", "auth0|1", *facts, "--until", "2099-12-31").code == 0
    assert run("people", "invite", "auth0|1", "--note", "aunt Ann").code == 0
    entry = only(run)
    assert (entry["note"], entry["name"], entry["email"]) == ("aunt Ann", "Ann", "ann@example.com")
    assert (entry["granted"], entry["cap"], entry["status"]) == (["read", "write"], "write", "invited")
    end = datetime.combine(datetime(2100, 1, 1), datetime.min.time()).astimezone(UTC)  # noqa: DTZ001
    assert entry["expires_at"] == end.isoformat().replace("+00:00", "Z")
    assert (entry["iss"], entry["calls"], entry["first_seen"], entry["last_seen"]) == (ISSUER, 0, None, None)
    assert run("people", "invite", "auth0|1", "--until", "never", "--cap", "off", "--scopes", "none").code == 0
    entry = only(run)
    assert (entry["expires_at"], entry["cap"], entry["granted"], entry["scopes"]) == (None, "", [], ["read"])


def test_a_blocked_person_is_not_let_in_by_an_invitation(run: Gatehouse) -> None:
    assert run("people", "block", "auth0|1").code == 0
    ran = run("people", "invite", "auth0|1")
    assert ran.code == 1
    assert "gatehouse people unblock" in ran.err
    assert (only(run)["blocked"], only(run)["status"]) == (True, "known")


def test_one_subject_of_two_issuers_is_two_people(run: Gatehouse) -> None:
    assert run("people", "invite", "auth0|1").code == 0
    assert run("people", "block", "auth0|1", "--issuer", "https://other.example/").code == 0
    blocked = {one["iss"]: one["blocked"] for one in run("people", "list", "--json").json}
    assert blocked == {ISSUER: False, "https://other.example/": True}
    lost = run("people", "show", "auth0|1", "--issuer", "https://third.example/")
    assert lost.code == 1
    assert run("people", "unblock", "auth0|1", "--issuer", "https://nowhere/").code == 1


def test_an_address_is_refused_with_the_way_to_the_subject_and_with_the_subject_if_somebody_has_it(
    run: Gatehouse,
) -> None:
    assert run("people", "invite", "auth0|7", "--email", "Alice@example.com").code == 0
    ran = run("people", "invite", "alice@example.com")
    assert ran.code == 2
    assert "user_id" in ran.err
    assert "gatehouse people invite 'auth0|7'" in ran.err
    assert run("people", "invite", "alice", "--note", "no address").code == 0


def test_the_door_says_who_gets_in_and_warns_while_it_is_open_to_everybody(run: Gatehouse) -> None:
    opened = run("access", "status")
    assert opened.code == 0
    assert opened.out.startswith("Open: everybody")
    assert "Disable Sign Ups" in opened.out
    assert run("access", "open", "--invited").out.startswith("Open to the invited")
    closed = run("access", "close")
    assert closed.out.startswith("Closed: nobody gets in, not even you.")
    assert "Tokens from before" not in closed.out
    assert "Tokens from before" in run("access", "close", "--everyone").out
    status = run("access", "status", "--json").json
    assert status["admission"] == "nobody"
    assert abs(datetime.fromisoformat(status["tokens_from"]).timestamp() - time.time()) < 60
    assert run("access", "open", "--json").json["tokens_from"] == status["tokens_from"]


def test_who_came_by_themselves_is_outside_of_a_door_for_the_invited_unless_kept(tmp_path: Path) -> None:
    with open_world(data_dir=str(tmp_path)) as world:
        assert world.call(world.token()).status_code == 200
        eventually(world.people)
        said = world.gatehouse("access", "open", "--invited").out
        assert "1 came by themselves earlier and are outside now" in said
        eventually(lambda: world.call(world.token()).status_code == 403, 1.0)
        status = world.gatehouse("access", "open", "--invited", "--keep", "--json").json
        assert (status["invited"], status["in_by_themselves"]) == (1, 0)
        eventually(lambda: world.call(world.token()).status_code == 200, 1.0)


def test_much_of_a_person_is_told_in_few_lines_and_tools_that_there_are_not_are_not_called(world: World) -> None:
    token = world.token()
    for name in ("echo", "no_such_tool", "here_only", "no\u202esuch"):
        world.call(token, name=name, arguments={})
    eventually(lambda: len(world.gatehouse("log", "--json").out.splitlines()) == 4)
    engine = open_engine(sqlite_url(world.environment["DATA_DIR"]))
    who = {"iss": world.tenant.issuer, "sub": world.sub, "method": "tools/call"}
    rows = [Entry(time.time() - 60, "ok", tool=f"tool_{n:02}", client_id=f"client_{n:02}", **who) for n in range(25)]
    rows += [Entry(time.time() - 60, "denied", f"reason_{n:02}", **who) for n in range(21)]
    Store(engine).add(rows)
    engine.dispose()
    words = world.gatehouse("people", "show", world.sub).out
    week = words.partition("This week\n")[2].splitlines()
    assert "no_such_tool" not in words
    assert "called here_only" not in words
    assert [line for line in week if line.startswith("  and ")] == [
        "  and 6 other tools: --json has all",
        "  and 2 other reasons: --json has all",
        "  and 7 other programs: --json has all",
    ]
    assert len(week) == 3 * 21
    facts = world.gatehouse("people", "show", world.sub, "--json").json["week"]
    assert [len(facts[name]) for name in ("tools", "refusals", "clients")] == [26, 22, 27]
    assert facts["more"] is False


def test_a_person_in_plain_words(world: World) -> None:
    world.person.permissions = {"read"}
    token = world.token(name="Alice")
    for name in ("echo", "echo", "fail", "write_note"):
        world.call(token, name=name, arguments={})
    eventually(lambda: world.people().get(world.sub, {}).get("calls") == 4)
    assert world.gatehouse("people", "scopes", world.sub, "--cap", "read").code == 0
    words = world.gatehouse("people", "show", world.sub).out
    for part in (
        f"{world.sub} (Alice): came by themselves",
        "called echo twice",
        "called fail once, 1 of these without success",
        "was turned away once: insufficient_scope",
        "came 4 times through test-client",
        "They come in.",
        "everybody has read (DEFAULT_SCOPES)",
        "never more than read",
    ):
        assert part in words, part
    facts = world.gatehouse("people", "show", world.sub, "--json").json
    assert facts["week"]["tools"][0] == {"tool": "echo", "calls": 2, "failed": 0}
    assert facts["week"]["refusals"] == [{"reason": "insufficient_scope", "count": 1}]
    for shut, said in ((("people", "block", world.sub), "you blocked them"), (("access", "close"), "you blocked them")):
        assert world.gatehouse(*shut).code == 0
        assert said in world.gatehouse("people", "show", world.sub).out
    assert world.gatehouse("people", "unblock", world.sub).code == 0
    assert "the door is closed for everybody" in world.gatehouse("people", "show", world.sub).out


def test_the_tools_with_their_rules_and_what_they_did(world: World) -> None:
    tools = world.gatehouse("tools", "--json").json
    assert len(tools) > 30
    (row,) = (one for one in tools if one["name"] == "get_region_code")
    assert row == {
        "name": "get_region_code",
        "server": "real_estate",
        "scope": "read",
        "local_only": False,
        "rule": "everybody who comes in (DEFAULT_SCOPES), unless limited",
        "origin": "built in",
        "note": "",
        "calls": 0,
        "more_calls": False,
        "error_rate": None,
        "p50_ms": None,
        "p95_ms": None,
    }
    assert "get_region_code" in world.gatehouse("tools").out


def test_calls_failures_and_times_of_a_tool(tmp_path: Path) -> None:
    store = Store(sqlite_url(str(tmp_path)))
    now = time.time()
    rows = [
        Entry(now - 60, "ok", tool="get_region_code", method="tools/call", latency_ms=float(n)) for n in range(1, 20)
    ]
    rows.append(Entry(now - 60, "tool_error", tool="get_region_code", method="tools/call", latency_ms=1_000.0))
    rows.append(Entry(now - 8 * 86_400, "ok", tool="get_region_code", method="tools/call", latency_ms=5_000.0))
    store.add(rows)
    store.close()
    ran = gatehouse("tools", "--json", AUTH_MODE="none", DATA_DIR=str(tmp_path))
    (row,) = (one for one in ran.json if one["name"] == "get_region_code")
    assert (row["calls"], row["error_rate"], row["p50_ms"], row["p95_ms"]) == (20, 0.05, 10.0, 19.0)


def test_programs_are_listed_blocked_and_forgotten_when_unused(tmp_path: Path) -> None:
    with open_world(data_dir=str(tmp_path)) as world:
        world.call(world.token(client="old"))
        world.clock.now += 50 * 86_400
        world.call(world.token(client="new"))
        world.call(world.token(client="new"), "tools/list")
        clients = eventually(
            lambda: one if len(one := world.gatehouse("clients", "list", "--json").json) == 2 else None
        )
        assert {one["client_id"]: one["calls"] for one in clients} == {"old": 1, "new": 1}
        assert clients[0]["name"].startswith("python-httpx/")
    # in the eyes of the command, "old" was here a moment ago, and "new" will be
    assert world.gatehouse("clients", "prune", "--json").json == []
    engine = open_engine(sqlite_url(str(tmp_path)))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE clients SET last_seen = last_seen - 8640000 WHERE client_id = 'old'")
    engine.dispose()
    assert [one["client_id"] for one in world.gatehouse("clients", "prune", "--json").json] == ["old"]
    assert [one["client_id"] for one in world.gatehouse("clients", "list", "--json").json] == ["new"]
