"""What the request log keeps of arguments: names, or values without secrets; never without end."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from app.journal.arguments import describe

NAMES: list[tuple[dict[Any, Any], str]] = [
    ({}, ""),
    ({"region": "11680", "month": 3}, "region,month"),
    ({"password": "geheim", "text": "private words"}, "password,text"),
    ({"x" * 5_000: 1, "b": 2}, "x" * 100 + ",b"),
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
]
HARMLESS_NAMES = ["keyword", "author", "spinning", "monkey", "region", "compass", "passenger", "optional", "지역"]


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
    ({"b": {"c": {"d": {"e": {"f": 1}}}}}, {"b": {"c": {"d": {"e": "…"}}}}),
]


@pytest.mark.parametrize(("value", "kept"), FORMS)
def test_what_has_the_form_of_a_secret_is_struck_out_of_a_value(value: Any, kept: Any) -> None:
    assert describe({"a": value}, values=True) == json.dumps({"a": kept}, ensure_ascii=False)


def test_values_are_cut_and_a_hostile_one_costs_no_time() -> None:
    deep: Any = "end"
    for _ in range(100_000):
        deep = [deep]
    started = time.process_time()
    for hostile in ("a" * 4_000_000, "://" + "a" * 1_000_000, "Bearer " * 100_000, "1" * 1_000_000, deep):
        assert len(describe({"x": hostile, "y": [hostile] * 1_000}, values=True)) <= 1_000
    assert time.process_time() - started < 2
