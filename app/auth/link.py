"""Links that open one page for one person: what a browser brings instead of an access token.

A client such as ChatGPT shows the address of a page to its person, whose browser has no token. The link therefore
names the person, sealed so that nobody can read or change it (Fernet: AES-CBC and HMAC-SHA-256), for one page and for a
stated time. It proves no more than "this server gave the link to that person, who then had these scopes": the policy is
asked anew each time, with the scopes of that day and what the owner decided about the person since. Deliberately
absent: cookies and sessions.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from app.auth.principal import Principal
from app.errors import InvalidAccessToken

LINK_SECONDS = 7 * 86_400
"""How long a link opens its page: conversations are read again days later."""

log = logging.getLogger("gatehouse.auth")


class Links:
    """Makes and reads links for people of ``issuer``.

    The key is kept in ``keep_in``; without one, links end with the process. ``clock`` gives seconds since the epoch.
    """

    def __init__(self, issuer: str, keep_in: Path | None, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._fernet = Fernet(_kept_key(keep_in / "link.key") if keep_in else Fernet.generate_key())
        self._clock = clock

    def seal(self, principal: Principal, page: str) -> str:
        """The secret part of a link to ``page``."""
        facts = [principal.sub, principal.client_id, sorted(principal.scopes), self._mark(page)]
        text = json.dumps(facts, separators=(",", ":"))
        return self._fernet.encrypt_at_time(text.encode(), int(self._clock())).decode("ascii")

    def open(self, sealed: str, page: str) -> Principal:
        """The person a link to ``page`` was made for. Raises :class:`InvalidAccessToken`."""
        now = int(self._clock())
        try:
            token = sealed.encode("ascii")
            made = self._fernet.extract_timestamp(token)
            facts = json.loads(self._fernet.decrypt_at_time(token, LINK_SECONDS, now))
            sub, client_id, scopes, mark = facts
        except (InvalidToken, ValueError):
            detail = "The link is not one of this server's, or it has ended; links last for 7 days."
            raise InvalidAccessToken("bad_link", detail) from None
        if mark != self._mark(page):
            raise InvalidAccessToken("bad_link", "The link was made for another page.")
        return Principal(self._issuer, sub, client_id, frozenset(scopes), made + LINK_SECONDS, issued_at=float(made))

    def _mark(self, page: str) -> str:
        """What stands for page and issuer in the seal: short, because a model reads the link."""
        return hashlib.sha256(f"{self._issuer} {page}".encode()).hexdigest()[:16]


def _kept_key(path: Path) -> bytes:
    """The key of an earlier run, or a new one that later runs will find; only the owner may read the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists() and not path.read_bytes().strip():  # what a full disk or a crash leaves
            path.unlink(missing_ok=True)
        if not path.exists():
            _make(path)
        key = path.read_bytes().strip()
        Fernet(key)
    except (OSError, ValueError) as error:
        log.warning("%s cannot be used (%s): links to pages end with this process", path.name, type(error).__name__)
        return Fernet.generate_key()
    return key


def _make(path: Path) -> None:
    """Make the file whole or not at all; of several processes that begin at once, the first one's key counts."""
    handle, name = tempfile.mkstemp(dir=path.parent)  # only the owner may read it
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)
