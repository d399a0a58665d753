"""The part of ``gatehouse clients prune`` that is done at Auth0: programs that registered and are used no more.

Only third-party applications; the tenant's own are never deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.auth0.registration import PRUNE_SCOPES, Program, delete, programs, stale
from app.auth0.wanted import APPLICATION_LIMIT
from app.cli.auth0_access import confirm, management, tell
from app.cli.common import complain, iso, local, say, table
from app.errors import Auth0Failed
from app.settings import Settings


def prune_at_auth0(
    settings: Settings, seen: Mapping[str, float | None], before: float, *, yes: bool, quiet: bool
) -> tuple[int, list[dict[str, Any]]]:
    """Delete third-party applications that neither came here nor were made since ``before``, after asking.

    ``seen`` says when each client was here last. Returns the exit code and what was deleted; ``quiet`` prints no list.
    """
    deleted: list[dict[str, Any]] = []
    try:
        with management(settings, PRUNE_SCOPES) as api:
            complain(f"Asking {api.place.domain} ...")
            found = programs(api)
            unused = stale(found, seen, before)
            if not quiet:
                _show(unused, seen, api.place.domain)
            question = f"Delete these {len(unused)} at {api.place.domain}? Whoever still uses one must connect anew."
            code = 0
            if unused and confirm(question, yes=yes):
                for number, one in enumerate(unused, 1):
                    delete(api, one)
                    deleted.append({"client_id": one.client_id, "name": one.name, "created_at": _when(one)})
                    complain(f"  [{number}/{len(unused)}] {one.client_id}: deleted")
            elif unused:
                code = 1
            _warn(len(found) - len(deleted))
            return code, deleted
    except Auth0Failed as error:
        tell(error)
        return 1, deleted


def _show(unused: list[Program], seen: Mapping[str, float | None], domain: str) -> None:
    if not unused:
        say(f"At {domain}, no program that registered by itself was unused for so long.")
        return
    say("", f"At {domain}, unused for so long:")
    table(
        [
            {
                "client id": one.client_id,
                "called itself": one.name,
                "registered": local(one.created_at or None, "unknown"),
                "last seen here": local(seen.get(one.client_id), "unknown"),
            }
            for one in unused
        ]
    )


def _warn(total: int) -> None:
    if total >= APPLICATION_LIMIT - 2:
        complain(
            f"The tenant has {total} applications. Auth0's free plan allows {APPLICATION_LIMIT}; beyond that no "
            "program can register. Delete more with a shorter time, such as --unused 1d, or use: gatehouse auth0 apply"
        )


def _when(program: Program) -> str | None:
    return iso(program.created_at) if program.created_at else None
