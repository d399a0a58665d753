"""The toolsets that TOOLSETS can name, and how each is opened with the owner's settings."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from app.settings import Settings
from app.tools.base import Observe, Toolset, ToolsetOpener, unobserved


def built_in_toolsets(settings: Settings, observe: Observe = unobserved) -> dict[str, ToolsetOpener]:
    """What TOOLSETS can name. ``observe`` is told of each request to a server behind the tools."""

    def real_estate() -> AbstractAsyncContextManager[Toolset]:
        from app.tools.real_estate import SourceSettings, open_real_estate  # noqa: PLC0415  (only if it is offered)

        return open_real_estate(
            SourceSettings(
                data_go_kr_api_key=settings.data_go_kr_api_key.get_secret_value(),
                odcloud_api_key=settings.odcloud_api_key.get_secret_value(),
                odcloud_service_key=settings.odcloud_service_key.get_secret_value(),
                onbid_api_key=settings.onbid_api_key.get_secret_value(),
                data_go_kr_base_url=settings.data_go_kr_base_url,
                odcloud_base_url=settings.odcloud_base_url,
                keep_in=Path(settings.data_dir) / "real_estate",
            ),
            observe=observe,
        )

    return {"real_estate": real_estate}
