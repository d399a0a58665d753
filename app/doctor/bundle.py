"""What an owner may hand to a stranger who helps: settings without secrets, the checks, the last refusals, versions.

Two nets, since one may have a hole: only what is listed here goes in, and then every text is searched for what must not
be there: the secrets and people that this installation knows, and whatever looks like a token, a key, an e-mail
address, a subject or an address on the internet. No reference codes and no callers' words are kept.
"""

from __future__ import annotations

import importlib.metadata
import ipaddress
import json
import os
import platform
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from app import __version__
from app.doctor.context import Context
from app.doctor.notes import NoLog, engine_of, entries
from app.doctor.report import as_json
from app.doctor.run import Report
from app.errors import ConfigurationError
from app.settings import Settings
from app.store.tables import clients, people

MAX_REFUSALS = 200
MAX_KNOWN = 100_000
_PACKAGES = ("fastapi", "starlette", "mcp", "httpx", "pyjwt", "cryptography", "sqlalchemy", "uvicorn", "pydantic")
_HIDDEN = re.compile(r"key|token|secret|password|client_id|subjects|_url$|_dir$|_file$", re.I)
"""Settings of which only whether they are set is told."""

_SHOWN = frozenset({"public_base_url", "data_go_kr_base_url", "odcloud_base_url"})
_COMPARED = frozenset({"wrong_issuer", "wrong_audience", "alg_not_allowed", "typ_not_allowed"})
_PATTERNS = (
    (re.compile(r"\b(?:sub|client_id|client)=[^\s;,]+"), "(somebody)"),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "(an e-mail address)"),
    (re.compile(r"[\w-]{6,}\.[\w-]{6,}\.[\w.-]{6,}"), None),
    (re.compile(r"\b[a-z][a-z0-9_-]*(?:\||%7C)[\w.|%-]+", re.I), "(a subject)"),
    (re.compile(r"(?:/home|/Users|[A-Za-z]:\\Users)[/\\][^\s\"';,)]+"), "(a folder)"),
    (re.compile(r"\beyJ[\w-]+[\w.-]*"), "(a token)"),
    (re.compile(r"\b(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[A-Za-z0-9+/=_-]{28,}"), "(a long code)"),
)


async def bundle_of(context: Context, report: Report) -> str:
    """The bundle, as JSON."""
    refusals = await _refusals(context)
    unquoted = tuple(replace(one, cause=one.unquoted or one.cause) for one in report.results)
    facts = {
        "gatehouse": __version__,
        "made": datetime.fromtimestamp(context.clock(), UTC).isoformat(timespec="minutes"),
        "platform": {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()},
        "packages": {name: _version(name) for name in _PACKAGES},
        "settings": _settings(context.settings),
        "refusals": refusals,
        **as_json(replace(report, results=unquoted), {}),
    }
    return json.dumps(_clean(facts, await _known(context)), indent=1, ensure_ascii=True)


def write(path: str, text: str) -> None:
    """Write a new file that only its owner can read. Raises :class:`OSError`, also when it is there already."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _settings(settings: Settings | None) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name) if settings else None
        given = value != field.default
        hidden = name not in _SHOWN and (isinstance(value, SecretStr) or bool(_HIDDEN.search(name)))
        told[name.upper()] = ("set" if given else "not set") if hidden or settings is None else value
    return told


async def _refusals(context: Context) -> list[dict[str, Any]]:
    try:
        found = await entries(context, ("denied", "refused", "error"), MAX_REFUSALS)
    except NoLog:
        return []
    told = []
    for one in found:
        at = datetime.fromtimestamp(one.time, UTC).isoformat(timespec="minutes")
        facts: dict[str, Any] = {"time": at, "outcome": one.outcome, "reason": one.reason, "status": one.status}
        if one.reason in _COMPARED:
            facts |= {"expected": one.expected, "received": one.received}
        told.append(facts)
    return told


async def _known(context: Context) -> list[str]:
    """The secrets and people of this installation, longest first."""
    words: set[str] = {context.token, context.client_id}
    if context.settings:
        values = (getattr(context.settings, name) for name in Settings.model_fields)
        words |= {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
        words |= {str(path) for path in (context.settings.data_dir, Path.home()) if Path(path).is_absolute()}
    words.add(f"/{Path.home().name}/")
    try:
        engine = await engine_of(context)
        with engine.connect() as connection:
            for columns in ((people.c.sub, people.c.name, people.c.email), (clients.c.client_id, clients.c.name)):
                for row in connection.execute(select(*columns).limit(MAX_KNOWN)):
                    words |= {str(value) for value in row if value}
    except (NoLog, ConfigurationError):
        pass
    return sorted((word for word in words if len(word) > 2), key=len, reverse=True)


def _clean(value: Any, known: Iterable[str]) -> Any:
    if isinstance(value, dict):
        return {str(name): _clean(one, known) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one, known) for one in value]
    return scrub(value, known) if isinstance(value, str) else value


def scrub(text: str, known: Iterable[str] = ()) -> str:
    """The text without anything that is secret or somebody's."""
    for word in known:
        text = text.replace(word, "(hidden)")
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead or _unless_a_name, text)
    return re.sub(r"[0-9a-fA-F:.]{7,}", _unless_public, text)


def _unless_a_name(found: re.Match[str]) -> str:
    """Three long parts with dots: a token, or the name of a server, which stays."""
    text = found[0]
    return text if text == text.lower() and text.rpartition(".")[2].isalpha() else "(a token)"


def _unless_public(found: re.Match[str]) -> str:
    """An address on the internet is somebody's; one of the house tells nothing."""
    try:
        address = ipaddress.ip_address(found[0].strip(".:"))
    except ValueError:
        return found[0]
    return found[0] if address.is_private and not address.is_global else "(an address)"
