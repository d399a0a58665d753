"""A document as search offers it: its title, its parts, and how they are written as text and as a page.

The text is Markdown. Names of complexes and dongs come from the portal and are untrusted: in the text their signs of
Markdown are escaped, and ``view`` escapes for HTML. What the parts say is decided in ``search_reports``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.tools.base import Locale
from app.tools.real_estate.house_types import HOUSE_TYPES
from app.tools.real_estate.search_ids import DocumentId
from app.tools.real_estate.view import Section, page_html
from app.tools.real_estate.view.sections import Cell, Table
from app.tools.real_estate.wording import month

_SIGNS = re.compile(r"[\\`*_\[\]<>|#]")
_SAMPLE: dict[Locale, str] = {
    "en": "SAMPLE DATA of a demonstration, made up: not real contracts.",
    "ko": "시연용 예시 데이터입니다. 실제 거래가 아닙니다.",
}
_ORIGIN: dict[Locale, tuple[str, str]] = {"en": ("Source", "Data as of"), "ko": ("출처", "기준 시각")}
_CONTRACTS: dict[Locale, dict[str, str]] = {
    "en": {"sale": "sales", "lease": "leases"},
    "ko": {"sale": "매매", "lease": "전월세"},
}
_TRENDS: dict[Locale, dict[str, str]] = {
    "en": {"sale": "sale price trend", "lease": "jeonse deposit trend"},
    "ko": {"sale": "매매가 추이", "lease": "전세 보증금 추이"},
}


@dataclass(frozen=True)
class Document:
    """``charted`` is the section that a page shows as the chart of ``chart`` (which has a table of its own)."""

    title: str
    sections: tuple[Section, ...]
    source: str
    data_as_of: str
    sample: bool
    incomplete: bool
    charted: Section | None = None
    chart: Mapping[str, Any] | None = None


def title_of(
    document: DocumentId, region: str, locale: Locale, *, months: Sequence[str] = (), name: str = "", dong: str = ""
) -> str:
    """Return the title; of a complex ``name``, ``dong`` and ``months``, oldest first, are needed too."""
    house, contract = HOUSE_TYPES[document.house_type], _CONTRACTS[locale][document.contract]
    if document.kind == "trend":
        trend = _TRENDS[locale][document.contract]
        return f"{region} {house.ko} {trend}" if locale == "ko" else f"{region}: {house.en} {trend}"
    if document.kind == "month":
        when = month(document.year_month)
        return (
            f"{region} {house.ko} {contract} {when}" if locale == "ko" else f"{region}: {house.en} {contract}, {when}"
        )
    first, last = month(months[0]), month(months[-1])
    if locale == "ko":
        return " ".join(part for part in (region, dong, name, house.ko, contract, f"{first}~{last}") if part)
    return f"{name}{f' ({dong})' if dong else ''}, {region}: {house.en} {contract}, {first} to {last}"


def as_text(document: Document, locale: Locale) -> str:
    """Write the document as Markdown, the note on made-up data first and the source last."""
    parts = [f"# {_plain(document.title)}"]
    if document.sample:
        parts.append(f"**{_SAMPLE[locale]}**")
    for section in (*document.sections, *([document.charted] if document.charted else [])):
        parts += _section_text(section)
    return "\n\n".join([*parts, *_section_text(_origin(document, locale))])


def as_page(document: Document, locale: Locale) -> str:
    """Write the document as HTML that loads nothing."""
    return page_html(
        document.chart,
        title=document.title,
        locale=locale,
        sections=document.sections,
        sections_after=() if document.chart else (_origin(document, locale),),  # the chart names its source itself
        sample=document.sample,
    )


def _origin(document: Document, locale: Locale) -> Section:
    source, as_of = _ORIGIN[locale]
    return {"paragraphs": [f"{source}: {document.source}", f"{as_of}: {document.data_as_of}"]}


def _section_text(section: Section) -> Iterator[str]:
    if heading := section.get("heading"):
        yield f"## {heading}"
    if figures := section.get("figures"):
        yield "\n".join(f"- {label}: {_cell(value)}" for label, value in figures)
    yield from section.get("paragraphs", ())
    if table := section.get("table"):
        yield _table_text(table)


def _table_text(table: Table) -> str:
    columns, words = table.get("columns", ()), table.get("words", ())
    rule = [":---" if position in words else "---:" for position in range(len(columns))]
    return "\n".join(
        f"| {' | '.join(_cell(cell) for cell in row)} |" for row in (columns, rule, *table.get("rows", ()))
    )


def _cell(value: Cell) -> str:
    return "–" if value is None else _plain(str(value))


def _plain(text: str) -> str:
    return _SIGNS.sub(lambda sign: f"\\{sign[0]}", text)
