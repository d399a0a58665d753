"""What documents say: counts, medians by area, the newest deals, and what is missing or still to come.

Written from the results of the transaction tools, in English or Korean; nothing is computed here. Amounts are in
10,000 won (만원), as the portal keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from app.tools.base import Locale
from app.tools.real_estate.area_bands import AREA_BANDS, AreaBandName
from app.tools.real_estate.house_types import DealKind
from app.tools.real_estate.items import LeaseItem, SaleItem
from app.tools.real_estate.leases import LeaseMonth, LeaseSummary
from app.tools.real_estate.sales import SaleMonth, SaleSummary
from app.tools.real_estate.search_document import Document, title_of
from app.tools.real_estate.search_figures import ComplexDeals
from app.tools.real_estate.search_ids import DocumentId
from app.tools.real_estate.search_wording import WORDS, Words
from app.tools.real_estate.trend import Trend
from app.tools.real_estate.view import Section
from app.tools.real_estate.view.sections import Cell, Table
from app.tools.real_estate.wording import left_out, money, month, percent


def month_document(document: DocumentId, report: SaleMonth | LeaseMonth, locale: Locale) -> Document:
    """Write a month of a district."""
    say = WORDS[locale]
    counts = {"cancelled": report.cancelled_count, "unparsed": report.unparsed_count}
    if isinstance(report, SaleMonth):
        counts["share"] = report.share_count
    notes = [_counted(report.total_count, report.summary.sample_count, counts, locale)]
    if report.incomplete:
        notes.append(say["incomplete"].format(deadline=report.reporting_deadline))
    return Document(
        title=title_of(document, report.region_name, locale),
        sections=_sections(report.summary, report.items, notes, locale),
        source=report.source,
        data_as_of=report.data_as_of,
        sample=report.sample,
        incomplete=report.incomplete,
    )


def complex_document(document: DocumentId, region: str, deals: ComplexDeals, locale: Locale) -> Document:
    """Write the deals of a complex over some months."""
    say = WORDS[locale]
    counts = {"cancelled": deals.cancelled_count, "unparsed": deals.unparsed_count}
    total = deals.summary.sample_count + sum(counts.values())
    notes = [_counted(total, deals.summary.sample_count, counts, locale)]
    if deals.incomplete:
        notes.append(say["incomplete_months"])
    name, dong = deals.name or document.name, deals.dong or document.dong.strip("-")
    return Document(
        title=title_of(document, region, locale, months=deals.months, name=name, dong=dong),
        sections=_sections(deals.summary, deals.items, notes, locale),
        source=deals.source,
        data_as_of=deals.data_as_of,
        sample=deals.sample,
        incomplete=deals.incomplete,
    )


def trend_document(document: DocumentId, trend: Trend, locale: Locale) -> Document:
    """Write a district's months; a page draws them."""
    say, summary = WORDS[locale], trend.summary
    kinds = ("cancelled", "unparsed", "excluded")
    counts = {kind: getattr(trend, f"{kind}_count") for kind in kinds}
    notes = [_counted(trend.total_count, trend.sample_count, counts, locale, trend.deal)]
    if trend.incomplete:
        notes.append(say["incomplete_months"])
    figures: list[tuple[str, Cell]] = []
    if summary.first_year_month and summary.last_year_month:
        figures = [
            (f"{say['median']}, {month(summary.first_year_month)}", money(summary.first_median_price_10k)),
            (f"{say['median']}, {month(summary.last_year_month)}", money(summary.last_median_price_10k)),
            (say["change"], percent(summary.change_pct)),
        ]
    rows = [
        (
            month(point.year_month) + (f" ({say['open']})" if point.incomplete else ""),
            money(point.median_price_10k),
            money(point.median_price_per_sqm_10k),
            f"{point.sample_count:,}",
            percent(point.yoy_pct),
        )
        for point in trend.points
    ]
    columns = [say[name] for name in ("month", "median", "per_sqm", "deals", "yoy")]
    return Document(
        title=title_of(document, trend.region_name, locale),
        sections=({"figures": figures, "paragraphs": notes},),
        source=trend.source,
        data_as_of=trend.data_as_of,
        sample=trend.sample,
        incomplete=trend.incomplete,
        charted={"heading": say["by_month"], "table": {"columns": columns, "rows": rows, "words": [0]}},
        chart=trend.model_dump(mode="json"),
    )


