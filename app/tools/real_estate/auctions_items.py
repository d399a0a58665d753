"""The tools over auctioned objects: bid results, one result in detail, and real estate on offer.

``get_onbid_thing_info_list`` keeps the argument names of a service that is closed; they are mapped to its successor.
Wide ranges of opening dates take longer than the portal waits, so a range has a limit and is not asked for in pieces.
"""

from __future__ import annotations

from datetime import date, timedelta

from app.tools.base import CallContext, Locale, Tool, ToolModel, typed_tool
from app.tools.real_estate.auctions_arguments import DetailQuery, OfferQuery, ResultsQuery
from app.tools.real_estate.auctions_common import BID_RESULT_DETAIL, BID_RESULTS, ON_OFFER, property_kinds, province
from app.tools.real_estate.auctions_lists import AuctionPage, ask, page_text
from app.tools.real_estate.contract import PORTAL_READ, SEOUL, Clock, Sources
from app.tools.real_estate.listings import check_order, parse_day, refuse

USUAL_DAYS = timedelta(days=30)
MOST_DAYS = timedelta(days=92)
_NOT_ENDED = (
    "Onbid has a result only for objects whose round has ended (won, failed or cancelled).",
    "입찰이 끝난 물건(낙찰, 유찰, 취소)만 결과가 있습니다.",
)


def item_tools(sources: Sources, *, clock: Clock, sample: bool) -> tuple[Tool, Tool, Tool]:
    """Build the two tools over bid results and the one over real estate on offer."""

    async def get_public_auction_items(query: ResultsQuery, context: CallContext) -> AuctionPage:
        parameters = _results_parameters(query, clock().astimezone(SEOUL).date(), context.locale)
        return await ask(sources, BID_RESULTS, parameters, query.page_no, query.num_of_rows, sample)

    async def get_public_auction_item_detail(query: DetailQuery, _: CallContext) -> AuctionPage:
        parameters = {"cltrMngNo": query.cltr_mng_no, "pbctCdtnNo": query.pbct_cdtn_no}
        return await ask(sources, BID_RESULT_DETAIL, parameters, query.page_no, query.num_of_rows, sample)

    async def get_onbid_thing_info_list(query: OfferQuery, context: CallContext) -> AuctionPage:
        parameters = _offer_parameters(query, context.locale)
        return await ask(sources, ON_OFFER, parameters, query.page_no, query.num_of_rows, sample)

    return (
        typed_tool(
            get_public_auction_items,
            name="get_public_auction_items",
            title="Public-auction results in Korea",
            description=(
                "Use this for how public auctions of Onbid (온비드 공매) in Korea ended: appraised value, minimum bid, "
                "winning bid, bidders. Real estate of every kind of property whose bids were opened in the last 30 "
                "days, unless said otherwise; at most 92 days at once. Amounts are in won."
            ),
            arguments=ResultsQuery,
            result=AuctionPage,
            scope="read",
            annotations=PORTAL_READ,
            summarize=page_text,
        ),
        typed_tool(
            get_public_auction_item_detail,
            name="get_public_auction_item_detail",
            title="One public-auction result in detail",
            description=(
                "Use this for the details of one ended public auction of Onbid (온비드 공매), known by cltrMngNo and "
                "pbctCdtnNo of get_public_auction_items. There are none while a round is still open. Amounts are in "
                "won."
            ),
            arguments=DetailQuery,
            result=AuctionPage,
            scope="read",
            annotations=PORTAL_READ,
            summarize=lambda page, locale: page_text(page, locale, _NOT_ENDED),
        ),
        typed_tool(
            get_onbid_thing_info_list,
            name="get_onbid_thing_info_list",
            title="Real estate on public auction in Korea",
            description=(
                "Use this for real estate that Onbid (온비드 공매) has on offer in Korea now or soon: by use, place, "
                "appraised value, minimum bid and bidding window. Every kind of property, and no private contracts, "
                "unless said otherwise. Amounts are in won."
            ),
            arguments=OfferQuery,
            result=AuctionPage,
            scope="read",
            annotations=PORTAL_READ,
            summarize=page_text,
        ),
    )


