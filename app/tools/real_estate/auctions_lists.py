"""One page of Onbid objects as a result: rows as they came, with amounts in won beside them.

Onbid mixes numbers, texts and lists joined by a vertical bar, writes 비공개 for what it does not publish, and masks the
location of most seized property. What cannot be read is null, never 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field

from app.tools.base import Locale, ToolModel
from app.tools.real_estate.auctions_common import PUBLISHER
from app.tools.real_estate.contract import Dataset, Provenance, Sources, marked, provenance
from app.tools.real_estate.listings import one_line, raw_rows

_LOCATION = ("lctnSdnm", "lctnSggnm", "lctnEmdNm", "onbidCltrNm")
_MASK = re.compile(r"[*＊○●]")
_NAMED = 5


class AuctionItem(ToolModel):
    model_config = ConfigDict(extra="allow")

    appraisal_won: int | None = Field(description="Appraised value (apslEvlAmt) in won.")
    minimum_bid_won: int | None = Field(description="Lowest bid (lowstBidPrcIndctCont) in won; null when 비공개.")
    winning_bid_won: tuple[int, ...] | None = Field(
        description="Winning bids (scfbAmt) in won, as a rule one; null when there is none or it is not published."
    )
    location_masked: bool = Field(description="True when a location field or the title holds a masking character.")


class AuctionPage(Provenance):
    total_count: int = Field(description="Objects that fit, on all pages.")
    page_no: int
    num_of_rows: int
    asked: dict[str, str] = Field(description="What Onbid was asked, by its own parameter names, defaults included.")
    items: tuple[AuctionItem, ...] = Field(
        description=(
            "Objects of this page as Onbid words them, and four fields in snake_case beside. Amounts are in won. "
            "cltrMngNo and pbctCdtnNo identify a round; onbidCltrNm title; prptDivNm kind of property; pbctStatNm "
            "state; cltrBidBgngDt, cltrBidEndDt and cltrOpbdDt yyyyMMddHHmm (an end in 2999 stands for none); usbdNft "
            "failed rounds."
        )
    )


async def ask(
    sources: Sources,
    dataset: Dataset,
    parameters: Mapping[str, object],
    page_no: int,
    num_of_rows: int,
    sample: bool,
) -> AuctionPage:
    """Fetch one page; parameters that are None are not sent."""
    asked = {name: str(value) for name, value in parameters.items() if value is not None}
    listing = await sources.onbid(dataset, asked, page_no, num_of_rows)
    return AuctionPage(
        **provenance(sources, dataset, listing.as_of, publisher=PUBLISHER, sample=sample),
        total_count=listing.match_count,
        page_no=page_no,
        num_of_rows=num_of_rows,
        asked=asked,
        items=tuple(_item(row) for row in raw_rows(listing.rows)),
    )


def _item(row: Mapping[str, Any]) -> AuctionItem:
    beside = {
        "appraisal_won": won(row.get("apslEvlAmt")),
        "minimum_bid_won": won(row.get("lowstBidPrcIndctCont")),
        "winning_bid_won": won_list(row.get("scfbAmt")),
        "location_masked": any(_MASK.search(str(row.get(field) or "")) for field in _LOCATION),
    }
    return AuctionItem.model_validate({**row, **beside})


def won(value: object) -> int | None:
    """Read one amount, a number or a text with or without commas."""
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    text = str(value).strip()
    return int(text.replace(",", "")) if re.fullmatch(r"[0-9]{1,18}|[0-9]{1,3}(,[0-9]{3}){1,5}", text) else None


def won_list(value: object) -> tuple[int, ...] | None:
    """Read amounts joined by vertical bars; null unless every one can be read."""
    amounts = [won(part) for part in value.split("|")] if isinstance(value, str) else [won(value)]
    readable = tuple(amount for amount in amounts if amount is not None)
    return readable if len(readable) == len(amounts) else None


def page_text(page: AuctionPage, locale: Locale, none: tuple[str, str] = ("", "")) -> str:
    """Say how much there is and name the first objects; ``none`` explains an empty answer, English and Korean."""
    named = "; ".join(_named(item, locale) for item in page.items[:_NAMED])
    if locale == "ko":
        text = f"조건에 맞는 공매 물건 {page.total_count:,}건 중 {page.page_no}쪽 {len(page.items)}건(금액 단위: 원)."
    else:
        text = f"{page.total_count:,} objects fit; page {page.page_no}: {len(page.items)}. Amounts are in won."
    if not page.total_count:
        text += f" {none[locale == 'ko']}"
    return marked(page, f"{text} {named}".strip(), locale)


def _named(item: AuctionItem, locale: Locale) -> str:
    extra = item.__pydantic_extra__ or {}
    lowest = f"{item.minimum_bid_won:,}" if item.minimum_bid_won is not None else "-"
    label = "최저입찰가" if locale == "ko" else "minimum bid"
    return f"{one_line(extra.get('onbidCltrNm'))} ({label} {lowest})"