def _counted(total: int, counted: int, left: dict[str, int], locale: Locale, deal: DealKind = "sale") -> str:
    say = WORDS[locale]
    text = say["counted"].format(total=f"{total:,}", counted=f"{counted:,}", left=left_out(left, locale, deal))
    return text if counted else f"{text} {say['nothing']}"


def _sections(
    summary: SaleSummary | LeaseSummary, items: Sequence[SaleItem | LeaseItem], notes: list[str], locale: Locale
) -> tuple[Section, ...]:
    say = WORDS[locale]
    figures = _sale_figures(summary, say) if isinstance(summary, SaleSummary) else _lease_figures(summary, say)
    sections: list[Section] = [{"figures": figures, "paragraphs": notes}]
    if summary.by_area_band:
        sections.append({"heading": say["by_area"], "table": _bands(summary, locale)})
    if items:
        sections.append({"heading": say["newest"].format(count=len(items)), "table": _deals(items, say)})
    return tuple(sections)


def _sale_figures(summary: SaleSummary, say: Words) -> list[tuple[str, Cell]]:
    return [
        (say["sales"], f"{summary.sample_count:,}"),
        (say["median"], money(summary.median_price_10k)),
        (say["lowest"], money(summary.min_price_10k)),
        (say["highest"], money(summary.max_price_10k)),
        (say["per_sqm"], money(summary.median_price_per_sqm_10k)),
    ]


def _lease_figures(summary: LeaseSummary, say: Words) -> list[tuple[str, Cell]]:
    jeonse, monthly = summary.jeonse, summary.monthly
    return [
        (say["jeonse"], f"{jeonse.count:,}"),
        (say["jeonse_deposit"], money(jeonse.median_deposit_10k)),
        (say["monthly"], f"{monthly.count:,}"),
        (say["monthly_deposit"], money(monthly.median_deposit_10k)),
        (say["rent"], money(monthly.median_monthly_rent_10k)),
    ]


def _bands(summary: SaleSummary | LeaseSummary, locale: Locale) -> Table:
    say = WORDS[locale]
    columns: Sequence[str]
    rows: list[Sequence[Cell]]
    if isinstance(summary, SaleSummary):
        columns = ("area", "sales", "median", "per_sqm")
        rows = [
            (
                _band(band.area_band, locale),
                f"{band.sample_count:,}",
                money(band.median_price_10k),
                money(band.median_price_per_sqm_10k),
            )
            for band in summary.by_area_band
        ]
    else:
        columns = ("area", "jeonse", "jeonse_deposit", "monthly", "monthly_deposit", "rent")
        rows = [
            (
                _band(band.area_band, locale),
                f"{band.jeonse_count:,}",
                money(band.jeonse_median_deposit_10k),
                f"{band.monthly_count:,}",
                money(band.monthly_median_deposit_10k),
                money(band.monthly_median_rent_10k),
            )
            for band in summary.by_area_band
        ]
    return {"columns": [say[name] for name in columns], "rows": rows, "words": [0]}


def _band(key: AreaBandName, locale: Locale) -> str:
    band = next(band for band in AREA_BANDS if band.key == key)
    if locale == "ko":
        return band.ko
    over, up_to = f"over {band.over:g}", f"up to {band.up_to:g}"
    parts = [part for part, known in ((over, band.over > 0), (up_to, band.up_to < inf)) if known]
    return f"{' '.join(parts)} ㎡"


def _deals(items: Sequence[SaleItem | LeaseItem], say: Words) -> Table:
    amounts = ("price",) if isinstance(items[0], SaleItem) else ("deposit", "rent_paid")
    columns = ("date", "what", "dong", "area", "floor", *amounts)
    return {"columns": [say[name] for name in columns], "rows": [_deal(item) for item in items], "words": [0, 1, 2]}


def _deal(item: SaleItem | LeaseItem) -> Sequence[Cell]:
    area = getattr(item, "area_sqm", None) or getattr(item, "building_ar", None)
    amounts = (item.price_10k,) if isinstance(item, SaleItem) else (item.deposit_10k, item.monthly_rent_10k)
    what = next((found for name in _WHAT if (found := getattr(item, name, None))), None)
    return (item.trade_date, what, item.dong, area, getattr(item, "floor", None), *(map(money, amounts)))


_WHAT = ("apt_name", "unit_name", "building_use", "jimok", "house_type")
"""Where an item says what was sold or let: the name of a complex, or else a kind."""
