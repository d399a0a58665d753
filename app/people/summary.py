"""One person in the owner's words: how they stand, what they may do, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.access.policy import effective_scopes
from app.people.roster import Entry


def standing(entry: Entry, now: float) -> str:
    """How somebody stands, in two or three words."""
    if entry.blocked:
        return "blocked"
    if entry.expired(now):
        return "access ended"
    words = {"invited": "invited", "admitted": "came by themselves", "asked": "asks to come in"}
    if entry.status == "invited" and entry.first_seen is None:
        return "invited, not here yet"
    return words.get(entry.status, "known")


def facts_of(entry: Entry, default_scopes: Iterable[str], now: float) -> dict[str, Any]:
    """Everything about somebody; ``scopes`` is what they may do whatever their token says. Times are epoch seconds."""
    return {
        "iss": entry.iss,
        "sub": entry.sub,
        "name": entry.name,
        "email": entry.email,
        "scopes": list(effective_scopes(frozenset(), entry.decided, frozenset(default_scopes))),
        "blocked": entry.blocked,
        "expires_at": entry.expires_at,
        "first_seen": entry.first_seen,
        "last_seen": entry.last_seen,
        "calls": entry.calls,
        "status": entry.status,
        "standing": standing(entry, now),
        "granted": sorted(entry.granted),
        "cap": entry.cap,
        "note": entry.note,
        "last_client": entry.last_client,
    }


def may_do(entry: Entry, default_scopes: Iterable[str], admission: str, now: float) -> list[str]:
    """What somebody may do and why, one sentence a line."""
    kept_out = {
        "blocked": "They do not come in: you blocked them.",
        "access ended": "They do not come in: the time that you gave them is over.",
    }.get(standing(entry, now))
    if kept_out is None and admission == "nobody":
        kept_out = "They do not come in at present: the door is closed for everybody."
    if kept_out is None and admission != "everybody" and entry.status != "invited":
        kept_out = "They do not come in: the door is open to the invited only, and you did not invite them."
    lines = [kept_out or "They come in."]
    always = effective_scopes(frozenset(), entry.decided, frozenset(default_scopes))
    sources = [f"everybody has {_list(default_scopes)} (DEFAULT_SCOPES)"] if default_scopes else []
    sources += [f"you gave them {_list(entry.granted)}"] if entry.granted else []
    lines.append(f"Once in, they may use tools for: {_list(always) or 'nothing'}{_because(sources)}.")
    if entry.cap:
        lines.append(f"You limited them: never more than {entry.cap}, whatever the log-in service says.")
    else:
        lines.append("The log-in service can give them more: the scopes in their token are added.")
    return lines


def _list(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def _because(sources: list[str]) -> str:
    return f" ({'; '.join(sources)})" if sources else ""
