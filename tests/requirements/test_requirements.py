"""Requirements and tests are tied both ways: no requirement without a test, no claim of a requirement without an entry.

A test claims a requirement by a docstring of ids; the attack table claims sections.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.auth.test_attack_table import ATTACKS
from tests.requirements.table import ATTACK, REQUIREMENTS, TITLES, Requirement

ROOT = Path(__file__).parents[2]
ID = r"(?:RFC\d{4}-\d[\d.]*|MCP-[a-z]+)-[a-z]"
ENTRIES = {one.id: one for one in REQUIREMENTS}

each = pytest.mark.parametrize("entry", REQUIREMENTS, ids=lambda entry: entry.id)


def exists(proof: str) -> bool:
    """Whether pytest has a test of this name; without parameters: at least one."""
    path, _, name = proof.partition("::")
    name, bracket, parameters = name.removesuffix("]").partition("[")
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    function = getattr(module, name, None)
    if function is None or not name.startswith("test_"):
        return False
    return not bracket or parameters in set(parameter_ids(function))


def parameter_ids(function: object) -> Iterator[str]:
    """The ids of a parametrized test, for explicit ids and for plain texts: what the table names."""
    marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "parametrize"]
    columns = []
    for mark in marks:
        ids = mark.kwargs.get("ids")
        values = list(mark.args[1])
        if callable(ids):
            columns.append([ids(value) for value in values])
        else:
            columns.append(list(ids) if ids else [_plain_id(value) for value in values])
    yield from ("-".join(one) for one in itertools.product(*columns))


def _plain_id(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)


def claims_of_tests() -> Iterator[tuple[str, str]]:
    """Each requirement that a docstring under tests/ claims, with the name of the test."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if path == Path(__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for claimed in re.findall(ID, ast.get_docstring(node) or ""):
                    yield claimed, f"{path.relative_to(ROOT).as_posix()}::{node.name}"


@each
def test_each_requirement_is_proven_by_tests_that_exist(entry: Requirement) -> None:
    assert re.fullmatch(ID, entry.id)
    assert entry.document in TITLES
    assert entry.text.endswith(".")
    assert not entry.differs or entry.differs.endswith(".")
    assert entry.proofs or entry.attacks
    assert [proof for proof in entry.proofs if not exists(proof)] == []
    if entry.attacks:
        assert [row for row in ATTACKS if row[1] == entry.section], "no attack cites this section"


def test_each_id_is_used_once_and_each_document_has_entries() -> None:
    assert len(ENTRIES) == len(REQUIREMENTS) >= 60
    assert {one.document for one in REQUIREMENTS} == set(TITLES)
    sections = [one.section for one in REQUIREMENTS if one.attacks]
    assert len(set(sections)) == len(sections), "the attacks of a section prove one entry"


def test_each_section_that_the_attack_table_cites_has_an_entry() -> None:
    cited = {row[1] for row in ATTACKS if row[1].partition(" §")[0] in TITLES}
    assert cited == {one.section for one in REQUIREMENTS if one.attacks}
    assert exists(ATTACK)


def test_each_requirement_that_a_test_claims_has_an_entry_that_names_the_test() -> None:
    claims = list(claims_of_tests())
    assert len(claims) >= 15
    for claimed, test in claims:
        assert claimed in ENTRIES, f"{test} claims {claimed}"
        assert test in {proof.partition("[")[0] for proof in ENTRIES[claimed].proofs}, f"{claimed} does not name {test}"


def test_a_test_that_does_not_exist_is_noticed() -> None:
    assert exists(f"{ATTACK}[basic credentials]")
    assert not exists(f"{ATTACK}[basic credential]")
    assert not exists(f"{ATTACK}s")
    assert not exists("tests/auth/test_attack_table.py::ATTACKS")


def test_the_conformance_page_is_current() -> None:
    command = [sys.executable, "scripts/conformance_page.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "current"), done.stderr
