"""Properties of the header parser, the claim rules, the key set and the document cache, under any input or order.

The rules are stated a second time here, in other words than the code's. The cache is driven through every order of
fetch, failure, waiting, time and restart, on an event loop whose clock the machine moves: nothing sleeps.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import string
import tempfile
import unicodedata
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.auth.access_token import MAX_SUB_LENGTH, TokenPolicy, bearer_token, validate_claims
from app.auth.principal import Principal
from app.auth.remote_document import FETCH_SECONDS, FetchFailed, Lifetimes, RemoteDocument
from app.auth.saved_document import SavedDocument
from app.auth.verification_key import JwkSet, parse_jwk_set
from app.errors import (
    AuthorizationServerUnavailable,
    InvalidAccessToken,
    MalformedAuthorization,
    MissingAccessToken,
)

MANY = settings(max_examples=80, deadline=None)

# The Authorization header (RFC 6750 §2.1, RFC 9110 §11.4)

TOKEN_LETTERS = frozenset(string.ascii_letters + string.digits + "-._~+/")
SCOPE_LETTERS = frozenset(map(chr, range(0x21, 0x7F))) - {'"', "\\"}
SCHEME_LETTERS = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")

tokens = st.builds(
    lambda body, padding: body + "=" * padding,
    st.text(st.sampled_from(sorted(TOKEN_LETTERS)), min_size=1, max_size=60),
    st.integers(0, 3),
)
schemes = st.text(st.sampled_from("bB"), min_size=1, max_size=1).flatmap(
    lambda first: st.tuples(*(st.sampled_from((letter, letter.upper())) for letter in "earer")).map(
        lambda rest: first + "".join(rest)
    )
)
near_misses = st.builds(
    lambda scheme, gap, credential, tail: scheme.encode() + gap + credential + tail,
    schemes | st.sampled_from(["", "Bearers", "Bearer,", "Basic", "DPoP", "Bear", "Bearer-x"]),
    st.sampled_from([b"", b" ", b"   ", b"\t", b" \t", b",", b"\x00", b"\n", b"\x0b", b"\xa0"]),
    tokens.map(str.encode) | st.binary(max_size=20),
    st.sampled_from([b"", b" ", b"\n", b"\r\n", b" x", b"=x", b'"', b",", b"\x85"]),
)


def is_token(text: str) -> bool:
    """RFC 6750 §2.1, b64token: one or more letters of the alphabet, then only equals signs."""
    body = text.rstrip("=")
    return bool(body) and set(body) <= TOKEN_LETTERS


@MANY
@example(b"Bearer a=b")
@example(b"Bearer ==")
@example(b"Bearer\x0ba")
@example(b"Bearer a\n")
@example(b"Bearer a\x0b")
@given(st.binary(max_size=80) | near_misses)
def test_any_header_gives_one_token_of_the_grammar_or_one_of_two_errors(value: bytes) -> None:
    note(repr(value))
    trimmed = value.strip(b" \t").decode("latin-1")
    scheme = trimmed[: next((i for i, letter in enumerate(trimmed) if letter not in SCHEME_LETTERS), len(trimmed))]
    rest = trimmed[len(scheme) :]
    bearer = scheme.lower() == "bearer"
    if bearer and rest.startswith(" ") and is_token(rest.lstrip(" ")):
        assert bearer_token([(b"authorization", value)]) == rest.lstrip(" ")
        return
    with pytest.raises(MalformedAuthorization if bearer else MissingAccessToken):
        bearer_token([(b"authorization", value)])


@MANY
@given(schemes, st.integers(1, 5), tokens, st.sampled_from(["", " ", "\t", " \t "]))
def test_a_token_comes_out_as_it_was_put_in(scheme: str, blanks: int, token: str, around: str) -> None:
    value = f"{around}{scheme}{' ' * blanks}{token}{around}".encode()
    assert bearer_token([(b"host", b"x"), (b"authorization", value), (b"cookie", value)]) == token


@MANY
@given(st.lists(st.sampled_from([b"authorization", b"cookie", b"proxy-authorization", b"x"]), max_size=5), tokens)
def test_only_a_single_authorization_header_counts(names: list[bytes], token: str) -> None:
    headers = [(name, b"Bearer " + token.encode()) for name in names]
    count = names.count(b"authorization")
    if count == 1:
        assert bearer_token(headers) == token
        return
    with pytest.raises(MalformedAuthorization if count else MissingAccessToken):
        bearer_token(headers)


# Claims (RFC 7519 §4.1, RFC 9068 §4)

NOW = 1_800_000_000.0
ISSUER, AUDIENCE = "https://tenant.example/", "https://home.example.net/mcp"
POLICY = TokenPolicy(ISSUER, (AUDIENCE, "https://old.example.net/mcp"), frozenset({"RS256"}), 30.0, ("scope", "scp"))
GOOD: dict[str, Any] = {"iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 600, "sub": "auth0|1"}
RULED = ("iss", "aud", "exp", "nbf", "iat", "sub", "client_id", "azp", "scope", "scp", "cnf")

any_text = st.text(st.characters(exclude_categories=[]), max_size=40)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**320), 10**320)
    | st.floats(allow_nan=False)
    | any_text
    | st.sampled_from([ISSUER, AUDIENCE, "read write", NOW, NOW + 600, 10**309])
)
any_json = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3), max_leaves=6
)
times = st.floats(NOW - 100, NOW + 100) | st.integers(int(NOW) - 100, int(NOW) + 100)
likely: Mapping[str, st.SearchStrategy[Any]] = {
    "iss": st.just(ISSUER),
    "aud": st.sampled_from([AUDIENCE, [AUDIENCE], ["x", AUDIENCE]]),
    "exp": times,
    "nbf": times,
    "iat": times,
    "sub": st.text(min_size=1, max_size=20),
    "client_id": st.text(max_size=20),
    "azp": st.text(max_size=20),
    "scope": st.sampled_from(["", "read", "read write", ["read"]]),
    "scp": st.sampled_from(["", "read", ["write", "read"]]),
}
claims_mappings = st.builds(
    lambda good, likely_ones, wild, extra, gone: {
        name: value for name, value in {**extra, **good, **likely_ones, **wild}.items() if name not in gone
    },
    st.sampled_from([GOOD, {}]),
    st.fixed_dictionaries({}, optional=dict(likely)),
    st.dictionaries(st.sampled_from(RULED), any_json, max_size=2),
    st.dictionaries(any_text, any_json, max_size=3),
    st.sets(st.sampled_from(RULED), max_size=1),
)


def judge(claims: Mapping[str, Any], now: float, policy: TokenPolicy = POLICY) -> Principal | str:
    """The principal, or the reason why not; any other exception is a failure."""
    try:
        return validate_claims(claims, policy, now)
    except InvalidAccessToken as refused:
        return refused.reason


@MANY
@example({**GOOD, "exp": 10**400}, NOW)
@example({**GOOD, "exp": math.nan}, NOW)
@given(claims_mappings, times)
def test_any_claims_give_a_principal_or_a_stated_refusal(claims: dict[str, Any], now: float) -> None:
    verdict = judge(claims, now)
    assert isinstance(verdict, Principal) or verdict in {
        "wrong_issuer",
        "wrong_audience",
        "missing_exp",
        "expired",
        "not_yet_valid",
        "issued_in_future",
        "missing_sub",
        "malformed_claims",
        "sender_constrained",
    }


@MANY
@example({"iss": "\ud800"}, NOW)
@example({"iss": {"\x9b2J": "\u2028"}}, NOW)
@given(claims_mappings, times)
def test_what_is_said_of_a_refused_token_can_be_logged_and_kept(claims: dict[str, Any], now: float) -> None:
    try:
        validate_claims(claims, POLICY, now)
    except InvalidAccessToken as refused:
        for text in (refused.reason, refused.detail, refused.expected, refused.received):
            assert is_plain(text)
            assert len(text) < 1_000


def is_plain(text: str) -> bool:
    """Whether any database and any terminal takes it: UTF-8, and no control characters, C1 included."""
    return not any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in text)


def _number(value: Any) -> bool:
    return type(value) in {int, float} and -1e12 <= value <= 1e12


@MANY
@given(claims_mappings, times)
def test_whoever_is_admitted_keeps_every_rule(claims: dict[str, Any], now: float) -> None:
    principal = judge(claims, now)
    if isinstance(principal, str):
        return
    assert claims["iss"] == principal.iss == ISSUER
    named = claims["aud"] if type(claims["aud"]) is list else [claims["aud"]]
    assert any(audience == known for audience in named for known in POLICY.audiences)
    assert _number(claims["exp"])
    assert now - 30 < claims["exp"] == principal.expires_at
    for name in ("nbf", "iat"):
        assert claims.get(name) is None or (_number(claims[name]) and claims[name] <= now + 30)
    assert claims["sub"] == principal.sub != ""
    assert "cnf" not in claims
    assert principal.client_id in {"", claims.get("client_id"), claims.get("azp")}
    for text in (principal.sub, principal.client_id):
        assert len(text) <= MAX_SUB_LENGTH
        assert is_plain(text)
    said = [claims.get(name) or [] for name in ("scope", "scp")]
    words = {word for one in said for word in (one.split(" ") if isinstance(one, str) else one)} - {""}
    assert principal.scopes == {word for word in words if all(letter in SCOPE_LETTERS for letter in word)}


@MANY
@given(claims_mappings, times, st.floats(0, 1e6))
def test_what_has_expired_stays_expired(claims: dict[str, Any], now: float, later: float) -> None:
    if judge(claims, now) == "expired":
        assert judge(claims, now + later) == "expired"


@MANY
@given(claims_mappings, st.lists(times, min_size=3, max_size=3).map(sorted))
def test_the_times_at_which_a_token_is_good_have_no_gap(claims: dict[str, Any], moments: list[float]) -> None:
    first, between, last = (judge(claims, moment) for moment in moments)
    if isinstance(first, Principal) and isinstance(last, Principal):
        assert first == between == last


@MANY
@given(claims_mappings, st.dictionaries(any_text, any_json, max_size=4), times)
def test_claims_without_a_rule_change_nothing(claims: dict[str, Any], more: dict[str, Any], now: float) -> None:
    unruled = {name: value for name, value in more.items() if name not in RULED}
    bare = {name: value for name, value in claims.items() if name in RULED}
    assert judge({**unruled, **bare}, now) == judge(bare, now)


@MANY
@given(claims_mappings, times, st.sampled_from(["iss", "aud", "exp", "sub"]))
def test_nobody_is_admitted_without_the_four_that_matter(claims: dict[str, Any], now: float, name: str) -> None:
    assert isinstance(judge({key: value for key, value in claims.items() if key != name}, now), str)


# Key sets (RFC 7517 §5)

jwk_values = any_json | st.sampled_from(["RSA", "EC", "OKP", "P-256", "Ed25519", "RS256", "ES256", "AQAB", "sig", "AA"])
jwks = st.dictionaries(
    st.sampled_from(["kty", "n", "e", "crv", "x", "y", "alg", "use", "kid", "key_ops", "d", "k", "oth"]),
    jwk_values,
    max_size=8,
)


@MANY
@given(st.fixed_dictionaries({"keys": st.lists(jwks | any_json, max_size=4) | any_json}))
def test_any_key_set_is_read_or_refused_with_a_value_error(document: dict[str, Any]) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(parse_jwk_set(document), JwkSet)


# The document cache

LIFETIMES = Lifetimes(fresh=10.0, usable=60.0, cooldown=2.0)


class _AtOnce(ThreadPoolExecutor):
    """Does the work where it is asked for, so that the machine stays in step."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class _HandLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stands still unless moved."""

    now = 1_000.0

    def time(self) -> float:
        return self.now


