"""``.env`` gets the lines that it lacks, after asking, and keeps every other byte."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli.env_file import add_lines, lacking
from tests.auth0.conftest import Run
from tests.support.auth0 import BASE, StandIn

VALUES = {"PUBLIC_BASE_URL": "https://a.example", "AUTH0_DOMAIN": "t.us.auth0.com"}
BOTH = b"PUBLIC_BASE_URL=https://a.example\nAUTH0_DOMAIN=t.us.auth0.com\n"

FILES: dict[str, tuple[bytes | None, bytes]] = {
    "none": (None, BOTH),
    "an empty one": (b"", BOTH),
    "the template": (
        b"# Where.\nPUBLIC_BASE_URL=\n# Who.\nAUTH0_DOMAIN=  \n#OTHER=1\n",
        b"# Where.\nPUBLIC_BASE_URL=https://a.example\n# Who.\nAUTH0_DOMAIN=t.us.auth0.com\n#OTHER=1\n",
    ),
    "no line break at the end": (b"X=1", b"X=1\n" + BOTH),
    "one that is set": (b"AUTH0_DOMAIN=mine\n", b"AUTH0_DOMAIN=mine\nPUBLIC_BASE_URL=https://a.example\n"),
    "both set": (b"AUTH0_DOMAIN = mine\r\nPUBLIC_BASE_URL='x'\r\n", b"AUTH0_DOMAIN = mine\r\nPUBLIC_BASE_URL='x'\r\n"),
    "line ends of Windows": (
        b"PUBLIC_BASE_URL=\r\nA=\xea\xb0\x80\r\n",
        b"PUBLIC_BASE_URL=https://a.example\r\nA=\xea\xb0\x80\r\nAUTH0_DOMAIN=t.us.auth0.com\n",
    ),
    "a comment": (b"#AUTH0_DOMAIN=old\n", b"#AUTH0_DOMAIN=old\n" + BOTH),
    "a longer name": (b"MY_AUTH0_DOMAIN=\n", b"MY_AUTH0_DOMAIN=\n" + BOTH),
}


@pytest.mark.parametrize(("before", "after"), FILES.values(), ids=FILES)
def test_lines_are_filled_in_or_added_and_nothing_else_moves(
    tmp_path: Path, before: bytes | None, after: bytes
) -> None:
    path = tmp_path / ".env"
    if before is not None:
        path.write_bytes(before)
        path.chmod(0o640)
    add_lines(path, VALUES)
    assert path.read_bytes() == after
    assert path.stat().st_mode & 0o777 == (0o600 if before is None else 0o640)
    assert lacking(path, VALUES) == {}
    assert os.listdir(tmp_path) == [".env"]


MODES = [(0o600, 0o600), (0o640, 0o640), (0o644, 0o640), (0o666, 0o660), (0o400, 0o400)]


@pytest.mark.parametrize(("before", "after"), MODES, ids=[oct(one) for one, _ in MODES])
def test_others_can_read_the_file_at_no_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int, after: int
) -> None:
    path, seen = tmp_path / ".env", []
    path.write_bytes(b"SECRET=1\n")
    path.chmod(before)

    def look(function: Callable[..., Any]) -> Callable[..., Any]:
        def looked(*words: Any) -> Any:
            result = function(*words)
            seen.extend(one.stat().st_mode & 0o777 for one in tmp_path.iterdir() if one != path)
            return result

        return looked

    mask = os.umask(0)
    try:
        for name in ("fchmod", "fchown", "fsync"):
            monkeypatch.setattr(os, name, look(getattr(os, name)))
        add_lines(path, VALUES)
    finally:
        os.umask(mask)
    assert set(seen) == {0o600, after}
    assert path.stat().st_mode & 0o777 == after
    assert path.read_bytes() == b"SECRET=1\n" + BOTH


def test_a_file_whose_owner_and_group_cannot_be_kept_is_for_its_writer_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"")
    path.chmod(0o640)

    def refuse(*words: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refuse)
    add_lines(path, VALUES)
    assert (path.stat().st_mode & 0o777, path.read_bytes()) == (0o600, BOTH)


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_a_link_and_its_target_is_changed(tmp_path: Path, exists: bool) -> None:
    target, link = tmp_path / "shared" / "gatehouse.env", tmp_path / ".env"
    target.parent.mkdir()
    link.symlink_to("shared/gatehouse.env")
    if exists:
        target.write_bytes(b"X=1\n")
    add_lines(link, VALUES)
    assert (link.is_symlink(), link.read_bytes()) == (True, (b"X=1\n" if exists else b"") + BOTH)
    assert target.read_bytes() == link.read_bytes()
    assert os.listdir(target.parent) == ["gatehouse.env"]


def test_what_lies_in_the_way_is_not_written_through_and_a_failure_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = tmp_path / ".env", tmp_path / "other"
    path.write_bytes(b"X=1\n")
    other.write_bytes(b"mine")
    (tmp_path / ".env.new").symlink_to(other)  # a name that somebody guessed
    add_lines(path, VALUES)
    assert (other.read_bytes(), path.read_bytes()) == (b"mine", b"X=1\n" + BOTH)

    def full(*words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        add_lines(path, {"MORE": "1"})
    assert path.read_bytes() == b"X=1\n" + BOTH
    assert sorted(os.listdir(tmp_path)) == [".env", ".env.new", "other"]


@pytest.mark.parametrize(("kind", "why"), [("link", "No such file or directory"), ("folder", "Is a directory")])
def test_apply_says_which_lines_to_write_when_the_file_cannot_be(
    stand_in: StandIn, run: Run, tmp_path: Path, kind: str, why: str
) -> None:
    if kind == "link":
        (tmp_path / ".env").symlink_to("nowhere/.env")
    else:
        (tmp_path / ".env").mkdir()  # as Docker makes it when a file to be mounted is not there
    words = ("auth0", "apply", "--yes", "--domain", stand_in.domain, "--url", BASE)
    refused = run(*words, PUBLIC_BASE_URL="", OAUTH_ISSUER="")
    assert (refused.code, f"Server URL: {BASE}/mcp" in refused.out) == (1, True)
    lines = f"PUBLIC_BASE_URL={BASE}  OAUTH_ISSUER={stand_in.issuer}"
    assert f".env cannot be written ({why}). Put these lines into it yourself: {lines}" in refused.err


def test_apply_writes_what_neither_the_file_nor_the_environment_says(
    stand_in: StandIn, run: Run, tmp_path: Path
) -> None:
    env = tmp_path / ".env"
    words = ("auth0", "apply", "--yes", "--domain", stand_in.domain)
    done = run(*words, "--url", BASE, PUBLIC_BASE_URL="", OAUTH_ISSUER="")
    assert done.code == 0
    owner = run("auth0", "apply", "--yes", "--json").json["owner_client_id"]
    written = f"PUBLIC_BASE_URL={BASE}\nOAUTH_ISSUER={stand_in.issuer}\nADMIN_CLIENT_ID={owner}\n"
    assert env.read_text() == written
    assert run("auth0", "plan", PUBLIC_BASE_URL="", OAUTH_ISSUER="").code == 0  # read from the file now
    again = run(*words, PUBLIC_BASE_URL="", OAUTH_ISSUER="")
    assert "Written" not in again.err
    env.unlink()
    assert run("auth0", "apply", "--yes", ADMIN_CLIENT_ID=owner).code == 0
    assert not env.exists()


def test_nothing_is_written_or_changed_without_a_yes(
    stand_in: StandIn, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = run("auth0", "apply", "--domain", stand_in.domain, "--url", BASE, PUBLIC_BASE_URL="", OAUTH_ISSUER="")
    assert refused.code == 1
    assert "add --yes" in refused.err
    asked: list[str] = []
    answers = iter(["no", "y", "n"])

    def answer(question: str) -> str:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", answer)
    assert run("auth0", "apply", OAUTH_ISSUER="", AUTH0_MANAGEMENT_DOMAIN=stand_in.domain, AUTH0_DOMAIN="a.b").code == 1
    assert stand_in.tenant.management.writes == []
    done = run("auth0", "apply", "--domain", stand_in.domain, "--url", BASE, PUBLIC_BASE_URL="", OAUTH_ISSUER="")
    assert done.code == 0
    assert f"PUBLIC_BASE_URL={BASE}  OAUTH_ISSUER={stand_in.issuer}" in done.err
    assert not (tmp_path / ".env").exists()
    assert [question.partition(" ")[0] for question in asked] == ["Change", "Change", "Write"]


def test_the_two_missing_settings_are_asked_for_at_a_terminal(
    stand_in: StandIn, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([BASE, stand_in.domain])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    plan = run("auth0", "plan", "--json", PUBLIC_BASE_URL="", OAUTH_ISSUER="")
    assert (plan.code, plan.json["resource"]) == (0, f"{BASE}/mcp")
