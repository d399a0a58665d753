"""``get_apt_subscription_results``: monthly statistics of applicants and winners on Applyhome (청약홈).

Six operations of data.go.kr 15110812, page by page and in the portal's order. Figures are passed on as they come, some
as numbers and some as texts; nothing is added up. Results of single notices are another service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from app.tools.base import CallContext, Locale, Tool, ToolModel, typed_tool
from app.tools.real_estate.contract import PORTAL_READ, SEOUL, Clock, Dataset, Provenance, Sources, marked, provenance
from app.tools.real_estate.listings import (
    MOST_PAGE,
    MOST_ROWS,
    ShortText,
    Text,
    or_default,
    raw_rows,
    refuse,
)
from app.tools.real_estate.subscription_areas import LISTED, area_code
from app.tools.real_estate.subscription_notices import PER_DAY, PUBLISHER, check_return_type

StatKind = Literal["reqst_area", "reqst_age", "przwner_area", "przwner_age", "cmpetrt_area", "aps_przwner"]


def _statistic(operation: str, title_en: str, title_ko: str) -> Dataset:
    path = f"/api/ApplyhomeStatSvc/v1/{operation}"
    title = f"subscription statistics, {title_en}"
    return Dataset("15110812", path, title, f"청약홈 청약 신청·당첨자 정보, {title_ko}", "", PER_DAY)


STATISTICS: dict[StatKind, Dataset] = {
    "reqst_area": _statistic("getAPTReqstAreaStat", "applicants by area and age", "지역별 신청자"),
    "reqst_age": _statistic("getAPTReqstAgeStat", "applicants by age", "연령별 신청자"),
    "przwner_area": _statistic("getAPTPrzwnerAreaStat", "winners by area and age", "지역별 당첨자"),
    "przwner_age": _statistic("getAPTPrzwnerAgeStat", "winners by age", "연령별 당첨자"),
    "cmpetrt_area": _statistic("getAPTCmpetrtAreaStat", "competition by area", "지역별 경쟁률"),
    "aps_przwner": _statistic("getAPTApsPrzwnerStat", "winning scores", "청약가점 당첨자"),
}
_WITHOUT_AREA = ("reqst_age", "przwner_age")


class ResultsQuery(ToolModel):
    stat_kind: StatKind = Field(
        description=(
            "reqst_area, reqst_age: applicants (by area and age; by age). przwner_area, przwner_age: winners. "
            "cmpetrt_area: units, applicants and competition rate by area. aps_przwner: scores of the winners."
        ),
        examples=["cmpetrt_area"],
    )
    stat_year_month: Text = Field(
        default=None,
        description="Month YYYYMM, not later than the current one; every month when left out.",
        examples=["202609"],
    )
    area_code: Text = Field(
        default=None,
        description=f"Supply area, code or Korean name; not for reqst_age and przwner_age. {LISTED}.",
        examples=["100", "서울"],
    )
    reside_secd: Text = Field(
        default=None, description="Two-digit residence code, 01 for 해당지역; only for aps_przwner.", examples=["01"]
    )
    page: int = Field(default=1, ge=1, le=MOST_PAGE, description="Page, from 1.")
    per_page: int = Field(default=100, ge=1, le=MOST_ROWS, description="Rows per page.")
    return_type: Annotated[ShortText, or_default("JSON")] = Field(
        default="JSON", description="Kept for saved prompts; JSON is the only form.", examples=["JSON"]
    )


class Results(Provenance):
    stat_kind: StatKind
    stat_year_month: str | None
    area_code: str | None = Field(description="The supply area that was asked for, as a code.")
    reside_secd: str | None
    total_count: int = Field(description="Rows in the whole dataset; it does not shrink with the filters.")
    match_count: int = Field(description="Rows that fit the filters, on all pages: the count to page through.")
    page: int
    per_page: int
    current_count: int = Field(description="Rows on this page.")
    items: tuple[dict[str, Any], ...] = Field(
        description=(
            "Rows as the portal sends them; figures may be texts. STAT_DE month, SUBSCRPT_AREA_CODE(_NM) area, AGE_30 "
            "(30s and under) to AGE_60 (60s and over) people; SPSPLY_… special and SUPLY_… general supply with "
            "HSHLDCO units, REQ_CNT applications, CMPET_RATE rate; AVRG_, MED_, TOP_, LWET_SCORE scores."
        )
    )


def results_tool(sources: Sources, *, clock: Clock, sample: bool) -> Tool:
    """Build ``get_apt_subscription_results``."""

    async def get_apt_subscription_results(query: ResultsQuery, context: CallContext) -> Results:
        check_return_type(query.return_type, context.locale)
        wanted = _filters(query, clock().astimezone(SEOUL), context.locale)
        dataset = STATISTICS[query.stat_kind]
        conditions = {f"{field}::EQ": value for field, value in wanted.items()}
        listing = await sources.odcloud(dataset, conditions, query.page, query.per_page)
        _check_filtered(listing.rows, wanted, context.locale)
        items = raw_rows(listing.rows)
        return Results(
            **provenance(sources, dataset, listing.as_of, publisher=PUBLISHER, sample=sample),
            stat_kind=query.stat_kind,
            stat_year_month=wanted.get("STAT_DE"),
            area_code=wanted.get("SUBSCRPT_AREA_CODE"),
            reside_secd=wanted.get("RESIDE_SECD"),
            total_count=listing.total_count,
            match_count=listing.match_count,
            page=query.page,
            per_page=query.per_page,
            current_count=len(items),
            items=items,
        )

    return typed_tool(
        get_apt_subscription_results,
        name="get_apt_subscription_results",
        title="Housing subscription statistics in Korea",
        description=(
            "Use this for monthly statistics of apartment subscription in Korea (청약): who applied and who won by "
            "area and age, how strong the competition was, and which scores won. Data of Applyhome (청약홈), "
            "published about the 26th. match_count is the number of rows that fit; total_count is the size of the "
            "dataset."
        ),
        arguments=ResultsQuery,
        result=Results,
        scope="read",
        annotations=PORTAL_READ,
        summarize=_summarize,
    )


def _filters(query: ResultsQuery, now: datetime, locale: Locale) -> dict[str, str]:
    """Check the filters and return the fields of the dataset with the values they have to have."""
    if query.area_code and query.stat_kind in _WITHOUT_AREA:
        refuse(
            locale,
            f"area_code: {query.stat_kind} has no areas. Leave it out, or take reqst_area or przwner_area.",
            f"area_code: {query.stat_kind}에는 지역이 없습니다. 빼거나 reqst_area 또는 przwner_area를 쓰세요.",
        )
    if query.reside_secd and query.stat_kind != "aps_przwner":
        refuse(
            locale,
            "reside_secd: exists only for the stat_kind aps_przwner. Leave it out.",
            "reside_secd: stat_kind가 aps_przwner일 때만 있습니다. 빼고 다시 물으세요.",
        )
    if query.reside_secd and not re.fullmatch(r"[0-9]{2}", query.reside_secd):
        refuse(
            locale,
            "reside_secd: must be two digits, for example 01 (해당지역).",
            "reside_secd: 두 자리 숫자여야 합니다. 예: 01 (해당지역).",
        )
    if query.stat_year_month:
        _check_month(query.stat_year_month, f"{now:%Y%m}", locale)
    wanted = {
        "STAT_DE": query.stat_year_month,
        "SUBSCRPT_AREA_CODE": area_code("area_code", query.area_code, locale),
        "RESIDE_SECD": query.reside_secd,
    }
    return {field: value for field, value in wanted.items() if value}


def _check_month(month: str, current: str, locale: Locale) -> None:
    if not re.fullmatch(r"20[0-9]{2}(0[1-9]|1[0-2])", month):
        refuse(
            locale,
            "stat_year_month: must be a month as YYYYMM, for example 202609.",
            "stat_year_month: YYYYMM 형식의 달이어야 합니다. 예: 202609.",
        )
    if month > current:
        refuse(
            locale,
            f"stat_year_month: is in the future; it is {current} in Korea.",
            f"stat_year_month: 미래의 달입니다. 한국은 지금 {current}입니다.",
        )


def _check_filtered(rows: Sequence[Mapping[str, Any]], wanted: Mapping[str, str], locale: Locale) -> None:
    """Refuse an answer that a filter left no mark on: the portal may ignore an operator it does not declare."""
    for field, value in wanted.items():
        if any(str(row.get(field)).strip() != value for row in rows):
            refuse(
                locale,
                "The portal ignored a filter, so its rows do not answer the question. Nothing was counted; fewer "
                "filters may help.",
                "포털이 조건을 적용하지 않아 질문에 맞지 않는 자료를 보냈습니다. 조건을 줄이면 될 수 있습니다.",
            )


def _summarize(results: Results, locale: Locale) -> str:
    if locale == "ko":
        text = (
            f"{results.stat_kind}: 조건에 맞는 {results.match_count:,}건 중 {results.page}쪽 {results.current_count}건."
        )
        if not results.match_count:
            text += " 월별 자료는 26일 무렵 공개됩니다. 더 이른 달에는 있을 수 있습니다."
    else:
        text = f"{results.stat_kind}: {results.match_count:,} rows fit; page {results.page}: {results.current_count}."
        if not results.match_count:
            text += " Months are published about the 26th; an earlier one may be there."
    return marked(results, text, locale)
