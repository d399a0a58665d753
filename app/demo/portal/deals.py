"""The transactions behind the thirteen services: made up, and the same on every start.

What a service holds of a district and a contract month depends on nothing else. The day on which one asks decides
only how much of it is known: deals are reported up to 30 days late, cancellations and registrations later still.
Districts and legal dongs are real names of the official table; buildings, lots and prices are invented. The rows are
raw, as the portal words them: comma-separated and sometimes padded amounts, single spaces for blanks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from functools import lru_cache
from random import Random

from app.demo.portal.dwellings import (
    Maker,
    apartment,
    apartment_let,
    home_lease,
    home_sale,
    house_lease,
    house_sale,
    presale,
    villa,
)
from app.demo.portal.homes import APARTMENT, OFFICETEL, PRESALE, VILLA
from app.demo.portal.market import count
from app.demo.portal.premises import commercial_sale, industrial_sale, land_sale
from app.demo.portal.regions import changes, districts
from app.demo.portal.sale import BLANK, Deal, Row
from app.demo.portal.tags import TAGS

NOBODY: frozenset[str] = frozenset()
_SETTLED = 400
"""Days after which nothing about a deal can change any more."""
_TWIN = 0.003
"""How often a row is followed by one that reads the same: there is no transaction id, and real twins exist."""

_MAKERS: dict[str, Maker] = {
    "AptTradeDev": home_sale(APARTMENT, "aptNm", apartment),
    "AptRent": home_lease(APARTMENT, "aptNm", apartment_let, monthly=0.42),
    "OffiTrade": home_sale(OFFICETEL, "offiNm"),
    "OffiRent": home_lease(OFFICETEL, "offiNm", lambda _: {}, monthly=0.7, years=1),
    "RHTrade": home_sale(VILLA, "mhouseNm", villa),
    "RHRent": home_lease(VILLA, "mhouseNm", lambda home: {"houseType": home.house_type}, monthly=0.5),
    "SHTrade": house_sale,
    "SHRent": house_lease,
    "NrgTrade": commercial_sale,
    "SilvTrade": home_sale(PRESALE, "aptNm", presale),
    "LandTrade": land_sale,
    "InduTrade": industrial_sale,
}


def first_month(service: str) -> str:
    """Return the month (YYYYMM) with which a service's history begins."""
    return "200701" if service == "SilvTrade" else "201101" if service.endswith("Rent") else "200601"


def rows(service: str, region: str, month: str, today: date, old_codes: Collection[str] = NOBODY) -> Sequence[Row]:
    """Return the raw rows of a district and contract month as known on ``today``; none for anything malformed.

    ``old_codes`` are retired codes that still hold the months before their end, which their successors then lack.
    """
    if not re.fullmatch(r"[0-9]{4}(0[1-9]|1[0-2])", month) or month < first_month(service):
        return ()
    ended = [change for change in changes() if change.old in old_codes and month < change.month]
    if successors := [change.new for change in ended if change.old == region]:
        found = (row | {"sggCd": region} for new in successors for row in _known(service, new, month, today))
        return tuple(found)
    if region not in districts() or any(change.new == region for change in ended):
        return ()
    return _known(service, region, month, today)


def sales(region: str, month: str, today: date) -> Sequence[Row]:
    """Return apartment sales as the basic service tells them."""
    return rows("AptTrade", region, month, today)


def _known(service: str, region: str, month: str, today: date) -> tuple[Row, ...]:
    deals = _month("AptTradeDev" if service == "AptTrade" else service, region, month)
    if (today - date(int(month[:4]), int(month[4:]), 1)).days < _SETTLED:
        day = today.toordinal()
        found = [_as_known(deal, day) for deal in deals if deal.reported <= day]
    else:
        found = [deal.row for deal in deals]
    if service == "AptTrade":
        return tuple({tag: row[tag] for tag in TAGS[service]} for row in found)
    return tuple(found)


def _as_known(deal: Deal, day: int) -> Row:
    unknown: Row = {}
    if deal.cancelled > day:
        unknown |= {"cdealType": BLANK, "cdealDay": BLANK}
    if deal.registered > day:
        unknown |= {tag: BLANK for tag in ("rgstDate", "aptDong") if tag in deal.row}
    return deal.row | unknown if unknown else deal.row


@lru_cache(maxsize=48)
def _month(service: str, region: str, month: str) -> tuple[Deal, ...]:
    chance = Random(f"{service} {region} {month}")  # noqa: S311  (made-up data, not a secret)
    make, tags, district = _MAKERS[service], TAGS[service], districts()[region]
    first = date(int(month[:4]), int(month[4:]), 1)
    days = ((first + timedelta(days=31)).replace(day=1) - first).days
    start = first.toordinal()
    deals: list[Deal] = []
    for _ in range(count(service, region, month)):
        if deals and chance.random() < _TWIN:
            deals.append(deals[-1])
            continue
        made = make(district, first, start + int(days * chance.random()), chance)
        deals.append(made._replace(row={tag: made.row[tag] for tag in tags}))
    return tuple(deals)
