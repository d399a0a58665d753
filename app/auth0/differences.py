"""What differs between the Auth0 tenant and the plan, for the doctor; changes nothing.

How programs become clients is seen from the tenant itself, so that nobody is told to break a set-up of another kind.
Where Auth0 asks for patience the doctor gives up: it has no minute to wait.
"""

from __future__ import annotations

from app.auth0.access import management
from app.auth0.management import PAGE, Document, Management
from app.auth0.plan import make_plan, needed_scopes
from app.auth0.snapshot import read_clients
from app.auth0.wanted import CHATGPT_DOCUMENT, MARK, MARK_FOR, SHARED_NAME, Registration, Wanted
from app.errors import Auth0Failed
from app.settings import Settings


def differences(settings: Settings) -> tuple[Registration, list[str]]:
    """How programs become clients here, and a line for each difference. Raises :class:`~app.errors.Auth0Failed`."""
    with management(settings, needed_scopes(Wanted(settings.public_base_url), change=False)) as api:
        wanted = Wanted(settings.public_base_url, registration_of(api, settings.public_base_url))
        plan = make_plan(api, wanted)
    changes = [f"{part.step.title}: {one.row.what}" for part in plan.parts for one in part.rows if one.is_change]
    return wanted.registration, [*plan.problems, *changes]


def registration_of(api: Management, public_base_url: str) -> Registration:
    """How programs become clients of this tenant: as it is set up, or as it would be when nothing is yet."""
    wanted = Wanted(public_base_url)
    clients = read_clients(api)
    settings = api.document("reading the tenant's settings", lambda auth0: auth0.tenants.settings.get())
    if any(_is_shared(one, wanted) for one in clients):
        return "shared"
    if any(one.get("external_client_id") == CHATGPT_DOCUMENT for one in clients):
        return "cimd"
    flags = settings.get("flags") or {}
    return "dcr" if flags.get("enable_dynamic_client_registration") or _is_granted(api, wanted) else "shared"


def _is_shared(client: Document, wanted: Wanted) -> bool:
    metadata = client.get("client_metadata") or {}
    return client.get("name") == SHARED_NAME or (metadata.get(MARK), metadata.get(MARK_FOR)) == (
        "shared",
        wanted.resource,
    )


def _is_granted(api: Management, wanted: Wanted) -> bool:
    """Whether programs that registered may use the API: so it stays while the owner keeps the door closed."""
    try:
        grants = api.chain(
            "reading the client grants",
            "client_grants",
            lambda auth0, start: auth0.client_grants.list(from_=start, take=PAGE, audience=wanted.resource),
        )
    except Auth0Failed as error:
        if error.status == 403:  # a token that may not look there: the other signs must do
            return False
        raise
    return any(one.get("default_for") == "third_party_clients" for one in grants)
