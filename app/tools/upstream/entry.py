"""One server behind the door, as everything else here knows it: what the owner's file says, checked and filled in.

Plain data; how it is read from the file is told in :mod:`app.tools.upstream.configuration`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ScopeWord = Literal["read", "write", "admin", "deny"]


class Options(BaseModel):
    """The ``gatehouse`` object of a server. ``timeout`` is in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    prefix: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{0,32}$")
    scopes: dict[str, ScopeWord] = {}
    local_only: list[str] = []
    timeout: float = Field(default=50.0, gt=0, le=600)
    enabled: bool = True
    pin: bool = False
    forward_identity: bool = False
    block_private: bool = False


@dataclass(frozen=True, repr=False)
class ServerEntry:
    """One server to connect to: by ``command`` with ``args``, ``env`` and ``cwd``, or by ``url`` with ``headers``.

    ``secrets`` are the values that must never be shown: those of ``env`` and ``headers``, whatever came from the
    environment, and what a ``url`` carries besides its address.
    """

    name: str
    prefix: str
    options: Options
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] | None = None
    cwd: str = ""
    url: str = ""
    headers: Mapping[str, str] | None = None
    secrets: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"ServerEntry({self.name!r})"

    def redact(self, text: str) -> str:
        """The text without any of the secrets."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "[secret]")
        return text
