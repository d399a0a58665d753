"""Liveness and readiness, kept apart: a process that lives but cannot judge tokens is alive and not ready."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from app.auth.authorization_server import AuthorizationServer


def health_routes(server: AuthorizationServer | None) -> APIRouter:
    """``/healthz`` and ``/readyz``. ``server`` is None when no authorization server is configured."""
    router = APIRouter()

    async def healthz() -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz() -> Response:
        checks = []
        for document in (server.metadata, server.jwks) if server else ():
            usable = document.current() is not None
            detail = "held" if usable else f"not held: {document.failure}"
            name = f"authorization_server_{document.name}"
            checks.append({"id": name, "status": "pass" if usable else "fail", "detail": detail})
        ready = all(check["status"] == "pass" for check in checks)
        body = {"status": "ready" if ready else "unready", "checks": checks}
        return JSONResponse(body, 200 if ready else 503, {"Cache-Control": "no-store"})

    router.add_api_route("/healthz", healthz, methods=["GET", "HEAD"])
    router.add_api_route("/readyz", readyz, methods=["GET", "HEAD"])
    return router
