"""Programs are kept from registering at Auth0 while the door is closed, and what its owner set there counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.people.door import Door
from app.store.engine import open_engine, sqlite_url
from tests.auth0.conftest import Run
from tests.support.auth0 import StandIn


def remembered(folder: Path) -> str:
    engine = open_engine(sqlite_url(str(folder / "data")))
    try:
        return Door(engine).registration_at()
    finally:
        engine.dispose()


def flag(stand_in: StandIn) -> bool:
    return stand_in.tenant.settings.enable_dynamic_client_registration


def test_closing_switches_registration_off_and_opening_switches_it_on_again(
    stand_in: StandIn, run: Run, tmp_path: Path
) -> None:
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    closed = run("access", "close")
    assert (closed.code, flag(stand_in), remembered(tmp_path)) == (0, False, stand_in.issuer)
    assert "can no longer register by themselves" in closed.out
    assert run("access", "close", "--json").json["admission"] == "nobody"  # twice changes nothing
    assert remembered(tmp_path) == stand_in.issuer
    opened = run("access", "open", "--invited")
    assert (opened.code, flag(stand_in), remembered(tmp_path)) == (0, True, "")
    assert "can register by themselves again" in opened.out


def test_what_was_off_before_stays_off(stand_in: StandIn, run: Run, tmp_path: Path) -> None:
    closed = run("access", "close")
    assert (closed.code, remembered(tmp_path), stand_in.tenant.management.writes) == (0, "", [])
    stand_in.tenant.management.log.clear()
    assert run("access", "open").code == 0
    assert (flag(stand_in), stand_in.tenant.management.log) == (False, [])


def test_without_credentials_closing_says_what_was_not_done_at_auth0(stand_in: StandIn, run: Run) -> None:
    closed = run("access", "close", AUTH0_MANAGEMENT_TOKEN="", AUTH0_DOMAIN="tenant.us.auth0.com", OAUTH_ISSUER="")
    assert closed.code == 0
    assert "it was not looked at, and new ones may still register" in closed.out
    other = run("access", "close", AUTH0_MANAGEMENT_TOKEN="")  # another log-in service than Auth0
    assert "Auth0" not in other.out


def test_opening_without_credentials_says_that_registration_stays_off_and_does_not_forget_it(
    stand_in: StandIn, run: Run, tmp_path: Path
) -> None:
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    assert run("access", "close").code == 0
    opened = run("access", "open", AUTH0_MANAGEMENT_TOKEN="")
    assert (opened.code, flag(stand_in)) == (0, False)
    assert "it is still switched off" in opened.out
    assert run("access", "open").code == 0
    assert (flag(stand_in), remembered(tmp_path)) == (True, "")


# What becomes of the switch at Auth0, whether that can be looked at afterwards, and what must be remembered then:
# the tenant as long as it may be closing that switched it off.
CUTS = [
    ("close", 500, False, True, 1, True, False),
    ("close", None, False, True, 1, True, False),
    ("close", 500, True, True, 0, False, True),
    ("close", None, True, True, 0, False, True),
    ("close", None, False, False, 1, True, True),
    ("close", None, True, False, 1, False, True),
    ("open", 403, False, True, 1, False, True),
    ("open", None, False, True, 1, False, True),
    ("open", 500, True, True, 0, True, False),
    ("open", None, True, True, 0, True, False),
    ("open", None, False, False, 1, False, True),
    ("open", None, True, False, 1, True, True),
]


@pytest.mark.parametrize(("action", "status", "done", "can_look", "code", "is_on", "is_noted"), CUTS)
def test_after_a_failure_in_the_middle_what_is_remembered_is_what_auth0_confirmed(
    stand_in: StandIn,
    run: Run,
    tmp_path: Path,
    action: str,
    status: int | None,
    done: bool,
    can_look: bool,
    code: int,
    is_on: bool,
    is_noted: bool,
) -> None:
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    if action == "open":
        assert run("access", "close").code == 0
    stand_in.tenant.fail_next("PATCH", "/tenants/settings", status, done=done)
    if not can_look:
        stand_in.tenant.fail_next("GET", "/tenants/settings", None, after=1)
    broken = run("access", action)
    assert (broken.code, "Not done at Auth0." in broken.out) == (code, code == 1), broken.out
    assert run("access", "status", "--json").json["admission"] == ("nobody" if action == "close" else "everybody")
    assert (flag(stand_in), remembered(tmp_path)) == (is_on, stand_in.issuer if is_noted else "")
    assert run("access", "close").code == 0
    assert (flag(stand_in), remembered(tmp_path)) == (False, stand_in.issuer)
    assert run("access", "open").code == 0
    assert (flag(stand_in), remembered(tmp_path)) == (True, "")


def test_what_closing_could_not_switch_off_is_not_switched_on_by_opening(stand_in: StandIn, run: Run) -> None:
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    stand_in.tenant.fail_next("PATCH", "/tenants/settings", 500)
    assert run("access", "close").code == 1
    stand_in.tenant.settings.enable_dynamic_client_registration = False  # the owner does it by hand
    assert run("access", "open").code == 0
    assert flag(stand_in) is False


@pytest.mark.parametrize(("mode", "is_on"), [("shared", False), ("cimd", False), ("dcr", True)])
def test_whoever_applies_in_between_has_the_last_word_on_registration(
    stand_in: StandIn, run: Run, tmp_path: Path, mode: str, is_on: bool
) -> None:
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    assert run("access", "close").code == 0
    assert run("auth0", "apply", "--registration", mode).code == 1  # no yes: nothing is decided
    assert remembered(tmp_path) == stand_in.issuer
    stand_in.tenant.fail_next("PATCH", "/tenants/settings", None)
    assert run("auth0", "apply", "--yes", "--registration", mode).code == 1
    assert remembered(tmp_path) == stand_in.issuer
    stand_in.tenant.fail_next("PATCH", "/connections", 500)  # after the tenant's own settings
    assert run("auth0", "apply", "--yes", "--registration", mode).code == 1
    assert (flag(stand_in), remembered(tmp_path)) == (is_on, "")
    assert run("access", "open").code == 0
    assert flag(stand_in) is is_on


def test_an_apply_that_finds_nothing_to_do_decides_on_registration_too(
    stand_in: StandIn, run: Run, tmp_path: Path
) -> None:
    assert run("auth0", "apply", "--yes").code == 0
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    assert run("access", "close").code == 0
    assert remembered(tmp_path) == stand_in.issuer
    assert "There was nothing to do." in run("auth0", "apply").out
    assert run("access", "open").code == 0
    assert (flag(stand_in), remembered(tmp_path)) == (False, "")


def test_apply_makes_no_database_and_forgets_nothing_of_another_tenant(
    stand_in: StandIn, run: Run, tmp_path: Path
) -> None:
    assert run("auth0", "apply", "--yes").code == 0
    assert not (tmp_path / "data").exists()
    assert run("access", "close").code == 0
    engine = open_engine(sqlite_url(str(tmp_path / "data")))
    Door(engine).remember_registration("https://other.us.auth0.com/")
    engine.dispose()
    assert run("auth0", "apply", "--yes").code == 0
    assert remembered(tmp_path) == "https://other.us.auth0.com/"


def test_another_tenants_registration_is_not_switched_on(stand_in: StandIn, run: Run, tmp_path: Path) -> None:
    stand_in.tenant.settings.enable_dynamic_client_registration = True
    assert run("access", "close").code == 0
    opened = run("access", "open", OAUTH_ISSUER="", AUTH0_DOMAIN="tenant.us.auth0.com")
    assert opened.code == 0
    assert f"Registration at {stand_in.issuer} stays off" in opened.out
    assert (flag(stand_in), remembered(tmp_path)) == (False, stand_in.issuer)
