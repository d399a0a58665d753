"""Ids: what is written is read again, and nothing else is."""

from __future__ import annotations

import contextlib
import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ToolError
from app.tools.real_estate.house_types import HOUSE_TYPES
from app.tools.real_estate.regions import load_regions
from app.tools.real_estate.search_ids import DocumentId, key, read_id, read_page
from tests.tools.search.world import NOW

TABLE = load_regions()
DOCUMENTS = [
    (DocumentId("month", "apartment", "sale", "11440", "202609"), "month:apartment:sale:11440:202609"),
    (DocumentId("trend", "apartment", "lease", "11440"), "trend:apartment:lease:11440"),
    (
        DocumentId("complex", "apartment", "sale", "11680", "202609", "대치동", "은마"),
        "complex:apartment:sale:11680:202609:대치동:은마",
    ),
    (DocumentId("month", "single_house", "lease", "36110", "201101"), "month:single_house:lease:36110:201101"),
    (DocumentId("month", "factory_warehouse", "sale", "51110", "200601"), "month:factory_warehouse:sale:51110:200601"),
]


@pytest.mark.parametrize(("document", "text"), DOCUMENTS)
def test_an_id_and_a_page_are_read_as_the_document_they_name(document: DocumentId, text: str) -> None:
    assert str(document) == text
    assert read_id(text, TABLE, NOW, "en") == document
    toolset, _, rest = document.page.partition("/")
    assert toolset == "real_estate"
    assert re.fullmatch(r"[\w/-]+", document.page)
    assert read_page(rest, TABLE, NOW, "en") == document


@pytest.mark.parametrize("region", sorted(TABLE.districts)[::16])
def test_every_kind_of_contract_has_a_document_for_its_month_and_its_trend(region: str) -> None:
    for house in HOUSE_TYPES.values():
        for contract in ("sale", "lease") if house.lease else ("sale",):
            for text in (f"month:{house.key}:{contract}:{region}:202610", f"trend:{house.key}:{contract}:{region}"):
                assert str(read_id(text, TABLE, NOW, "en")) == text


NOT_IDS = [
    "",
    "은마",
    "month",
    "month:apartment:sale:11440",
    "month:apartment:sale:11440:202613",
    "month:apartment:sale:11440:2026-09",
    "month:apartment:sale:11440:202612",
    "month:apartment:sale:11440:200512",
    "month:apartment:lease:11440:201012",
    "month:apartment:sale:11440:202609:은마",
    "month:apartment:sale:11440:",
    "month:apartment:sale:11440:202609 ",
    "month:apartment:sale:11440:２０２６０９",
    "Month:apartment:sale:11440:202609",
    "month:castle:sale:11440:202609",
    "month:apartment:gift:11440:202609",
    "month:land:lease:51110:202609",
    "month:commercial:lease:11440:202609",
    "month:apartment:sale:99999:202609",
    "month:apartment:sale:11000:202609",
    "month:apartment:sale:41110:202609",
    "month:apartment:sale:42110:202609",
    "month:apartment:sale:1144:202609",
    "trend:apartment:sale:11440:202609",
    "trend:apartment:sale:",
    "trend:land:lease:51110",
    "trend::sale:11440",
    "complex:apartment:sale:11680:202609:대치동",
    "complex:apartment:sale:11680:202609:대치동:",
    "complex:apartment:sale:11680:202609:대치동:-",
    "complex:apartment:sale:11680:202609:대치동:은마/../x",
    "complex:apartment:sale:11680:202609:대치동:은 마",
    "complex:apartment:sale:11680:202609:대치동:<script>",
    "complex:land:sale:11680:202609:대치동:은마",
    "complex:apartment:sale:11680:202609:대치동:" + "은" * 81,
    "complex:apartment:sale:11680:202609:대치동:" + "은" * 1_000_000,
    "month:" * 50_000,
    "month:apartment:sale:11440:202609\x00",
]


@pytest.mark.parametrize("text", NOT_IDS, ids=range(len(NOT_IDS)))
def test_anything_else_is_refused_with_where_ids_come_from(text: str) -> None:
    for locale, said in (("en", "results of search"), ("ko", "search 결과")):
        with pytest.raises(ToolError, match=r"^id: ") as refused:
            read_id(text, TABLE, NOW, locale)  # type: ignore[arg-type]
        assert said in str(refused.value)
        assert len(str(refused.value)) < 250


@pytest.mark.parametrize(
    "page",
    [
        "",
        "/",
        "apartment-sale",
        "apartment-sale/11440",
        "apartment-sale/11440/202613",
        "apartment-sale/11440/202609/",
        "apartment-sale/11440/trend/x",
        "apartment/11440/202609",
        "apartment-sale/11440/202609/대치동",
        "apartment-sale/../trend",
        "real_estate/apartment-sale/11440/202609",
        "a" * 1_000_000,
        "/" * 100_000,
    ],
    ids=range(13),
)
def test_a_page_of_no_document_is_refused(page: str) -> None:
    for locale, said in (("en", "no such page"), ("ko", "페이지가 없습니다")):
        with pytest.raises(ToolError, match=said):
            read_page(page, TABLE, NOW, locale)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [":" * 1_000_000, "/" * 1_000_000])
def test_a_long_text_is_refused_before_it_is_taken_apart(text: str) -> None:
    tracemalloc.start()
    for read in (read_id, read_page):
        with pytest.raises(ToolError):
            read(text, TABLE, NOW, "en")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("은마", "은마"),
        ("현대1-2차", "현대1-2차"),
        ("현대12차", "현대12차"),
        ("e편한세상(1단지)", "e편한세상-1단지"),
        (" 새봄  더포레 ", "새봄-더포레"),
        ("a:b/c?d=e%41&f", "a-b-c-d-e-41-f"),
        ("../../etc", "etc"),
        ("()", "-"),
        ("", "-"),
        (None, "-"),
        ("동면 만천리", "동면-만천리"),
        ("가" * 500, "가" * 80),
    ],
)
def test_a_name_becomes_a_key_that_is_safe_in_ids_and_addresses(name: str | None, expected: str) -> None:
    assert key(name) == expected


@given(st.text(max_size=200), st.text(max_size=200))
def test_whatever_a_complex_is_called_its_id_and_page_lead_back(dong: str, name: str) -> None:
    document = DocumentId("complex", "apartment", "sale", "11680", "202609", key(dong), key(name))
    assert key(key(name)) == key(name)
    if key(name) != "-":
        assert read_id(str(document), TABLE, NOW, "en") == document
        assert read_page(document.page.partition("/")[2], TABLE, NOW, "en") == document


@given(st.text(alphabet="month:apartsle1402609complx은마-/", max_size=60))
def test_no_text_is_read_as_another_id(text: str) -> None:
    with contextlib.suppress(ToolError):
        assert str(read_id(text, TABLE, NOW, "en")) == text
