"""The three-level hierarchy of what is auctioned on Onbid, with its codes: 420 uses, made up in the known style.

Known are their number, the style of the codes (10000 부동산, 10100 토지, 10101 전; 12100 below 12000) and the root
above them. The other names are made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

Row = dict[str, str]

ROOT = ("1", "ONBID")
_KINDS = """
부동산 토지 전 답 과수원 목장용지 임야 광천지 염전 대지 공장용지 학교용지 주차장용지 주유소용지 창고용지 도로
  철도용지 제방 하천 구거 유지 양어장 수도용지 공원 체육용지 유원지 종교용지 사적지 묘지 잡종지
부동산 주거용건물 아파트 단독주택 다가구주택 다세대주택 연립주택 빌라 도시형생활주택 기숙사 다중주택 공관
  농가주택 전원주택 주상복합아파트 오피스텔(주거) 기타주거용
부동산 상가용및업무용건물 근린생활시설 업무시설 오피스텔(업무) 판매시설 상가 점포 지하상가 대형마트 시장
  숙박시설 호텔 여관 콘도 위락시설 문화집회시설 관람장 전시장 교육연구시설 학원 의료시설 노유자시설 운동시설
  수련시설 기타상업용
부동산 산업용및기타특수용건물 공장 지식산업센터 창고시설 위험물저장처리시설 자동차관련시설 주유소 주차장 정비소
  동식물관련시설 축사 온실 종교시설 묘지관련시설 장례식장 발전시설 방송통신시설 교정시설 군사시설 관광휴게시설
  휴게소 분뇨쓰레기처리시설 폐차장 어업시설 염전시설 기타특수용
부동산 용도복합용건물 주상용건물 주거산업복합 상업산업복합 업무숙박복합 기타복합용
부동산 재산권및권리 지상권 전세권 임차권 구분지상권 어업권 광업권 수목 입목 기타부동산권리
자동차·운송장비 승용차 경차 소형승용차 준중형승용차 중형승용차 대형승용차 다목적승용차 지프형 전기승용차
  수소승용차 하이브리드승용차 외산승용차 기타승용차
자동차·운송장비 승합차 소형승합 중형승합 대형버스 미니버스 구급차 캠핑차 통학차 전기버스 기타승합차
자동차·운송장비 화물차 경화물 소형화물 중형화물 대형화물 덤프트럭 탑차 냉동차 견인차 탱크로리 청소차 소방차
  살수차 카고트럭 트레일러 기타화물차
자동차·운송장비 이륜차 소형이륜차 중형이륜차 대형이륜차 전기이륜차 기타이륜차
자동차·운송장비 건설기계 굴착기 지게차 로더 불도저 기중기 롤러 콘크리트믹서 콘크리트펌프 천공기 아스팔트피니셔
  공기압축기 모터그레이더 기타건설기계
자동차·운송장비 선박 어선 화물선 여객선 예인선 요트 모터보트 바지선 유조선 순찰선 기타선박
자동차·운송장비 항공기·철도 비행기 헬리콥터 드론 기관차 객차 화차 기타운송장비
자동차·운송장비 특수차 농업기계 트랙터 경운기 이앙기 콤바인 제설차 기타특수차
물품(기계) 공작기계 선반 밀링 프레스 드릴기 연삭기 절곡기 절단기 용접기 레이저가공기 방전가공기 사출성형기
  압출기 기타공작기계
물품(기계) 산업설비 보일러 발전기 변압기 냉동기 공조기 압축기 펌프 송풍기 컨베이어 호이스트 크레인 집진기 반응기
  열교환기 저장탱크 정수설비 소각로 기타산업설비
물품(기계) 시험·계측기 현미경 분석기 저울 오실로스코프 측량기 경도계 온도계측기 환경측정기 유량계 기타계측기
물품(기계) 의료기기 엑스선장치 초음파기 내시경 수술대 치과장비 물리치료기 환자감시장치 의료용침대 검안기
  기타의료기기
