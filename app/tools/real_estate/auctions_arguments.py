"""The arguments of the tools over auctioned objects, with Onbid's codes.

Names and defaults are those of the saved prompts that use them; ``prpt_div_cd`` and ``pvct_trgt_yn`` of
:class:`OfferQuery` are new, because the service in use wants them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from app.tools.base import ToolModel
from app.tools.real_estate.auctions_common import KINDS_LISTED, Code, DisposalCode, StateCode, Won
from app.tools.real_estate.listings import MOST_PAGE, MOST_ROWS, Text, or_default

_PROVINCE = "Province, for example 경기도; short names such as 서울 are completed, except 광주 and 전남."


class AuctionPaging(ToolModel):
    page_no: int = Field(default=1, ge=1, le=MOST_PAGE, description="Page, from 1.")
    num_of_rows: int = Field(default=20, ge=1, le=MOST_ROWS, description="Objects per page.")


class ResultsQuery(AuctionPaging):
    cltr_type_cd: Annotated[Literal["0001", "0002", "0003"], or_default("0001")] = Field(
        default="0001", description="0001 real estate, 0002 vehicle, 0003 movable."
    )
    prpt_div_cd: Text = Field(
        default=None,
        description=f"Kinds of property, joined by commas; all when left out: {KINDS_LISTED}.",
        examples=["0007", "0007,0010"],
    )
    dsps_mthod_cd: DisposalCode = Field(default=None, description="0001 sale, 0002 lease.")
    bid_div_cd: Code = Field(default=None, description="Kind of bid, a code of Onbid.", examples=["0001"])
    lctn_sdnm: Text = Field(default=None, description=_PROVINCE, examples=["경기도"])
    lctn_sggnm: Text = Field(default=None, description="City, county or district.", examples=["김포시"])
    lctn_emd_nm: Text = Field(default=None, description="Eup, myeon or dong.", examples=["운양동"])
    opbd_dt_start: Text = Field(
        default=None,
        description="First opening date, YYYYMMDD; 30 days before opbd_dt_end when left out.",
        examples=["20261001"],
    )
    opbd_dt_end: Text = Field(
        default=None,
        description="Last opening date, YYYYMMDD; today in Korea when left out, and never later. At most 92 days "
        "after opbd_dt_start.",
        examples=["20261031"],
    )
    apsl_evl_amt_start: Won = Field(default=None, description="Least appraised value, won.", examples=[100000000])
    apsl_evl_amt_end: Won = Field(default=None, description="Greatest appraised value, won.", examples=[300000000])
    lowst_bid_prc_start: Won = Field(default=None, description="Least minimum bid, won.", examples=[50000000])
    lowst_bid_prc_end: Won = Field(default=None, description="Greatest minimum bid, won.", examples=[200000000])
    pbct_stat_cd: StateCode = Field(
        default=None,
        description="State: 0001 preparing, 0002 open, 0003 closed, 0006 opening, 0009 private contract possible, "
        "0010 won, 0011 failed, 0012 cancelled.",
        examples=["0010"],
    )
    onbid_cltr_nm: Text = Field(default=None, description="Part of the title.", examples=["아파트"])


class DetailQuery(AuctionPaging):
    cltr_mng_no: str = Field(
        pattern=r"^[0-9A-Za-z-]{1,40}$",
        description="Object number, cltrMngNo of a listed object.",
        examples=["2026-0700-011223"],
    )
    pbct_cdtn_no: Annotated[
        str,
        Field(pattern=r"^[0-9]{1,20}$"),
        BeforeValidator(lambda value: str(value) if type(value) is int and 0 < value < 10**20 else value),
        WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9]{1,20}$"}]}),
    ] = Field(description="Condition number, pbctCdtnNo of the same object.", examples=[4410021])


class OfferQuery(AuctionPaging):
    dpsl_mtd_cd: DisposalCode = Field(default=None, description="0001 sale, 0002 lease.")
    ctgr_hirk_id: Code = Field(
        default=None, description="Use, top level, as get_onbid_top_code_info lists it.", examples=["10000"]
    )
    ctgr_hirk_id_mid: Code = Field(
        default=None, description="Use, middle level, as get_onbid_middle_code_info lists it.", examples=["10200"]
    )
    sido: Text = Field(default=None, description=_PROVINCE, examples=["경기도"])
    sgk: Text = Field(default=None, description="City, county or district.", examples=["김포시"])
    emd: Text = Field(default=None, description="Eup, myeon or dong.", examples=["운양동"])
    goods_price_from: Won = Field(default=None, description="Least appraised value, won.", examples=[100000000])
    goods_price_to: Won = Field(default=None, description="Greatest appraised value, won.", examples=[300000000])
    open_price_from: Won = Field(default=None, description="Least minimum bid, won.", examples=[50000000])
    open_price_to: Won = Field(default=None, description="Greatest minimum bid, won.", examples=[200000000])
    pbct_begn_dtm: Text = Field(
        default=None,
        description="First day of the bidding window, YYYYMMDD; may be in the future.",
        examples=["20261201"],
    )
    pbct_cls_dtm: Text = Field(
        default=None,
        description="Last day of the bidding window, YYYYMMDD; may be in the future.",
        examples=["20261231"],
    )
    cltr_nm: Text = Field(default=None, description="Part of the title.", examples=["아파트"])
    prpt_div_cd: Text = Field(
        default=None,
        description=f"Kinds of property, joined by commas; all when left out: {KINDS_LISTED}.",
        examples=["0007"],
    )
    pvct_trgt_yn: Annotated[Literal["Y", "N"], or_default("N")] = Field(
        default="N", description="N: objects put up for bids; Y: those that can be had by private contract."
    )
