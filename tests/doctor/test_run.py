"""How checks are run: side by side, in time, each consequence folded under its cause."""

from __future__ import annotations

import asyncio
import io
import socket
from typing import Any

import pytest

from app.doctor.check import Check, Finding, passed, problem, skipped
from app.doctor.checks import CHECKS
from app.doctor.context import Context
from app.doctor.report import Progress, as_json, in_words
from app.doctor.run import Report, examine
from tests.doctor.stage import BASE, Stage, examined


def made(id: str, finding: Finding | None = None, *needs: str, **more: Any) -> Check:
    async def run(_: Context) -> Finding | None:
        return finding

    return Check(id, more.pop("group", "network"), f"{id} is well", f"mend {id}", run, needs=needs, **more)


def ran(*checks: Check, context: Context | None = None, **limits: float) -> Report:
    return asyncio.run(examined(checks, context or Context(BASE), **limits))


def outcome(report: Report) -> list[tuple[str, str, str]]:
    return [(one.check.id, one.status, one.root) for one in report.results]


def test_consequences_are_folded_under_their_cause_however_far_away() -> None:
    report = ran(
        made("c", None, "b"),
        made("b", problem("never run"), "a"),
        made("a", problem("broken")),
        made("d", passed("ok")),
    )
    assert outcome(report) == [("a", "fail", ""), ("c", "skip", "a"), ("b", "skip", "a"), ("d", "pass", "")]
    assert [one.cause for one in report.folded_under("a")] == ["skipped because a failed"] * 2


def test_failures_come_before_warnings_and_keep_the_order_of_the_catalogue() -> None:
    report = ran(
        made("w", problem("x"), severity="warn"), made("f2", problem("x")), made("f1", problem("x")), made("ok")
    )
    assert [one[:2] for one in outcome(report)] == [("f2", "fail"), ("f1", "fail"), ("w", "warn"), ("ok", "pass")]


def test_warnings_and_checks_without_anything_to_look_at_hold_nobody_up() -> None:
    report = ran(
        made("a", problem("x"), severity="warn"), made("b", skipped("nothing")), made("c", problem("mild", mild=True)),
        made("d", passed("seen"), "a", "b", "c"),
    )  # fmt: skip
    assert ("d", "pass", "") in outcome(report)


def test_a_check_is_not_run_when_there_is_nothing_for_it_to_look_at() -> None:
    report = ran(made("a", problem("x"), when=("token",)))
    assert report.results[0].cause == "needs a token: --login, or --token-file FILE"


def test_a_fault_of_a_check_hides_nothing_that_the_others_found() -> None:
    async def broken(_: Context) -> Finding | None:
        raise ZeroDivisionError

    report = ran(Check("a", "network", "t", "do", broken), made("b", problem("x")))
    assert outcome(report) == [("b", "fail", ""), ("a", "skip", "")]
    assert report.results[1].cause == "the check itself could not be made (ZeroDivisionError)"


def test_a_check_that_takes_too_long_says_so() -> None:
    async def endless(_: Context) -> Finding | None:
        await asyncio.Event().wait()
        return None

    report = ran(Check("a", "network", "t", "do", endless), each=0.05)
    assert (report.results[0].status, report.results[0].cause) == ("fail", "There was no answer within 0 seconds.")
    report = ran(Check("a", "network", "t", "do", endless), made("b", None, "a"), whole=0.05)
    assert [(one.status, one.cause) for one in report.results] == [
        ("skip", "skipped because no time was left: other answers took too long")
    ] * 2


def test_checks_that_need_nothing_of_each_other_run_side_by_side() -> None:
    met = asyncio.Barrier(20)

    async def meet(_: Context) -> Finding | None:
        await met.wait()
        return None

    checks = [Check(f"c{number}", "network", "t", "do", meet) for number in range(20)]
    assert {one.status for one in ran(*checks, each=5).results} == {"pass"}


def test_the_whole_run_against_servers_that_never_answer_takes_less_than_ten_seconds(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and says nothing
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = {"public_base_url": address, "oauth_issuer": f"{address}/", "port": silent.getsockname()[1]}
        here = stage.inside(settings, token=stage.token(), client_id="x")
        there = Context(address, token=stage.token(), client_id="x", register=True)

        async def both() -> tuple[Report, Report]:
            return await asyncio.gather(examined(CHECKS, there), examined(CHECKS, here))

        outside, inside = asyncio.run(both())
    assert outside.seconds < 10
    assert outside.results[0].check.id == "mcp-unanswered"
    assert "did not answer in time" in outside.results[0].cause
    assert inside.seconds < 10
    assert inside.results[0].check.id == "server-down"


def test_progress_is_a_line_for_each_finished_group_where_nobody_looks_on() -> None:
    stream, checks = io.StringIO(), [made("a"), made("b", problem("x")), made("c", group="tls")]
    asyncio.run(examine(checks, Context(BASE), Progress(checks, stream)))
    assert sorted(" ".join(line.split()) for line in stream.getvalue().splitlines()) == [
        "network 2 of 2 checks, 1 found something",
        "tls 1 of 1 checks",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_rewrites_its_lines_on_a_terminal() -> None:
    stream, checks = Terminal(), [made("a"), made("c", group="tls")]
    asyncio.run(examine(checks, Context(BASE), Progress(checks, stream)))
    frames = stream.getvalue().split("\x1b[2A")
    assert len(frames) == 2
    assert all(frame.count("\x1b[2K") == 2 for frame in frames)
    assert frames[-1].count("1 of 1") == 2


def test_the_report_in_words_begins_with_the_cause_and_counts_what_waits_for_it() -> None:
    report = ran(made("ok", passed("seen")), made("a", problem("It is broken.")), made("b", None, "a"))
    lines = in_words(report)
    assert lines[:6] == [
        "FAILED: a",
        "  should  a is well.",
        "  is      It is broken.",
        "  do      mend a",
        "  more    docs/how-to/troubleshooting.md#a",
        "  1 other check waits for this one: b.",
    ]
    assert lines[-1].startswith("3 checks in ")
    assert lines[-1].endswith(": 1 failed, 0 warnings, 1 fine, 1 not looked at.")


@pytest.mark.parametrize(
    ("finding", "status"), [(problem("x"), "fail"), (problem("x", mild=True), "warn"), (None, "pass")]
)
def test_the_report_as_json_has_the_promised_shape(finding: Finding | None, status: str) -> None:
    facts = as_json(ran(made("a", finding)), {"url": BASE})
    assert set(facts) == {"checks", "summary"}
    assert set(facts["checks"][0]) == {"id", "group", "status", "title", "cause", "action", "docs"}
    assert facts["checks"][0]["status"] == facts["summary"]["status"] == status
    assert facts["summary"]["root_causes"] == (["a"] if status == "fail" else [])