물품(전자) 컴퓨터 개인용컴퓨터 노트북 서버 저장장치 모니터 프린터 스캐너 태블릿 주변기기 기타컴퓨터
물품(전자) 통신기기 휴대전화 무전기 교환기 네트워크장비 중계기 안테나 위성장비 전화기 기타통신기기
물품(전자) 영상·음향기기 카메라 방송장비 영사기 앰프 스피커 녹음기 전광판 텔레비전 감시카메라 기타영상음향기기
물품(전자) 가전제품 냉장고 세탁기 에어컨 건조기 전자레인지 공기청정기 정수기 청소기 난방기 기타가전제품
물품(전자) 전자부품 반도체 회로기판 전지 케이블 센서 전동기 기타전자부품
물품(일반) 사무용품 책상 의자 책장 금고 회의탁자 소파 사물함 칠판 문서세단기 기타사무용품
물품(일반) 의류·잡화 의류 신발 가방 시계 안경 침구 원단 귀금속 보석 기타의류잡화
물품(일반) 예술·도서 회화 조각 도자기 고서 서적 악기 골동품 사진 기타예술도서
물품(일반) 농수산물 곡물 과일 채소 축산물 수산물 임산물 종자 묘목 가축 기타농수산물
물품(일반) 원자재·고철 고철 비철금속 목재 석재 골재 폐지 플라스틱 유류 화학제품 시멘트 철근 폐기물 기타원자재
물품(일반) 생활·체육용품 주방용품 완구 운동기구 자전거 골프용품 캠핑용품 화장품 의약품 주류 기타생활용품
권리·증권 유가증권 상장주식 비상장주식 국채 지방채 회사채 출자증권 수익증권 신주인수권 기타유가증권
권리·증권 회원권 골프회원권 콘도회원권 헬스회원권 승마회원권 요트회원권 기타회원권
권리·증권 지식재산권 특허권 실용신안권 디자인권 상표권 저작권 도메인 소프트웨어 기타지식재산권
권리·증권 영업·사용권 사용수익허가 위탁운영권 광고사용권 매점운영권 주차장운영권 자판기운영권 점용허가
  기타영업권
권리·증권 채권 매출채권 대여금채권 공사대금채권 임차보증금 가상자산 기타채권
"""


def _tree() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for line in _KINDS.replace("\n  ", " ").strip().split("\n"):
        large, middle, *smalls = line.split(" ")
        found.setdefault(large, {})[middle] = smalls
    return found


@lru_cache(maxsize=1)
def smallest_uses() -> Sequence[Row]:
    """Return the smallest uses in the order of their codes, each with the two above it, as objects name them."""
    found: list[Row] = []
    for top, (large, middles) in enumerate(_tree().items()):
        for second, (middle, smalls) in enumerate(middles.items(), 1):
            for third, small in enumerate(smalls, 1):
                first = 10_000 + top * 1000
                codes = (first, first + second * 100, first + second * 100 + third)
                row: Row = {}
                for size, code, name in zip(("Lcls", "Mcls", "Scls"), codes, (large, middle, small), strict=True):
                    row |= {f"cltrUsg{size}CtgrId": f"{code}", f"cltrUsg{size}CtgrNm": name}
                found.append(row)
    return found


@lru_cache(maxsize=1)
def uses() -> Sequence[Row]:
    """Return every use as a row of its own with the one above it, the larger ones before those they hold."""
    found: dict[str, Row] = {}
    for row in smallest_uses():
        above = ROOT
        for size in ("Lcls", "Mcls", "Scls"):
            code, name = row[f"cltrUsg{size}CtgrId"], row[f"cltrUsg{size}CtgrNm"]
            found[code] = {"ctgrId": code, "ctgrNm": name, "upCtgrId": above[0], "upCtgrNm": above[1]}
            above = (code, name)
    return sorted(found.values(), key=lambda use: use["ctgrId"])
