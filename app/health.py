"""Liveness and readiness, kept apart: a process that lives but cannot judge tokens is alive and not ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from app.auth.authorization_server import AuthorizationServer
from app.journal.writer import JournalWriter
from app.people.guard import Guard
from app.people.watch import Watch

Check = dict[str, str]


def health_routes(
    server: AuthorizationServer | None,
    guard: Guard,
    watch: Watch,
    journal: JournalWriter,
    upstreams: Mapping[str, Callable[[], str]],
) -> APIRouter:
    """``/healthz`` and ``/readyz``. ``server`` is None when no authorization server is configured.

    ``upstreams`` say why the server of each name behind the door cannot be used; blank when it can.
    """
    router = APIRouter()

    async def healthz() -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz() -> Response:
        checks = [*_documents(server), _people(guard, watch), _request_log(journal), *_upstreams(upstreams)]
        found = {check["status"] for check in checks}
        status = "unready" if "fail" in found else "degraded" if "warn" in found else "ready"
        code = 503 if status == "unready" else 200
        return JSONResponse({"status": status, "checks": checks}, code, {"Cache-Control": "no-store"})

    router.add_api_route("/healthz", healthz, methods=["GET", "HEAD"])
    router.add_api_route("/readyz", readyz, methods=["GET", "HEAD"])
    return router


def _check(name: str, status: str, detail: str) -> Check:
    return {"id": name, "status": status, "detail": detail}


def _documents(server: AuthorizationServer | None) -> list[Check]:
    checks = []
    for document in (server.metadata, server.jwks) if server else ():
        usable = document.current() is not None
        detail = "held" if usable else f"not held: {document.failure}"
        checks.append(_check(f"authorization_server_{document.name}", "pass" if usable else "fail", detail))
    return checks


def _people(guard: Guard, watch: Watch) -> Check:
    if guard.state is None:
        return _check("people", "fail", "who may come in was never read: nobody is let in until it can be")
    if watch.failure:
        return _check("people", "warn", "who may come in cannot be read: what was read last goes on to count")
    return _check("people", "pass", "read")


def _request_log(journal: JournalWriter) -> Check:
    failing = journal.failing
    detail = f"cannot be written ({failing}): requests go on without it" if failing else "written"
    return _check("request_log", "warn" if failing else "pass", detail)


def _upstreams(upstreams: Mapping[str, Callable[[], str]]) -> list[Check]:
    """One that is down costs its own tools, and is no reason to send anybody away."""
    found = [(f"upstream_{name}", trouble()) for name, trouble in upstreams.items()]
    return [_check(name, "warn" if why else "pass", why or "connected") for name, why in found]
