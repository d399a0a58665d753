"""The documents, held against the code: what is wrong in them fails here."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from app.cli import COMMANDS
from app.demo.serving import ServedApp
from app.demo.tenant import Api, Tenant, create_tenant_app
from app.errors import ConfigurationError
from app.main import create_app
from app.settings import DemoPorts, Settings, load_settings
from tests.support.login import log_in
from tests.support.world import World

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
REFERENCE = ROOT / "docs/reference/settings.md"
TEMPLATE = ROOT / ".env.example"
EMAIL, PASSWORD = "reader@example.com", "correct-horse-7"


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(page: Path, language: str = r"[\w-]*") -> list[str]:
    """The contents of a page's fenced blocks, also of those inside a list."""
    found = re.findall(rf"^([ ]*)```({language})\n(.*?)^\1```$", text_of(page), re.M | re.S)
    return [re.sub(rf"^{indent}", "", body, flags=re.M) for indent, _, body in found]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^([ ]*)```.*?^\1```$", "", text_of(page), flags=re.M | re.S)


def shell_lines(page: Path) -> Iterator[list[str]]:
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            if words := shlex.split(line, comments=True):
                yield words


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


every_page = pytest.mark.parametrize("page", PAGES, ids=page_name)


# Settings


def defaults(model: Any) -> dict[str, str]:
    """Each setting's name in the environment, and its default as one writes it there."""

    def written(value: Any) -> str:
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        return ",".join(value) if isinstance(value, tuple) else str(value)

    assert all(field.default is not PydanticUndefined for field in model.model_fields.values())
    return {name.upper(): written(field.default) for name, field in model.model_fields.items()}


def reference_rows() -> dict[str, tuple[str, str]]:
    """The default and the example of each setting in the reference."""
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \| (.*?) \| .* \| `(.*?)` \|$", text_of(REFERENCE), re.M)
    assert len(rows) == len({name for name, _, _ in rows}), "a setting stands there twice"
    return {name: (default, example) for name, default, example in rows}


def template_rows() -> dict[str, str]:
    rows = re.findall(r"^#?([A-Z0-9_]+)=(.*)$", text_of(TEMPLATE), re.M)
    assert len(rows) == len(dict(rows)), "a setting stands there twice"
    return dict(rows)


def test_the_reference_has_every_setting_with_its_default_and_no_other() -> None:
    told = {}
    for name, (default, _) in reference_rows().items():
        written = re.fullmatch(r"`(.*)`", default)
        told[name] = written[1] if written else ""
    assert told == defaults(Settings) | defaults(DemoPorts)


def test_the_template_has_every_setting_with_its_default_and_no_other() -> None:
    assert template_rows() == defaults(Settings)


def test_each_setting_of_the_template_has_a_comment_of_one_line() -> None:
    lines = text_of(TEMPLATE).splitlines()
    for number, line in enumerate(lines):
        if re.match(r"#?[A-Z0-9_]+=", line):
            assert lines[number - 1].startswith("# "), line
            assert not lines[number - 2].startswith("# "), line


def test_the_template_leaves_only_the_three_that_matter_to_fill_in() -> None:
    names = re.findall(r"^#?([A-Z0-9_]+)=", text_of(TEMPLATE), re.M)
    active = re.findall(r"^([A-Z0-9_]+)=", text_of(TEMPLATE), re.M)
    assert active == names[:3] == ["PUBLIC_BASE_URL", "AUTH0_DOMAIN", "DATA_GO_KR_API_KEY"]


def test_the_template_as_it_is_asks_for_two_settings_and_no_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in defaults(Settings):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.chdir(tmp_path)
    shutil.copy(TEMPLATE, ".env")
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert [problem.setting for problem in refused.value.problems] == ["PUBLIC_BASE_URL", "AUTH0_DOMAIN"]


@pytest.mark.parametrize("name", sorted(defaults(Settings)))
def test_each_example_of_the_reference_is_accepted(name: str) -> None:
    values = {"public_base_url": "https://home.example.net", "auth0_domain": "tenant.us.auth0.com"}
    if name == "OAUTH_ISSUER":
        del values["auth0_domain"]
    _, example = reference_rows()[name]
    settings = load_settings({**values, name.lower(): example})
    assert getattr(settings, name.lower()) != Settings.model_fields[name.lower()].default or name == "TOOLSETS"


