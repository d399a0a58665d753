"""One open way to a tenant's Management API, through Auth0's own client library, and what its failures mean.

Each failure becomes an :class:`Auth0Failed` that says what was being done, what Auth0 answered and what to do next;
none holds a token. The client library is loaded when a way is opened, not before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from app.auth0.credentials import Credentials, token_for, unreachable
from app.auth0.pace import Paced
from app.auth0.place import Place
from app.errors import Auth0Failed

if TYPE_CHECKING:
    from auth0.management.client import Auth0

Document = dict[str, Any]
"""A document of Auth0's, by Auth0's names."""

PAGE = 100
"""The most entries that Auth0 gives at once."""

SILENT_SECONDS = 10.0
"""How long Auth0 may say nothing."""

MAX_PAGES = 10
"""Auth0 pages no further by number than 1,000 entries; no list here is read further, and none is cut short silently."""

_MEANINGS = {
    400: (
        "did not take it",
        "This may be a change at Auth0 that this version does not know. Look for a newer Gatehouse.",
    ),
    401: ("did not accept the management token", "Get a new token; the old one is wrong, expired or withdrawn."),
    403: ("did not allow it", "Give the token the permission that Auth0 names."),
    404: ("does not know it", "It was removed meanwhile. Run the same command again."),
    409: ("has one already", "Run the same command again: it looks first."),
    429: (
        "asks to slow down, again and again",
        "Another program uses up the tenant's requests. Try again in a minute.",
    ),
}
_UNREADABLE = ("answered what cannot be read", _MEANINGS[400][1])
_LATER = ("has a problem of its own", "Try again in a few minutes; the command goes on where it stopped.")
_LIMIT = "Auth0's plan allows no more. Delete applications that nobody uses: gatehouse clients prune"


class Management:
    """Asks the Management API, and speaks of ``place`` when it fails."""

    def __init__(self, place: Place, api: Auth0) -> None:
        self.place = place
        self._api = api

    def ask(self, doing: str, call: Callable[[Auth0], Any]) -> Any:
        """Make one call. ``doing`` completes "while …". Raises :class:`Auth0Failed`."""
        from auth0.management.core.api_error import ApiError  # noqa: PLC0415
        from auth0.management.core.parse_error import ParsingError  # noqa: PLC0415

        try:
            return call(self._api)
        except ApiError as error:
            raise _failure(doing, self.place, error.status_code or 0, error.body) from None
        except ParsingError as error:
            raise _failure(doing, self.place, error.status_code or 0, {"message": "in a form unknown here"}) from None
        except httpx.HTTPError as error:
            failed = unreachable(self.place, error)
            raise Auth0Failed(f"While {doing}: {failed.what}", failed.next_step) from None

    def document(self, doing: str, call: Callable[[Auth0], Any]) -> Document:
        """Make one call that is answered with a document."""
        return plain(self.ask(doing, call))

    def pages(self, doing: str, call: Callable[[Auth0, int], Any]) -> list[Document]:
        """Everything of a list that is paged by number."""
        found: list[Document] = []
        for number in range(MAX_PAGES):
            items = self.ask(doing, partial(_turned, call, number)).items or []
            found += [plain(one) for one in items]
            if len(items) < PAGE:
                return found
        raise _too_many(doing)

    def chain(self, doing: str, name: str, call: Callable[[Auth0, str | None], Any]) -> list[Document]:
        """Everything of a list in which each page names the next; ``name`` is the list's in the answer."""
        found: list[Document] = []
        start: str | None = None
        for _ in range(MAX_PAGES):
            page = self.ask(doing, partial(_turned, call, start)).response
            found += [plain(one) for one in getattr(page, name) or []]
            start = page.next
            if not start:
                return found
        raise _too_many(doing)


@contextmanager
def open_management(
    place: Place,
    credentials: Credentials,
    needed: Iterable[str],
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    waiting: Callable[[float], None] = lambda seconds: None,
) -> Iterator[Management]:
    """A way to the Management API with every scope that is ``needed``. Raises :class:`Auth0Failed` before any change.

    ``clock`` and ``sleep`` keep the pace; ``waiting`` is told when Auth0 asks for a longer wait.
    """
    from auth0.management.client import Auth0  # noqa: PLC0415  (slow to load)

    transport = Paced(None, clock, sleep, waiting)
    headers = {"accept-encoding": "identity"}  # a few kilobytes could unfold into gigabytes
    with httpx.Client(transport=transport, timeout=SILENT_SECONDS, follow_redirects=False, headers=headers) as http:
        token = token_for(place, credentials, http, clock(), needed)
        yield Management(place, Auth0(base_url=place.api, token=token, httpx_client=http, max_retries=0))


def _turned(call: Callable[[Auth0, Any], Any], page: int | str | None, api: Auth0) -> Any:
    return call(api, page)


def plain(document: Any) -> Document:
    """What Auth0 sent, by Auth0's own names, and nothing that it did not send."""
    sent: Document = document.model_dump(by_alias=True, exclude_unset=True, mode="json")
    return sent


def _too_many(doing: str) -> Auth0Failed:
    return Auth0Failed(
        f"While {doing}: there are {PAGE * MAX_PAGES:,} or more, and Auth0 shows no more than that page by page.",
        "Nothing was changed, since what is not shown could be missed. Use a tenant of its own for Gatehouse.",
    )


def _failure(doing: str, place: Place, status: int, body: Any) -> Auth0Failed:
    said = body if isinstance(body, dict) else {}
    what, then = _MEANINGS.get(status, _UNREADABLE if status < 400 else _LATER)
    if said.get("errorCode") == "too_many_entities":
        then = _LIMIT
    detail = str(said.get("message", ""))[:300]
    answer = f"{place.domain} {what} (status {status}{': ' if detail else ''}{detail})"
    return Auth0Failed(f"While {doing}: {answer}.", then, status)
