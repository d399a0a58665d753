"""The owner's file of servers: the ``mcpServers`` JSON of every MCP client, with one optional object of our own.

What other clients write beside it is left alone with a note; in the ``gatehouse`` object an unknown word refuses to
start, because it may be a misspelt protection. Every problem names the line and column, or the path in the JSON.
Nothing here starts or asks a server.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_snake

from app.errors import ConfigurationError, Problem
from app.tools.upstream.addresses import is_public
from app.tools.upstream.entry import Options, ServerEntry

SETTING = "UPSTREAMS_FILE"
MAX_FILE_BYTES = 1024 * 1024
MIN_SECRET_CHARS = 4
"""Shorter values are not struck out of the log: they would take half of every line with them."""

log = logging.getLogger("gatehouse.upstream")

_NAME = re.compile(r"\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


class _Entry(BaseModel):
    """A server as clients write it."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    type: str = ""
    command: str = ""
    args: list[str] = []
    env: dict[str, str] = {}
    cwd: str = ""
    url: str = ""
    headers: dict[str, str] = {}
    disabled: bool = False
    gatehouse: Options = Options()


def read_servers(path: str, environment: Mapping[str, str], taken: Sequence[str] = ()) -> tuple[ServerEntry, ...]:
    """Read the file. ``environment`` gives the values of ``${NAME}``; ``taken`` are names that no server may have.

    Raises :class:`~app.errors.ConfigurationError` with every problem found. Servers that are switched off are left out.
    """
    content = _parse(_text(Path(path)))
    place = next((key for key in ("mcpServers", "servers") if isinstance(content.get(key), dict)), None)
    if place is None:
        raise _refusal('must hold an object "mcpServers" with an object for each server.')
    problems: list[Problem] = []
    servers = []
    for name, raw in content[place].items():
        try:
            server = _server(name, raw, environment)
        except _Unusable as unusable:
            problems += [Problem(SETTING, f"{place}.{name}{where}: {what}") for where, what in unusable.found]
        else:
            servers += [server] if server else []
            if server and name in taken:
                what = "is named as a group of tools of Gatehouse's own is. Give it another name."
                problems.append(Problem(SETTING, f"{place}.{name} {what}"))
    problems += _same_prefix(servers)
    if problems:
        raise ConfigurationError(problems)
    return tuple(servers)


class _Unusable(Exception):
    def __init__(self, *found: tuple[str, str]) -> None:
        super().__init__()
        self.found = found


