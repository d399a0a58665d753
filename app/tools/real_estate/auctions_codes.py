"""The seven tools over Onbid's codes: uses in three levels, and places in four.

Each hierarchy is fetched whole, kept for days by the sources, and answered from. The places are those where Onbid has
objects, not a table of districts. A name or an id that is not there is an error: an empty list would look like an
answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

from app.tools.base import CallContext, Locale, Tool, typed_tool
from app.tools.real_estate.auctions_code_models import (
    BelowDistrict,
    BelowDong,
    BelowProvince,
    BelowUse,
    CodePaging,
    PlaceItem,
    PlacePage,
    UseItem,
    UsePage,
)
from app.tools.real_estate.auctions_common import ADDRESSES, PUBLISHER, USAGE_CODES, province
from app.tools.real_estate.auctions_hierarchy import Place, UnknownForm, Use, level, read_places, read_uses
from app.tools.real_estate.contract import PORTAL_READ, Dataset, Sources, marked, provenance
from app.tools.real_estate.listings import one_line, refuse

_NAMED = 20
_LEVELS = ("addr1", "addr2", "addr3", "dtl_addr")


_USE_TOOLS: tuple[tuple[str, str, type[CodePaging], str], ...] = (
    ("get_onbid_top_code_info", "top level", CodePaging, "the widest, such as 10000 부동산 (real estate)"),
    ("get_onbid_middle_code_info", "middle level", BelowUse, "those below ctgr_id, an id of the top level"),
    ("get_onbid_bottom_code_info", "bottom level", BelowUse, "those below ctgr_id, an id of the middle level"),
)
_PLACE_TOOLS: tuple[tuple[str, str, type[CodePaging], str], ...] = (
    ("get_onbid_addr1_info", "provinces", CodePaging, "provinces (시도)"),
    (
        "get_onbid_addr2_info",
        "districts",
        BelowProvince,
        "cities, counties and districts (시군구) of the province addr1",
    ),
    (
        "get_onbid_addr3_info",
        "towns",
        BelowDistrict,
        "eup, myeon and dong (읍면동) of the district addr2 or the province addr1",
    ),
    ("get_onbid_dtl_addr_info", "addresses", BelowDong, "addresses of objects in the eup, myeon or dong addr3"),
)
E = TypeVar("E")


def code_tools(sources: Sources, *, sample: bool) -> tuple[Tool, ...]:
    """Build the three tools over uses and the four over places."""
    uses = tuple(_use_tool(sources, depth, sample) for depth in range(len(_USE_TOOLS)))
    return uses + tuple(_place_tool(sources, depth, sample) for depth in range(len(_PLACE_TOOLS)))


def _use_tool(sources: Sources, depth: int, sample: bool) -> Tool:
    name, title, arguments, what = _USE_TOOLS[depth]

    async def list_uses(query: CodePaging, context: CallContext) -> UsePage:
        uses, stamp = await _hierarchy(sources, USAGE_CODES, read_uses, sample, context.locale)
        above = query.ctgr_id if isinstance(query, BelowUse) else None
        if above is not None and (above not in uses or level(uses, uses[above]) != depth - 1):
            _no_such("ctgr_id", _USE_TOOLS[depth - 1][0], context.locale)
        found = [use for use in uses.values() if use.parent == above and level(uses, use) == depth]
        return UsePage(**stamp, **_page(query, [_use_item(use) for use in found]))

    return typed_tool(
        list_uses,
        name=name,
        title=f"Onbid categories, {title}",
        description=(
            f"Use this for the category codes (용도) that Onbid (온비드 공매) sorts its objects by: {what}. "
            "get_onbid_thing_info_list takes the ids of the top level as ctgr_hirk_id and of the middle level as "
            "ctgr_hirk_id_mid."
        ),
        arguments=arguments,
        result=UsePage,
        scope="read",
        annotations=PORTAL_READ,
        summarize=lambda page, locale: _text(page, [f"{item.ctgr_id} {item.ctgr_nm}" for item in page.items], locale),
    )


def _place_tool(sources: Sources, depth: int, sample: bool) -> Tool:
    name, title, arguments, what = _PLACE_TOOLS[depth]

    async def list_places(query: CodePaging, context: CallContext) -> PlacePage:
        wanted = _wanted(query, depth, context.locale)
        places, stamp = await _hierarchy(sources, ADDRESSES, read_places, sample, context.locale)
        within = [place for place in places if _matches(place, wanted)]
        if not within:
            lowest = max((index for index, name in enumerate(wanted) if name), default=0)
            _no_such(_LEVELS[lowest], _PLACE_TOOLS[lowest][0], context.locale)
        found = dict.fromkeys(place[: depth + 1] for place in within if place[depth])
        return PlacePage(**stamp, **_page(query, [_place_item(place) for place in found]))

    return typed_tool(
        list_places,
        name=name,
        title=f"Onbid places, {title}",
        description=(
            f"Use this for places in Korea where Onbid (온비드 공매) has objects, as it spells them: {what}. It is no "
            "table of all districts; get_region_code has those. Places of one name are told apart by the levels above "
            "them."
        ),
        arguments=arguments,
        result=PlacePage,
        scope="read",
        annotations=PORTAL_READ,
        summarize=lambda page, locale: _text(
            page, [item.dtl_addr or item.addr3 or item.addr2 or item.addr1 for item in page.items], locale
        ),
    )


async def _hierarchy(
    sources: Sources, dataset: Dataset, read: Callable[[Sequence[Any]], E], sample: bool, locale: Locale
) -> tuple[E, dict[str, Any]]:
    """Fetch and read a hierarchy; return it and the fields of its provenance."""
    listing = await sources.onbid_codes(dataset)
    try:
        content = await asyncio.to_thread(read, listing.rows)
    except UnknownForm:
        refuse(
            locale,
            "Onbid's code service answered in a form this server does not know, so nothing can be said of its codes. "
            "The other Onbid tools are not affected; whoever runs this server can look for an update.",
            "온비드 코드 서비스가 이 서버가 모르는 형식으로 답해 코드를 알 수 없습니다. 다른 온비드 도구는 그대로 쓸 "
            "수 있으며, 서버 관리자가 업데이트를 확인할 수 있습니다.",
        )
    return content, provenance(sources, dataset, listing.as_of, publisher=PUBLISHER, sample=sample)


def _no_such(argument: str, listed_by: str, locale: Locale) -> NoReturn:
    refuse(
        locale,
        f"{argument}: Onbid lists nothing of this kind. {listed_by} lists what there is.",
        f"{argument}: 온비드 목록에 없습니다. {listed_by}에서 있는 것을 볼 수 있습니다.",
    )


def _page(query: CodePaging, items: list[Any]) -> dict[str, Any]:
    first = (query.page_no - 1) * query.num_of_rows
    return {
        "total_count": len(items),
        "page_no": query.page_no,
        "num_of_rows": query.num_of_rows,
        "items": tuple(items[first : first + query.num_of_rows]),
    }


def _use_item(use: Use) -> UseItem:
    return UseItem(ctgr_id=use.id, ctgr_nm=use.name, ctgr_hirk_id=use.parent, ctgr_hirk_nm=use.parent_name)


def _wanted(query: CodePaging, depth: int, locale: Locale) -> tuple[str | None, ...]:
    """Return the names asked for by level; the first level needs none, the others at least one."""
    names = tuple(getattr(query, argument, None) for argument in _LEVELS[:3])
    if depth and not any(names):
        refuse(
            locale,
            f"addr{depth}: is missing. {_PLACE_TOOLS[depth - 1][0]} lists what there is.",
            f"addr{depth}: 값이 없습니다. {_PLACE_TOOLS[depth - 1][0]}에서 있는 것을 볼 수 있습니다.",
        )
    return province(names[0]), *names[1:]


def _matches(place: Place, wanted: Sequence[str | None]) -> bool:
    return all(name is None or name == part for name, part in zip(wanted, place, strict=False))


def _place_item(place: tuple[str, ...]) -> PlaceItem:
    province_name, *below = place
    district, town, lot = [part or None for part in (*below, "", "", "")][:3]
    return PlaceItem(addr1=province_name, addr2=district, addr3=town, dtl_addr=lot)


def _text(page: UsePage | PlacePage, names: Sequence[str], locale: Locale) -> str:
    if locale == "ko":
        text = f"모두 {page.total_count:,}개, {page.page_no}쪽 {len(page.items)}개"
    else:
        text = f"{page.total_count:,} in all, page {page.page_no}: {len(page.items)}"
    return marked(page, f"{text}. {', '.join(one_line(name) for name in names[:_NAMED])}".strip(), locale)
