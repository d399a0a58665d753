"""The doctor against faults: whatever is broken, the first thing it says is the cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.doctor.checks import CHECKS
from app.doctor.report import in_words
from tests.doctor.faults import FAULTS, ROWS, Fault, closed_port
from tests.doctor.stage import BASE, NAME, SHARED, Stage, look, open_stage


@pytest.mark.parametrize("fault", FAULTS, ids=[one.name for one in FAULTS])
def test_the_check_that_names_the_cause_comes_first(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    context = fault.make(stage, monkeypatch)
    report = look(context)
    first = report.results[0]
    assert (first.check.id, first.status) == (fault.check, fault.status), "\n".join(in_words(report))
    assert first.cause
    assert first.action
    told = "\n".join([*in_words(report), *(one.cause for one in report.results)])
    assert not context.token or context.token not in told
    assert "itself could not be made" not in told


def test_faults_have_names_of_their_own() -> None:
    assert len({one.name for one in FAULTS}) == len(FAULTS) >= 40


def test_every_known_kind_of_fault_is_made() -> None:
    assert {one.row for one in FAULTS} == set(ROWS)


def test_faults_name_checks_that_exist() -> None:
    assert {one.check for one in FAULTS} <= {one.id for one in CHECKS}


def test_a_good_set_up_passes_from_outside_with_nothing_but_its_address(stage: Stage) -> None:
    report = look(stage.outside())
    assert [one for one in report.results if one.status in {"fail", "warn"}] == []
    assert len(report.with_status("pass")) >= 40


def test_a_good_set_up_passes_from_inside_with_a_token(tmp_path: Path) -> None:
    with open_stage(tmp_path) as stage:
        report = look(stage.inside(token=stage.token(), client_id=SHARED))
    assert [(one.check.id, one.cause) for one in report.results if one.status in {"fail", "warn"}] == []
    assert len(report.with_status("pass")) >= 100


def test_a_router_that_does_not_lead_back_in_keeps_nothing_from_being_looked_at(stage: Stage) -> None:
    roads = {(NAME, 443): ("127.0.0.1", closed_port())}
    report = look(stage.inside(network=stage.network(roads=roads), client_id=SHARED, token=stage.token()))
    assert [one.check.id for one in report.with_status("fail")] == []
    assert report.results[0].check.id == "public-unreachable"
    assert "hairpin NAT" in report.results[0].action
    assert f"gatehouse doctor --url {BASE}" in report.results[0].action
    passed = {one.check.id for one in report.with_status("pass")}
    assert {"challenge-missing", "resource-differs", "issuers-differ-here", "tool-fails"} <= passed


@pytest.mark.parametrize("name", ["the_log_in_page_is_dead", "registration_is_dead"])
def test_an_endpoint_that_is_dead_is_said_once(stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    fault = next(one for one in FAULTS if one.name == name)
    report = look(fault.make(stage, monkeypatch))
    assert [one.check.id for one in report.with_status("fail")] == [fault.check]
    assert "client-unknown" in {one.check.id for one in report.folded_under(fault.check)}
