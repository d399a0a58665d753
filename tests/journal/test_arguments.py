"""What the request log keeps of arguments: names, or values without secrets; never without end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from app.journal import arguments as arguments_module
from app.journal.arguments import MAX_DEPTH, MAX_LOOKED_AT, MAX_PARTS, describe
from app.journal.secret_forms import address_shown

NAMES: list[tuple[dict[Any, Any], str]] = [
    ({}, ""),
    ({"region": "11680", "month": 3}, "region,month"),
    ({"password": "geheim", "text": "private words"}, "password,text"),
    ({"x" * 5_000: 1, "b": 2}, "x" * 100 + ",b"),
    ({"sk-live-abcdefghij0123456789": 1, "q": 1}, "[secret],q"),
    ({"aB3xK9zQ2mW7pL5nR8tY1vC4": 1, "get_deals_2026_03_by_region": 1}, "[secret],get_deals_2026_03_by_region"),
    ({"eyJhbGciOi.eyJzdWIi.c2ln": 1}, "[secret]"),
    ({f"n{number}": 0 for number in range(10_000)}, ",".join(f"n{number}" for number in range(50))),
    ({f"{number:02}" + "y" * 98: 0 for number in range(60)}, ",".join(f"{n:02}" + "y" * 98 for n in range(60))[:1_000]),
]


@pytest.mark.parametrize(("arguments", "kept"), NAMES)
def test_by_default_only_names_are_kept(arguments: dict[Any, Any], kept: str) -> None:
    assert describe(arguments) == kept


SECRET_NAMES = [
    *("password", "Passwd", "user_password", "user_pass", "passphrase", "passcode", "pin", "otp", "cvc", "비밀번호"),
    *("api_key", "apiKey", "key", "x-api-key", "private_key", "access_token", "refreshToken", "secret", "주민등록번호"),
    *("client_secret", "cookie", "session_id", "Authorization", "credentials"),
    *("serviceKey", "SERVICEKEY", "pwd", "dbPwd", "pw", "user-pw", "accessKey", "userPass", "userpass", "jwt"),
    *("signature", "X-Signature", "sig", "ｐａｓｓｗｏｒｄ", "api%5Fkey", "pass%77ord", "인증키", "서비스키", "비번"),
]
HARMLESS_NAMES = [
    "keyword",
    "author",
    "spinning",
    "monkey",
    "region",
    "compass",
    "passenger",
    "optional",
    "지역",
    "design",
]
HARMLESS_NAMES += ["keys_of_city", "type", "spwan", "powder", "signal"]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_the_value_of_a_name_that_sounds_like_a_secret_is_struck_out(name: str) -> None:
    assert describe({name: ["x", {"y": 1}], "a": {name: 1}}, values=True) == json.dumps(
        {name: "[secret]", "a": {name: "[secret]"}}, ensure_ascii=False
    )


@pytest.mark.parametrize("name", HARMLESS_NAMES)
def test_the_value_of_any_other_name_is_kept(name: str) -> None:
    assert describe({name: "강남구"}, values=True) == f'{{"{name}": "강남구"}}'


FORMS: list[tuple[Any, Any]] = [
    ("see eyJhbGciOi.eyJzdWIi.c2ln ok", "see [secret] ok"),
    ("Authorization: Bearer abcdefgh12345", "Authorization: [secret]"),
    ("sk-proj-abcdefghijklmnop1234 ghp_abcdefghijklmnopqrst1", "[secret] [secret]"),
    ("AKIAABCDEFGHIJKLMNOP", "[secret]"),
    ("https://me:geheim@host.example/x", "https[secret]host.example/x"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END", "[secret]"),
    ("a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6", "[secret]"),
    ("Donaudampfschifffahrtsgesellschaftskapitän", "Donaudampfschifffahrtsgesellschaftskapitän"),
    ("https://host.example/a/path?with=words", "https://host.example/a/path?with=words"),
    ([1, True, None, 2.5, {"b": ["c"]}], [1, True, None, 2.5, {"b": ["c"]}]),
    ("https://h.example/?key=abc123&page=2&token=zzz", "https://h.example/?key=[secret]&page=2&token=[secret]"),
    ("https://h.example/?service%4Bey=abcd", "https://h.example/?service%4Bey=[secret]"),
    ("see https%3A%2F%2Fh.example%2F%3Fpwd%3Dabc1", "see https://h.example/?pwd=[secret]"),
    ("see https%253A%252F%252Fh.example%252F%253Fpwd%253Dabc1", "see https://h.example/?pwd=[secret]"),
    ("https://h.example/%EA%B0%95%EB%82%A8%EA%B5%AC", "https://h.example/%EA%B0%95%EB%82%A8%EA%B5%AC"),
    ("password=hunter2 please", "password=[secret] please"),
    ("password: 'hunter two' please", "password: '[secret]' please"),
    ('{"password": "hunter two", "a": 1}', '{"password": "[secret]", "a": 1}'),
    (
        '[{"pw": "x"}, {"t": {"s": "{\\"pwd\\": 1}"}}]',
        '[{"pw": "[secret]"}, {"t": {"s": "{\\"pwd\\": [secret]}"}}]',
    ),
    ('cut: {\\"pwd\\": \\"hunter2\\"', 'cut: {\\"pwd\\": \\"[secret]\\"'),
    ([{"name": "X-Api-Key", "value": "s3"}], [{"name": "X-Api-Key", "value": "[secret]"}]),
    ([{"name": "Accept", "value": "json"}], [{"name": "Accept", "value": "json"}]),
    ([["X-Api-Key", "s3"], ["Accept", "json"]], [["X-Api-Key", "[secret]"], ["Accept", "json"]]),
    ({"sk-live-abcdefghij0123456789": 1}, {"[secret]": 1}),
    ("900101-1234567", "[secret]"),
    (10**4_000, "…"),
    ({"b": {"c": {"d": {"e": {"f": 1}}}}}, {"b": {"c": {"d": {"e": "…"}}}}),
]


@pytest.mark.parametrize(("value", "kept"), FORMS)
def test_what_has_the_form_of_a_secret_is_struck_out_of_a_value(value: Any, kept: Any) -> None:
    assert describe({"a": value}, values=True) == json.dumps({"a": kept}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("get_region_code", "get_region_code"),
        ("ui://chart/view.html", "ui://chart/view.html"),
        ("file:///a?key=TOP#x", "file:///a?…"),
        ("file:///a#access=TOP", "file:///a#…"),
        ("https://me:geheim@h.example/x", "https[secret]h.example/x"),
    ],
)
def test_the_address_of_a_resource_is_kept_without_what_may_be_secret_in_it(asked: str, shown: str) -> None:
    assert address_shown(asked) == shown


class Counted(list[Any]):
    """A list that knows how many of its values were taken, over all such lists."""

    taken = 0

    def __iter__(self) -> Iterator[Any]:
        for one in super().__iter__():
            Counted.taken += 1
            yield one


def hostile_arguments(text: str) -> list[Any]:
    deep: Any = Counted([text] * 50)
    for _ in range(4):
        deep = Counted([deep] * 50)
    bottomless: Any = "end"
    for _ in range(100_000):
        bottomless = [bottomless]
    return [
        {f"k{number}": Counted([text] * 50) for number in range(50)},
        {f"k{number}": {f"j{other}": Counted([text]) for other in range(50)} for number in range(50)},
        {"x": deep},
        {"x": bottomless},
        {"x": text * 5_000},
        {"x": "[" * 900 + "]" * 900, "y": json.dumps([text] * 3)},
        {text * 20 + str(number): text for number in range(500)},
    ]


@pytest.mark.parametrize("text", ["a-" * 500, "eyJ" * 333, "://a:" * 200, "basic " * 160, "key=" * 250, '"' * 900])
def test_a_bounded_part_of_hostile_arguments_is_looked_at_in_all(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    for name in ("without_secrets", "is_secret_name", "name_shown"):
        inner = getattr(arguments_module, name)

        def counting(text: str, inner: Any = inner) -> Any:
            looked.append(len(text))
            return inner(text)

        monkeypatch.setattr(arguments_module, name, counting)
    started = time.process_time()
    for hostile in hostile_arguments(text):
        looked.clear()
        Counted.taken = 0
        assert len(describe(hostile, values=True)) <= 1_000
        assert sum(looked) <= 3 * MAX_LOOKED_AT  # a name is looked at for what it is, and for what it stands for
        assert len(looked) <= 2 * MAX_PARTS
        assert Counted.taken <= MAX_PARTS + MAX_DEPTH
    assert time.process_time() - started < 2