def _results_parameters(query: ResultsQuery, today: date, locale: Locale) -> dict[str, object]:
    start, end = _opening_days(query, today, locale)
    _check_amounts(
        query, locale, ("apsl_evl_amt_start", "apsl_evl_amt_end"), ("lowst_bid_prc_start", "lowst_bid_prc_end")
    )
    return {
        "cltrTypeCd": query.cltr_type_cd,
        "prptDivCd": property_kinds(query.prpt_div_cd, locale),
        "opbdDtStart": f"{start:%Y%m%d}",
        "opbdDtEnd": f"{end:%Y%m%d}",
        "dspsMthodCd": query.dsps_mthod_cd,
        "bidDivCd": query.bid_div_cd,
        "lctnSdnm": province(query.lctn_sdnm),
        "lctnSggnm": query.lctn_sggnm,
        "lctnEmdNm": query.lctn_emd_nm,
        "apslEvlAmtStart": query.apsl_evl_amt_start,
        "apslEvlAmtEnd": query.apsl_evl_amt_end,
        "lowstBidPrcStart": query.lowst_bid_prc_start,
        "lowstBidPrcEnd": query.lowst_bid_prc_end,
        "pbctStatCd": query.pbct_stat_cd,
        "onbidCltrNm": query.onbid_cltr_nm,
    }


def _offer_parameters(query: OfferQuery, locale: Locale) -> dict[str, object]:
    start = parse_day("pbct_begn_dtm", query.pbct_begn_dtm, locale)
    end = parse_day("pbct_cls_dtm", query.pbct_cls_dtm, locale)
    check_order("pbct_begn_dtm", start, "pbct_cls_dtm", end, locale)
    _check_amounts(query, locale, ("goods_price_from", "goods_price_to"), ("open_price_from", "open_price_to"))
    return {
        "prptDivCd": property_kinds(query.prpt_div_cd, locale),
        "pvctTrgtYn": query.pvct_trgt_yn,
        "dspsMthodCd": query.dpsl_mtd_cd,
        "cltrUsgLclsCtgrId": query.ctgr_hirk_id,
        "cltrUsgMclsCtgrId": query.ctgr_hirk_id_mid,
        "lctnSdnm": province(query.sido),
        "lctnSggnm": query.sgk,
        "lctnEmdNm": query.emd,
        "apslEvlAmtStart": query.goods_price_from,
        "apslEvlAmtEnd": query.goods_price_to,
        "lowstBidPrcStart": query.open_price_from,
        "lowstBidPrcEnd": query.open_price_to,
        "bidPrdYmdStart": start and f"{start:%Y%m%d}",
        "bidPrdYmdEnd": end and f"{end:%Y%m%d}",
        "onbidCltrNm": query.cltr_nm,
    }


def _opening_days(query: ResultsQuery, today: date, locale: Locale) -> tuple[date, date]:
    end = parse_day("opbd_dt_end", query.opbd_dt_end, locale) or today
    start = parse_day("opbd_dt_start", query.opbd_dt_start, locale) or end - USUAL_DAYS
    if end > today:
        refuse(
            locale,
            f"opbd_dt_end: is in the future, and results are of the past. It is {today:%Y%m%d} in Korea.",
            f"opbd_dt_end: 미래의 날짜입니다. 결과는 지난 날짜에만 있으며, 한국은 지금 {today:%Y%m%d}입니다.",
        )
    check_order("opbd_dt_start", start, "opbd_dt_end", end, locale)
    if end - start > MOST_DAYS:
        refuse(
            locale,
            "opbd_dt_start: is more than 92 days before opbd_dt_end; such a range takes longer than the portal waits. "
            "A shorter range works.",
            "opbd_dt_start: opbd_dt_end보다 92일 넘게 앞섭니다. 포털이 제때 답하지 못하니 기간을 좁히세요.",
        )
    return start, end


def _check_amounts(query: ToolModel, locale: Locale, *pairs: tuple[str, str]) -> None:
    for first, last in pairs:
        check_order(first, getattr(query, first), last, getattr(query, last), locale)
