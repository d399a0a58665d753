"""Which tags each of the thirteen transaction services writes, neither more nor fewer."""

from __future__ import annotations

_DATE = "dealYear dealMonth dealDay"
_SALE = f"sggCd umdNm jibun dealAmount cdealType cdealDay dealingGbn estateAgentSggNm {_DATE}"
_PARTIES = "slerGbn buyerGbn"
_APARTMENT = f"{_SALE} {_PARTIES} aptNm excluUseAr floor buildYear rgstDate aptDong landLeaseholdGbn"
_BUILDING = (
    f"{_SALE} {_PARTIES} sggNm plottageAr buildingAr buildingType buildingUse landUse floor buildYear shareDealingType"
)
_LEASE = (
    f"sggCd umdNm {_DATE} deposit monthlyRent buildYear contractTerm contractType useRRRight preDeposit preMonthlyRent"
)
ROAD = ("roadNm", "roadNmSggCd", "roadNmCd", "roadNmSeq", "roadNmbCd", "roadNmBonbun", "roadNmBubun")
"""The road address of the detailed apartment sales; apartment leases write the same in lower case."""

TAGS: dict[str, tuple[str, ...]] = {
    service: tuple(sorted(tags.split()))
    for service, tags in {
        "AptTrade": _APARTMENT,
        "AptTradeDev": f"{_APARTMENT} umdCd landCd bonbun bubun aptSeq {' '.join(ROAD)}",
        "AptRent": f"{_LEASE} jibun aptNm excluUseAr floor aptSeq {' '.join(ROAD).lower()}",
        "OffiTrade": f"{_SALE} {_PARTIES} sggNm offiNm excluUseAr floor buildYear",
        "OffiRent": f"{_LEASE} sggNm jibun offiNm excluUseAr floor",
        "RHTrade": f"{_SALE} {_PARTIES} mhouseNm houseType excluUseAr landAr floor buildYear rgstDate",
        "RHRent": f"{_LEASE} jibun mhouseNm houseType excluUseAr floor",
        "SHTrade": f"{_SALE} {_PARTIES} houseType totalFloorAr plottageAr buildYear",
        "SHRent": f"{_LEASE} houseType totalFloorAr",
        "NrgTrade": _BUILDING,
        "SilvTrade": f"{_SALE} {_PARTIES} sggNm aptNm excluUseAr floor ownershipGbn",
        "LandTrade": f"{_SALE} sggNm landUse jimok dealArea shareDealingType",
        "InduTrade": _BUILDING,
    }.items()
}
"""By the part of the name that differs: ``AptTrade`` is ``RTMSDataSvcAptTrade``."""
