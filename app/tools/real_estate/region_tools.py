"""The two tools that come first: the code of a district, and the month it is in Korea.

Neither asks the portal for anything. The district search never guesses: a name shared by several districts, a city
with districts or a province gives candidates and no code.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from mcp_types import ToolAnnotations
from pydantic import Field

from app.errors import ToolError
from app.tools.base import CallContext, Locale, Tool, ToolModel, typed_tool
from app.tools.real_estate.regions import Found, Place, RegionTable, load_regions, normalize

SEOUL = ZoneInfo("Asia/Seoul")
Clock = Callable[[], datetime]

_MOST_MATCHES = 20
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
    matches: tuple[RegionMatch, ...] = Field(description=f"At most {_MOST_MATCHES} candidates, the likeliest first.")
    match_count: int = Field(description="All candidates, also those beyond the listed ones.")
    hint: str | None = Field(description="What was renamed, or how to make an ambiguous name clear.")


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
            summarize=lambda month, _: f"It is {month.year_month} in Korea ({month.as_of}).",
        ),
    )


async def get_region_code(arguments: RegionQuery, _: CallContext) -> Region:
    """Search the district table."""
    if not normalize(arguments.query):
        raise ToolError("query: is empty. Give the name of a Korean district, for example 서울 마포구.")
    regions = await asyncio.to_thread(load_regions)
    found = regions.search(arguments.query)
    return Region(
        region_code=found.code,
        full_name=regions.districts[found.code] if found.code else None,
        matches=tuple(
            RegionMatch(code=f"{match.code}00000", name=match.name) for match in found.matches[:_MOST_MATCHES]
        ),
        match_count=len(found.matches),
        hint=_hint(found),
    )


def living_district(regions: RegionTable, code: str) -> str:
    """Return the name of the living district ``code``; otherwise raise a :class:`ToolError` that says what to use."""
    if code in regions.districts:
        return regions.districts[code]
    if len(code) == 10 and code[:5] in regions.districts:
        raise ToolError(f"region_code: has ten digits; its first five are the district: {code[:5]}.")
    if not (len(code) == 5 and code.isascii() and code.isdigit()):
        raise ToolError(
            "region_code: must be five digits, for example 11680. get_region_code finds the code of a name."
        )
    place = regions.place(code)
    if place is None:
        raise ToolError(f"region_code: {code} is no Korean district. get_region_code finds the code of a name.")
    raise ToolError(f"region_code: {code} {_instead(regions, place)}")


def _instead(regions: RegionTable, place: Place) -> str:
    name = " ".join(place.path)
    listed = ", ".join(f"{code} {regions.districts[code]}" for code in place.codes[:_MOST_MATCHES])
    more = " and others (see get_region_code)" if len(place.codes) > _MOST_MATCHES else ""
    if place.kind == "former":
        return f"({name}) is a retired code since {place.changes[0].effective}. Its successor: {listed}{more}."
    return f"({name}) is not one district, and sales are kept by district. Its districts: {listed}{more}."


def _hint(found: Found) -> str | None:
    hints = [f"{change}." for change in found.changes[:4]]
    if found.by == "nothing":
        hints.append(
            "Nothing of this name. Korean names are understood with or without their ending (마포구, 마포), alone or "
            "after the province or city, also former names; a code has 5 or 10 digits."
        )
    elif found.by == "larger":
        hints.append("This is larger than a district; sales are kept by the districts listed.")
    elif found.code is None:
        hints.append(f"{len(found.matches)} places fit; the name of the province or city before it tells them apart.")
    elif found.elsewhere:
        others = ", ".join(match.name for match in found.elsewhere[:3])
        hints.append(f"Smaller places share the name ({others}); the province or city before it tells them apart.")
    return " ".join(hints) or None


def _summarize(region: Region, _: Locale) -> str:
    if region.region_code:
        text = f"{region.full_name}: region_code {region.region_code}."
    elif region.matches:
        listed = ", ".join(f"{match.name} {match.code[:5]}" for match in region.matches)
        text = f"No single district. {region.match_count} candidates: {listed}."
    else:
        text = "No district found."
    return f"{text} {region.hint}" if region.hint else text
