"""An examination from inside, with usable settings: as the command makes it, and the owner's page."""

from __future__ import annotations

from typing import Any

from app.doctor.aside import aside
from app.doctor.context import Context
from app.settings import Settings


def inside(settings: Settings, **given: Any) -> Context:
    """What the checks look at. ``given`` are further fields of :class:`Context`; the caller closes it."""
    context = Context(settings.public_base_url, inside=True, settings=settings, **given)
    context.base = context.base or context.local

    def compare() -> tuple[str, list[str]]:
        from app.auth0.differences import differences  # noqa: PLC0415  (slow to load, and few need it)

        return differences(settings)

    if settings.auth0_management_token.get_secret_value() or settings.auth0_management_client_id:
        context.tenant_differences = lambda: aside(compare, "compare the tenant")
    return context
