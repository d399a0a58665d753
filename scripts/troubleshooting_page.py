"""Write docs/how-to/troubleshooting.md from the doctor's checks; with --check only say whether it is current."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "how-to" / "troubleshooting.md"
sys.path.insert(0, str(ROOT))

from app.doctor.check import Check  # noqa: E402
from app.doctor.checks import CHECKS  # noqa: E402

HEAD = """# Troubleshooting

Made by `scripts/troubleshooting_page.py` from the doctor's checks; do not edit it here.

Let the doctor look first. On the machine of the server, in the folder of the repository, it looks from inside: it reads
`.env`.

```sh
docker compose exec app gatehouse doctor
```

Without Docker:

```sh
.venv/bin/python -m app doctor
```

From anywhere else it needs nothing but the address, and sees what ChatGPT sees:

```sh
gatehouse doctor --url https://home.example.net/mcp
```

With `--url` it asks addresses on the internet only, whatever the name or the server there says; a name that means an
address in your house is a failure then. `--login` opens a page of the log-in service itself and no other.

It changes nothing. What failed comes first, the cause before its consequences; then warnings. Each has an id, which is
a heading below. The exit code is 0 when nothing failed, 1 when something did, 2 when an option cannot be used.

| Option | What it adds |
|---|---|
| `--client-id ID` | whether the log-in page opens for the client that people paste into ChatGPT |
| `--register` | the same for a client that registers itself. It stays at the log-in service until you delete it |
| `--login` | a log-in with your own browser, then the list of tools and a call that only reads |
| `--token-file FILE` | whether an access token is good, and if not, which check failed. The token is never shown |
| `--ca-file FILE` | that a certificate authority of your own is believed, such as Caddy's for `localhost` |
| `--bundle FILE` | a file for somebody who helps you: settings without secrets, checks, last refusals, versions |
| `--json` | the same for programs |

`--login` needs `--client-id` or `--register`. The client must allow the callback `http://localhost:3334/oauth/callback`;
the application that `gatehouse auth0 apply` makes does. With credentials of Auth0's management API in `.env` the doctor
also compares the tenant with the plan of `gatehouse auth0 plan`.

From inside the house the public name may not be reachable although ChatGPT comes in
([hairpin NAT](home-server.md#hairpin-nat)). The doctor then warns, and asks the server directly.

The bundle holds the names of your server and of your tenant, and no secret, token, person or program. Read it before
you hand it on.

Nobody has tried the checks with a real tenant or with ChatGPT itself: they were held against stand-ins, with the faults
below put in one by one.

## What you see, and which check to read

| What you see | Read |
|---|---|
"""

SYMPTOMS = {
    "ChatGPT: *does not implement OAuth*": (
        "resource-document-missing",
        "resource-document-not-json",
        "challenge-missing",
        "url-not-https",
        "mcp-not-here",
    ),
    "ChatGPT: *Error creating connector*": ("access-product", "registration-missing", "iss-not-sent"),
    "ChatGPT: *must advertise PKCE support*": ("pkce-not-offered", "pkce-hidden"),
    "*Dynamic client registration failed … 403*": (
        "application-limit-reached",
        "registration-off",
        "registration-refused",
    ),
    "*Client tpc_… is not authorized to access resource server*": ("clients-not-granted",),
    "*The userinfo audience is not allowed for third party clients*": ("resource-parameter-off",),
    "*no connections enabled for the client*": ("no-connection",),
    "*Service not found*": ("api-missing",),
    "*Callback URL mismatch*": ("redirect-refused",),
    "*invalid_client*, some time later": ("client-unknown",),
    "A token with five parts": ("token-not-for-api",),
    "401 again and again after a good log-in": (
        "issuer-differs",
        "token-wrong-audience",
        "token-wrong-issuer",
        "token-not-for-api",
        "clock-off",
    ),
    "Connected, but *No app actions available*": (
        "no-tools",
        "token-without-permission",
        "no-default-scope",
        "person-not-admitted",
        "tools-not-listed",
    ),
    "Your browser gets in, ChatGPT gets 403": ("chatgpt-blocked",),
    "421": ("wrong-host",),
    "502 or 503 from the proxy": ("proxy-without-server",),
    "Long calls end without an answer": ("call-cut-off", "calls-given-up"),
    "Tools of one server behind the door fail": ("upstream-down", "upstreams-file-unusable"),
    "It worked until the address changed": ("name-changes", "dns-missing", "resource-other-name", "api-missing"),
    "Nothing from outside, though all is well inside": ("public-unreachable", "address-private", "no-ipv4"),
}

GROUPS = {
    "configuration": "Configuration",
    "network": "Network",
    "tls": "TLS",
    "authorization-server": "Authorization server",
    "metadata": "Metadata",
    "registration": "Registration",
    "token": "Token",
    "mcp": "MCP",
    "tools": "Tools",
    "operation": "Operation",
}


def page() -> str:
    """The whole page."""
    rows = [f"| {seen} | {', '.join(f'[{id}](#{id})' for id in ids)} |" for seen, ids in SYMPTOMS.items()]
    parts = [HEAD + "\n".join(rows)]
    for group, title in GROUPS.items():
        parts.append(f"## {title}")
        parts += [_section(one) for one in CHECKS if one.group == group]
    return "\n\n".join(parts) + "\n"


def _section(one: Check) -> str:
    kind = "A failure" if one.severity == "fail" else "A warning"
    lines = [f"### {one.id}", "", f"{kind} when this does not hold: *{one.title}.*", "", textwrap.fill(one.action, 120)]
    if one.reasons:
        lines += ["", f"Refusals with the reason {', '.join(f'`{reason}`' for reason in one.reasons)} belong here."]
    if one.see:
        lines += ["", f"More: [{one.see}]({_relative(one.see)})"]
    return "\n".join(lines)


def _relative(see: str) -> str:
    """A link from this page's folder."""
    return see.removeprefix("how-to/") if see.startswith("how-to/") else f"../{see}"


def main(words: list[str]) -> int:
    """Write or check."""
    unknown = {id for ids in SYMPTOMS.values() for id in ids} - {one.id for one in CHECKS}
    if unknown:
        raise SystemExit(f"no such checks: {', '.join(sorted(unknown))}: mend SYMPTOMS")
    text = page()
    if words == ["--check"]:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        print("current" if current else "out of date: run .venv/bin/python scripts/troubleshooting_page.py")
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
