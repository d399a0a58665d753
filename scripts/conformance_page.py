"""Write docs/reference/conformance.md from the table of requirements; with --check only say whether it is current."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "conformance.md"
sys.path.insert(0, str(ROOT))

from tests.requirements.table import REQUIREMENTS, TITLES, Requirement  # noqa: E402

HEAD = """# Conformance

What the standards ask of a resource server, and the tests that prove that Gatehouse does it. Made by
`scripts/conformance_page.py` from `tests/requirements/table.py`; do not edit it here. The wording is ours: the standard
is what counts.

{count} requirements; {met} are met to the letter, and {differing} are not: what is done instead, and why, stands in
bold type below each table. "Attack table" means every row of `tests/auth/test_attack_table.py` that cites the section.
"""


def page() -> str:
    """The whole page."""
    differing = sum(1 for one in REQUIREMENTS if one.differs)
    parts = [HEAD.format(count=len(REQUIREMENTS), met=len(REQUIREMENTS) - differing, differing=differing)]
    for document, title in TITLES.items():
        entries = [one for one in REQUIREMENTS if one.document == document]
        parts.append(f"## {document}: {title}\n\n" + "\n".join(_table(entries)) + "\n")
        different = [f"- **{one.id}**: {one.differs}" for one in entries if one.differs]
        if different:
            parts.append("\n".join(["Differences:", "", *different]) + "\n")
    return "\n".join(parts)


def _table(entries: list[Requirement]) -> list[str]:
    lines = ["| Id | Level | Requirement | Tests |", "|---|---|---|---|"]
    for one in entries:
        proofs = [f"`{proof.split('::')[1]}`" for proof in one.proofs] + ["attack table"] * one.attacks
        chapter = "" if document_is_rfc(one) else f"{one.section.partition(', ')[2]}: "
        mark = " (differs)" if one.differs else ""
        lines.append(f"| {one.id} | {one.level}{mark} | {chapter}{one.text} | {', '.join(proofs)} |")
    return lines


def document_is_rfc(one: Requirement) -> bool:
    return one.document.startswith("RFC ")


def main(words: list[str]) -> int:
    if words == ["--check"]:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page()
        print("current" if current else "out of date: run python scripts/conformance_page.py")
        return 0 if current else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
