"""What looks like a secret: by the name it stands under, or by its form. A net with holes: it knows usual ones only.

Pure. Whatever it is given was cut to a bounded length before; each look at it takes time in proportion to that length:
callers choose these texts, and a pattern that tries every way to match would let one of them stop the server.
"""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize
from urllib.parse import unquote

from app.logs import without_tokens

STRUCK_OUT = "[secret]"

NAME_CHARS = 100

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SECRET_NAME = re.compile(
    r"pass(?:word|wd|phrase|code)|secret|token|credential|cookie|session|pwd|jwt|signature|bearer"
    r"|(?:api|private|access|service|secret|subscription|auth|signing|encryption|account).?key|user.?pass"
    r"|auth(?!ors?(?:$|[_-]))"
    r"|(?:^|[^a-z0-9])(?:pass|pw|psw|key|sig|hmac|pat|pin|otp|cvc|cvv|ssn|rrn)[0-9]?$"
    r"|비밀번호|비번|암호|패스워드|토큰|주민(?:등록)?번호|(?:인증|서비스|접근|비밀|개인)\s?키",
)
_FORMS = re.compile(  # every repetition is bounded, or ends at a sign that the next attempt cannot begin before
    r"(?i:\bbasic\s{1,9}[\w.~+/=-]{8,})"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?s:.*)"
    r"|(?i:\b(?:sk|pk|rk|gh[opsur]|glpat|xox[abprs]|npm|github_pat)[-_][\w-]{16})[\w-]*"
    r"|\bA(?:KIA|SIA)[A-Z0-9]{16}\b"
    r"|\bAIza[\w-]{30}[\w-]*"
    r"|://[^\s/@:]*+:[^\s/@]++@"  # a password within an address
    r"|\b[0-9]{6}-[1-8][0-9]{6}\b"  # a Korean resident registration number
)
_LONG = re.compile(r"[\w+/=~-]{24,}+")
_CHANGES = re.compile(r"[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])")
_NAMED = re.compile(r"""(?<![\w.%-])([\w.%-]++)[\\"']{0,6}\s{0,5}[=:]\s{0,5}([\\"']{0,6})""")
_QUOTED, _BARE = re.compile(r"""[^"'\\]+"""), re.compile(r"""[^\s&;,"'\\<>}\]]+""")


def is_secret_name(name: str) -> bool:
    """Whether what stands under this name is most likely a secret, however the name is written."""
    return _is_secret_name(name[:NAME_CHARS])


@lru_cache(maxsize=1_024)
def _is_secret_name(name: str) -> bool:
    plain = normalize("NFKC", unquote(name))
    return bool(_SECRET_NAME.search(_HUMP.sub("_", plain).lower()))


def name_shown(name: str) -> str:
    """A name, or what stands for it when the caller put a secret in its place."""
    return _name_shown(name[:NAME_CHARS])


@lru_cache(maxsize=1_024)
def _name_shown(name: str) -> str:
    known = _FORMS.search(name) or without_tokens(name, "") != name
    return STRUCK_OUT if known or any(_is_random(one[0]) for one in _LONG.finditer(name)) else name


def address_shown(text: str) -> str:
    """A tool's name or a resource's address, without a query, a fragment or a password: anybody may put one there."""
    place, mark, _ = text.partition("?")
    place, hash_, _ = place.partition("#")
    shown = _FORMS.sub(STRUCK_OUT, place) if "://" in place else place
    return f"{shown}{mark or hash_}…" if mark or hash_ else shown


def without_secrets(text: str) -> str:
    """The text, with whatever has the form of a secret, or stands under such a name in it, struck out."""
    kept = text = _struck(text)
    for _ in range(2):  # an address within an address is encoded again
        plain = unquote(text)
        if plain == text:
            break
        text = _struck(plain)
        kept = kept if text == plain else text
    return kept


def _struck(text: str) -> str:
    text = _FORMS.sub(STRUCK_OUT, without_tokens(text, STRUCK_OUT))
    return _LONG.sub(lambda found: STRUCK_OUT if _is_key(found[0]) else found[0], _without_named(text))


def _without_named(text: str) -> str:
    """Strike out what follows a secret's name, as in ``?serviceKey=…`` or in JSON that was cut short."""
    kept, end = [], 0
    for name in _NAMED.finditer(text):
        if name.start() < end or not is_secret_name(name[1]):
            continue
        if text.startswith(STRUCK_OUT, name.end()):
            continue
        if value := (_QUOTED if name[2] else _BARE).match(text, name.end()):
            kept += [text[end : name.end()], STRUCK_OUT]
            end = value.end()
    return "".join([*kept, text[end:]])


def _is_key(text: str) -> bool:
    """Long, of letters and digits, without a space."""
    long = len(text) >= 32 and re.search(r"\d", text) and re.search(r"[A-Za-z]", text)
    return bool(long) or _is_random(text)


def _is_random(text: str) -> bool:
    """Letters and digits in turn, as no word has them."""
    return len(_CHANGES.findall(text)) >= 5
