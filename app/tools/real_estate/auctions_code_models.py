"""Arguments and results of the tools over Onbid's codes, under the closed service's names in small letters."""

from __future__ import annotations

from pydantic import Field

from app.tools.base import ToolModel
from app.tools.real_estate.contract import Provenance
from app.tools.real_estate.listings import MOST_PAGE, MOST_ROWS, ShortText, Text


class CodePaging(ToolModel):
    page_no: int = Field(default=1, ge=1, le=MOST_PAGE, description="Page, from 1.")
    num_of_rows: int = Field(default=100, ge=1, le=MOST_ROWS, description="Entries per page.")


class BelowUse(CodePaging):
    ctgr_id: ShortText = Field(min_length=1, description="Id of the use one level above.", examples=["10000"])


class BelowProvince(CodePaging):
    addr1: ShortText = Field(min_length=1, description="Province as Onbid names it.", examples=["경기도"])


class BelowDistrict(CodePaging):
    addr2: Text = Field(
        default=None, description="City, county or district as Onbid names it; or addr1 alone.", examples=["김포시"]
    )
    addr1: Text = Field(
        default=None,
        description="Its province, when several have one of this name; enough alone (세종 has no districts).",
        examples=["경기도"],
    )


class BelowDong(CodePaging):
    addr3: ShortText = Field(min_length=1, description="Eup, myeon or dong as Onbid names it.", examples=["운양동"])
    addr1: Text = Field(default=None, description="Its province, when several places have this name.")
    addr2: Text = Field(default=None, description="Its city or district, when several places have this name.")


class UseItem(ToolModel):
    ctgr_id: str
    ctgr_nm: str
    ctgr_hirk_id: str | None = Field(description="Id of the use above; null at the top.")
    ctgr_hirk_nm: str | None


class UsePage(Provenance):
    total_count: int = Field(description="Entries on all pages.")
    page_no: int
    num_of_rows: int
    items: tuple[UseItem, ...]


class PlaceItem(ToolModel):
    addr1: str = Field(description="Province.")
    addr2: str | None = Field(description="City, county or district; null above that level.")
    addr3: str | None = Field(description="Eup, myeon or dong; null above that level.")
    dtl_addr: str | None = Field(description="Lot and what else the address says; null above that level.")


class PlacePage(Provenance):
    total_count: int = Field(description="Entries on all pages.")
    page_no: int
    num_of_rows: int
    items: tuple[PlaceItem, ...]
