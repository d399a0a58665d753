"""The two tools that come first: the code of a district, and the month it is in Korea.

Neither asks the portal for anything. The district search never guesses: a name shared by several districts, a city
with districts or a province gives candidates and no code. ``regions`` decides what is meant; this module words it.
"""

from __future__ import annotations

import asyncio

from mcp_types import ToolAnnotations
from pydantic import Field

from app.errors import ToolError
from app.tools.base import CallContext, Locale, Tool, ToolModel, typed_tool
from app.tools.real_estate.contract import SEOUL, Clock
from app.tools.real_estate.regions import TABLE_DATE, Change, Found, RegionTable, load_regions, normalize

_MOST_MATCHES = 20
_MOST_CHANGES = 4
_LOCAL_READ = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


class RegionQuery(ToolModel):
    query: str = Field(
        min_length=1,
        max_length=100,
        description="A district, city, province or legal dong in Korean, or a 5- or 10-digit district code.",
        examples=["서울 마포구", "성남시 분당구", "충남 천안", "11680"],
    )


class RegionMatch(ToolModel):
    code: str = Field(description="Ten digits; the first five are the region_code of the district.")
    name: str = Field(description="Full name of the district, or of the legal dong in it that was found.")


class Region(ToolModel):
    region_code: str | None = Field(description="Five-digit district code; null unless exactly one district is meant.")
    full_name: str | None = Field(description="Full name of that district; null when region_code is null.")
    matches: tuple[RegionMatch, ...] = Field(
        description=f"At most {_MOST_MATCHES} candidates: districts of the name first, successors of former names last."
    )
    match_count: int = Field(description="All candidates, also those beyond the listed ones.")
    hint: str | None = Field(description="What was renamed, or how to make an ambiguous name clear.")
    table_date: str = Field(description="Date of the official code table searched, YYYY-MM-DD.")


class NoArguments(ToolModel):
    pass


class CurrentMonth(ToolModel):
    year_month: str = Field(description="The month it is in Korea now, YYYYMM.")
    as_of: str = Field(description="Date and time in Korea, ISO 8601.")


def region_tools(clock: Clock) -> tuple[Tool, Tool]:
    """Build ``get_region_code`` and ``get_current_year_month``."""

    async def get_current_year_month(_: NoArguments, __: CallContext) -> CurrentMonth:
        now = clock().astimezone(SEOUL)
        return CurrentMonth(year_month=f"{now:%Y%m}", as_of=now.isoformat(timespec="seconds"))

    return (
        typed_tool(
            get_region_code,
            name="get_region_code",
            title="Korean district code",
            description=(
                "Use this first when a question names a place in Korea: it turns the name into the five-digit district "
                "code that the real-estate tools take. Understands abbreviations, legal dongs and former names. When "
                "several districts fit, region_code is null and the candidates are listed."
            ),
            arguments=RegionQuery,
            result=Region,
            scope="read",
            annotations=_LOCAL_READ,
            summarize=_summarize,
        ),
        typed_tool(
            get_current_year_month,
            name="get_current_year_month",
            title="Current month in Korea",
            description=(
                "Use this when a question says 'now', 'this month' or 'the last months': it gives the current month "
                "in Korea (Asia/Seoul) as YYYYMM. Sales of this and the previous month are still being reported."
            ),
            arguments=NoArguments,
            result=CurrentMonth,
            scope="read",
            annotations=_LOCAL_READ,
            summarize=lambda now, locale: _SUMMARIES[locale]["month"].format(month=now.year_month, at=now.as_of),
        ),
    )


async def get_region_code(arguments: RegionQuery, context: CallContext) -> Region:
    """Search the district table; :class:`ToolError` when the query holds no letter or digit."""
    if not normalize(arguments.query):
        raise ToolError(_SUMMARIES[context.locale]["empty"])
    regions = await asyncio.to_thread(load_regions)
    found = regions.search(arguments.query)
    listed = found.matches[:_MOST_MATCHES]
    return Region(
        region_code=found.code,
        full_name=regions.districts[found.code] if found.code else None,
        matches=tuple(RegionMatch(code=f"{match.code}00000", name=match.name) for match in listed),
        match_count=len(found.matches),
        hint=_hint(found, context.locale),
        table_date=TABLE_DATE,
    )


def living_district(regions: RegionTable, code: str, locale: Locale = "en") -> str:
    """Return the name of the living district ``code``; otherwise raise a :class:`ToolError` that says what to use."""
    if code in regions.districts:
        return regions.districts[code]
    say = _NOT_LIVING[locale]
    if len(code) == 10 and code[:5] in regions.districts:
        raise ToolError(say["long"].format(code=code[:5]))
    if not (len(code) == 5 and code.isascii() and code.isdigit()):
        raise ToolError(say["form"])
    place = regions.place(code)
    if place is None:
        raise ToolError(say["unknown"].format(code=code))
    listed = ", ".join(f"{district} {regions.districts[district]}" for district in place.codes[:_MOST_MATCHES])
    if len(place.codes) > _MOST_MATCHES:
        listed += say["more"]
    kind, since = ("former", place.changes[0].effective) if place.kind == "former" else ("larger", "")
    raise ToolError(say[kind].format(code=code, name=" ".join(place.path), effective=since, listed=listed))


