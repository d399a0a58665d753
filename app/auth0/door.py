"""What closing and opening the door does at Auth0: whether programs may register there by themselves.

Closing the door switches that off if it is on, and notes it; opening switches on again exactly what closing had
switched off. It is noted before it is switched, and crossed out when Auth0 said how it is: after a crash or a lost
answer the note is there. ``auth0 apply`` sets it as its owner wants it, so the note ends there. Nothing is revoked.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from app.auth0.access import give_up, management, place_for
from app.auth0.management import Management
from app.auth0.registration import SWITCH_SCOPES, is_open, switch
from app.errors import Auth0Failed
from app.people.door import Door
from app.settings import Settings

Waiting = Callable[[float], None]


def registration_too(door: Door, settings: Settings, *, closing: bool, waiting: Waiting = give_up) -> tuple[bool, str]:
    """Do at Auth0 what closing or opening the door means there. Returns whether nothing failed, and a sentence.

    The sentence is blank when there is nothing to say.
    """
    if not closing and not door.registration_at():
        return True, ""
    if not settings.manages_auth0:
        if closing and not settings.auth0_domain:
            return True, ""
        state = "it was not looked at, and new ones may still register" if closing else "it is still switched off"
        return True, f"At Auth0, whether programs register by themselves is as it was: {state}. No credentials are set."
    return (close_registration if closing else open_registration)(door, settings, waiting)


def close_registration(door: Door, settings: Settings, waiting: Waiting = give_up) -> tuple[bool, str]:
    """Switch registration off. Returns whether nothing failed, and a sentence; ``waiting`` hears of longer waits."""
    try:
        with management(settings, SWITCH_SCOPES, waiting=waiting) as api:
            if not is_open(api):
                return True, "At Auth0, programs cannot register by themselves; nothing was changed there."
            door.remember_registration(api.place.issuer)
            _switch(api, on=False, unchanged=lambda: door.remember_registration(""))
            return True, "At Auth0, programs can no longer register by themselves, until: gatehouse access open"
    except Auth0Failed as error:
        return False, f"Not done at Auth0. {error.what} {error.next_step} The door is closed here all the same."


def open_registration(door: Door, settings: Settings, waiting: Waiting = give_up) -> tuple[bool, str]:
    """Switch registration on if closing had switched it off. Returns as closing does."""
    try:
        if door.registration_at() != place_for(settings).issuer:
            return True, f"Registration at {door.registration_at()} stays off: it is not the tenant of the settings."
        with management(settings, SWITCH_SCOPES, waiting=waiting) as api:
            if not is_open(api):
                _switch(api, on=True, unchanged=lambda: None)
            door.remember_registration("")
            return True, "At Auth0, programs can register by themselves again, as before access close."
    except Auth0Failed as error:
        return False, f"Not done at Auth0. {error.what} {error.next_step} The door is open here all the same."


def _switch(api: Management, *, on: bool, unchanged: Callable[[], None]) -> None:
    """Switch it. When that fails, look how it is: an answer may be lost after the work was done.

    ``unchanged`` is called when Auth0 says that it is as it was. Raises :class:`Auth0Failed` unless it is as asked.
    """
    try:
        switch(api, on=on)
    except Auth0Failed as error:
        with suppress(Auth0Failed):
            if is_open(api) is on:
                return
            unchanged()
        raise error
