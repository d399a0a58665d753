"""Who gets in at present, in plain words."""

from __future__ import annotations

from app.people.door import Counts

SIGN_UP = (
    "Careful: whether strangers can sign up at the log-in service cannot be seen from here. Close sign-up there (in "
    "Auth0: Authentication → Database → Disable Sign Ups; check social log-ins too), or use access open --invited."
)
NO_LOG_IN = "Careful: AUTH_MODE=none. Nobody logs in: everybody in the private network is one and the same caller."


def who_gets_in(admission: str, tokens_from: str | None, counts: Counts, *, log_in: bool) -> list[str]:
    """One sentence a line. ``tokens_from`` is the written time before which tokens are refused, None for no such line.

    ``log_in`` says whether people log in at all.
    """
    lines = [
        {
            "everybody": "Open: everybody who can log in at the log-in service gets in, except who is blocked or over.",
            "invited": "Open to the invited: who was invited here gets in; everybody else is noted as asking.",
        }.get(admission, "Closed: nobody gets in, not even you. Who comes is noted. To open: gatehouse access open"),
        f"{counts.known} people are known: {counts.invited} invited, {counts.in_by_themselves} came by themselves. "
        f"{counts.blocked} blocked, {counts.expired} with an access that ended, {counts.asked} ask to come in.",
    ]
    if counts.asked:
        lines.append("To let somebody in who asks: gatehouse people list, then gatehouse people invite SUBJECT")
    if admission == "invited" and counts.in_by_themselves:
        lines.append(
            f"{counts.in_by_themselves} came by themselves earlier and are outside now. To keep them all: "
            "gatehouse access open --invited --keep"
        )
    if tokens_from:
        lines.append(
            f"Tokens from before {tokens_from} are refused: programs renew theirs by themselves. To accept them again: "
            "gatehouse access open --old-tokens"
        )
    if admission == "everybody":
        lines.append(SIGN_UP if log_in else NO_LOG_IN)
    return lines
