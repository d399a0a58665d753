"""Plain parts of a page: headings, paragraphs, key figures and tables, written on the server.

Every value is escaped; nothing is interpreted as markup. Numbers are written as they are given: what needs thousands
separators or a unit comes as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TypedDict

Cell = str | int | float | None


class Table(TypedDict, total=False):
    """``rows`` under ``columns``. The columns at the positions ``words`` hold text and are set to the left.

    The first column heads its row. ``caption`` is read out with the table.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    words: Sequence[int]


class Section(TypedDict, total=False):
    """A part of a page. ``figures`` are pairs of a label and a value, shown large."""

    heading: str
    figures: Sequence[tuple[str, Cell]]
    paragraphs: Sequence[str]
    table: Table


def section_html(section: Section) -> str:
    """Write ``section`` as HTML, every text escaped."""
    parts = ["<section>"]
    if heading := section.get("heading"):
        parts.append(f"<h2>{escape(heading)}</h2>")
    if figures := section.get("figures"):
        pairs = (f"<div><dt>{escape(label)}</dt><dd>{_text(value)}</dd></div>" for label, value in figures)
        parts.append(f"<dl>{''.join(pairs)}</dl>")
    parts += [f"<p>{escape(text)}</p>" for text in section.get("paragraphs", ())]
    if table := section.get("table"):
        parts.append(_table_html(table, section.get("heading", "")))
    return "\n".join([*parts, "</section>"])


def _table_html(table: Table, heading: str) -> str:
    words = table.get("words", ())

    def side(column: int) -> str:
        return ' class="words"' if column in words else ""

    head = "".join(f'<th scope="col"{side(i)}>{escape(name)}</th>' for i, name in enumerate(table.get("columns", ())))
    rows = []
    for row in table.get("rows", ()):
        cells = [f'<th scope="row"{side(0)}>{_text(row[0])}</th>'] if row else []
        cells += [f"<td{side(i)}>{_text(value)}</td>" for i, value in enumerate(row[1:], start=1)]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    caption = table.get("caption", "")
    label = escape(caption or heading)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table>'
        + (f"<caption>{escape(caption)}</caption>" if caption else "")
        + f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _text(value: Cell) -> str:
    return "–" if value is None else escape(str(value))
