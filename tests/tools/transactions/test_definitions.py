"""What clients are told of the tools, and the readable text beside each result."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest

from app.tools.base import CallContext, Locale
from app.tools.real_estate.datasets import CONTRACT_DATASETS
from app.tools.real_estate.house_types import HOUSE_TYPES
from tests.tools.transactions.rows import LEASES, SALES, made_up
from tests.tools.transactions.test_arguments import SOUND
from tests.tools.transactions.world import GANGNAM, NOW, SEOCHO, ListedSources, call, call_raw, tools

TOOLS = tools(ListedSources())
IMPERATIVE = re.compile(
    r"\b(you must|must|always|never|call \w+|first call|do not|don't|please|should)\b", re.IGNORECASE
)


def busy() -> ListedSources:
    rows = {}
    for house in HOUSE_TYPES.values():
        for code in (GANGNAM, SEOCHO):
            for month in ("202509", "202609", "202610"):
                rows[house.sale.number, code, month] = made_up(house.sale_tool, 300, code, month)
                if house.lease and house.lease_tool:
                    rows[house.lease.number, code, month] = made_up(house.lease_tool, 300, code, month)
    return ListedSources(rows)


BUSY = busy()


def test_there_are_the_fifteen_tools() -> None:
    assert tuple(TOOLS) == (*SALES_IN_ORDER, *LEASES, "get_price_trend", "compare_regions", "get_jeonse_ratio")
    assert set(SALES_IN_ORDER) == set(SALES)


SALES_IN_ORDER = (
    "get_apartment_trades",
    "get_officetel_trades",
    "get_villa_trades",
    "get_single_house_trades",
    "get_commercial_trade",
    "get_presale_right_trades",
    "get_land_trades",
    "get_factory_warehouse_trades",
)


@pytest.mark.parametrize("name", TOOLS)
def test_a_description_says_when_to_use_the_tool_and_gives_no_orders(name: str) -> None:
    description = TOOLS[name].definition.description or ""
    assert description.startswith("Use this ")
    assert not IMPERATIVE.search(description), IMPERATIVE.search(description)
    assert 150 < len(description) < 900


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_only_reads_and_says_so(name: str) -> None:
    annotations = TOOLS[name].definition.annotations
    assert annotations is not None
    assert (annotations.read_only_hint, annotations.destructive_hint) == (True, False)
    assert (annotations.idempotent_hint, annotations.open_world_hint) == (True, True)
    assert TOOLS[name].scope == "read"


@pytest.mark.parametrize("name", TOOLS)
def test_the_schemas_are_sound_and_every_argument_is_explained(name: str) -> None:
    definition = TOOLS[name].definition
    assert definition.output_schema is not None
    for schema in (definition.input_schema, definition.output_schema):
        jsonschema.Draft202012Validator.check_schema(schema)
    assert definition.input_schema["additionalProperties"] is False
    for argument, schema in definition.input_schema["properties"].items():
        assert schema.get("description") or "$ref" in schema or argument == "house_type", argument
    jsonschema.Draft202012Validator(definition.input_schema).validate(SOUND[name])


@pytest.mark.parametrize("name", TOOLS)
def test_the_examples_in_a_schema_are_valid_and_answered(name: str) -> None:
    properties = TOOLS[name].definition.input_schema["properties"]
    plain = {argument: schema["examples"][0] for argument, schema in properties.items() if "examples" in schema}
    for argument, value in plain.items():
        jsonschema.Draft202012Validator(TOOLS[name].definition.input_schema).validate({**SOUND[name], argument: value})
        if argument != "name" or name not in NAMELESS:
            assert call(name, ListedSources(), {**SOUND[name], argument: value})["total_count"] == 0


NAMELESS = {
    "get_single_house_trades",
    "get_single_house_rent",
    "get_commercial_trade",
    "get_land_trades",
    "get_factory_warehouse_trades",
}


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("locale", ["en", "ko"])
@pytest.mark.parametrize("sample", [False, True])
def test_the_text_is_short_and_in_the_callers_language_and_marks_sample_data(
    name: str, locale: Locale, sample: bool
) -> None:
    for sources in (BUSY, ListedSources()):
        result = call_raw(name, sources, SOUND[name], CallContext(locale=locale), sample=sample)
        assert result.content[0].type == "text"
        text = result.content[0].text
        assert 25 < len(text) < 500
        assert "None" not in text
        assert ("예시 데이터" in text, "SAMPLE" in text) == (sample and locale == "ko", sample and locale == "en")
        english = len(re.findall(r"[a-z]{3,}", text))
        assert english == 0 if locale == "ko" else english > 1
        assert result.structured_content is not None
        assert result.structured_content["sample"] is sample


def test_the_texts_say_what_the_figures_are() -> None:
    rows = [{"dealAmount": "1,000"}, {"dealAmount": "3,000"}, {"dealAmount": "9", "cdealType": "O"}, {}]
    sources = ListedSources({("15126469", GANGNAM, "202610"): rows})
    arguments = {"region_code": GANGNAM, "year_month": "202610", "num_of_rows": 1}
    texts = [
        call_raw("get_apartment_trades", sources, arguments, CallContext(locale=locale)).content[0]
        for locale in ("en", "ko")
    ]
    assert [text.text for text in texts if text.type == "text"] == [
        "서울특별시 강남구, 2026-10: 2 apartment sales (1 cancelled, 1 unreadable left out). Median 2,000, lowest "
        "1,000, highest 3,000 (만원). 1 listed, newest first. Incomplete: reported until 2026-11-30.",
        "서울특별시 강남구 2026-10 아파트 매매 2건 (해제 1건, 판독 불가 1건 제외). 중앙값 2,000만원, 최저 1,000만원, "
        "최고 3,000만원. 최신순 1건 표시. 미완성: 2026-11-30까지 신고됩니다.",
    ]


@pytest.mark.parametrize("name", TOOLS)
def test_every_result_says_where_it_comes_from_and_how_complete_it_is(name: str) -> None:
    answer = call(name, BUSY, SOUND[name])
    assert re.search(r"data\.go\.kr 151264[67][0-9]$", answer["source"])
    assert answer["data_as_of"] == "2026-11-22T09:00:00+09:00"
    assert answer["portal_calls_per_day"] == 10_000
    assert answer["portal_calls_today"] > 0
    assert isinstance(answer["incomplete"], bool)
    assert datetime.fromisoformat(answer["reporting_deadline"])
    for count in ("total_count", "cancelled_count", "unparsed_count", "filtered_out_count"):
        assert isinstance(answer[count], int)


def test_the_oldest_answer_of_the_portal_dates_a_result() -> None:
    class Mixed(ListedSources):
        async def months(self, *arguments: Any) -> Any:
            months = await super().months(*arguments)
            return [
                type(month)(month.region_code, month.year_month, month.rows, month.as_of - timedelta(hours=index))
                for index, month in enumerate(months)
            ]

    utc = Mixed(as_of=datetime(2026, 11, 22, 1, tzinfo=UTC))
    answer = call("get_price_trend", utc, {**SOUND["get_price_trend"], "months": 2, "end_year_month": "202609"})
    assert answer["data_as_of"] == "2026-11-22T09:00:00+09:00"  # 10:00 in Korea, and an hour before that


def test_the_older_of_sales_and_leases_dates_a_ratio() -> None:
    class LateSales(ListedSources):
        async def months(self, dataset: Any, *rest: Any) -> Any:
            self.as_of = NOW if dataset.number == "15126469" else NOW - timedelta(hours=5)
            return await super().months(dataset, *rest)

    assert call("get_jeonse_ratio", LateSales(), SOUND["get_jeonse_ratio"])["data_as_of"] == "2026-11-22T04:30:00+09:00"


def test_only_the_tools_with_a_picture_carry_its_address() -> None:
    meta = {"ui": {"resourceUri": "ui://chart"}}
    with_meta = {name for name, tool in tools(ListedSources(), chart_meta=meta).items() if tool.definition.meta == meta}
    assert with_meta == {"get_price_trend", "compare_regions"}
    assert all(tool.definition.meta is None for tool in TOOLS.values())


def test_each_dataset_is_used_once_and_known_by_its_number() -> None:
    used = [house.sale for house in HOUSE_TYPES.values()]
    used += [house.lease for house in HOUSE_TYPES.values() if house.lease]
    assert {dataset.number for dataset in used} == {dataset.number for dataset in CONTRACT_DATASETS}
    assert len(used) == len({dataset.path for dataset in CONTRACT_DATASETS}) == 12
