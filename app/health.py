"""Liveness and readiness, kept apart: a process that lives but cannot judge tokens is alive and not ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from app.auth.authorization_server import AuthorizationServer
from app.doctor.readiness import readiness
from app.journal.writer import JournalWriter
from app.people.guard import Guard
from app.people.watch import Watch


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
        checks = readiness(server, guard, watch, journal, upstreams)
        found = {check.status for check in checks}
        status = "unready" if "fail" in found else "degraded" if "warn" in found else "ready"
        code = 503 if status == "unready" else 200
        body = {"status": status, "checks": [asdict(check) for check in checks]}
        return JSONResponse(body, code, {"Cache-Control": "no-store"})

    router.add_api_route("/healthz", healthz, methods=["GET", "HEAD"])
    router.add_api_route("/readyz", readyz, methods=["GET", "HEAD"])
    return router
