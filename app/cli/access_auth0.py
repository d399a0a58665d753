"""The part of ``gatehouse access`` that is done at Auth0: whether programs may register there by themselves.

Closing the door switches that off if it is on, and notes it; opening switches on again exactly what closing had
switched off. Nothing is revoked at Auth0. It is noted before it is switched: a crash in between does no harm.
"""

from __future__ import annotations

import os

from app.auth0.management import Management
from app.auth0.registration import SWITCH_SCOPES, is_open, switch
from app.cli.auth0_access import management, place_for
from app.cli.common import database
from app.errors import Auth0Failed
from app.people.door import Door
from app.settings import Settings


def close_registration(door: Door, settings: Settings) -> tuple[bool, str]:
    """Switch registration off. Returns whether nothing failed, and a sentence about it."""
    try:
        with management(settings, SWITCH_SCOPES) as api:
            if not is_open(api):
                return True, "At Auth0, programs cannot register by themselves; nothing was changed there."
            door.remember_registration(api.place.issuer)
            _switch_off(door, api)
            return True, "At Auth0, programs can no longer register by themselves, until: gatehouse access open"
    except Auth0Failed as error:
        return False, f"Not done at Auth0. {error.what} {error.next_step} The door is closed here all the same."


def _switch_off(door: Door, api: Management) -> None:
    """Switch it off; when Auth0 said that it did not, opening has nothing to undo."""
    try:
        switch(api, on=False)
    except Auth0Failed as error:
        if error.status >= 400:
            door.remember_registration("")
        raise


def open_registration(door: Door, settings: Settings) -> tuple[bool, str]:
    """Switch registration on if closing had switched it off. Returns whether nothing failed, and a sentence."""
    try:
        if door.registration_at() != place_for(settings).issuer:
            return True, f"Registration at {door.registration_at()} stays off: it is not the tenant of the settings."
        with management(settings, SWITCH_SCOPES) as api:
            switch(api, on=True)
            door.remember_registration("")
            return True, "At Auth0, programs can register by themselves again, as before access close."
    except Auth0Failed as error:
        return False, f"Not done at Auth0. {error.what} {error.next_step} The door is open here all the same."


def forget_registration(settings: Settings) -> None:
    """Let opening undo nothing: ``auth0 apply`` has decided about registration since. Makes no database.

    Raises :class:`~app.errors.ConfigurationError` when there is one that cannot be written.
    """
    if not settings.database_url.get_secret_value() and not os.path.exists(settings.data_dir):
        return
    with database(settings) as engine:
        Door(engine).remember_registration("")
