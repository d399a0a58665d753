"""A document kept on disk, so that a restart during an outage of the authorization server locks nobody out.

The file says which issuer and which document it is for, and carries a checksum: a damaged or foreign one counts as
none. Whoever can write to ``DATA_DIR`` owns the server anyway; the checksum is against accidents.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any

log = logging.getLogger("gatehouse.auth")


class SavedDocument:
    """One document of one issuer in one file. Reading and writing never raise."""

    def __init__(self, folder: Path, issuer: str, name: str) -> None:
        self._subject = {"issuer": issuer, "name": name}
        self._path = folder / f"{name}-{hashlib.sha256(issuer.encode()).hexdigest()[:16]}.json"

    def read(self) -> tuple[dict[str, Any], float] | None:
        """The document and when it was fetched (seconds since the epoch); None when there is none to be trusted."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            content, fetched_at = kept["content"], float(kept["content"]["fetched_at"])
            whole = kept["sha256"] == _checksum(content) and self._subject.items() <= content.items()
            document = content["document"]
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            whole = False
        if not whole or not isinstance(document, dict):
            log.warning("%s is damaged or for another issuer; it is not used", self._path.name)
            return None
        return document, fetched_at

    def write(self, document: dict[str, Any], fetched_at: float) -> None:
        """Replace the file in one step."""
        content = {**self._subject, "fetched_at": fetched_at, "document": document}
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.write_text(json.dumps({"sha256": _checksum(content), "content": content}), encoding="utf-8")
            os.replace(fresh, self._path)
        except OSError as error:
            log.warning("%s cannot be kept (%s): after a restart it must be fetched anew", fresh.name, error.strerror)


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
