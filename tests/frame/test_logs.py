"""Log lines: one event, one line, no forged lines, no tokens."""

from __future__ import annotations

import json
import logging
import sys
import time
import unicodedata
from collections.abc import Iterator

import pytest

from app.logs import clean, configure_logging, quoted, without_queries


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("style", ["text", "json"])
def test_control_characters_cannot_start_a_line_of_their_own(capsys: pytest.CaptureFixture[str], style: str) -> None:
    configure_logging("info", style)  # type: ignore[arg-type]
    hostile = "a\nb\rc\x1b[31m\u2028d\x00\ud800"
    logging.getLogger("gatehouse.x").warning("tool %s", hostile)
    written = lines(capsys)
    assert len(written) == 1
    assert all(32 <= ord(letter) < 0x2028 for letter in written[0])


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdefgh12345678",
        "bearer   abcdefgh12345678",
        "got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln in the path",
        "?access_token=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln&x=1",
    ],
)
def test_tokens_are_struck_out(text: str) -> None:
    shown = clean(text)
    assert "[token]" in shown
    assert "abcdefgh" not in shown
    assert "eyJ" not in shown


def test_whatever_is_not_seen_or_moves_what_is_seen_is_escaped() -> None:
    unseen = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    left = [
        f"{code:04x}"
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in unseen and clean(chr(code)) == chr(code)
    ]
    assert left == []
    assert clean("a\u202eb\u200d\U000e0041\u3164") == "a\\u202eb\\u200d\\U000e0041\\u3164"
    assert clean("김민지 ok ⌘ é 1") == "김민지 ok ⌘ é 1"


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("get_region-code.v2:/x", "get_region-code.v2:/x"),
        ("auth0|6553", "auth0|6553"),
        ("", ""),
        ("get sub=auth0|victim ok 3.0ms", '"get sub=auth0|victim ok 3.0ms"'),
        ('a" sub=x', '"a\\" sub=x"'),
        ("a=b", '"a=b"'),
        ("도구", '"도구"'),
    ],
)
def test_a_callers_word_is_one_word_of_a_line(word: str, shown: str) -> None:
    assert quoted(word) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET https://h.example/x?key=TOP&b=c done", "GET https://h.example/x?… done"),
        ("Asked for 'resource=/zz&key=TOPSECRET'.", "Asked for '?…'."),
        ("Asked for 'key=TOP==&resource=/zz'.", "Asked for '?…'."),
        ("status=401 reason=expired why?", "status=401 reason=expired why?"),
        ("R&D & more", "R&D & more"),
    ],
)
def test_queries_of_addresses_stand_in_no_line(capsys: pytest.CaptureFixture[str], text: str, shown: str) -> None:
    assert without_queries(text) == shown
    configure_logging("info", "text")
    logging.getLogger("gatehouse.x").warning("%s", text)
    assert lines(capsys)[0].endswith(f"gatehouse.x: {shown}")


def test_a_hostile_text_costs_time_in_proportion_to_its_length() -> None:
    started = time.process_time()
    for hostile in ("eyJ-" * 50_000, "a=" * 100_000, "&a=" * 60_000, "bearer " * 30_000, "a-" * 100_000, "?" * 200_000):
        clean(without_queries(hostile))
    assert time.process_time() - started < 3  # by a pattern that looks back it would be minutes


def test_json_lines_are_json_and_carry_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")
    try:
        raise ValueError("bad\nline")
    except ValueError:
        logging.getLogger("gatehouse.x").exception("it broke")
    (line,) = lines(capsys)
    entry = json.loads(line)
    assert (entry["level"], entry["logger"], entry["message"]) == ("error", "gatehouse.x", "it broke")
    assert any("ValueError" in part for part in entry["trace"])


def test_text_traces_are_indented_so_that_no_line_looks_like_an_entry(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "text")
    try:
        raise ValueError("x\n2026-01-01T00:00:00Z info gatehouse: all is well")
    except ValueError:
        logging.getLogger("gatehouse.x").exception("it broke")
    first, *rest = lines(capsys)
    assert "it broke" in first
    assert rest
    assert all(line.startswith("    | ") for line in rest)


def test_debug_lines_appear_only_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("warning", "text")
    logging.getLogger("gatehouse.x").info("quiet")
    assert lines(capsys) == []
