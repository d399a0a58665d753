"""The file dataset 15101046: apartment notices up to a day in November 2025 under Korean names, and no later ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from app.demo.portal.notices import Row, details

SNAPSHOT_DAY = date(2025, 11, 28)
_WINDOWS = {
    f"{korean}{rank}순위접수{edge}일": f"GNRL_RNK{rank}_{who}_{field}"
    for rank in (1, 2)
    for korean, who in (("해당지역", "CRSPAREA"), ("경기지역", "ETC_GG"), ("기타지역", "ETC_AREA"))
    for edge, field in (("시작", "RCPTDE"), ("종료", "ENDDE"))
}
FILE_COLUMNS = {
    "주택관리번호": "HOUSE_MANAGE_NO",
    "공고번호": "PBLANC_NO",
    "주택명": "HOUSE_NM",
    "주택구분코드": "HOUSE_SECD",
    "주택구분코드명": "HOUSE_SECD_NM",
    "주택상세구분코드": "HOUSE_DTL_SECD",
    "주택상세구분코드명": "HOUSE_DTL_SECD_NM",
    "분양구분코드": "RENT_SECD",
    "분양구분코드명": "RENT_SECD_NM",
    "공급지역코드": "SUBSCRPT_AREA_CODE",
    "공급지역명": "SUBSCRPT_AREA_CODE_NM",
    "공급위치우편번호": "HSSPLY_ZIP",
    "공급위치": "HSSPLY_ADRES",
    "공급규모": "TOT_SUPLY_HSHLDCO",
    "모집공고일": "RCRIT_PBLANC_DE",
    "청약접수시작일": "RCEPT_BGNDE",
    "청약접수종료일": "RCEPT_ENDDE",
    "특별공급접수시작일": "SPSPLY_RCEPT_BGNDE",
    "특별공급접수종료일": "SPSPLY_RCEPT_ENDDE",
    **_WINDOWS,
    "당첨자발표일": "PRZWNER_PRESNATN_DE",
    "계약시작일": "CNTRCT_CNCLS_BGNDE",
    "계약종료일": "CNTRCT_CNCLS_ENDDE",
    "홈페이지주소": "HMPG_ADRES",
    "건설업체명_시공사": "CNSTRCT_ENTRPS_NM",
    "사업주체명_시행사": "BSNS_MBY_NM",
    "문의처": "MDHS_TELNO",
    "입주예정월": "MVN_PREARNGE_YM",
    "투기과열지구": "SPECLT_RDN_EARTH_AT",
    "조정대상지역": "MDAT_TRGET_AREA_SECD",
    "분양가상한제": "PARCPRC_ULS_AT",
    "정비사업": "IMPRMN_BSNS_AT",
    "공공주택지구": "PUBLIC_HOUSE_EARTH_AT",
    "대규모택지개발지구": "LRSCL_BLDLND_AT",
    "수도권내민영공공주택지구": "NPLN_PRVOPR_PUBLIC_HOUSE_AT",
    "모집공고홈페이지주소": "PBLANC_URL",
}


@lru_cache(maxsize=1)
def snapshot() -> Sequence[Row]:
    """Return the file's rows."""
    return [{korean: row[name] for korean, name in FILE_COLUMNS.items()} for row in details("APT", SNAPSHOT_DAY)]
