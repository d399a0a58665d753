"""The tools there are: the built-in groups that TOOLSETS can name, and the servers of UPSTREAMS_FILE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import ConfigurationError, Problem
from app.settings import Settings, surroundings
from app.tools.base import Observe, Toolset, ToolsetOpener, unobserved

if TYPE_CHECKING:
    from app.tools.upstream.entry import ServerEntry


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


def servers_of(settings: Settings) -> tuple[ServerEntry, ...]:
    """The servers behind the door. Raises :class:`~app.errors.ConfigurationError`."""
    if not settings.upstreams_file:
        return ()
    from app.tools.upstream.configuration import read_servers  # noqa: PLC0415  (only if there is such a file)

    return read_servers(settings.upstreams_file, surroundings(), settings.toolsets)


def upstreams_folder(settings: Settings) -> Path:
    """Where servers behind the door are remembered."""
    return Path(settings.data_dir) / "upstreams"


async def open_toolsets(
    stack: AsyncExitStack,
    settings: Settings,
    openers: Mapping[str, ToolsetOpener],
    servers: tuple[ServerEntry, ...] = (),
    observe: Observe = unobserved,
) -> list[Toolset]:
    """Open everything that is offered. ``observe`` is told of each request to a server behind the door."""
    toolsets = [await stack.enter_async_context(openers[name]()) for name in settings.toolsets]
    if servers:
        from app.tools.upstream.servers import open_upstreams  # noqa: PLC0415  (loads the client of MCP)

        opening = open_upstreams(servers, upstreams_folder(settings), observe)
        toolsets += await stack.enter_async_context(opening)
    return toolsets


def offered(offer: Callable[[list[Toolset]], None], toolsets: list[Toolset]) -> None:
    """Offer the tools. Raises :class:`~app.errors.ConfigurationError` when two of them have one name."""
    try:
        offer(toolsets)
    except ValueError as error:
        what = f"cannot be used as it is: {error}. Give one of the servers another gatehouse.prefix."
        raise ConfigurationError([Problem("UPSTREAMS_FILE", what)]) from None
