"""The ``gatehouse`` command: parse, call, exit code (0 fine, 1 found a problem, 2 wrong usage or configuration).

One command per file; each has ``add_arguments(parser)`` and ``run(arguments) -> int``. A command is imported only when
it is called, so that ``gatehouse version`` does not load a web server.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import sys
from collections.abc import Sequence
from types import ModuleType

from app.errors import ConfigurationError

COMMANDS = {
    "serve": "run the server with the settings of the environment and .env",
    "demo": "run the server with a stand-in log-in and stand-in data on this machine; no accounts needed",
    "stdio": "serve a program on this machine over standard input and output, with the tools for this machine too",
    "people": "who is here, who asks to come in, and what each may do; let in, shut out",
    "auth0": "set the Auth0 tenant up, and show what differs from how it should be",
    "access": "open or close the door, and say who gets in",
    "clients": "the programs through which people come; block one",
    "log": "who did what: the newest requests, or those you ask for; live with --follow",
    "tools": "every tool: its permission, its calls, its failures, how long it takes",
    "doctor": "what is wrong with the set-up, why, and what to do next; from inside or from outside",
    "why": "explain a reference code that somebody was shown",
    "version": "print the version",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def _run(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="gatehouse", description="Your own tools on ChatGPT, behind a real log-in.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        if name in words[:1]:
            _load(name).add_arguments(command)
    arguments = parser.parse_args(words)
    try:
        return int(_load(arguments.command).run(arguments))
    except ConfigurationError as error:
        starts = arguments.command in {"serve", "demo", "stdio"}
        what = f"cannot start: {len(error.problems)} setting(s) need a change." if starts else "cannot do this:"
        print(f"Gatehouse {what}", file=sys.stderr)
        for problem in error.problems:
            print(f"  - {problem}", file=sys.stderr)
        print(
            "Settings come from the environment or from .env; docs/reference/settings.md lists them.", file=sys.stderr
        )
        return 2


def _load(name: str) -> ModuleType:
    """Import a command. Importing makes garbage of nothing, so looking for garbage meanwhile is time lost."""
    gc.disable()
    try:
        return importlib.import_module(f"app.cli.{name}")
    except ModuleNotFoundError as error:
        print(
            f"The package {error.name} is not installed here. Set everything up anew: rm -rf .venv && make demo",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
    finally:
        gc.freeze()
        gc.enable()