def _hint(found: Found, locale: Locale) -> str | None:
    say = _HINTS[locale]
    hints = [_describe(change, locale) for change in found.changes[:_MOST_CHANGES]]
    if len(found.changes) > _MOST_CHANGES:
        hints.append(say["changes"].format(count=len(found.changes) - _MOST_CHANGES))
    one, how = found.code is not None, found.by
    if how in ("nothing", "larger") or (how == "former" and not one):
        hints.append(say[how])
    elif not one:
        hints.append(say["several"].format(count=len(found.matches)))
    elif how == "dong":
        hints.append(say["dong"].format(name=found.matches[0].name))
    elif found.elsewhere:
        hints.append(say["elsewhere"].format(names=", ".join(match.name for match in found.elsewhere[:3])))
    return " ".join(hints) or None


def _describe(change: Change, locale: Locale) -> str:
    note = change.note
    if locale == "ko":
        for english, korean in _NOTES_KO.items():
            note = note.replace(english, korean)
    return _HINTS[locale]["change"].format(
        old=f"{change.old_name} ({change.old_code})",
        new=f"{change.new_name} ({change.new_code})",
        effective=change.effective,
        note=note,
    )


def _summarize(region: Region, locale: Locale) -> str:
    say = _SUMMARIES[locale]
    if region.region_code:
        text = say["one"].format(name=region.full_name, code=region.region_code)
    elif region.matches:
        listed = ", ".join(f"{match.name} {match.code[:5]}" for match in region.matches)
        text = say["several"].format(count=region.match_count, listed=listed)
    else:
        text = say["none"]
    return " ".join(part for part in (text, region.hint, say["table"].format(date=region.table_date)) if part)


_NOT_LIVING: dict[Locale, dict[str, str]] = {
    "en": {
        "long": "region_code: has ten digits; its first five are the district: {code}.",
        "form": "region_code: must be five digits, for example 11680. get_region_code finds the code of a name.",
        "unknown": "region_code: {code} is no Korean district. get_region_code finds the code of a name.",
        "former": "region_code: {code} ({name}) is a retired code since {effective}. Its successor: {listed}.",
        "larger": "region_code: {code} ({name}) is larger than a district; sales are kept by district: {listed}.",
        "more": " and others (see get_region_code)",
    },
    "ko": {
        "long": "region_code: 열 자리입니다. 앞의 다섯 자리가 시군구입니다: {code}.",
        "form": "region_code: 다섯 자리 숫자여야 합니다. 예: 11680. get_region_code가 이름에서 코드를 찾습니다.",
        "unknown": "region_code: {code} 시군구는 없습니다. get_region_code가 이름에서 코드를 찾습니다.",
        "former": "region_code: {code} ({name}) 코드는 {effective}에 없어졌습니다. 지금의 코드: {listed}.",
        "larger": "region_code: {code} ({name}) 아래에 시군구가 여럿이고, 거래는 시군구별입니다: {listed}.",
        "more": " 등 (get_region_code 참조)",
    },
}
_HINTS: dict[Locale, dict[str, str]] = {
    "en": {
        "change": "{old} is {new} since {effective}: {note}.",
        "changes": "{count} more changes of the same kind.",
        "nothing": "Nothing of this name. Korean names are understood with or without their ending (마포구, 마포), "
        "alone or after the province or city, also former names; a code has 5 or 10 digits.",
        "larger": "This is larger than a district; sales are kept by the districts listed.",
        "former": "This is a former name; the districts listed took its place.",
        "several": "{count} places fit; the name of the province or city before it tells them apart.",
        "dong": "No district has this name; it was found as {name}.",
        "elsewhere": "Smaller places share the name ({names}); the province or city before it tells them apart.",
    },
    "ko": {
        "change": "{old} → {new}, {effective}부터: {note}.",
        "changes": "같은 종류의 변경이 {count}건 더 있습니다.",
        "nothing": "이런 이름이 없습니다. 마포구, 마포, 서울 마포, 옛 이름을 알아봅니다. 코드는 5, 10자리입니다.",
        "larger": "시군구보다 큰 곳입니다. 거래는 나열된 시군구별로 있습니다.",
        "former": "옛 이름입니다. 나열된 시군구가 그 자리를 이었습니다.",
        "several": "{count}곳이 맞습니다. 앞에 시도나 시 이름을 붙이면 구별됩니다.",
        "dong": "이 이름의 시군구는 없어 {name}(으)로 찾았습니다.",
        "elsewhere": "더 작은 곳도 같은 이름을 씁니다({names}). 앞에 시도나 시 이름을 붙이면 구별됩니다.",
    },
}
_SUMMARIES: dict[Locale, dict[str, str]] = {
    "en": {
        "empty": "query: is empty. Give the name of a Korean district, for example 서울 마포구.",
        "one": "{name}: region_code {code}.",
        "several": "No single district. {count} candidates: {listed}.",
        "none": "No district found.",
        "table": "Code table of {date}.",
        "month": "It is {month} in Korea ({at}).",
    },
    "ko": {
        "empty": "query: 비어 있습니다. 시군구 이름을 넣어 주세요. 예: 서울 마포구.",
        "one": "{name}: region_code {code}.",
        "several": "한 시군구로 정해지지 않습니다. 후보 {count}곳: {listed}.",
        "none": "시군구를 찾지 못했습니다.",
        "table": "{date} 코드표 기준.",
        "month": "한국은 지금 {month}입니다 ({at}).",
    },
}
_NOTES_KO = {
    "sido renamed": "시도 이름 변경",
    "sido merger": "시도 통합",
    "renamed": "이름 변경",
    "moved to Daegu": "대구로 편입",
    "mainland part": "육지 쪽",
    "island part": "섬 쪽",
    "whole": "전체",
    " dong": "개 동",
}
