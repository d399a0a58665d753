"""The made-up auctions: objects that go from round to round, and the tables of uses and addresses."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.demo.portal.stan_regin import PATH as CODES
from tests.demo.test_portal import NOW, get, portal
from tests.demo.test_portal_onbid import OCTOBER, OFFER, OFFERS, OPEN, PLACES, RESULT, RESULTS, USES, code, items


def test_every_round_of_the_month_comes_once_and_pages_are_the_whole() -> None:
    whole = items(RESULTS, OCTOBER)
    paged = [row for page in range(1, 9) for row in items(RESULTS, OCTOBER | {"numOfRows": 50, "pageNo": page})]
    assert whole == paged
    assert 200 < len(whole) <= 400
    assert len({row["pbctCdtnNo"] for row in whole}) == len(whole)
    assert all("20261001" <= row["cltrOpbdDt"][:8] <= "20261031" for row in whole)
    assert len(items(RESULTS, OCTOBER, portal(page_cap=7))) == 7


def test_an_object_goes_from_round_to_round_until_it_is_sold_or_withdrawn() -> None:
    rounds = defaultdict(list)
    for row in items(RESULTS, OCTOBER | {"opbdDtStart": "20260901", "numOfRows": 5000}, portal(page_cap=5000)):
        rounds[row["cltrMngNo"]].append(row)
    assert max(map(len, rounds.values())) > 3
    for history in rounds.values():
        numbers = [int(row["pbctNsq"]) for row in history]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert all(row["pbctStatCd"] == "0011" for row in history[:-1])
        assert [row["usbdNft"] for row in history] == [number - 1 for number in numbers]
        asked = [int(row["lowstBidPrcIndctCont"]) for row in history if row["lowstBidPrcIndctCont"] != "비공개"]
        assert asked == sorted(asked, reverse=True)


def test_a_sold_object_tells_by_whom_and_a_failed_one_nothing() -> None:
    found = items(RESULTS, OCTOBER)
    assert {row["pbctStatCd"] for row in found} == {"0010", "0011", "0012"}
    for row in found:
        sold = row["pbctStatCd"] == "0010"
        assert (row["scfbAmt"] is not None) is sold
        assert (row["vldBddrNope"] > 0) is sold
        if sold and row["lowstBidPrcIndctCont"] != "비공개":
            first = int(row["scfbAmt"].split("|")[0])
            assert row["lowstBidCtrsScfbPrcRto"] == pytest.approx(
                first / int(row["lowstBidPrcIndctCont"]) * 100, abs=0.06
            )
            assert row["apslPrcCtrsScfbPrcRto"] == pytest.approx(first / row["apslEvlAmt"] * 100, abs=0.06)
            assert first >= int(row["lowstBidPrcIndctCont"])


def test_some_prices_are_secret_some_amounts_are_lists_and_most_seized_places_are_hidden() -> None:
    months = [OCTOBER | {"opbdDtStart": f"2026{month:02d}01", "opbdDtEnd": f"2026{month:02d}28"} for month in (6, 7, 8)]
    found = [
        row
        for month in months
        for kind in ("0001", "0002", "0003")
        for row in items(RESULTS, month | {"cltrTypeCd": kind})
    ]
    assert any(row["lowstBidPrcIndctCont"] == "비공개" for row in found)
    assert any("|" in (row["scfbAmt"] or "") for row in found)
    hidden = [row for row in found if row["lctnSdnm"] == "***"]
    assert {row["prptDivCd"] for row in hidden} == {"0007"}
    assert 0.5 < len(hidden) / len(found) < 0.7
    assert all(row["ltnoPnu"] is None and "***" in row["onbidCltrNm"] for row in hidden)
    assert "전남광주통합특별시" in {row["lctnSdnm"] for row in found}


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        ({"prptDivCd": "0010,0002"}, lambda row: row["prptDivCd"] in ("0010", "0002")),
        ({"dspsMthodCd": "0002"}, lambda row: row["dspsMthodCd"] == "0002"),
        ({"bidDivCd": "0001"}, lambda row: row["bidDivCd"] == "0001"),
        ({"pbctStatCd": "0010"}, lambda row: row["pbctStatCd"] == "0010"),
        ({"pvctTrgtYn": "Y"}, lambda row: row["pvctTrgtYn"] == "Y"),
        ({"onbidCltrNm": "임야"}, lambda row: "임야" in row["onbidCltrNm"]),
        ({"apslEvlAmtStart": "300000000"}, lambda row: row["apslEvlAmt"] >= 300_000_000),
        ({"apslEvlAmtEnd": "300000000"}, lambda row: row["apslEvlAmt"] <= 300_000_000),
        ({"lctnSdnm": "경기도"}, lambda row: row["lctnSdnm"] in ("경기도", "***")),
    ],
)
def test_filters_leave_what_they_say(filters: dict[str, str], holds: Any) -> None:
    whole, found = items(RESULTS, OCTOBER), items(RESULTS, OCTOBER | filters)
    assert found
    assert len(found) < len(whole) or "bidDivCd" in filters
    assert all(holds(row) for row in found)
    if "lctnSdnm" not in filters:
        assert found == [row for row in whole if holds(row)]


@pytest.mark.parametrize("state", ["0101", "0201"])
def test_old_codes_of_states_match_nothing(state: str) -> None:
    assert items(RESULTS, OCTOBER | {"pbctStatCd": state}) == []


def test_prices_are_filtered_even_where_they_are_secret() -> None:
    found = items(RESULTS, OCTOBER | {"lowstBidPrcStart": "100000000", "lowstBidPrcEnd": "200000000"})
    shown = [int(row["lowstBidPrcIndctCont"]) for row in found if row["lowstBidPrcIndctCont"] != "비공개"]
    assert shown
    assert all(100_000_000 <= price <= 200_000_000 for price in shown)


def test_a_result_is_told_one_by_one_with_its_bids_once_it_is_over() -> None:
    sold = next(row for row in items(RESULTS, OCTOBER) if row["pbctStatCd"] == "0010" and row["vldBddrNope"] > 1)
    ids = {"resultType": "json", "cltrMngNo": sold["cltrMngNo"], "pbctCdtnNo": sold["pbctCdtnNo"]}
    (detail,) = items(RESULT, ids)
    assert {name: detail[name] for name in sold} == sold
    bids = [int(bid) for bid in detail["bidAmtClgCont"].split("|")]
    assert len(bids) == sold["vldBddrNope"]
    assert bids == sorted(bids, reverse=True)
    assert bids[0] == int(sold["scfbAmt"].split("|")[0])
    assert detail["opbdBgngDt"] == sold["cltrOpbdDt"] < detail["opbdCmptnDt"]
    assert code(RESULT, ids | {"cltrMngNo": "2026-0900-999999"}) == "03"
    assert code(RESULT, ids | {"pbctCdtnNo": "999999999"}) == "03"
    assert code(RESULT, ids | {"pbctCdtnNo": "x"}) == "03"


def test_an_object_on_offer_has_no_outcome_yet_and_becomes_a_result_later() -> None:
    offers = items(OFFERS, OPEN)
    assert len(offers) > 50
    assert len({row["cltrMngNo"] for row in offers}) == len(offers)
    assert {row["pbctStatCd"] for row in offers} >= {"0001", "0002"}
    assert all(row["cltrOpbdDt"] > f"{NOW:%Y%m%d%H%M}" and row["scfbAmt"] is None for row in offers)
    week = f"{NOW + timedelta(days=7):%Y%m%d%H%M}"
    assert all(row["cltrOpbdDt"] <= week for row in offers if row["pbctNsq"] != "1")
    one = next(row for row in offers if row["pbctStatCd"] == "0002")
    ids = {"resultType": "json", "cltrMngNo": one["cltrMngNo"], "pbctCdtnNo": one["pbctCdtnNo"]}
    assert items(OFFER, ids) == [one]
    assert code(RESULT, ids) == "03"
    later = portal(clock=lambda: NOW + timedelta(days=10))
    assert items(RESULT, ids, later)[0]["pbctStatCd"] in ("0010", "0011", "0012")


def test_what_can_be_had_without_bidding_has_no_end() -> None:
    private = items(OFFERS, OPEN | {"pvctTrgtYn": "Y", "pbctStatCd": "0009"})
    assert private
    assert {row["cltrBidEndDt"] for row in private} == {"299912312359"}
    assert private == [row for row in items(OFFERS, OPEN | {"pvctTrgtYn": "Y"}) if row["pbctStatCd"] == "0009"]
    ids = {"resultType": "json", "cltrMngNo": private[0]["cltrMngNo"], "pbctCdtnNo": private[0]["pbctCdtnNo"]}
    assert items(OFFER, ids) == private[:1]
    assert code(OFFER, ids, portal(clock=lambda: NOW + timedelta(days=90))) == "03"
    (result,) = items(RESULT, ids)
    assert (result["pbctStatCd"], private[0]["usbdNft"], result["usbdNft"]) == ("0011", 6, 5)


def test_what_is_over_is_not_on_offer_any_more() -> None:
    over = items(RESULTS, OCTOBER)[0]
    assert code(OFFER, {"resultType": "json", **{name: over[name] for name in ("cltrMngNo", "pbctCdtnNo")}}) == "03"


def test_the_serial_of_rounds_is_gone_since_2026() -> None:
    for start, end, told in (("20251101", "20251130", True), ("20261001", "20261031", False)):
        found = items(RESULTS, OCTOBER | {"opbdDtStart": start, "opbdDtEnd": end})
        assert {"pbctsn" in row for row in found} == {told}


def test_uses_are_420_in_three_levels_each_below_one_that_is_there() -> None:
    found = items(USES, {"resultType": "json", "numOfRows": 1000})
    assert len(found) == 420
    assert [set(row) for row in found] == [{"ctgrId", "ctgrNm", "upCtgrId", "upCtgrNm"}] * 420
    names = {row["ctgrId"]: row["ctgrNm"] for row in found} | {"1": "ONBID"}
    assert len(names) == 421
    assert all(names[row["upCtgrId"]] == row["upCtgrNm"] for row in found)
    assert (names["10000"], names["10100"], names["10101"]) == ("부동산", "토지", "전")
    assert [row["ctgrId"] for row in found if row["upCtgrId"] == "1"] == [f"{top}000" for top in range(10, 16)]
    below = Counter(row["upCtgrId"] for row in found)
    assert len(items(USES, {"resultType": "json", "numOfRows": 100, "upCtgrId": "10100"})) == below["10100"] == 28
    assert code(USES, {"resultType": "json", "upCtgrId": "10101"}) == "03"
    assert code(USES, {"resultType": "json", "upCtgrId": ""}) == "99"


def test_uses_of_objects_are_among_the_uses() -> None:
    known = {row["ctgrId"]: row["ctgrNm"] for row in items(USES, {"resultType": "json", "numOfRows": 1000})}
    for row in items(RESULTS, OCTOBER):
        for size in ("Lcls", "Mcls", "Scls"):
            assert known[row[f"cltrUsg{size}CtgrId"]] == row[f"cltrUsg{size}CtgrNm"]


def test_the_codes_can_be_named_in_the_style_of_the_other_services() -> None:
    styled = portal(onbid_code_names="styled")
    asked = {"resultType": "json", "numOfRows": 1000}
    uses = items(USES, asked, styled)
    assert {tuple(row) for row in uses} == {tuple(uses[0])}
    assert len(uses[0]) == 6
    small = {row["ctgrId"] for row in items(USES, asked)} - {row["upCtgrId"] for row in items(USES, asked)}
    assert {row["cltrUsgSclsCtgrId"] for row in uses} == small
    plain, other = (items(PLACES, asked | {"numOfRows": 5}, state) for state in (None, styled))
    assert [list(row.values()) for row in plain] == [list(row.values()) for row in other]
    assert list(other[0]) == ["lctnSdnm", "lctnSggnm", "lctnEmdNm", "lctnDtlAddr"]


def test_addresses_are_thousands_and_can_be_narrowed() -> None:
    asked = {"resultType": "json", "numOfRows": 1000}
    first = get(PLACES, **asked).json()["body"]
    assert first["totalCount"] > 15_000
    assert len(first["items"]["item"]) == 1000
    mapo = items(PLACES, asked | {"sdnm": "서울특별시", "sggnm": "마포구"})
    assert len(mapo) == 26
    assert {row["emdNm"] for row in mapo} >= {"아현동", "상암동"}
    assert all(row["dtlAddr"] for row in mapo)


def test_a_place_has_the_same_number_in_an_auction_and_in_the_code_table() -> None:
    row = next(row for row in items(RESULTS, OCTOBER) if row["ltnoPnu"] and row["lctnEmdNm"].endswith("동"))
    name = f"{row['lctnSdnm']} {row['lctnSggnm']} {row['lctnEmdNm']}"
    found = get(CODES, type="json", locatadd_nm=name, numOfRows=5).json()["StanReginCd"][1]["row"]
    assert row["ltnoPnu"][:10] in {entry["region_cd"] for entry in found}
    assert len(row["ltnoPnu"]) == 19


def test_results_begin_where_the_data_does() -> None:
    first = items(RESULTS, OCTOBER | {"opbdDtStart": "19000101", "opbdDtEnd": "20210228"})
    assert first[0]["cltrOpbdDt"][:6] == "202101"


def test_a_day_begins_at_midnight_in_korea() -> None:
    midnight = portal(clock=lambda: datetime.fromisoformat("2026-10-30T15:00:00+00:00"))
    assert code(RESULTS, OCTOBER, portal(clock=lambda: datetime.fromisoformat("2026-10-30T14:59:00+00:00"))) == "10"
    so_far = items(RESULTS, OCTOBER, midnight)
    assert so_far == [row for row in items(RESULTS, OCTOBER) if row["cltrOpbdDt"] < "20261031"]
