"""What people hear who do not come in, or who may not do something: what happened, and whom to ask."""

from __future__ import annotations

NOT_ADMITTED = {
    "person_blocked": "The owner of this server has withdrawn your access. Logging in again does not change that; ask "
    "the owner.",
    "person_expired": "Your access to this server has ended. Ask its owner for more time.",
    "client_blocked": "The owner of this server does not let this program in. Use another one, or ask the owner.",
    "door_closed": "This server is closed at the moment. Your log-in is fine; ask its owner when it opens.",
    "not_invited": "You are logged in, but not invited to this server. Its owner can see now that you asked to come "
    "in; ask them to let you in.",
}
"""By the policy's reason."""


def never_allowed(reason: str, scope: str, tool: str, reference: str) -> str:
    """The one refusal for a permission that no log-in will bring."""
    if reason == "capped":
        what = f'the owner of this server has limited what you may do, and the permission "{scope}" is beyond that'
        then = "Logging in again does not change that. Ask the owner to raise the limit."
    else:
        what = f'it needs the permission "{scope}", and your new log-in did not bring it'
        then = "The owner of this server can give it to you; after that, connect again or wait ten minutes."
    return f"You may not use {tool}: {what}. {then} Reference {reference}."
