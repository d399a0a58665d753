"""The doctor on the owner's page: the command's checks, told while they are made; one look at a time."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.admin import doctor
from app.doctor.check import Check, Finding, problem
from app.doctor.checks import CHECKS
from app.doctor.context import Context
from tests.admin.support import Visitor, owned_world
from tests.support.world import World, eventually


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with owned_world() as world:
        yield world


@pytest.fixture(scope="module")
def owner(world: World) -> Visitor:
    visitor = Visitor(world)
    visitor.log_in()
    return visitor


def checks(monkeypatch: pytest.MonkeyPatch, *made: Check) -> None:
    monkeypatch.setattr("app.doctor.checks.CHECKS", made)


def check(id: str, run: Any, **more: Any) -> Check:
    return Check(id, "network", f"The title of {id}", f"The action for {id}.", run, **more)


async def well(context: Context) -> Finding | None:
    return None


async def broken(context: Context) -> Finding | None:
    return problem("It is not so.", quoted="<script>alert(1)</script> \u202eevil")


def test_all_checks_of_the_command_are_made_and_their_progress_is_told(owner: Visitor) -> None:
    assert "Nobody looked since the server was started" in owner.get("/admin/doctor").text
    looked = owner.post("/admin/doctor/look")
    assert looked.status_code == 200
    for group in {one.group for one in CHECKS}:
        assert f'<strong lang="en">{group}</strong>' in looked.text
    last = owner.get("/admin/doctor").text
    assert "The last look, just now" in last
    assert " fine, " in last


def test_what_is_broken_says_what_should_be_what_is_and_what_to_do(
    owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks(monkeypatch, check("one", broken), check("two", well, needs=("one",)), check("three", well))
    text = owner.post("/admin/doctor/look").text
    for words in ("1 broken", "The title of one.", "It is not so.", "The action for one.", "troubleshooting.md#one"):
        assert words in text
    assert "1 other checks wait for this one" in text
    assert "&lt;script&gt;" in text
    assert "<script>alert" not in text
    assert "\u202e" not in text


def test_there_is_one_look_at_a_time_and_it_ends_without_its_reader(
    owner: Visitor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    async def slow(context: Context) -> Finding | None:
        begun.set()
        await asyncio.to_thread(go_on.wait, 5)
        return None

    checks(monkeypatch, check("quick", well), check("slow", slow, seconds=9))
    with owner.http.stream("POST", "/admin/doctor/look", headers={"sec-fetch-site": "same-origin"}) as stream:
        told = ""
        for part in stream.iter_text():
            told += part
            if "The doctor looks" in told:
                break
        assert begun.wait(5)
        refused = owner.post("/admin/doctor/look")
        assert refused.status_code == 409
        assert "looking already" in refused.text
        assert 'class="button main" href="/admin/doctor"' in refused.text
        assert "looking already" in owner.get("/admin/doctor").text
        assert 'action="/admin/doctor/look"' not in refused.text
        eventually(lambda: world.gatehouse("log", "--json", "--tool", "doctor/look").out.count('"status": 409') == 1)
        assert "bad_form" not in world.gatehouse("log", "--json").out
    go_on.set()  # the reader is gone
    eventually(lambda: doctor.looking._lock.acquire(blocking=False))
    doctor.looking._lock.release()
    assert "2 fine" in owner.get("/admin/doctor").text


def test_the_address_of_a_look_shows_what_was_found_in_either_language(
    owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks(monkeypatch, check("one", broken))
    owner.post("/admin/doctor/look")
    shown = owner.get("/admin/doctor/look", headers={"accept-language": "ko"})
    assert shown.status_code == 200
    assert re.search(r'<dl class="facts">\s*<div><dt>이래야 합니다</dt><dd lang="en">The title of one', shown.text)


def test_a_look_that_fails_says_so_and_lets_the_next_one_begin(owner: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("app.doctor.inside.inside", lambda settings: 1 / 0)
        assert "It could not finish" in owner.post("/admin/doctor/look").text
    checks(monkeypatch, check("one", well))
    assert "All is well" in owner.post("/admin/doctor/look").text


def test_no_check_is_loaded_before_somebody_looks() -> None:
    code = "import sys, app.admin.room; print([one for one in sys.modules if one.startswith('app.doctor.checks')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"
