"""What each refusal reason means and what its owner does next: one row a reason.

The words stand in log lines, in the journal and in ``gatehouse why``; the doctor's checks point at the same reasons.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """``check`` names what was looked at; ``next_step`` says what to do."""

    check: str
    next_step: str


_AUTH0_API = (
    "In Auth0 open Applications → APIs and compare the Identifier with PUBLIC_BASE_URL/mcp, letter by letter. It "
    "cannot be changed: when it differs, create a new API with the right one."
)
_AUTH0_RESOURCE = (
    "In Auth0 open Settings → Advanced, switch the Resource Parameter Compatibility Profile on, and check that an API "
    "exists whose Identifier is exactly PUBLIC_BASE_URL/mcp. Then log in again."
)
_CLIENT_BUG = (
    "Nothing to do on this server: the client sent something that no log-in produces. If it repeats, block its address."
)
_CLOCK = "Compare this machine's clock with the true time (timedatectl) and switch time synchronisation on."

REASONS: dict[str, Reason] = {
    "missing_token": Reason(
        "an access token was sent",
        "Normal for a first connection. If it stays so, the client never logs in: connect it anew.",
    ),
    "bad_link": Reason(
        "the link to a page is one of this server's, for this page, and not older than 7 days",
        "Ask the question again in the conversation to get a new link. If all links fail, look whether DATA_DIR is "
        "kept over restarts: the key of the links is there.",
    ),
    "malformed_authorization": Reason("the Authorization header is one Bearer token", _CLIENT_BUG),
    "too_large": Reason(
        "the token's size",
        "Give the person fewer permissions, or put fewer claims into the token at the log-in service.",
    ),
    "malformed": Reason("the token is a signed JWT", _CLIENT_BUG),
    "encrypted": Reason("the token is signed, not encrypted", _AUTH0_RESOURCE),
    "opaque": Reason("the token is a JWT, not opaque", _AUTH0_RESOURCE),
    "alg_not_allowed": Reason(
        "the signature algorithm (alg)",
        "In Auth0 set the API's Signing Algorithm to RS256; for another service name its algorithm in "
        "OAUTH_ALGORITHMS.",
    ),
    "typ_not_allowed": Reason(
        "the kind of token (typ)",
        "The client sends another token than the access token, perhaps the ID token. Connect it anew.",
    ),
    "critical_header": Reason("header extensions (crit)", _CLIENT_BUG),
    "sender_constrained": Reason(
        "the token is not bound to a key (cnf)",
        "Switch DPoP and mutual-TLS binding off for this API at the log-in service: clients of MCP send bearer tokens.",
    ),
    "bad_signature": Reason(
        "the signature",
        "The token was changed on its way, or forged. If it is everybody's token, check that AUTH0_DOMAIN or "
        "OAUTH_ISSUER names the right tenant.",
    ),
    "unknown_key": Reason(
        "the signing key (kid)",
        "The token is from another tenant, or its key was withdrawn. Log in again; if that does not help, compare "
        "AUTH0_DOMAIN with the tenant's name.",
    ),
    "wrong_issuer": Reason(
        "the issuer (iss)",
        "If what was received is your tenant, set AUTH0_DOMAIN to it, or OAUTH_ISSUER byte for byte with its slash. "
        "With a custom domain at Auth0, that domain is the issuer.",
    ),
    "wrong_audience": Reason("the audience (aud)", _AUTH0_API),
    "missing_exp": Reason(
        "the expiry (exp)", "Give the token a lifetime at the log-in service: tokens without an end are refused."
    ),
    "expired": Reason(
        "the expiry (exp)",
        "Normal once per token: clients renew it by themselves. If it goes on, allow offline access for the API, or "
        "check this machine's clock.",
    ),
    "not_yet_valid": Reason("the start of validity (nbf)", _CLOCK),
    "issued_in_future": Reason("the time of issue (iat)", _CLOCK),
    "missing_sub": Reason(
        "the subject (sub)", "The token names nobody. Log in as a person, not with client credentials."
    ),
    "malformed_claims": Reason(
        "the claims' types",
        "The log-in service writes a claim in an unusual form; look at the Actions that change tokens there.",
    ),
    "insufficient_scope": Reason(
        "the scope for this tool",
        "Grant the person the permission at the log-in service (Auth0: User Management → the person → Permissions), "
        "then let the client log in again.",
    ),
    "person_blocked": Reason(
        "the person is not blocked here",
        "You blocked this person. To let them in again: gatehouse people unblock SUBJECT.",
    ),
    "person_expired": Reason(
        "the person's access has not ended",
        "You gave access until a date, and it is over. To give more: gatehouse people invite SUBJECT --until 30d.",
    ),
    "client_blocked": Reason(
        "the program is not blocked here",
        "You blocked this program. To let it in again: gatehouse clients unblock CLIENT.",
    ),
    "door_closed": Reason(
        "the door is open",
        "You closed the door, for yourself too. To open it: gatehouse access open, or access open --invited.",
    ),
    "not_invited": Reason(
        "the person is invited",
        "Somebody asks to come in. To let them: gatehouse people invite SUBJECT. Otherwise there is nothing to do.",
    ),
    "not_an_owner": Reason(
        "the person owns this server's page",
        "Somebody else tried the owner's page and saw nothing. If it should be theirs: gatehouse people scopes SUBJECT "
        "--grant admin.",
    ),
    "foreign_log_in": Reason(
        "the log-in was begun in this browser",
        "Log in at the owner's page again. If it repeats, somebody tries to bring a log-in of their own into your "
        "browser: open the page by typing its address.",
    ),
    "log_in_failed": Reason(
        "the log-in service's answer to a log-in at the owner's page",
        "Log in again: an answer counts once, and for a short time. If it repeats, run gatehouse doctor.",
    ),
    "not_done_at_auth0": Reason(
        "what the owner's page asked of Auth0",
        "The page said what Auth0 answered. Nothing was changed here; look at Auth0's own log for the rest.",
    ),
    "bad_form": Reason(
        "what the owner's page was asked to change",
        "Nothing was changed. Go back to the page and fill its form in again.",
    ),
    "token_too_old": Reason(
        "the token is from after the line you drew",
        "Normal once per client after gatehouse access close --everyone: clients renew by themselves.",
    ),
    "capped": Reason(
        "the person's limit (cap) allows this tool",
        "You limited this person. To raise the limit: gatehouse people scopes SUBJECT --cap write, or --cap off.",
    ),
    "step_up_failed": Reason(
        "the new log-in brought the scope",
        "The person was sent to log in again, and the log-in service did not give the permission. Give it there, or "
        "here: gatehouse people scopes SUBJECT --grant write. They can call again after that.",
    ),
    "local_only": Reason(
        "the tool may be used from outside",
        "The tool is for this very machine (gatehouse stdio). Over the network it does not exist.",
    ),
    "undeclared_scope": Reason(
        "the tool says what permission it needs",
        "Nobody may call a tool that says nothing about that. Report it to whoever made the tool.",
    ),
    "unknown_tool": Reason(
        "the tool exists", "The client asked for a tool that is not there; it may hold an old list. Refresh it there."
    ),
    "people_unavailable": Reason(
        "the store of people can be read",
        "Look at the server's log: the database (DATABASE_URL or DATA_DIR) cannot be read. Until it can, nobody is let "
        "in, since somebody might be blocked.",
    ),
    "authorization_server_unavailable": Reason(
        "the log-in service can be reached",
        "Look whether the log-in service is up and this machine reaches it. Nobody's access was changed; clients try "
        "again by themselves.",
    ),
    "rate_limited": Reason(
        "the number of requests",
        "If the caller is welcome, raise RATE_LIMIT_PER_PERSON. A flood of bad tokens needs nothing from you.",
    ),
    "private_network_only": Reason(
        "the caller's network",
        "With AUTH_MODE=none only the private network may enter. Use AUTH_MODE=oauth for callers from outside.",
    ),
    "misdirected_request": Reason(
        "the Host header",
        "The client used another name than PUBLIC_BASE_URL. Use that address in the client, or change the setting.",
    ),
    "origin_not_allowed": Reason(
        "the Origin header",
        "A web page called this server. If it is your client's, add its origin to ALLOWED_ORIGINS.",
    ),
    "internal_error": Reason(
        "none: the server itself failed",
        "Look for the reference code in the server's log and report what stands there.",
    ),
}

UNKNOWN = Reason(
    "the request's form",
    "The client sent a request in a form that MCP does not have. If it is a well-known client, report it.",
)


def explain(reason: str) -> Reason:
    """The row for a reason; for the many forms of a bad request, one row for all."""
    return REASONS.get(reason, UNKNOWN)
