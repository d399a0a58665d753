"""``gatehouse version``."""

from __future__ import annotations

import argparse
import json

from app import __version__


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the version."""
    print(json.dumps({"version": __version__}) if arguments.json else f"gatehouse {__version__}")
    return 0
