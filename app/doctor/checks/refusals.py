"""Who was turned away in the last day, for reasons that are the owner's own decisions or the callers' own ways.

From inside only, out of the request log; always warnings, since each may be just what the owner wants.
"""

from __future__ import annotations

from app.doctor.check import Finding, Room, problem, skipped
from app.doctor.checks.token import refused_of_late
from app.doctor.context import CHATGPT, Context
from app.doctor.notes import NoLog, entries

KNOCKS = 3
"""How often ChatGPT asks without a token, and nothing comes after it, until that is worth a word."""

_ROWS: tuple[tuple[str, str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "people-turned-away",
        "Nobody who logged in was turned away at the door",
        "See who it was: gatehouse log --denied. Let them in with gatehouse people invite SUBJECT, or leave it so.",
        (),
        ("person_blocked", "person_expired", "client_blocked", "door_closed", "not_invited", "token_too_old"),
    ),
    (
        "permissions-lacking",
        "Nobody asked for more than they may",
        "See who it was: gatehouse log --denied. Give more with gatehouse people scopes SUBJECT --grant write.",
        ("insufficient_scope", "capped", "step_up_failed"),
        (),
    ),
    (
        "tools-not-found",
        "Nobody asked for a tool that is not there for them",
        "Use Refresh in the client's settings, so that it forgets old tools.",
        ("local_only", "undeclared_scope", "unknown_tool"),
        (),
    ),
    (
        "callers-refused",
        "Nobody was refused for their pace or their web page",
        "See who it was: gatehouse log --denied.",
        ("rate_limited", "origin_not_allowed"),
        ("misdirected_request", "private_network_only"),
    ),
    (
        "failures-of-late",
        "The server did not fail",
        "Look for the reference code in the server's log, and report what stands there.",
        ("internal_error",),
        ("people_unavailable", "authorization_server_unavailable"),
    ),
    (
        "owners-page-refused",
        "Nobody was refused at the owner's page",
        "See who it was: gatehouse log --denied. To make somebody an owner: gatehouse people scopes SUBJECT --grant "
        "admin.",
        ("not_an_owner", "bad_form", "foreign_log_in", "log_in_failed", "not_done_at_auth0"),
        (),
    ),
    (
        "links-refused",
        "Links to pages opened",
        "Ask the question again in the conversation to get a new link.",
        ("bad_link",),
        (),
    ),
)


check = Room("operation", severity="warn", needs=("database-unreadable",), when=("inside",))


def _look(id: str, title: str, action: str, mine: tuple[str, ...], besides: tuple[str, ...]) -> None:
    async def run(context: Context) -> Finding | None:
        return await refused_of_late(context, (*mine, *besides))

    check(id, title, action, reasons=mine, see="how-to/operate.md#read-logs")(run)


for _row in _ROWS:
    _look(*_row)


@check(
    "never-logs-in",
    "ChatGPT logs in after it knocked",
    "In ChatGPT remove the connector and add it again: it looks at the server only when its form opens. Then look at "
    "the failures above, and at the log of the log-in service.",
    when=("inside", "log-in"),
    reasons=("missing_token",),
    see="tutorial/first-connection.md",
)
async def never_logs_in(context: Context) -> Finding | None:
    try:
        knocked = await entries(context, ("refused",))
        came = await entries(context, ("ok", "tool_error"), limit=1)
    except NoLog as why:
        return skipped(str(why))
    real = [one for one in knocked if one.reason == "missing_token" and _is_chatgpt(one.user_agent)]
    if came or len(real) < KNOCKS:
        return None
    return problem(f"In the last day ChatGPT knocked {len(real)} times, and nobody came in after it.")


def _is_chatgpt(agent: str) -> bool:
    return agent.startswith("openai-mcp") and agent != CHATGPT


CHECKS = tuple(check.made)
