"""``get_apt_subscription_info``: the notices of new homes on Applyhome (청약홈), newest first.

They come from the living service (data.go.kr 15098547), not from the yearly snapshot 15101046. Its documents promise no
order, and it may ignore a filter in silence; so every notice that fits is read, checked and sorted here before a page
is cut out. House types, prices and competition rates are other operations, and are not asked for.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from app.tools.base import CallContext, Locale, Tool, ToolModel, typed_tool
from app.tools.real_estate.contract import PORTAL_READ, Dataset, Provenance, Sources, marked, provenance
from app.tools.real_estate.listings import (
    MOST_PAGE,
    MOST_ROWS,
    ShortText,
    Text,
    check_order,
    iso,
    one_line,
    or_default,
    parse_day,
    raw_rows,
    refuse,
)
from app.tools.real_estate.subscription_areas import AREAS, LISTED, area_code

PUBLISHER = "Korea Real Estate Board (한국부동산원)"
PER_DAY = 1_000
"""Sources name 1,000 and 40,000 calls a day for api.odcloud.kr; the lower is safe."""
UPSTREAM_ROWS = 1_000
MOST_UPSTREAM_PAGES = 12
_NAMED = 5

Row = Mapping[str, Any]
HouseKind = Literal["apt", "officetel", "public_rental", "remainder", "optional_supply"]


def _notices(operation: str, title_en: str, title_ko: str) -> Dataset:
    path = f"/api/ApplyhomeInfoDetailSvc/v1/{operation}"
    return Dataset("15098547", path, f"subscription notices, {title_en}", f"청약홈 분양정보, {title_ko}", "", PER_DAY)


NOTICES: dict[HouseKind, Dataset] = {
    "apt": _notices("getAPTLttotPblancDetail", "apartments", "APT"),
    "officetel": _notices("getUrbtyOfctlLttotPblancDetail", "officetels", "오피스텔/도시형/민간임대"),
    "public_rental": _notices("getPblPvtRentLttotPblancDetail", "public-support rental", "공공지원 민간임대"),
    "remainder": _notices("getRemndrLttotPblancDetail", "unranked and remaining units", "무순위/잔여세대"),
    "optional_supply": _notices("getOPTLttotPblancDetail", "optional supply", "임의공급"),
}


class NoticeQuery(ToolModel):
    page: int = Field(default=1, ge=1, le=MOST_PAGE, description="Page of the notices that fit, from 1.")
    per_page: int = Field(default=100, ge=1, le=MOST_ROWS, description="Notices per page.")
    return_type: Annotated[ShortText, or_default("JSON")] = Field(
        default="JSON", description="Kept for saved prompts; JSON is the only form.", examples=["JSON"]
    )
    area: Text = Field(
        default=None, description=f"Supply area, code or Korean name: {LISTED}.", examples=["서울", "410"]
    )
    notice_from: Text = Field(default=None, description="Earliest notice date, YYYY-MM-DD.", examples=["2026-09-01"])
    notice_to: Text = Field(default=None, description="Latest notice date, YYYY-MM-DD.", examples=["2026-10-31"])
    house_kind: Annotated[HouseKind, or_default("apt")] = Field(
        default="apt",
        description=(
            "apt: apartments; officetel: officetels, urban housing, private rental; public_rental: public-support "
            "private rental; remainder: unranked and remaining units (무순위); optional_supply: 임의공급."
        ),
    )


class Notices(Provenance):
    house_kind: HouseKind
    area_code: str | None = Field(description="The supply area that was asked for, as a code.")
    notice_from: str | None
    notice_to: str | None
    total_count: int = Field(description="Notices in the whole dataset; it does not shrink with the filters.")
    match_count: int = Field(description="Notices that fit the filters, on all pages: the count to page through.")
    page: int
    per_page: int
    current_count: int = Field(description="Notices on this page.")
    items: tuple[dict[str, Any], ...] = Field(
        description=(
            "Notices as Applyhome words them, newest first. HOUSE_NM name, RCRIT_PBLANC_DE notice date, RCEPT_BGNDE "
            "and RCEPT_ENDDE application window, PRZWNER_PRESNATN_DE winners announced, MVN_PREARNGE_YM move-in month, "
            "TOT_SUPLY_HSHLDCO units, HSSPLY_ADRES address, PBLANC_URL page. Any field may be null."
        )
    )


@dataclass(frozen=True)
class _Filter:
    """What was asked for."""

    area: str | None
    start: date | None
    end: date | None

    def conditions(self) -> dict[str, str]:
        wanted = {
            "SUBSCRPT_AREA_CODE::EQ": self.area,
            "RCRIT_PBLANC_DE::GTE": iso(self.start),
            "RCRIT_PBLANC_DE::LTE": iso(self.end),
        }
        return {condition: value for condition, value in wanted.items() if value}

    def needs(self) -> list[tuple[str, str]]:
        area = [("area", "SUBSCRPT_AREA_CODE")] if self.area else []
        return area + ([("notice_from, notice_to", "RCRIT_PBLANC_DE")] if self.start or self.end else [])

    def fits(self, row: Row) -> bool:
        day = _day(row)
        return (
            (not self.area or str(row.get("SUBSCRPT_AREA_CODE")).strip() == self.area)
            and (not self.start or day >= f"{self.start:%Y%m%d}")
            and (not self.end or "" < day <= f"{self.end:%Y%m%d}")
        )


def notices_tool(sources: Sources, *, sample: bool) -> Tool:
    """Build ``get_apt_subscription_info``."""

    async def get_apt_subscription_info(query: NoticeQuery, context: CallContext) -> Notices:
        check_return_type(query.return_type, context.locale)
        wanted = _Filter(
            area_code("area", query.area, context.locale),
            parse_day("notice_from", query.notice_from, context.locale),
            parse_day("notice_to", query.notice_to, context.locale),
        )
        check_order("notice_from", wanted.start, "notice_to", wanted.end, context.locale)
        dataset = NOTICES[query.house_kind]
        rows, total, as_of = await _every_row(sources, dataset, wanted.conditions(), context.locale)
        found = await asyncio.to_thread(_sorted, rows, wanted, context.locale)
        first = (query.page - 1) * query.per_page
        items = raw_rows(found[first : first + query.per_page])
        return Notices(
            **provenance(sources, dataset, as_of, publisher=PUBLISHER, sample=sample),
            house_kind=query.house_kind,
            area_code=wanted.area,
            notice_from=iso(wanted.start),
            notice_to=iso(wanted.end),
            total_count=total,
            match_count=len(found),
            page=query.page,
            per_page=query.per_page,
            current_count=len(items),
            items=items,
        )

    return typed_tool(
        get_apt_subscription_info,
        name="get_apt_subscription_info",
        title="Housing subscription notices in Korea",
        description=(
            "Use this for notices of new homes that can be subscribed to in Korea (청약 공고): what is on offer, "
            "where, and when applications open. Newest first; by supply area, notice date and kind of house. Current "
            "data of Applyhome (청약홈); prices by house type are not included. match_count is the number of notices "
            "that fit; total_count is the size of the dataset."
        ),
        arguments=NoticeQuery,
        result=Notices,
        scope="read",
        annotations=PORTAL_READ,
        summarize=_summarize,
    )


def check_return_type(value: str, locale: Locale) -> None:
    """Refuse any form but JSON."""
    if value.upper() != "JSON":
        refuse(
            locale,
            "return_type: only JSON works; XML was dropped. Leave return_type out.",
            "return_type: JSON만 됩니다(XML은 더 이상 지원하지 않습니다). return_type을 빼고 다시 물으세요.",
        )


async def _every_row(
    sources: Sources, dataset: Dataset, conditions: Mapping[str, str], locale: Locale
) -> tuple[list[Row], int, datetime]:
    """Read all pages; rows that the portal counted but did not deliver are an error."""
    rows: list[Row] = []
    asked: list[datetime] = []
    for page in range(1, MOST_UPSTREAM_PAGES + 1):
        listing = await sources.odcloud(dataset, conditions, page, UPSTREAM_ROWS)
        rows += listing.rows
        asked.append(listing.as_of)
        if len(rows) >= listing.match_count:
            break
        if not listing.rows:
            refuse(
                locale,
                "The portal did not deliver the notices it counted. The same question can be asked again later.",
                "포털이 건수만큼 공고를 보내지 않았습니다. 잠시 뒤 같은 질문을 다시 할 수 있습니다.",
            )
    else:
        refuse(
            locale,
            "notice_from: more notices fit than this server reads at once. A later notice_from makes them fewer.",
            "notice_from: 한 번에 읽을 수 있는 것보다 공고가 많습니다. notice_from을 더 늦은 날짜로 좁히세요.",
        )
    return rows, listing.total_count, min(asked)


def _sorted(rows: Sequence[Row], wanted: _Filter, locale: Locale) -> list[Row]:
    """Drop repetitions (pages may shift while they are read) and whatever a filter should have kept out."""
    for argument, field in wanted.needs():
        if rows and not any(row.get(field) for row in rows):
            refuse(
                locale,
                f"{argument}: notices of this house_kind do not carry the field it filters on. Leave it out.",
                f"{argument}: 이 house_kind의 공고에는 거를 항목이 없습니다. 이 조건을 빼고 다시 물으세요.",
            )
    unlike = {json.dumps(row, sort_keys=True, default=str): row for row in rows if wanted.fits(row)}
    return sorted(unlike.values(), key=_day, reverse=True)


def _day(row: Row) -> str:
    return str(row.get("RCRIT_PBLANC_DE") or "").strip().replace("-", "")


def _summarize(notices: Notices, locale: Locale) -> str:
    named = "; ".join(
        f"{one_line(item.get('RCRIT_PBLANC_DE'), 10)} {one_line(item.get('HOUSE_NM'))} "
        f"({one_line(item.get('SUBSCRPT_AREA_CODE_NM'), 10)})"
        for item in notices.items[:_NAMED]
    )
    area = f", {AREAS[notices.area_code]}" if notices.area_code else ""
    if locale == "ko":
        text = f"조건에 맞는 청약 공고{area} {notices.match_count:,}건 중 {notices.page}쪽 {notices.current_count}건"
    else:
        text = f"{notices.match_count:,} notices fit ({notices.house_kind}{area}); page {notices.page}: "
        text += f"{notices.current_count}, newest first"
    return marked(notices, f"{text}. {named}".strip(), locale)
