"""Adding settings to ``.env``: blank lines are filled in, new ones go to the end, and every other byte stays."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path


def lacking(path: Path, values: Mapping[str, str]) -> dict[str, str]:
    """Those of ``values`` that the file does not set yet."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return {
        name: value
        for name, value in values.items()
        if not re.search(rf"^[ \t]*(export[ \t]+)?{name}[ \t]*=[ \t]*\S", text, re.M)
    }


def add_lines(path: Path, values: Mapping[str, str]) -> None:
    """Set what the file lacks, all at once: a crash leaves the old file or the new one, never a part."""
    old = path.read_bytes() if path.exists() else b""
    text = old.decode("utf-8")
    for name, value in lacking(path, values).items():
        line = f"{name}={value}"
        blank = re.search(rf"^{name}=[ \t]*(?=\r?$)", text, re.M)
        if blank:
            text = text[: blank.start()] + line + text[blank.end() :]
        else:
            text += ("" if not text or text.endswith("\n") else "\n") + line + "\n"
    new = path.with_name(f"{path.name}.new")
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(text.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