def _refusal(what: str) -> ConfigurationError:
    return ConfigurationError([Problem(SETTING, what)])


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _refusal(f"names a file of over {MAX_FILE_BYTES} bytes, which is no list of servers.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _refusal(f"names a file that cannot be read ({error.strerror}): {path}") from None
    except UnicodeDecodeError:
        raise _refusal(f"names a file that is not UTF-8 text: {path}") from None


def _parse(text: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            raise _refusal(f"says {next(name for name in names if names.count(name) > 1)!r} twice in one object.")
        return found

    try:
        content = json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise _refusal(f"is not JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise _refusal("is not usable: its objects are nested too deep.") from None
    if not isinstance(content, dict):
        raise _refusal("must hold a JSON object.")
    return content


def _server(name: str, raw: Any, environment: Mapping[str, str]) -> ServerEntry | None:
    try:
        entry = _Entry.model_validate(raw)
    except ValidationError as error:
        raise _Unusable(*_explained(error)) from None
    if entry.disabled or not entry.gatehouse.enabled:
        log.info("upstream %s is switched off in the file", name)
        return None
    _check_way(name, entry)
    if unknown := sorted(map(to_snake, entry.model_extra or {})):
        log.info("upstream %s: these words mean nothing here and are left alone: %s", name, ", ".join(unknown))
    expanded = _Expanded(environment)
    command, args = expanded(".command", entry.command), [expanded(".args", one) for one in entry.args]
    env = {key: expanded(f".env.{key}", value) for key, value in entry.env.items()}
    headers = {key: expanded(f".headers.{key}", value) for key, value in entry.headers.items()}
    cwd, url = expanded(".cwd", entry.cwd), expanded(".url", entry.url)
    if expanded.missing:
        raise _Unusable(*expanded.missing)
    _check_url(url, headers, entry.gatehouse)
    return ServerEntry(
        name=name,
        prefix=re.sub(r"[^A-Za-z0-9_-]", "_", name) if entry.gatehouse.prefix is None else entry.gatehouse.prefix,
        options=entry.gatehouse,
        command=os.path.expanduser(command),
        args=tuple(args),
        env=env,
        cwd=os.path.expanduser(cwd),
        url=url,
        headers=headers,
        secrets=_secrets([*env.values(), *headers.values(), *expanded.values], url),
    )


def _check_way(name: str, entry: _Entry) -> None:
    """Refuse what nobody could connect to."""
    if not 1 <= len(name) <= 64 or not name.isprintable():
        raise _Unusable(("", "must have a name of 1 to 64 printable characters."))
    if entry.type.lower() == "sse":
        what = '"sse" is the old transport, which is not spoken here. Give the address of its Streamable HTTP (often '
        raise _Unusable((".type", what + '/mcp) with "type": "http", or switch the server off with "disabled": true.'))
    if bool(entry.command) == bool(entry.url):
        raise _Unusable(("", 'needs "command" or "url", and not both.'))
    texts = [entry.command, *entry.args, *entry.env, *entry.env.values(), entry.cwd]
    if any("\x00" in text for text in texts) or any("=" in key or not key for key in entry.env):
        raise _Unusable(("", "holds a NUL character, or a name in env that is none."))


def _check_url(url: str, headers: Mapping[str, str], options: Options) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"} or re.search(r"[\s\x00-\x1f\x7f]", url):
        raise _Unusable((".url", "must be a full address with http:// or https:// in front."))
    if options.block_private and is_public(host) is False:
        raise _Unusable((".url", "is a private address, and gatehouse.block_private refuses those."))
    for key, value in headers.items():
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", key) or not re.fullmatch(r"[\x20-\x7e]*", value):
            raise _Unusable(
                (f".headers.{key}", "is no header of HTTP: a plain name, and a value in one line of ASCII.")
            )


def _explained(error: ValidationError) -> list[tuple[str, str]]:
    """Where in the server's object what is wrong, without showing any value."""
    found = []
    for item in error.errors(include_url=False, include_input=False, include_context=False)[:10]:
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in item["loc"])
        known = ", ".join(Options.model_fields)
        unknown = item["type"] == "extra_forbidden"
        found.append((where, f"is not known here; there is: {known}." if unknown else f"{item['msg']}."))
    return found


class _Expanded:
    """Puts values of the environment in the place of ``${NAME}``, and remembers them as secrets."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.values: list[str] = []
        self.missing: list[tuple[str, str]] = []

    def __call__(self, where: str, text: str) -> str:
        def put(match: re.Match[str]) -> str:
            value: str | None = self._environment.get(match[1], match[2])
            if value is None:
                self.missing.append((where, f"{match[0]} is not set in the environment or in .env."))
                return ""
            self.values.append(value)
            return value

        return _NAME.sub(put, text)


def _secrets(values: Sequence[str], url: str) -> frozenset[str]:
    found = set(values)
    for value in values:
        found.update(value.split())  # of "Bearer abc" the second part may turn up alone
    if url:
        parts = urlsplit(url)
        found.update(value for _, value in parse_qsl(parts.query))
        found.update(part.partition("=")[2] for part in parts.query.split("&"))  # as they stand in the address
        found.update((parts.query, parts.password or "", parts.username or ""))
    return frozenset(value for value in found if len(value) >= MIN_SECRET_CHARS)


def _same_prefix(servers: Sequence[ServerEntry]) -> list[Problem]:
    seen: dict[str, str] = {}
    problems = []
    for server in servers:
        other = seen.setdefault(server.prefix, server.name)
        if other != server.name and server.prefix:
            what = (
                f"{other} and {server.name} have the same prefix {server.prefix!r}. Give one another gatehouse.prefix."
            )
            problems.append(Problem(SETTING, what))
    return problems
