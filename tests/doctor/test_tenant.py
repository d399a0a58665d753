"""The comparison of the tenant with the plan: in time, and by the way of registration that the tenant has."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from app.auth0.pace import Paced
from app.auth0.wanted import CHATGPT_CALLBACK, CHATGPT_DOCUMENT
from app.cli import doctor
from app.doctor.aside import aside
from app.doctor.checks import CHECKS
from app.doctor.inside import inside
from tests.doctor.stage import Stage, examined
from tests.support.auth0 import StandIn, open_stand_in
from tests.support.world import gatehouse

ONE = tuple(one for one in CHECKS if one.id == "tenant-differs")


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with open_stand_in() as opened:
        monkeypatch.setattr("app.auth0.access.clock", opened.clock)
        monkeypatch.setattr("app.auth0.access.sleep", opened.clock.sleep)
        yield opened


def compared(stand_in: StandIn) -> dict[str, Any]:
    stand_in.clock.now += 2
    ran = gatehouse("doctor", "--json", **stand_in.environment(DATA_DIR="data"))
    return next(one for one in ran.json["checks"] if one["id"] == "tenant-differs")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("mode", ["shared", "dcr", "cimd"])
def test_a_tenant_is_compared_with_the_plan_of_its_own_way_of_registration(stand_in: StandIn, mode: str) -> None:
    environment = stand_in.environment(DATA_DIR="data")
    stand_in.tenant.metadata_documents[CHATGPT_DOCUMENT] = {
        "client_id": CHATGPT_DOCUMENT, "client_name": "ChatGPT", "redirect_uris": [CHATGPT_CALLBACK],
    }  # fmt: skip
    assert gatehouse("auth0", "apply", "--yes", "--registration", mode, **environment).code == 0
    assert compared(stand_in)["status"] == "pass"
    stand_in.tenant.connection.options = {**stand_in.tenant.connection.options, "disable_signup": False}
    found = compared(stand_in)
    assert found["cause"].startswith("Settings that differ: 1. ")
    wanted = "gatehouse auth0 apply." if mode == "shared" else f"gatehouse auth0 apply --registration {mode}."
    assert found["action"].endswith(wanted)


def test_a_tenant_whose_door_is_closed_for_programs_stays_one_where_they_register(stand_in: StandIn) -> None:
    environment = stand_in.environment(DATA_DIR="data")
    assert gatehouse("auth0", "apply", "--yes", "--registration", "dcr", **environment).code == 0
    stand_in.tenant.settings.enable_dynamic_client_registration = False
    assert compared(stand_in)["action"].endswith("--registration dcr.")


def test_a_comparison_that_is_silent_is_not_waited_for(stage: Stage) -> None:
    over, started = threading.Event(), time.monotonic()
    context = stage.inside(tenant_differences=lambda: aside(lambda: over.wait(60) and ("", []), "silent"))
    try:
        report = asyncio.run(examined(tuple(_hasty(ONE)), context, whole=5))
    finally:
        over.set()
    assert time.monotonic() - started < 10
    assert report.results[0].cause == "There was no answer within 1 seconds."


def _hasty(checks: Any) -> Any:
    return [replace(one, seconds=0.6) for one in checks]


def test_the_command_does_not_wait_for_a_silent_tenant_after_its_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", _hasty(ONE))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        settings = stage.settings(oauth_issuer=issuer, auth0_management_client_id="x",
                                  auth0_management_client_secret="y")  # fmt: skip
        context = inside(settings)
        started = time.monotonic()
        report = asyncio.run(examined(_hasty(ONE), context, whole=5))
    assert time.monotonic() - started < 10
    assert report.results[0].cause == "There was no answer within 1 seconds."


def test_a_tenant_that_asks_to_wait_a_minute_is_told_so_at_once(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = httpx.Response(429, headers={"retry-after": "60"}, json={})
    monkeypatch.setattr(Paced, "_send", lambda *_: busy)
    found = compared(stand_in)
    assert found["cause"] == "Auth0 asks to wait 60 seconds."
    assert stand_in.clock.slept == []
