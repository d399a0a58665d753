"""What is remembered of each server between starts: what it offered last, and what of that the owner accepted.

The list lets tools be shown before a slow server has started, and lets the owner look at them without starting it a
second time. What was accepted is what :mod:`app.tools.upstream.rules` holds later changes against; the first list ever
seen is accepted as it is. Reading and writing never raise. A damaged list counts as none; a damaged file of what was
accepted counts as nothing accepted, so that every tool is new until the owner accepts it again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from app.tools.upstream.rules import Known, claimed_scope, stricter

MAX_FILE_BYTES = 32 * 1024 * 1024
MAX_NAME_CHARS = 100
"""File systems take 255 bytes, with what is put behind the name."""

log = logging.getLogger("gatehouse.upstream")


class Listing(NamedTuple):
    """What a server offers, as JSON: definitions in the specification's words."""

    tools: list[dict[str, Any]]
    prompts: list[dict[str, Any]]
    resources: list[dict[str, Any]]
    templates: list[dict[str, Any]]


class Memory:
    """The remembered files of one server, in ``folder``."""

    def __init__(self, folder: Path, server: str) -> None:
        name = quote(server, safe=" ").replace(".", "%2E")
        if len(name) > MAX_NAME_CHARS:
            name = hashlib.sha256(server.encode()).hexdigest()
        self._listing = folder / f"{name}.listing.json"
        self._accepted = folder / f"{name}.accepted.json"

    def listing(self) -> Listing | None:
        """What the server offered last."""
        kept = _read(self._listing)
        if not isinstance(kept, dict) or set(kept) != set(Listing._fields):
            return None
        parts = [kept[name] for name in Listing._fields]
        whole = all(isinstance(part, list) and all(isinstance(one, dict) for one in part) for part in parts)
        return Listing(*parts) if whole else None

    def accepted(self) -> dict[str, Known] | None:
        """What was accepted, by the tool's own name; None when nothing ever was."""
        if not self._accepted.exists():
            return None
        kept = _read(self._accepted)
        try:
            return {name: Known(str(one["digest"]), stricter("read", one["scope"])) for name, one in kept.items()}
        except (AttributeError, TypeError, KeyError, ValueError):
            log.warning("nothing in %s counts as accepted: see gatehouse tools --accept", self._accepted.name)
            return {}

    def accepted_at(self) -> int:
        """Changes when what is accepted does."""
        try:
            return self._accepted.stat().st_mtime_ns
        except OSError:
            return 0

    def note(self, listing: Listing) -> None:
        """Remember what the server offers now."""
        if self.listing() != listing:
            _write(self._listing, listing._asdict())

    def accept(self, listing: Listing) -> None:
        """Accept the tools as they are."""
        _write(
            self._accepted,
            {
                tool["name"]: {"digest": digest(tool), "scope": claimed_scope(tool.get("annotations"))}
                for tool in listing.tools
            },
        )


def digest(tool: dict[str, Any]) -> str:
    """Changes with anything that a tool's definition says."""
    return hashlib.sha256(json.dumps(tool, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def sign(listing: Listing) -> str:
    """Changes with any of its tools."""
    return hashlib.sha256("".join(digest(tool) for tool in listing.tools).encode()).hexdigest()


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return None
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        log.warning("%s is damaged and not used", path.name)
        return None


def _write(path: Path, content: Any) -> None:
    fresh = path.with_suffix(f".{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())  # else a power cut can leave an empty file under the old name
        os.replace(fresh, path)
    except OSError as error:
        log.warning("%s cannot be kept (%s)", path.name, error.strerror)