def deployed_names() -> set[str]:
    """What only the deployment reads: the names in docker-compose.yml, the Caddyfile and the examples."""
    files = [ROOT / "docker-compose.yml", ROOT / "Caddyfile", *(ROOT / "examples").rglob("*.*")]
    texts = [text_of(one) for one in files if one.suffix in {"", ".yml", ".caddy", ".py", ".json"} and one.is_file()]
    return {name for text in texts for name in re.findall(r"(?<!\w)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?!\w)", text)}


@every_page
def test_each_setting_named_in_a_page_exists(page: Path) -> None:
    secrets = {name.upper() for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
    known = {*defaults(Settings), *defaults(DemoPorts), *(f"{name}_FILE" for name in secrets), *deployed_names()}
    named = set(re.findall(r"(?<![\w/])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w])", text_of(page)))
    assert named <= known


# Links, commands, files


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(page), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_each_relative_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.is_file(), target
        assert not anchor or anchor in anchors(there), target


@every_page
def test_each_make_target_named_in_a_page_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", text_of(ROOT / "Makefile"), re.M))
    named = set(re.findall(r"`make ([a-z][\w-]*)", prose(page)))
    for words in shell_lines(page):
        if "make" in words:
            named |= {word for word in words[words.index("make") + 1 :] if "=" not in word}
    assert named <= targets


@every_page
def test_each_gatehouse_command_named_in_a_page_exists(page: Path) -> None:
    named = set(re.findall(r"`(?:gatehouse|python -m app) ([a-z][\w-]*)", prose(page)))
    for words in shell_lines(page):
        line = " ".join(words)
        named |= set(re.findall(r"(?:\bgatehouse|python3? -m app) ([a-z][\w-]*)", line))
    assert named <= set(COMMANDS)


@every_page
def test_each_file_named_in_a_page_exists(page: Path) -> None:
    tops = {path.name for path in ROOT.iterdir()}
    words = {word for line in shell_lines(page) for word in line}
    words |= set(re.findall(r"`([\w./-]+)`", prose(page)))
    for word in words:
        if not re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", word):
            continue
        if ("/" in word and word.split("/")[0] in tops - {".venv"}) or word.endswith(
            (".py", ".md", ".toml", ".example")
        ):
            assert (ROOT / word).exists(), word


@every_page
def test_each_python_block_compiles(page: Path) -> None:
    for block in blocks(page, "python"):
        compile(block, page_name(page), "exec")


def test_each_document_that_the_code_names_exists() -> None:
    for source in [*(ROOT / "app").rglob("*.py"), *(ROOT / "scripts").rglob("*.py"), ROOT / "Makefile", TEMPLATE]:
        for name in re.findall(r"docs/[\w./-]*\w", text_of(source)):
            assert (ROOT / name).exists(), f"{source.name} names {name}"


def test_each_picture_is_well_formed_and_described() -> None:
    pictures = sorted((ROOT / "docs").rglob("*.svg"))
    assert pictures
    for picture in pictures:
        root = ElementTree.fromstring(text_of(picture))
        assert root.find("{http://www.w3.org/2000/svg}title") is not None, picture.name
        assert "prefers-color-scheme: dark" in text_of(picture)
    for page in PAGES:
        assert "![](" not in text_of(page), f"{page_name(page)} has a picture without a description"


# Dependencies, translation, and what must never stand here


def test_the_dependencies_page_has_a_line_for_each_direct_dependency_and_no_other() -> None:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    npm = [json.loads(text_of(path)) for path in tracked_files() if path.name == "package.json"]
    wanted = {
        "Runtime": project["project"]["dependencies"],
        "Development": project["dependency-groups"]["dev"],
        "Benchmark": project["dependency-groups"]["bench"],
        "npm, for the tests": [
            name for one in npm for kind in ("dependencies", "devDependencies") for name in one.get(kind, ())
        ],
        "Build": project["build-system"]["requires"],
    }
    page = text_of(ROOT / "docs/explanation/dependencies.md")
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page, re.M | re.S))
    told = {title: set(re.findall(r"^- \*\*(.+?)\*\*: \S", body, re.M)) for title, body in sections.items()}
    names = {title: {re.match(r"@?[\w./-]+", one)[0] for one in listed} for title, listed in wanted.items()}
    assert told == names


def test_the_tools_page_is_current() -> None:
    command = [sys.executable, "scripts/tools_page.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_korean_readme_mirrors_the_english_one() -> None:
    english, korean = ROOT / "README.md", ROOT / "README.ko.md"
    levels = [re.findall(r"^(#+) ", prose(page), re.M) for page in (english, korean)]
    assert levels[0] == levels[1]
    assert blocks(english) == blocks(korean)
    targets = [
        {target for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)) if not target.startswith("README")}
        for page in (english, korean)
    ]
    assert targets[0] == targets[1]
    items = [len(re.findall(r"^(?:- |\d\. |   \|)", prose(page), re.M)) for page in (english, korean)]
    assert items[0] == items[1]


