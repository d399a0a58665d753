"""``gatehouse doctor``: what is wrong with the set-up, why, and what to do next; from inside or from outside."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ssl
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.cli.common import add_json, complain, say, show
from app.doctor.checks import CHECKS
from app.doctor.context import Context
from app.doctor.inside import inside
from app.doctor.login import CALLBACKS, LogInFailed, log_in, loopback
from app.doctor.network import Network
from app.doctor.reading import is_openable
from app.doctor.report import Progress, as_json, in_words
from app.doctor.run import Report, examine
from app.doctor.trouble import Unreachable
from app.errors import ConfigurationError
from app.settings import load_settings

MAX_FILE_BYTES = 64 * 1024


class _Usage(Exception):
    """Something given on the command line cannot be used."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    parser.add_argument("--url", help="look from outside, at this address; nothing else is needed")
    parser.add_argument("--token-file", metavar="FILE", help="a file with an access token: is it good, and if not, why")
    parser.add_argument("--client-id", default="", metavar="ID", help="the client that people paste into ChatGPT")
    parser.add_argument("--client-secret-file", metavar="FILE", help="its secret, if it has one; only for --login")
    text = "the log-in service that alone may get that secret; with --url it must be named"
    parser.add_argument("--issuer", default="", metavar="URL", help=text)
    text = "become a client of the log-in service as ChatGPT does; it stays there until you delete it"
    parser.add_argument("--register", action="store_true", help=text)
    text = f"log in with your browser, then use a tool; the client must allow {CALLBACKS[0]}"
    parser.add_argument("--login", action="store_true", help=text)
    parser.add_argument("--ca-file", metavar="FILE", help="believe this certificate authority, too: its root as PEM")
    parser.add_argument("--bundle", metavar="FILE", help="also write what a stranger may read to help; no secrets")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Examine. Exit code 1 when a check failed, 2 when something given cannot be used; warnings are no failure."""
    try:
        context = _context(arguments)
        secret = _text_of(arguments.client_secret_file, "--client-secret-file")
        report = asyncio.run(_examine(context, arguments, secret))
    except _Usage as wrong:
        complain(str(wrong))
        return 2
    if arguments.json:
        facts = {"vantage": "inside" if context.inside else "outside", "url": context.base}
        show(as_json(report, facts))
    else:
        say(*in_words(report))
    return 1 if report.with_status("fail") else 0


def _context(arguments: argparse.Namespace) -> Context:
    if arguments.login and not (arguments.client_id or arguments.register):
        raise _Usage("--login needs a client: give --client-id ID, or --register to make one.")
    if arguments.client_secret_file and arguments.url is not None and not arguments.issuer:
        raise _Usage(
            "--client-secret-file with --url: the server at that address says where the secret would go. Name the "
            "log-in service that may have it: --issuer https://TENANT.us.auth0.com/"
        )
    given: dict[str, Any] = {
        "network": Network(cafile=_authority(arguments.ca_file)),
        "token": _text_of(arguments.token_file, "--token-file"),
        "client_id": arguments.client_id.strip(),
        "register": arguments.register,
    }
    if arguments.url is not None:
        return Context(_base_of(arguments.url), **given)
    try:
        settings = load_settings()
    except ConfigurationError as error:
        return Context("", inside=True, problems=tuple(error.problems), **given)
    return inside(settings, **given)


def _authority(name: str | None) -> str:
    if name is None:
        return ""
    try:
        ssl.create_default_context(cafile=name)
    except OSError as error:  # of which SSLError is one
        raise _Usage(f"--ca-file {name} holds no certificate ({error.strerror or error}).") from None
    return name


def _base_of(url: str) -> str:
    """The address without the path that people type into ChatGPT."""
    example = "Write it as in ChatGPT: --url https://home.example.net/mcp"
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        raise _Usage(f"--url {url[:200]} is not an address. {example}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
        raise _Usage(f"--url needs a whole address without ? and @. {example}")
    if parts.path.rstrip("/") not in {"", "/mcp"}:
        raise _Usage(f"--url has the path {parts.path[:100]}; Gatehouse's is /mcp. {example}")
    return f"{parts.scheme}://{parts.netloc}"


def _text_of(name: str | None, option: str) -> str:
    """What a file holds, without white space around it; blank when none was named."""
    if name is None:
        return ""
    try:
        with Path(name).open("rb") as file:
            text = file.read(MAX_FILE_BYTES).decode("utf-8").strip()
    except OSError as error:
        raise _Usage(f"{option} {name} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise _Usage(f"{option} {name} is not a text file.") from None
    if not text:
        raise _Usage(f"{option} {name} is empty.")
    return text


async def _examine(context: Context, arguments: argparse.Namespace, secret: str) -> Report:
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(context.close)
        back = None
        if arguments.login:
            try:
                back = await stack.enter_async_context(loopback())
            except OSError:
                raise _Usage(
                    f"--login needs one of these to be free on this machine: {', '.join(CALLBACKS)}."
                ) from None
            context.loopback = back.uri
        report = await examine(CHECKS, context, Progress(CHECKS, sys.stderr))
        if back is not None and not report.with_status("fail"):
            try:
                context.token = await log_in(context, back, _open, client_secret=secret, secret_for=arguments.issuer)
            except (LogInFailed, Unreachable) as error:
                context.log_in_trouble = str(error)
            await context.close(keep="register")
            report = await examine(CHECKS, context, Progress(CHECKS, sys.stderr))
        if arguments.bundle:
            await _write_bundle(context, report, arguments.bundle)
    return report


def _open(address: str) -> None:
    if not is_openable(address):
        raise LogInFailed("What should be opened in the browser is no https address.")
    complain("Log in with your browser. If it does not open by itself, open this address:", address)
    # Some browsers are waited for until they end, and what they fetch last is the page that is served here.
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


async def _write_bundle(context: Context, report: Report, path: str) -> None:
    from app.doctor.bundle import bundle_of, write  # noqa: PLC0415  (loads the database library)

    try:
        write(path, await bundle_of(context, report))
    except FileExistsError:
        raise _Usage(f"--bundle {path} is there already: name a new file.") from None
    except OSError as error:
        raise _Usage(f"--bundle {path} cannot be written ({error.strerror}).") from None
    complain(f"Written: {path}. Read it before you hand it on.")
