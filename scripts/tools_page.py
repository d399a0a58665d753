"""Write docs/reference/tools.md from the tools themselves; with --check only say whether it is current."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "tools.md"
sys.path.insert(0, str(ROOT))

from app.tools.base import Tool  # noqa: E402
from app.tools.real_estate import SourceSettings, open_real_estate  # noqa: E402
from app.tools.real_estate.auctions import AUCTION_DATASETS  # noqa: E402
from app.tools.real_estate.datasets import CONTRACT_DATASETS  # noqa: E402
from app.tools.real_estate.subscription import SUBSCRIPTION_DATASETS  # noqa: E402

HEAD = """# Tools

The tools of the toolset `real_estate`. Made by `scripts/tools_page.py` from the tools themselves; do not edit it here.

Every tool only reads, and needs the scope `read`. Amounts ending in `_10k` are in 10,000 won (만원). Every result with
figures says where they come from (`source`), when the portal was asked (`data_as_of`), whether contracts are still
being reported (`incomplete`), and how many of the day's requests are used (`portal_calls_today`). A failed call is an
error with the next thing to do, never a result that looks like one. Arguments in bold must be given.

| Group | Tools |
|---|---|
"""
GROUPS = {
    "Places and time": r"get_region_code|get_current_year_month",
    "Sales": r"get_.*_trades?",
    "Leases": r"get_.*_rent",
    "Many months, many districts": r"get_price_trend|get_jeonse_ratio|compare_regions",
    "Subscriptions (청약)": r"get_apt_subscription_.*",
    "Public auctions (온비드)": r"get_public_auction_.*|get_onbid_.*",
    "Calculators": r"calculate_.*",
    "For deep research": r"search|fetch",
}
KEPT = """## How long answers are kept

Answers are kept in `DATA_DIR`, so that the same question costs no second request: the newest three contract months for
6 hours, older ones of the last year for 7 days, and still older ones for 30 days, because contracts are cancelled late.
Errors are never kept. While a portal is down, what was kept is shown with its old `data_as_of`.

## The pages

`search` and `fetch` give addresses under `/d/`. Such a link opens in a browser without a log-in, for the person it was
given to and for 7 days; whether that person may still call `fetch` is decided each time it is opened.

## What the predecessor had and this does not

- The closed services of `openapi.onbid.co.kr` are gone. `get_onbid_thing_info_list` and the code and address tools ask
  the new services of data.go.kr under the same names and arguments. Their field names were never published in full:
  check them with a live key.
- `get_apt_subscription_info` reads live notices instead of a file of last year, so its raw rows have English field
  names.
"""


def page(tools: list[Tool]) -> str:
    """The whole page."""
    names = [tool.definition.name for tool in tools]
    groups = {title: [name for name in names if re.fullmatch(pattern, name)] for title, pattern in GROUPS.items()}
    if sorted(name for found in groups.values() for name in found) != sorted(names):
        raise SystemExit("a tool belongs to no group, or to two: mend GROUPS")
    by_name = {tool.definition.name: tool for tool in tools}
    rows = [f"| {title} | {', '.join(f'`{name}`' for name in found)} |" for title, found in groups.items()]
    parts = [HEAD + "\n".join(rows) + "\n"]
    for title, found in groups.items():
        lines = [f"## {title}\n", "| Tool | For | Arguments |", "|---|---|---|"]
        parts.append("\n".join([*lines, *(_row(by_name[name]) for name in found)]) + "\n")
    return "\n".join([*parts, _datasets(), KEPT])


def _row(tool: Tool) -> str:
    purpose = re.split(r"(?<=[.:]) ", tool.definition.description or "", maxsplit=1)[0].rstrip(":.")
    schema = tool.definition.input_schema
    arguments = [_argument(name, one, schema.get("required", [])) for name, one in schema.get("properties", {}).items()]
    return f"| `{tool.definition.name}` | {purpose}. | {', '.join(arguments) or 'none'} |"


def _argument(name: str, schema: dict[str, Any], required: list[str]) -> str:
    if name in required:
        return f"**`{name}`**"
    default = schema.get("default")
    return f"`{name}`" if default is None or default == "" else f"`{name}` ({default})"


def _datasets() -> str:
    numbers: dict[str, list[str]] = {}
    for one in (*CONTRACT_DATASETS, *SUBSCRIPTION_DATASETS, *AUCTION_DATASETS):
        numbers.setdefault(one.number, []).append(f"{one.title_ko} ({one.title_en})")
    lines = [
        "## Which datasets a key needs",
        "",
        "One key works for all, but its owner applies for each dataset (활용신청); approval is automatic.",
        "",
        "| Number | What it holds |",
        "|---|---|",
    ]
    rows = [
        f"| [{number}](https://www.data.go.kr/data/{number}/openapi.do) | {'; '.join(dict.fromkeys(titles))} |"
        for number, titles in numbers.items()
    ]
    return "\n".join([*lines, *rows]) + "\n"


async def _tools() -> list[Tool]:
    async with open_real_estate(SourceSettings()) as toolset:
        return list(toolset.tools)


def main(words: list[str]) -> int:
    """Write or check."""
    text = page(asyncio.run(_tools()))
    if words == ["--check"]:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        print("current" if current else "out of date: run .venv/bin/python scripts/tools_page.py")
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
