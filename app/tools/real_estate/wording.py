"""The readable text beside a structured result, in English and Korean: short, and honest about what is left out."""

from __future__ import annotations

from app.tools.base import Locale
from app.tools.real_estate.house_types import DealKind
from app.tools.real_estate.monthly import MonthResult

_LEFT_OUT = {
    "cancelled": ("cancelled", "해제"),
    "unparsed": ("unreadable", "판독 불가"),
    "share": ("of a share", "지분 거래"),
    "filtered_out": ("not fitting the filters", "조건 밖"),
}


def money(value: float | None) -> str:
    """Write an amount with separators."""
    return "–" if value is None else f"{value:,}"


def month(year_month: str) -> str:
    """Write YYYYMM as YYYY-MM."""
    return f"{year_month[:4]}-{year_month[4:]}"


def percent(value: float | None) -> str:
    """Write a change with its sign."""
    return "–" if value is None else f"{value:+.1f}%"


def left_out(counts: dict[str, int], locale: Locale, deal: DealKind = "sale") -> str:
    """Name what is left out, each with its count; nothing when nothing is. ``deal`` says what ``excluded`` means."""
    index = 1 if locale == "ko" else 0
    words = {**_LEFT_OUT, "excluded": _LEFT_OUT["share"] if deal == "sale" else ("with monthly rent", "월세")}
    parts = [(count, words[kind][index]) for kind, count in counts.items() if count]
    if not parts:
        return ""
    if locale == "ko":
        return f" ({', '.join(f'{word} {count:,}건' for count, word in parts)} 제외)"
    return f" ({', '.join(f'{count:,} {word}' for count, word in parts)} left out)"


def listed(result: MonthResult, locale: Locale) -> str:
    """Say how many deals are listed, and until when more may come."""
    if locale == "ko":
        text = f" 최신순 {result.items_returned:,}건 표시." if result.items_returned else ""
        return f"{text} 미완성: {result.reporting_deadline}까지 신고됩니다." if result.incomplete else text
    text = f" {result.items_returned:,} listed, newest first." if result.items_returned else ""
    return f"{text} Incomplete: reported until {result.reporting_deadline}." if result.incomplete else text
