"""Everything that the opened toolsets offer, by name; kept up to date when a toolset changes.

At the start two tools of one name are an error, and both toolsets are named. Later, what comes second is left out: no
server behind the door can take a name, an address or the whole server away from another, wherever it stands in the
file.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence

from mcp_types import ResourceTemplate

from app.tools.base import Pages, Resource, Tool, Toolset
from app.tools.elsewhere import Elsewhere, Prompt

APP = "text/html;profile=mcp-app"
"""The media type of an MCP App's page."""

log = logging.getLogger("gatehouse.tools")


class NameTaken(ValueError):
    """Two tools, or two prompts, have one name."""


class Catalog:
    """What is offered now. ``changed`` is called after each change."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._toolsets: dict[str, Toolset] = {}
        self._owners: dict[tuple[str, str], str] = {}
        """The toolset of each tool, prompt and resource, by what it is and its name or address; the oldest first."""
        self._clear()

    def _clear(self) -> None:
        self.tools: dict[str, Tool] = {}
        self.prompts: dict[str, Prompt] = {}
        self.resources: dict[str, Resource] = {}
        self.elsewhere: dict[str, Elsewhere] = {}
        self.mirrored: set[str] = set()
        """Tools that want arguments repeated in headers (MCP 2026-07-28, "x-mcp-header")."""

    @property
    def toolsets(self) -> tuple[Toolset, ...]:
        """As they are at present."""
        return tuple(self._toolsets.values())

    @property
    def pages(self) -> dict[str, Pages]:
        """By the name of their toolset."""
        return {name: one.pages for name, one in self._toolsets.items() if one.pages}

    @property
    def instructions(self) -> str | None:
        """What a model should know before it calls anything."""
        return "\n".join(one.instructions for one in self._toolsets.values() if one.instructions) or None

    @property
    def has_apps(self) -> bool:
        """Whether there is a picture for a client to show (MCP Apps)."""
        others = (one.definition for one in self.elsewhere.values())
        return any(one.mime_type == APP for one in (*self.resources.values(), *others))

    def offer(self, toolsets: Sequence[Toolset]) -> None:
        """Take up opened toolsets. Raises :class:`NameTaken` when two of their tools share a name."""
        for toolset in toolsets:
            if toolset.name in self._toolsets:
                raise NameTaken(f"two groups of tools are named {toolset.name}")
            self._toolsets[toolset.name] = toolset
        problems = self._rebuild()
        if problems:
            raise NameTaken("; ".join(problems))
        for toolset in toolsets:
            if toolset.changes:
                toolset.changes(self._replace)

    def _replace(self, toolset: Toolset) -> None:
        self._toolsets[toolset.name] = toolset
        for problem in self._rebuild():
            log.error("%s: the second is left out; the next start will refuse", problem)

    def owner(self, kind: str, name: str) -> str:
        """The toolset of a ``tool``, a ``prompt`` or a ``resource`` of this name or address; blank if none has it."""
        return self._owners.get((kind, name), "")

    def _rebuild(self) -> list[str]:
        self._clear()
        there = {(*key, toolset.name) for toolset in self._toolsets.values() for key in _keys(toolset)}
        self._owners = {key: owner for key, owner in self._owners.items() if (*key, owner) in there}
        problems = [problem for toolset in self._toolsets.values() for problem in self._take(toolset)]
        order = {name: number for number, (_, name) in enumerate(self._owners)}
        self.elsewhere = dict(sorted(self.elsewhere.items(), key=lambda item: order[item[0]]))
        self._changed()
        return problems

    def _take(self, toolset: Toolset) -> Iterator[str]:
        for tool in toolset.tools:
            name = tool.definition.name
            if name in self.tools or not self._owns(toolset, "tool", name):
                yield f"two tools are named {name}, one of {self.owner('tool', name)} and one of {toolset.name}"
                continue
            self.tools[name] = tool
            if '"x-mcp-header"' in json.dumps(tool.definition.input_schema):
                self.mirrored.add(name)
        for prompt in toolset.prompts:
            if self._owns(toolset, "prompt", prompt.definition.name):
                self.prompts.setdefault(prompt.definition.name, prompt)
        self.resources.update({one.uri: one for one in toolset.resources})
        for thing in toolset.elsewhere:
            if self._owns(toolset, "resource", address(thing)):
                self.elsewhere.setdefault(address(thing), thing)  # of two alike the first counts

    def _owns(self, toolset: Toolset, kind: str, name: str) -> bool:
        return self._owners.setdefault((kind, name), toolset.name) == toolset.name

    def holders(self, uri: str) -> Iterator[Elsewhere]:
        """What may hold the resource with this address: it by name, else the templates that it fits."""
        if (exact := self.elsewhere.get(uri)) and not isinstance(exact.definition, ResourceTemplate):
            yield exact
        for thing in self.elsewhere.values():
            if isinstance(thing.definition, ResourceTemplate) and fits(thing.definition.uri_template, uri):
                yield thing


def _keys(toolset: Toolset) -> Iterator[tuple[str, str]]:
    yield from (("tool", one.definition.name) for one in toolset.tools)
    yield from (("prompt", one.definition.name) for one in toolset.prompts)
    yield from (("resource", address(one)) for one in toolset.elsewhere)


def address(thing: Elsewhere) -> str:
    """The resource's address, or its template."""
    definition = thing.definition
    return definition.uri_template if isinstance(definition, ResourceTemplate) else definition.uri


def fits(template: str, uri: str) -> bool:
    """Whether an address may come from a template (RFC 6570): its literal parts are there, in their order.

    The server that wrote the template decides; this only finds out whom to ask. Takes time in proportion to the length.
    """
    first, *rest = _literals(template)
    if not rest:
        return uri == first
    *middle, last = rest
    if not uri.startswith(first) or not uri.endswith(last) or len(uri) < len(first) + len(last):
        return False
    place, end = len(first), len(uri) - len(last)
    for part in middle:
        place = uri.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def _literals(template: str) -> list[str]:
    """What stands between the expressions in braces."""
    first, *rest = template.split("{")
    return [first, *(part.partition("}")[2] for part in rest)]
