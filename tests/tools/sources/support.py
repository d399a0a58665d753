"""Open the sources against portals that are functions, with a clock that is set by hand and waits that do not wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from xml.sax.saxutils import escape

import httpx
import pytest

from app.errors import ToolError
from app.tools.base import CallContext
from app.tools.real_estate.contract import SEOUL, Dataset
from app.tools.real_estate.sources import Limits, PortalSources, SourceSettings, open_sources

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=SEOUL)
KEY = "aB+c/dEf9Zz0123456789+/qwertyuiopASDFGH=="
ENCODED_KEY = "aB%2Bc%2FdEf9Zz0123456789%2B%2FqwertyuiopASDFGH%3D%3D"
SALES = Dataset(
    "15126469", "/1613000/RTMSDataSvcAptTrade/getRTMSDataSvcAptTrade", "apartment sales", "아파트 매매", "200601"
)
LEASES = Dataset("15126474", "/1613000/RTMSDataSvcAptRent/getRTMSDataSvcAptRent", "apartment leases", "아파트 전월세")
NOTICES = Dataset("15098547", "/api/ApplyhomeInfoDetailSvc/v1/getAPTLttotPblancDetail", "notices", "분양정보")
AUCTIONS = Dataset(
    "15157252", "/B010003/OnbidCltrBidRsltListSrvc2/getCltrBidRsltList2", "results", "입찰결과", per_day=1_000
)
CODES = Dataset("15157200", "/B010003/OnbidCodeSrvc/getOnbidUsgCodeInfo", "codes", "용도코드", per_day=1_000)

Answer = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]
T = TypeVar("T")


@dataclass
class HandClock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class HandLoop(asyncio.SelectorEventLoop):
    """An event loop whose time can be moved on, so that a time limit is reached without waiting for it."""

    passed = 0.0

    def time(self) -> float:
        return super().time() + self.passed


def let_pass(seconds: float) -> None:
    """Move the time of the running loop on."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, HandLoop)
    loop.passed += seconds


def silent_for(seconds: float) -> Answer:
    """A portal that never answers; each request lets this many seconds pass."""

    async def answer(_: httpx.Request) -> httpx.Response:
        let_pass(seconds)
        await asyncio.Event().wait()
        raise AssertionError

    return answer


@dataclass
class World:
    """What a test may turn: the clock, the answer, the limits. ``asked`` has every request, ``slept`` every wait."""

    answer: Answer
    clock: HandClock = field(default_factory=HandClock)
    limits: Limits = field(default_factory=Limits)
    settings: dict[str, Any] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    """Each request as whoever counts hears of it: the portal and how it ended."""

    def open(self, keep_in: Path | None = None) -> AbstractAsyncContextManager[PortalSources]:
        settings = {"data_go_kr_api_key": KEY, **self.settings}

        async def handle(request: httpx.Request) -> httpx.Response:
            self.asked.append(request)
            answered = self.answer(request)
            return answered if isinstance(answered, httpx.Response) else await answered

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        return open_sources(
            SourceSettings(keep_in=keep_in, **settings),
            clock=self.clock,
            transport=httpx.MockTransport(handle),
            limits=self.limits,
            sleep=sleep,
            observe=lambda server, tool, outcome, seconds: self.told.append((server, outcome)),
        )

    def run(self, work: Callable[[PortalSources], Coroutine[Any, Any, T]], keep_in: Path | None = None) -> T:
        async def opened() -> T:
            async with self.open(keep_in) as sources:
                return await work(sources)

        with asyncio.Runner(loop_factory=HandLoop) as runner:
            return runner.run(opened())

    @property
    def months_asked(self) -> Counter[str]:
        return Counter(f"{request.url.params['LAWD_CD']} {request.url.params['DEAL_YMD']}" for request in self.asked)


def months_back(count: int, last: str = "202611", region: str = "11710") -> list[tuple[str, str]]:
    first = int(last[:4]) * 12 + int(last[4:]) - count
    return [(region, f"{month // 12}{month % 12 + 1:02d}") for month in range(first, first + count)]


def sold(region: str, month: str, count: int = 3) -> list[dict[str, str]]:
    """What the made-up portal of these tests has: ``count`` rows, whose amount tells which month they are of."""
    return [
        {"sggCd": region, "dealAmount": f"{int(month) % 100_000 + index:,}", "dealDay": str(index % 28 + 1)}
        for index in range(count)
    ]


def xml_page(
    rows: list[dict[str, str]] | str, *, total: int | str, number: int | str = 1, code: str = "000", message: str = "OK"
) -> str:
    if not isinstance(rows, str):
        texts = ["".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in row.items()) for row in rows]
        rows = "".join(f"<item>{text}</item>" for text in texts)
    return (
        f"<response><header><resultCode>{code}</resultCode><resultMsg>{message}</resultMsg></header><body>"
        f"<items>{rows}</items><numOfRows>1000</numOfRows><pageNo>{number}</pageNo><totalCount>{total}</totalCount>"
        "</body></response>"
    )


def ministry(rows_per_month: int = 3, cap: int = 1000) -> Answer:
    """A ministry that has ``rows_per_month`` rows in every month, and at most ``cap`` on a page."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        rows = sold(asked["LAWD_CD"], asked["DEAL_YMD"], rows_per_month)
        size, number = min(int(asked["numOfRows"]), cap), int(asked["pageNo"])
        chosen = rows[(number - 1) * size : number * size]
        return httpx.Response(200, content=xml_page(chosen, total=len(rows), number=number))

    return answer


def saying(content: str | bytes, status: int = 200, **headers: str) -> Answer:
    return lambda _: httpx.Response(status, content=content, headers=headers)


def one_month(world: World, month: str = "202506", **options: Any) -> list[dict[str, str]]:
    async def work(sources: PortalSources) -> list[dict[str, str]]:
        found = await sources.months(SALES, [("11710", month)], CallContext(**options))
        return [dict(row) for row in found[0].rows]

    return world.run(work)


def refused(world: World, work: Callable[[PortalSources], Coroutine[Any, Any, Any]] | None = None) -> str:
    """Run ``work`` (one month, when not given), which must be refused, and return the error's text."""
    with pytest.raises(ToolError) as caught:
        world.run(work) if work else one_month(world)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    return str(caught.value)
