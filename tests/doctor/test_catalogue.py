"""The catalogue as data: ids that stay, causes before consequences, every reason of a refusal explained."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from app.doctor.check import WHEN, Check
from app.doctor.checks import CHECKS
from app.doctor.readiness import READY_IDS
from app.journal.entry import Entry
from app.journal.reasons import REASONS, explain
from app.journal.store import Store
from app.store.engine import sqlite_url
from tests.doctor.faults import FAULTS
from tests.doctor.stage import Stage, look

ROOT = Path(__file__).parents[2]
BY_ID = {one.id: one for one in CHECKS}
BY_REASON = {reason: one for one in CHECKS for reason in one.reasons}
IN_THE_LOG = {
    "missing_token": "never-logs-in",
    "expired": "",
    "missing_exp": "token-expired",
    "person_blocked": "people-turned-away",
    "person_expired": "people-turned-away",
    "client_blocked": "people-turned-away",
    "door_closed": "people-turned-away",
    "not_invited": "people-turned-away",
    "token_too_old": "people-turned-away",
    "misdirected_request": "callers-refused",
    "private_network_only": "callers-refused",
    "people_unavailable": "failures-of-late",
    "authorization_server_unavailable": "failures-of-late",
}
"""Where the request log shows a reason elsewhere than the check that explains it. An expired token is no news there."""


def test_there_are_at_least_forty_checks_with_ids_of_their_own() -> None:
    assert len(BY_ID) == len(CHECKS) >= 40
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", id) for id in BY_ID)


def test_every_group_has_checks() -> None:
    groups = {"configuration", "network", "tls", "authorization-server", "metadata"}
    assert {one.group for one in CHECKS} == groups | {"registration", "token", "mcp", "tools", "operation"}


def test_checks_need_only_checks_that_exist_and_never_in_a_circle() -> None:
    def depth(id: str, on_the_way: tuple[str, ...] = ()) -> int:
        assert id not in on_the_way, on_the_way
        return 1 + max((depth(name, (*on_the_way, id)) for name in BY_ID[id].needs), default=0)

    assert max(depth(id) for id in BY_ID) < 40
    assert {word for one in CHECKS for word in one.when} <= set(WHEN)


@pytest.mark.parametrize("check", CHECKS, ids=lambda one: one.id)
def test_a_check_says_what_holds_and_what_to_do_in_plain_words(check: Check) -> None:
    assert check.title[0].isupper() or check.title.startswith(("/mcp", "http://"))
    assert not check.title.endswith(".")
    assert len(check.action) > 15
    assert check.severity in {"fail", "warn"}
    page, _, anchor = check.docs.partition("#")
    assert f"\n### {anchor}\n" in (ROOT / page).read_text(encoding="utf-8")
    assert not check.see or (ROOT / "docs" / check.see.partition("#")[0]).is_file(), check.see


def test_every_reason_of_a_refusal_is_explained_by_exactly_one_check_and_no_check_by_another_reason() -> None:
    named = [reason for one in CHECKS for reason in one.reasons]
    assert sorted(named) == sorted(REASONS)


def test_the_page_of_the_checks_is_current() -> None:
    command = [sys.executable, "scripts/troubleshooting_page.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_check_is_the_first_to_name_some_fault() -> None:
    by_faults = {one.check for one in FAULTS}
    by_refusals = {IN_THE_LOG.get(reason, one.id) for reason, one in BY_REASON.items()}
    assert set(BY_ID) - by_faults - by_refusals == set()


def test_readiness_uses_ids_of_the_catalogue() -> None:
    assert set(READY_IDS) <= set(BY_ID)


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_refusal_in_the_request_log_is_named_first_with_what_to_do(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    monkeypatch.setattr("app.doctor.notes.LOOKS", 1)  # the server writes into another log: nothing to wait for
    with tempfile.TemporaryDirectory(dir=stage.folder) as folder:
        store = Store(sqlite_url(folder))
        entry = Entry(
            time.time() - 60,
            "refused",
            reason,
            "7K3Q-9DMA",
            401,
            detail="Expected this, received that.",
            user_agent="openai-mcp/1.0.0 (ChatGPT)",
        )
        store.add([entry] * 3)
        store.close()
        report = look(stage.inside({"data_dir": folder}))
    first = report.results[0]
    expected = IN_THE_LOG.get(reason, BY_REASON[reason].id)
    if not expected:
        assert report.with_status("fail", "warn") == []
        return
    assert (first.check.id, first.status) == (expected, "warn")
    if reason != "missing_token":
        assert "3 requests were refused for this" in first.cause
        assert "Expected this, received that." in first.cause
        assert first.action == explain(reason).next_step
