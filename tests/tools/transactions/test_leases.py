"""Leases of one month: jeonse and monthly leases are never mixed in one figure."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.tools.transactions import rows as oracle
from tests.tools.transactions.rows import LEASES, Row, made_up, of_kind
from tests.tools.transactions.world import one_month

OF_THE_EARLIER_SERVER = {
    "get_apartment_rent": "unit_name dong area_sqm floor",
    "get_officetel_rent": "unit_name dong area_sqm floor",
    "get_villa_rent": "unit_name dong house_type area_sqm floor",
    "get_single_house_rent": "unit_name dong house_type area_sqm",
}
WHOLE = {
    "aptNm": "한빛마을",
    "offiNm": "한빛마을",
    "mhouseNm": "한빛마을",
    "aptSeq": "11590-204",
    "buildYear": "2004",
    "contractTerm": "26.10~28.10",
    "contractType": "갱신",
    "dealDay": "3",
    "dealMonth": "9",
    "dealYear": "2025",
    "deposit": "52,000",
    "excluUseAr": "84.97",
    "totalFloorAr": "84.97",
    "floor": "9",
    "houseType": "다가구",
    "jibun": "412-3",
    "monthlyRent": "0",
    "preDeposit": "49,500",
    "preMonthlyRent": "0",
    "umdNm": "상도동",
    "useRRRight": "사용",
}
READ = {
    "unit_name": "한빛마을",
    "apt_seq": "11590-204",
    "build_year": 2004,
    "contract_term": "26.10~28.10",
    "contract_type": "갱신",
    "trade_date": "2025-09-03",
    "deposit_10k": 52000,
    "monthly_rent_10k": 0,
    "lease_type": "jeonse",
    "area_sqm": 84.97,
    "floor": 9,
    "house_type": "다가구",
    "jibun": "412-3",
    "previous_deposit_10k": 49500,
    "previous_monthly_rent_10k": 0,
    "dong": "상도동",
    "renewal_right_used": True,
}


def deposits(rows: list[Row]) -> list[int]:
    return [oracle.money(row, "deposit") for row in rows]


def rents(rows: list[Row]) -> list[int]:
    return [oracle.money(row, "monthlyRent") for row in rows]


@pytest.mark.parametrize("tool", LEASES)
@pytest.mark.parametrize("count", [0, 1, 2, 7, 400])
def test_every_figure_is_what_the_raw_rows_give(tool: str, count: int) -> None:
    rows = made_up(tool, count, "figures")
    jeonse, monthly = of_kind(rows, tool, "jeonse"), of_kind(rows, tool, "monthly")
    answer = one_month(tool, rows)
    summary = answer["summary"]
    assert oracle.close(summary["jeonse"].pop("median_deposit_per_sqm_10k"), oracle.per_sqm(jeonse, tool, "deposit"))
    jeonse_figures = {
        "median_deposit_10k": oracle.middle(deposits(jeonse)),
        "min_deposit_10k": min(deposits(jeonse), default=None),
        "max_deposit_10k": max(deposits(jeonse), default=None),
    }
    assert summary["jeonse"] == {**jeonse_figures, "count": len(jeonse)}
    assert {name: summary[name] for name in jeonse_figures} == jeonse_figures
    assert summary["monthly"] == {
        "median_deposit_10k": oracle.middle(deposits(monthly)),
        "median_monthly_rent_10k": oracle.middle(rents(monthly)),
        "min_monthly_rent_10k": min(rents(monthly), default=None),
        "max_monthly_rent_10k": max(rents(monthly), default=None),
        "count": len(monthly),
    }
    average = float(Fraction(sum(rents(monthly)), len(monthly))) if monthly else None
    assert oracle.close(summary["monthly_rent_avg_10k"], average)
    assert summary["sample_count"] == len(jeonse) + len(monthly)
    assert summary["jeonse_ratio_pct"] is None
    assert (answer["total_count"], answer["cancelled_count"]) == (count, 0)
    assert answer["unparsed_count"] == len(of_kind(rows, tool, "unparsed"))


@pytest.mark.parametrize("tool", LEASES)
def test_each_lease_of_known_area_is_in_exactly_one_band(tool: str) -> None:
    rows = made_up(tool, 400, "bands")
    leases = of_kind(rows, tool, "jeonse", "monthly")
    summary = one_month(tool, rows)["summary"]
    expected = oracle.in_bands(leases, tool)
    assert [band["area_band"] for band in summary["by_area_band"]] == list(expected)
    for band in summary["by_area_band"]:
        jeonse = of_kind(expected[band["area_band"]], tool, "jeonse")
        monthly = of_kind(expected[band["area_band"]], tool, "monthly")
        assert band == {
            "area_band": band["area_band"],
            "jeonse_median_deposit_10k": oracle.middle(deposits(jeonse)),
            "jeonse_count": len(jeonse),
            "monthly_median_deposit_10k": oracle.middle(deposits(monthly)),
            "monthly_median_rent_10k": oracle.middle(rents(monthly)),
            "monthly_count": len(monthly),
        }
    assert summary["area_unknown_count"] == len(leases) - sum(map(len, expected.values())) > 0


@pytest.mark.parametrize("tool", LEASES)
def test_each_field_is_read_from_its_tag(tool: str) -> None:
    [item] = one_month(tool, [WHOLE])["items"]
    expected = {name: READ[name] for name in item}
    if tool == "get_single_house_rent":
        expected["unit_name"] = None
    assert item == expected
    common = "deposit_10k monthly_rent_10k contract_type trade_date build_year"
    assert set(f"{OF_THE_EARLIER_SERVER[tool]} {common}".split()) <= set(item)


@pytest.mark.parametrize("tool", LEASES)
def test_a_blank_is_null_but_a_blank_rent_is_jeonse(tool: str) -> None:
    [item] = one_month(tool, [{"deposit": "100"}])["items"]
    assert {name: value for name, value in item.items() if value is not None} == {
        "deposit_10k": 100,
        "monthly_rent_10k": 0,
        "lease_type": "jeonse",
    }


@pytest.mark.parametrize(
    ("deposit", "rent", "kind"),
    [
        ("1,000", "78", "monthly"),
        ("0", "78", "monthly"),
        ("1,000", "0", "jeonse"),
        ("1,000", None, "jeonse"),
        ("1,000", "-", "unparsed"),
        ("1,000", "-5", "unparsed"),
        ("0", "0", "unparsed"),
        ("0", None, "unparsed"),
        (None, "78", "unparsed"),
        (None, None, "unparsed"),
        ("삼억", "0", "unparsed"),
        ("-1,000", "0", "unparsed"),
    ],
)
def test_a_lease_is_jeonse_monthly_or_unreadable(deposit: str | None, rent: str | None, kind: str) -> None:
    row = {tag: text for tag, text in (("deposit", deposit), ("monthlyRent", rent)) if text is not None}
    answer = one_month("get_apartment_rent", [row])
    found = {kind: answer["summary"][kind]["count"] for kind in ("jeonse", "monthly")}
    assert {**found, "unparsed": answer["unparsed_count"]} == {
        name: int(name == kind) for name in ("jeonse", "monthly", "unparsed")
    }


def test_leases_are_listed_newest_first() -> None:
    rows = made_up("get_apartment_rent", 60, "list")
    answer = one_month("get_apartment_rent", rows, num_of_rows=1000)
    listed = of_kind(rows, "get_apartment_rent", "jeonse", "monthly")
    assert [item["trade_date"] or "" for item in answer["items"]] == sorted(map(oracle.signed, listed), reverse=True)