def tracked_files() -> list[Path]:
    """What belongs to the repository, whether or not it has been committed yet."""
    git = shutil.which("git")
    command = [str(git), "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False) if git else None
    if listed is None or listed.returncode != 0:
        pytest.skip("needs git and a checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_package_registry_or_a_folder_of_somebodys_machine() -> None:
    hosts = [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com")]
    hosts += [("crates", "io"), ("rubygems", "org"), ("proxy.golang", "org"), ("maven", "org")]
    folders = [f"/{name}/" for name in ("root", "Users")] + [rf"/{'home'}/\w+/"]
    if len(ROOT.parts) > 2:
        folders.append(re.escape(f"{ROOT.as_posix()}/"))
    unwanted = re.compile(
        "|".join([*(re.escape(".".join(host)) for host in hosts), *(rf"(?<![\w.])(?:{one})" for one in folders)])
    )
    found = []
    for path in tracked_files():
        try:
            match = unwanted.search(text_of(path))
        except UnicodeDecodeError:
            continue
        if match:
            found.append(f"{path.relative_to(ROOT)}: {match[0]}")
    assert found == []


# Programs


@contextmanager
def real_server() -> Iterator[str]:
    """The server with its own tools, as a reader has it; yields the address of ``/mcp``."""
    server, tenant_server = ServedApp(), ServedApp()
    issuer = f"{tenant_server.url}/"
    settings = load_settings({"public_base_url": server.url, "oauth_issuer": issuer})
    tenant = Tenant(issuer, apis=[Api(settings.resource, "Test", ("read",))])
    tenant.add_person(EMAIL, PASSWORD, permissions={"read"})
    try:
        tenant_server.start(create_tenant_app(tenant))
        server.start(create_app(settings))
        yield settings.resource
    finally:
        server.stop()
        tenant_server.stop()


def run_and_log_in(command: list[str], folder: Path) -> list[str]:
    """Run a client that prints a log-in address, play the person, and return the lines it prints afterwards."""
    with subprocess.Popen(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    ) as process:
        assert process.stdout
        try:
            lines: list[str] = []
            while not (lines and lines[-1].strip().startswith("http")):
                line = process.stdout.readline()
                assert line, f"it ended without asking for a log-in: {lines}"
                lines.append(line)
            address = lines[-1].strip()
            callback = parse_qs(urlsplit(address).query)["redirect_uri"][0]
            assert httpx.get(callback, params=log_in(address, EMAIL, PASSWORD)).status_code == 200
            rest, _ = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0, rest
    return [line for line in rest.splitlines() if line]


def check_lines(lines: list[str]) -> None:
    assert lines[0] == "34 tools: get_region_code, get_current_year_month, get_apartment_trades ..."
    assert re.fullmatch(r"get_current_year_month: It is \d{6} in Korea \(.+\)\.", lines[1])
    assert len(lines) == 2


def test_the_python_client_logs_in_and_calls_a_tool() -> None:
    with real_server() as mcp:
        check_lines(run_and_log_in([sys.executable, "docs/how-to/python_client.py", mcp, "--no-browser"], ROOT))


@pytest.mark.parametrize(
    ("address", "words"),
    [("http://127.0.0.1:1/mcp", "Nothing answers"), ("nonsense", "whole"), ("{server}/elsewhere", "end in /mcp?")],
)
def test_the_python_client_says_in_one_line_what_is_wrong(shared_world: World, address: str, words: str) -> None:
    command = [sys.executable, "docs/how-to/python_client.py", address.format(server=shared_world.url), "--no-browser"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_typescript_client_of_the_page_logs_in_and_calls_a_tool(tmp_path: Path) -> None:
    packages = ROOT / "tests/clients/typescript/node_modules"
    node = shutil.which("node")
    if node is None or not packages.is_dir():
        pytest.skip("needs Node.js and: npm ci --prefix tests/clients/typescript")
    (tmp_path / "node_modules").symlink_to(packages, target_is_directory=True)
    (program,) = blocks(ROOT / "docs/how-to/connect-a-client.md", "js")
    (tmp_path / "client.mjs").write_text(program, encoding="utf-8")
    with real_server() as mcp:
        check_lines(run_and_log_in([node, "client.mjs", mcp], tmp_path))
