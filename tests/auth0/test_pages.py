"""The commands in the pages about Auth0 work as they stand there, and so do the steps by hand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from app.auth0.wanted import CHATGPT_CALLBACK, CLAUDE_CALLBACK, LOOPBACK_CALLBACKS
from app.demo.tenant import Api
from tests.auth0.conftest import Run
from tests.support.auth0 import BASE, RESOURCE, StandIn

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("how-to/auth0.md", "how-to/people.md", "tutorial/first-connection.md")
ROOMS = ("auth0", "people", "clients", "access")
LEAD = re.compile(r"^(?:\S*gatehouse|\S*python -m app|docker compose (?:run|exec) .*?app(?: gatehouse)?) ")


def commands(page: str) -> list[list[str]]:
    """What is to be typed, of the rooms that have to do with Auth0, without what comes before the command."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", (DOCS / page).read_text("utf-8"), re.M | re.S)
    lines = [line.strip() for block in blocks for line in block.splitlines() if LEAD.match(line.strip())]
    found = [shlex.split(LEAD.sub("", line)) for line in lines]
    return [words for words in found if words[0] in ROOMS]


@pytest.mark.parametrize("page", PAGES)
def test_each_command_of_a_page_works_on_a_new_tenant(stand_in: StandIn, run: Run, page: str) -> None:
    found = commands(page)
    assert len(found) >= 4
    for sub in {word for words in found for word in words if "|" in word}:
        stand_in.tenant.add_person(f"{len(stand_in.tenant.people)}@example.net", "Correct-horse-7", sub=sub)
    if "auth0" not in {words[0] for words in found}:
        assert run("auth0", "apply", "--yes").code == 0
    if page == "how-to/people.md":  # it speaks of somebody and of a program that were here
        assert run("people", "invite", "auth0|6553").code == 0
    for words in found:
        here = [stand_in.domain if word == "tenant.us.auth0.com" else word for word in words]
        done = run(*here, *(["--yes"] if words[:2] == ["auth0", "apply"] else []))
        assert done.code == 0, (words, done.err)
    ends_well = run("auth0", "plan", "--json")
    assert (ends_well.code, ends_well.json["changes"]) == (0, 0)


def test_after_the_steps_by_hand_only_what_the_page_says_is_different(stand_in: StandIn, run: Run) -> None:
    tenant = stand_in.tenant
    tenant.apis[RESOURCE] = Api(RESOURCE, "Gatehouse", ("read", "write", "admin"), token_lifetime=3600)
    tenant.apis[RESOURCE].token_dialect = "rfc9068_profile_authz"
    tenant.settings.resource_parameter_profile = "compatibility"
    tenant.settings.authorization_response_iss_parameter_supported = True
    tenant.connection.options = {**tenant.connection.options, "disable_signup": True}
    shared = tenant.add_first_party_client("Gatehouse", [CHATGPT_CALLBACK, CLAUDE_CALLBACK, *LOOPBACK_CALLBACKS])
    owner = tenant.add_first_party_client("Gatehouse owner's page", [f"{BASE}/admin/callback"])
    for one in (shared, owner):
        one.more |= {"app_type": "regular_web", "oidc_conformant": True}
        one.more["refresh_token"] = {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0}
    words = ["--adopt", shared.client_id, "--adopt", owner.client_id]
    plan = run("auth0", "plan", *words, "--json").json
    different = {(part["part"], row["what"]) for part in plan["parts"] for row in part["rows"] if row["change"]}
    assert different == {(part, what) for part in ("shared", "owner") for what in ("refresh tokens", "mark")}
    assert run("auth0", "apply", "--yes", *words).code == 0
    assert len(tenant.clients) == 2
