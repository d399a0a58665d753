"""What keeps the doctor itself from harm: each of these once stood without a test."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path

import httpx
import pytest

from app.doctor import context as contexts
from app.doctor.bundle import bundle_of
from app.doctor.check import Check, Result
from app.doctor.checks import CHECKS
from app.doctor.context import MAX_BYTES, Context
from app.doctor.login import LogInFailed, Loopback, log_in, loopback
from app.doctor.run import Report
from app.store.engine import open_engine, sqlite_url
from app.store.tables import clients, people
from tests.doctor.faults import SERVER, closed_port, documents
from tests.doctor.stage import Stage, examined


def test_proxy_settings_of_the_machine_are_not_believed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{closed_port()}")
    context = stage.outside()

    async def ask() -> int:
        try:
            return (await context.ask("GET", f"{context.base}/healthz")).status
        finally:
            await context.close()

    assert asyncio.run(ask()) == 200


def test_no_more_of_an_answer_is_read_than_is_kept() -> None:
    read = 0

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            nonlocal read
            for _ in range(1000):
                read += 65_536
                yield b"x" * 65_536

    text = asyncio.run(contexts._text_of(httpx.Response(200, stream=Endless())))
    assert len(text) == MAX_BYTES
    assert read <= MAX_BYTES + 2 * 65_536


def test_the_browser_is_awaited_on_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    bound: list[str] = []
    start = asyncio.start_server

    async def noting(meet, host, port, **more):  # type: ignore[no-untyped-def]
        server = await start(meet, host, port, **more)
        bound.extend(one.getsockname()[0] for one in server.sockets)
        return server

    monkeypatch.setattr("app.doctor.login.asyncio.start_server", noting)

    async def listen() -> None:
        async with loopback((f"http://localhost:{closed_port()}/oauth/callback",)):
            pass

    asyncio.run(listen())
    assert bound
    assert set(bound) <= {"127.0.0.1", "::1"}


def test_a_log_in_goes_to_the_services_own_address_and_not_to_one_that_the_server_passes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = documents(lambda one: one.update(authorization_endpoint="https://evil.example/a"), SERVER)
    monkeypatch.setattr(stage.proxy, "after", evil)
    context, opened = stage.outside(client_id="c"), list[str]()

    async def go() -> None:
        back = Loopback("http://localhost:1/oauth/callback")
        monkeypatch.setattr("app.doctor.login.LOG_IN_SECONDS", 0.01)
        try:
            await log_in(context, back, opened.append)
        finally:
            await context.close()

    with pytest.raises(LogInFailed, match="did not come back"):
        asyncio.run(go())
    assert [one.startswith(stage.tenant.issuer) for one in opened] == [True]


def cause_in_bundle(context: Context, said: str) -> str:
    """What the support bundle says of a check that said this."""

    async def nothing(_: Context) -> None:
        return None

    report = Report((Result(Check("a", "network", "t", "do", nothing), "fail", said, "do"),), 0.1)

    async def make() -> str:
        try:
            return await bundle_of(context, report)
        finally:
            await context.close()

    return str(json.loads(asyncio.run(make()))["checks"][0]["cause"])


def test_secrets_of_the_settings_and_folders_are_taken_out_wherever_they_are_said(stage: Stage) -> None:
    context = stage.inside({"data_go_kr_api_key": "short-key", "data_dir": "/srv/kim minsu/data"})

    said = "It answered short-key for /srv/kim minsu/data and /home/kim.minsu/gh and C:\\Users\\kim\\gh."
    cause = cause_in_bundle(context, said)
    assert "short-key" not in cause
    assert "kim" not in cause


def test_people_and_clients_of_the_installation_and_what_was_given_are_taken_out(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/srv/minsu")
    context = stage.inside({"data_dir": str(tmp_path)}, token="opaque word", client_id="her laptop")
    engine = open_engine(sqlite_url(str(tmp_path)))
    with engine.begin() as connection:
        for table, known in (
            (people, {"sub": "person seven", "name": "Kim Minsu", "email": "kim at work"}),
            (clients, {"client_id": "program nine", "name": "Kims Mac"}),
        ):
            blank = {one.name: one.type.python_type() for one in table.columns if not one.nullable}
            connection.execute(table.insert().values({**blank, **known}))
    engine.dispose()
    words = ["opaque word", "her laptop", "person seven", "Kim Minsu", "kim at work", "program nine", "Kims Mac"]

    cause = cause_in_bundle(context, f"{'; '.join(words)}; /mnt/minsu/file")
    assert cause == f"{'; '.join(['(hidden)'] * len(words))}; /mnt(hidden)file"


@pytest.mark.parametrize("kind", ["folder", "log"])
def test_a_disk_that_never_answers_is_not_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    over, started = threading.Event(), time.monotonic()
    where = {"folder": "app.doctor.checks.storage.tempfile.TemporaryFile", "log": "app.journal.queries.newest"}
    monkeypatch.setattr(where[kind], lambda *_, **__: over.wait(30))
    waiting = {"folder": {"disk-full"}, "log": {"calls-given-up", "people-turned-away"}}[kind]
    try:
        some = [one for one in CHECKS if one.id in waiting]
        report = asyncio.run(examined(some, stage.inside(), each=0.2, whole=4))
    finally:
        over.set()
    assert time.monotonic() - started < 10
    assert {one.check.id for one in report.results if "no answer within" in one.cause} == waiting
