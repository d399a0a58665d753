"""The made-up deals could have happened: prices, leases, seasons, and what is known on which day."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import Counter, defaultdict
from datetime import date, timedelta
from importlib import import_module
from pkgutil import iter_modules
from statistics import median

import pytest

import app.demo.portal as portal_package
from app.demo.portal import path_of
from app.demo.portal.deals import _month, first_month, rows
from app.demo.portal.homes import APARTMENT, homes
from app.demo.portal.regions import districts
from tests.demo.test_portal import get, portal, run_elsewhere
from tests.demo.test_portal import rows as read
from tests.demo.test_portal_transactions import LEASES, MAPO, SALES, TODAY, months, several


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_in_counties_the_place_is_a_myeon_and_a_ri() -> None:
    found = [row for month in months("202501", "202506") for row in rows("LandTrade", "51720", month, TODAY)]
    assert all(re.fullmatch(r"\S+[읍면] \S+", row["umdNm"]) for row in found)
    assert {row["jimok"] for row in found} >= {"전", "답", "대", "임야"}


@pytest.mark.parametrize("region", [MAPO, "41281", "26350"])
def test_a_complex_is_let_for_half_to_three_quarters_of_its_price(region: str) -> None:
    """Compare square-metre prices of the same complex, from the rows alone."""
    per_sqm: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in several("AptTradeDev", "202501", "202506", region):
        per_sqm[row["aptSeq"]]["price"].append(number(row["dealAmount"]) / float(row["excluUseAr"]))
    for row in several("AptRent", "202501", "202506", region):
        if row["monthlyRent"].strip() in ("", "0"):
            per_sqm[row["aptSeq"]]["deposit"].append(number(row["deposit"]) / float(row["excluUseAr"]))
    ratios = [median(both["deposit"]) / median(both["price"]) for both in per_sqm.values() if len(both) == 2]
    assert len(ratios) > 20
    assert 0.5 < median(ratios) < 0.75
    assert all(0.42 < ratio < 0.82 for ratio in ratios)


@pytest.mark.parametrize("service", LEASES)
def test_rent_stands_for_the_part_of_the_deposit_that_is_not_paid(service: str) -> None:
    found = several(service, "202501", "202506")
    paying = [row for row in found if row["monthlyRent"].strip() not in ("", "0")]
    assert 0.3 < len(paying) / len(found) < 0.8
    size = "excluUseAr" if service != "SHRent" else "totalFloorAr"
    whole = median(
        number(row["deposit"]) / float(row[size]) for row in found if row["monthlyRent"].strip() in ("", "0")
    )
    worth = median(
        (number(row["deposit"]) + number(row["monthlyRent"]) * 12 / 0.05) / float(row[size]) for row in paying
    )
    assert worth == pytest.approx(whole, rel=0.15)


@pytest.mark.parametrize("service", LEASES)
def test_a_renewal_tells_the_terms_before_it_and_the_right_keeps_the_rise_small(service: str) -> None:
    found = several(service, "202401", "202405")
    kinds = Counter((row["contractType"], row["useRRRight"]) for row in found)
    assert set(kinds) == {(" ", " "), ("신규", " "), ("갱신", " "), ("갱신", "사용")}
    for row in found:
        renewed = row["contractType"] == "갱신"
        assert (row["preDeposit"] != " ") is renewed
        assert (row["preMonthlyRent"] != " ") is renewed
        if row["useRRRight"] == "사용":
            assert number(row["deposit"]) <= 1.05 * number(row["preDeposit"]) + 1
            assert number(row["monthlyRent"].strip() or "0") <= 1.05 * number(row["preMonthlyRent"]) + 1
        if row["contractTerm"] != " ":
            start, end = (int(part[:2]) * 12 + int(part[3:]) for part in row["contractTerm"].split("~"))
            assert end - start == (12 if service == "OffiRent" else 24)


def test_prices_follow_the_district_and_the_years() -> None:
    def per_sqm(region: str, month: str) -> float:
        found = rows("AptTrade", region, month, TODAY)
        return median(number(row["dealAmount"]) / float(row["excluUseAr"]) for row in found)

    assert per_sqm("11680", "202506") > 1.3 * per_sqm(MAPO, "202506") > 2 * per_sqm("51110", "202506")
    assert per_sqm("11680", "202506") > 1.5 * per_sqm("11680", "201306")
    assert per_sqm("11680", "202109") > per_sqm("11680", "202302")


def test_more_is_sold_in_spring_than_in_deep_winter() -> None:
    sold = Counter(
        month[4:]
        for year in range(2014, 2022)
        for month in (f"{year}01", f"{year}03")
        for _ in rows("AptTrade", MAPO, month, TODAY)
    )
    assert sold["03"] > 1.15 * sold["01"]


def test_a_deal_is_known_when_it_is_reported_and_a_cancelling_when_it_is_made() -> None:
    days = [date(2026, 9, 30) + timedelta(days=later) for later in (0, 7, 31, 400)]
    known = [rows("AptTradeDev", "11680", "202609", day) for day in days]
    counts = [len(month) for month in known]
    assert counts[0] < counts[1] < counts[2] == counts[3]
    cancelled = [sum(row["cdealType"] == "O" for row in month) for month in known]
    registered = [sum(row["rgstDate"] != " " for row in month) for month in known]
    assert cancelled[0] < cancelled[2] < cancelled[3]
    assert registered[0] == 0 < registered[2] < registered[3]
    for month, day in zip(known, days, strict=True):
        seen = [row[tag] for row in month for tag in ("cdealDay", "rgstDate") if row[tag] != " "]
        assert all(text <= f"{day:%y.%m.%d}" for text in seen)


def test_a_sale_that_reads_like_another_can_be_a_sale_of_its_own() -> None:
    found = [json.dumps(row) for row in rows("AptTrade", "11710", "202506", TODAY)]
    assert 0 < len(found) - len(set(found)) < 20


@pytest.mark.parametrize(("old", "new", "ends"), [("42110", "51110", "202306"), ("41590", "41597", "202602")])
def test_a_retired_code_can_hold_its_past_and_its_successor_then_lacks_it(old: str, new: str, ends: str) -> None:
    last = months("202001", ends)[-2]
    assert not rows("AptTrade", old, last, TODAY)
    assert rows("AptTrade", new, last, TODAY)
    switched = {old}
    past = rows("AptTrade", old, last, TODAY, switched)
    assert {row["sggCd"] for row in past} == {old}
    assert not rows("AptTrade", new, last, TODAY, switched)
    assert not rows("AptTrade", old, ends, TODAY, switched)
    assert rows("AptTrade", new, ends, TODAY, switched)
    asked = get(
        path_of("AptTrade"), portal(old_codes_hold_the_past=switched), LAWD_CD=old, DEAL_YMD=last, numOfRows=1000
    )
    assert len(read(asked)) == len(past)


def test_a_retired_code_of_several_successors_holds_the_deals_of_all() -> None:
    parts = [rows("AptRent", code, "202301", TODAY) for code in ("41192", "41194", "41196")]
    whole = rows("AptRent", "41190", "202301", TODAY, {"41190"})
    assert all(parts)
    assert len(whole) == sum(map(len, parts))


@pytest.mark.parametrize("service", [*SALES, *LEASES])
def test_every_living_district_can_be_asked(service: str) -> None:
    assert len(districts()) == 256
    for code in list(districts())[::16]:
        for row in rows(service, code, "201801", TODAY):
            assert row["sggCd"] == code
            assert int(row["dealYear"]) == 2018


def fingerprint() -> str:
    digest = hashlib.sha256()
    for service in (*SALES, *LEASES):
        digest.update(repr(rows(service, MAPO, "202506", date(2026, 1, 1))).encode())
    return digest.hexdigest()


def test_the_data_is_the_same_in_another_process() -> None:
    assert run_elsewhere("import tests.demo.test_portal_deals as t; print(t.fingerprint())") == fingerprint()


def test_a_month_depends_on_nothing_that_was_asked_before() -> None:
    kept = rows("RHRent", MAPO, "202506", TODAY)
    _month.cache_clear()
    homes.cache_clear()
    rows("AptTrade", "51110", "202506", TODAY)
    assert rows("RHRent", MAPO, "202506", TODAY) == kept


@pytest.mark.parametrize("service", ["AptTradeDev", "AptRent"])
def test_a_month_is_made_in_a_moment(service: str) -> None:
    rows(service, MAPO, "202502", TODAY)
    homes(APARTMENT, MAPO)
    fastest = 1.0
    for _ in range(5):
        _month.cache_clear()
        start = time.process_time()
        count = len(rows(service, MAPO, "202506", TODAY))
        fastest = min(fastest, (time.process_time() - start) * 300 / count)
    assert fastest < 0.015


def test_nothing_that_is_kept_grows_without_end() -> None:
    modules = [import_module(f"app.demo.portal.{module.name}") for module in iter_modules(portal_package.__path__)]
    kept = {id(one): one for module in modules for one in vars(module).values() if hasattr(one, "cache_info")}
    assert len(kept) > 20
    assert all(one.cache_info().maxsize for one in kept.values())
    assert _month.cache_info().maxsize <= 64


def test_the_first_month_of_each_service_is_what_its_rows_say() -> None:
    assert {service: first_month(service) for service in ("AptTrade", "SHRent", "SilvTrade")} == {
        "AptTrade": "200601",
        "SHRent": "201101",
        "SilvTrade": "200701",
    }
