"""Adding settings to ``.env``: blank lines are filled in, new ones go to the end, and every other byte stays."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path


def lacking(path: Path, values: Mapping[str, str]) -> dict[str, str]:
    """Those of ``values`` that the file does not set yet."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return {
        name: value
        for name, value in values.items()
        if not re.search(rf"^[ \t]*(export[ \t]+)?{name}[ \t]*=[ \t]*\S", text, re.M)
    }


def add_lines(path: Path, values: Mapping[str, str]) -> None:
    """Set what the file lacks, all at once: a crash leaves the old file or the new one, never a part.

    A link stays one, and what it leads to is changed. Others than its owner and group can never read the file, however
    it was before: it may hold secrets. Raises :class:`OSError`.
    """
    path = Path(os.path.realpath(path))
    old = path.read_bytes() if path.exists() else b""
    text = old.decode("utf-8")
    for name, value in lacking(path, values).items():
        line = f"{name}={value}"
        blank = re.search(rf"^{name}=[ \t]*(?=\r?$)", text, re.M)
        if blank:
            text = text[: blank.start()] + line + text[blank.end() :]
        else:
            text += ("" if not text or text.endswith("\n") else "\n") + line + "\n"
    descriptor, new = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # O_EXCL, and 0600 from the start
    try:
        with open(descriptor, "wb") as file:
            file.write(text.encode("utf-8"))
            _belongs_as(file.fileno(), path)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        os.unlink(new)
        raise


def _belongs_as(descriptor: int, path: Path) -> None:
    """Give the new file the old one's owner, group and rights, without those of others; 0600 when that may not be."""
    os.fchmod(descriptor, 0o600)
    if not path.exists():
        return
    before = path.stat()
    try:
        os.fchown(descriptor, before.st_uid, before.st_gid)
    except PermissionError:
        return  # its group would be another one
    os.fchmod(descriptor, before.st_mode & 0o770)
