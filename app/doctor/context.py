"""What the checks look at: settings or a bare address, the network, and answers that several checks need.

Each question is asked once, however many checks want the answer. Nothing is judged here.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx

from app.doctor.network import Network, is_private
from app.doctor.reading import is_home, split
from app.doctor.trouble import Unreachable, trouble_of
from app.errors import Problem
from app.settings import Settings

ASK_SECONDS = 3.0
"""How long one question may take."""

MAX_BYTES = 512 * 1024
CHATGPT = "openai-mcp/1.0.0 (gatehouse doctor)"
VALIDATOR = "Python/3.14 aiohttp/3.13"
"""How ChatGPT's connector and the validator of its form call themselves; the request log must tell us apart."""

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. ``first`` and ``last`` are the seconds until its head and until its end."""

    status: int
    headers: httpx.Headers
    text: str
    first: float = 0.0
    last: float = 0.0

    @property
    def is_html(self) -> bool:
        """Whether this is a page for people."""
        return "html" in self.headers.get("content-type", "") or self.text.lstrip()[:9].lower().startswith("<!doctype")

    @property
    def json(self) -> dict[str, Any] | None:
        """The JSON object in it, if that is what it holds."""
        try:
            value = json.loads(self.text)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    @property
    def kind(self) -> str:
        """What came, in a few words."""
        media = re.match(r"[\w.+-]{1,40}/[\w.+-]{1,40}", self.headers.get("content-type", ""))
        return f"status {self.status} with {media[0] if media else 'no content type'}"


@dataclass
class Context:
    """One examination. ``base`` is the public address without a path; blank only while the settings cannot be used.

    ``settings`` is None from outside, and when they cannot be used; then ``problems`` says why. ``clock`` gives seconds
    since the epoch. ``register`` allows to leave a client behind at the log-in service.
    """

    base: str
    inside: bool = False
    settings: Settings | None = None
    problems: tuple[Problem, ...] = ()
    token: str = ""
    client_id: str = ""
    register: bool = False
    loopback: str = ""
    """Where ``--login`` waits for the browser to come back."""

    log_in_trouble: str = ""
    """Why ``--login`` brought no token."""

    network: Network = field(default_factory=Network)
    clock: Callable[[], float] = time.time
    tenant_differences: Callable[[], Awaitable[tuple[str, list[str]]]] | None = None
    """With management credentials: how programs become clients, and what differs between the tenant and the plan."""

    inner_road: bool = False
    """Whether the public name cannot be reached from here, so that the server is asked directly."""

    closers: list[Callable[[], None]] = field(default_factory=list)
    _asked: dict[str, asyncio.Task[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep a look from outside to the internet, unless its owner typed an address of this house itself."""
        self.network.public_only = not (self.inside or is_home(self.host) or is_private(self.host))

    @property
    def known(self) -> Settings:
        """The settings, for checks that run from inside only."""
        if self.settings is None:
            raise LookupError("there are no settings to look at")
        return self.settings

    @property
    def mcp(self) -> str:
        """The address that people type into ChatGPT; what tokens are for."""
        return f"{self.base}/mcp"

    @property
    def local(self) -> str:
        """Where the server listens on this machine."""
        host = self.settings.host if self.settings else "127.0.0.1"
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)
        shown = f"[{shown}]" if ":" in shown and "[" not in shown else shown
        return f"http://{shown}:{self.settings.port if self.settings else 8000}"

    @property
    def parts(self) -> SplitResult:
        """The public address, split."""
        return urlsplit(self.base)

    @property
    def host(self) -> str:
        """The public name."""
        return self.parts.hostname or ""

    @property
    def port(self) -> int:
        """The public port."""
        return self.parts.port or (443 if self.parts.scheme == "https" else 80)

    @property
    def at_home(self) -> bool:
        """Whether the address means this very machine: then nobody else can come, and nothing public is needed."""
        return is_home(self.host)

    @property
    def log_in(self) -> bool:
        """Whether people log in; from outside it is expected."""
        return self.settings is None or self.settings.auth_mode == "oauth"

    def lacks(self, what: str) -> bool:
        """Whether something is not there that a check must have (:data:`app.doctor.check.WHEN`)."""
        return not {
            "inside": self.settings is not None,
            "log-in": self.log_in,
            "public": not self.at_home,
            "token": bool(self.token),
            "login": bool(self.loopback and (self.token or self.log_in_trouble)),
            "client": bool(self.client_id) or self.register,
            "register": self.register,
            "management": self.tenant_differences is not None,
        }[what]

    @cached_property
    def http(self) -> httpx.AsyncClient:
        """The client of all questions. It follows no redirects and believes no proxy settings."""
        return httpx.AsyncClient(
            follow_redirects=False, timeout=ASK_SECONDS, verify=self.network.trust, trust_env=False
        )

    async def once(self, name: str, make: Callable[[], Awaitable[Any]]) -> Any:
        """What ``make`` gives, asked for once. A check that gives up leaves the question to the others."""
        if name not in self._asked:
            self._asked[name] = asyncio.ensure_future(make())
        return await asyncio.shield(self._asked[name])

    async def ask(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        agent: str = CHATGPT,
        seconds: float = ASK_SECONDS,
    ) -> Answer:
        """Ask one question. Raises :class:`Unreachable`."""
        if not split(url).hostname:
            raise Unreachable("other", f"{_shown(url) or 'Nothing'} is no address that can be asked.")
        started = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                target, extra, extensions = await self.way_to(url)
                sent = {"user-agent": agent, **extra, **(headers or {})}
                request = self.http.build_request(method, target, content=body, headers=sent, extensions=extensions)
                response = await self.http.send(request, stream=True)
                first = time.monotonic() - started
                try:
                    text = await _text_of(response)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise trouble_of(error, _shown(url)) from None
        return Answer(response.status_code, response.headers, text, first, time.monotonic() - started)

    async def get(self, url: str, *, agent: str = CHATGPT) -> Answer:
        """GET, asked once for each address."""
        answer = await self.once(f"GET {agent} {url}", lambda: _kept(self.ask("GET", url, agent=agent)))
        if isinstance(answer, Unreachable):
            raise answer
        return answer  # type: ignore[no-any-return]

    async def close(self, keep: str = "") -> None:
        """Give up what is still being asked, and forget all answers but that of the name ``keep``."""
        kept = {name: task for name, task in self._asked.items() if name == keep and task.done()}
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)
        if "http" in self.__dict__:
            await self.http.aclose()
            del self.http
        self._asked = kept
        while self.closers:
            self.closers.pop()()

    async def way_to(self, url: str) -> tuple[str, dict[str, str], dict[str, Any]]:
        """Where to go: as written, or by the inner road; :class:`Unreachable` where nobody may (`Network.place`)."""
        parts = urlsplit(url)
        if self.inner_road and f"{parts.scheme}://{parts.netloc}" == self.base:
            return self.local + url[len(self.base) :], {"host": parts.netloc}, {}
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host, number = await self.network.place(parts.hostname or "", port)
        target = parts._replace(netloc=f"[{host}]:{number}" if ":" in host else f"{host}:{number}").geturl()
        return target, {"host": parts.netloc}, {"sni_hostname": parts.hostname}


async def _kept(question: Awaitable[Answer]) -> Answer | Unreachable:
    """An error is an answer, too: kept for whoever asks next."""
    try:
        return await question
    except Unreachable as trouble:
        return trouble


async def _text_of(response: httpx.Response) -> str:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            break
    return bytes(body[:MAX_BYTES]).decode("utf-8", "replace")


def _shown(url: str) -> str:
    """An address without what may be secret in it."""
    return url.partition("?")[0][:200]