class DocumentMachine(RuleBasedStateMachine):
    """The real cache over a loader that answers when, and as, the machine says.

    ``value`` and ``fetched_at`` are what a right cache holds; ``attempted_at`` is when this process last asked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.loop = _HandLoop()
        self.loop.set_default_executor(_AtOnce(1))
        self.wall = 500_000.0
        self.folder = tempfile.TemporaryDirectory()
        self.answer: asyncio.Future[dict[str, Any]] | None = None
        self.value: int | None = None
        self.fetched_at = self.attempted_at = -math.inf
        self.last_failed = False
        self.newest = 0
        self.waiting: list[tuple[str, bool, asyncio.Task[Any]]] = []
        """What was asked, whether it joined a fetch that others began, and the caller."""

    def clock(self) -> float:
        return self.wall + self.loop.now

    @initialize()
    def start(self) -> None:
        saved = SavedDocument(Path(self.folder.name), "https://tenant.example/", "keys")
        self.document = RemoteDocument("keys", self.load, self.read, LIFETIMES, self.clock, saved)

    async def load(self) -> dict[str, Any]:
        assert self.answer is None, "a second fetch while one is in flight"
        assert self.loop.now - self.attempted_at >= LIFETIMES.cooldown, "a fetch within the cooldown"
        self.attempted_at = self.loop.now
        self.answer = self.loop.create_future()
        try:
            return await self.answer
        finally:
            self.answer = None

    @staticmethod
    def read(document: dict[str, Any]) -> int:
        if "number" not in document:
            raise FetchFailed("it has no number")
        return int(document["number"])

    def spin(self) -> None:
        """Let everything happen that can happen now."""
        for _ in range(12):
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()

    @property
    def age(self) -> float:
        return self.loop.now - self.fetched_at

    @property
    def usable(self) -> int | None:
        return self.value if self.age < LIFETIMES.usable else None

    def may_ask(self) -> bool:
        return self.loop.now - self.attempted_at >= LIFETIMES.cooldown

    def begin(self, kind: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        joined = self.answer is not None
        task = self.loop.create_task(work)
        self.waiting.append((kind, joined, task))
        self.spin()
        return task

    def outcome(self, task: asyncio.Task[Any]) -> Any:
        error = task.exception()
        if error is not None:
            assert isinstance(error, AuthorizationServerUnavailable), error
            assert error.retry_after >= 1
            return "unavailable"
        return task.result()

    def settle(self, required: Any, renewed: bool) -> None:
        """After a fetch ended: everybody who waited knows, and each was told the same.

        But whoever only joined one that failed may wait for one more, if the cooldown is over.
        """
        once_more = not renewed and self.may_ask()
        self.spin()
        still = [(kind, task) for kind, joined, task in self.waiting if joined and once_more]
        for kind, joined, task in self.waiting:
            if not (joined and once_more):
                assert task.done(), f"{kind} still waits although the fetch ended"
                assert self.outcome(task) == (required if kind == "require" else renewed)
        assert not any(task.done() for _, task in still)
        assert self.answer is not None or not still
        self.waiting = [(kind, False, task) for kind, task in still]

    # What callers do

    @rule()
    def look(self) -> None:
        asked = self.may_ask()

        async def current() -> int | None:
            return self.document.current()

        task = self.loop.create_task(current())
        self.spin()
        assert task.result() == self.usable
        if self.age >= LIFETIMES.fresh and asked:
            assert self.answer is not None, "grown old, and no renewal was begun"

    @rule()
    def require(self) -> None:
        expected, asked = self.usable, self.may_ask()
        idle_for_long = self.age >= 2 * LIFETIMES.fresh and not self.last_failed
        can_be_had = self.answer is not None or asked
        task = self.begin("require", self.document.require())
        if not can_be_had or (expected is not None and not idle_for_long):
            assert task.done(), "somebody waits although there is nothing to wait for"
            assert self.outcome(task) == ("unavailable" if expected is None else expected)
            self.waiting.pop()

    @rule()
    def renew(self) -> None:
        asked = self.may_ask()
        task = self.begin("renew", self.document.renew())
        if self.answer is None:
            assert not asked, "the cooldown was over and nothing was asked"
            assert task.result() is False
            self.waiting.pop()

    @precondition(lambda self: self.waiting)
    @rule()
    def hang_up(self) -> None:
        *_, task = self.waiting.pop()
        task.cancel()
        self.spin()
        assert task.cancelled()
        assert self.answer is not None, "one caller hung up, and the fetch ended for all"

    # What the authorization server and time do

    @precondition(lambda self: self.answer)
    @rule()
    def succeed(self) -> None:
        assert self.answer
        self.newest += 1
        self.value, self.fetched_at, self.last_failed = self.newest, self.loop.now, False
        self.answer.set_result({"number": self.newest})
        self.settle(self.newest, renewed=True)

    @precondition(lambda self: self.answer)
    @rule(how=st.sampled_from([FetchFailed("down"), RuntimeError("a bug"), OSError(5, "x"), {}, {"number": "many"}]))
    def fail(self, how: Any) -> None:
        assert self.answer
        self.last_failed = True
        if isinstance(how, Exception):
            self.answer.set_exception(how)
        else:
            self.answer.set_result(how)
        self.settle("unavailable" if self.usable is None else self.usable, renewed=False)

    @rule(
        seconds=st.sampled_from([0.001, 1.0, 1.899, FETCH_SECONDS, 2.0, 5.0, 10.0, 59.9, 60.0, 86_400.0])
        | st.floats(0, 70)
    )
    def pass_time(self, seconds: float) -> None:
        self.loop.now += seconds
        timed_out = self.answer is not None and self.loop.now + 1e-9 > self.attempted_at + FETCH_SECONDS  # as asyncio
        if timed_out:
            self.last_failed = True
            self.settle("unavailable" if self.usable is None else self.usable, renewed=False)
        else:
            self.spin()

    @rule()
    def restart(self) -> None:
        self.stop()
        self.attempted_at, self.last_failed = -math.inf, False
        self.start()

    def stop(self) -> None:
        self.loop.create_task(self.document.close())
        self.spin()
        for *_, task in self.waiting:
            assert task.done()
            with contextlib.suppress(asyncio.CancelledError, AuthorizationServerUnavailable):
                task.result()
        self.waiting.clear()

    @invariant()
    def somebody_waits_only_for_a_fetch(self) -> None:
        assert not self.waiting or self.answer is not None

    @invariant()
    def the_newest_attempts_fate_is_known(self) -> None:
        if self.answer is None and hasattr(self, "document"):
            assert self.document.last_attempt_failed is self.last_failed

    def teardown(self) -> None:
        if hasattr(self, "document"):
            self.stop()
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.folder.cleanup()


class SetClockMachine(DocumentMachine):
    """The same while somebody sets the machine's clock: what the wall says is then worth less, but never an error."""

    @rule(seconds=st.sampled_from([-86_400.0, -60.0, -3.0, -1.0, 1.0, 3.0, 86_400.0]))
    def set_the_clock(self, seconds: float) -> None:
        self.wall += seconds

    async def load(self) -> dict[str, Any]:
        self.attempted_at = -math.inf  # cooldowns are kept by the wall's clock
        return await super().load()

    @rule()
    def look(self) -> None:
        async def current() -> int | None:
            return self.document.current()

        task = self.loop.create_task(current())
        self.spin()
        assert task.result() in {None, self.value}

    @rule()
    def require(self) -> None:
        task = self.begin("require", self.document.require())
        if task.done():
            assert self.outcome(task) in {"unavailable", self.value}
            self.waiting.pop()

    @rule()
    def renew(self) -> None:
        task = self.begin("renew", self.document.renew())
        if self.answer is None:
            assert task.result() is False
            self.waiting.pop()

    def settle(self, required: Any, renewed: bool) -> None:
        self.spin()
        for kind, joined, task in self.waiting:
            assert task.done() or (joined and self.answer is not None), f"{kind} still waits although the fetch ended"
            if task.done():
                assert self.outcome(task) in ({"unavailable", self.value} if kind == "require" else {renewed})
        self.waiting = [(kind, False, task) for kind, _, task in self.waiting if not task.done()]


@contextmanager
def _quietly() -> Iterator[None]:
    """Each failed fetch is a log line; thousands of them are not wanted here."""
    logger = logging.getLogger("gatehouse.auth")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


STEPS = settings(max_examples=50, stateful_step_count=20, deadline=None)


@pytest.mark.parametrize("machine", [DocumentMachine, SetClockMachine], ids=["time goes on", "the clock is set"])
def test_the_document_cache_keeps_its_promises_in_every_order_of_events(machine: type[DocumentMachine]) -> None:
    with _quietly():
        run_state_machine_as_test(machine, settings=STEPS)


def test_an_outage_is_known_as_one_also_after_the_clock_was_set_back() -> None:
    machine = SetClockMachine()
    with _quietly():
        machine.start()
        machine.renew()
        machine.succeed()
        machine.set_the_clock(-86_400.0)
        machine.renew()
        machine.fail(FetchFailed("down"))
        try:
            machine.the_newest_attempts_fate_is_known()
        finally:
            machine.teardown()
