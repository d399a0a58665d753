"""People in the stand-in's Management API.

Odd as Auth0: whoever is made with an address that is not verified gets a mail unless ``verify_email`` forbids it;
``blocked`` is absent until it was ever set; a block ends the session but no refresh token; addresses are
kept in lower case; setting a new password by a ticket takes a block away.
"""

from __future__ import annotations

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.demo.tenant.accounts import is_strong
from app.demo.tenant.management_answers import Body, ManagementRefused, answer, by_offset, written
from app.demo.tenant.records import Person, Ticket
from app.demo.tenant.state import Tenant, digest

_TICKET_SECONDS = 432_000


def users(tenant: Tenant, request: Request, body: Body) -> Response:
    return by_offset(request, "users", [_user(tenant, one) for one in tenant.people.values()])


def users_by_email(tenant: Tenant, request: Request, body: Body) -> Response:
    """Letter by letter: an address in capitals is not found."""
    email = request.query_params.get("email", "")
    return answer([_user(tenant, one) for one in tenant.people.values() if one.email == email])


def create_user(tenant: Tenant, request: Request, body: Body) -> Response:
    fields = body.fields
    if fields["connection"] != tenant.connection.name:
        raise ManagementRefused(400, "inexistent_connection", "The connection does not exist.")
    email, password = fields.get("email") or "", fields.get("password") or ""
    if "@" not in email:
        raise ManagementRefused(400, "invalid_body", "Payload validation error: 'Object didn't pass validation: email'")
    if not is_strong(password):
        raise ManagementRefused(400, "invalid_body", "PasswordStrengthError: Password is too weak")
    if any(one.email == email.lower() and one.sub.startswith("auth0|") for one in tenant.people.values()):
        raise ManagementRefused(409, "auth0_idp_error", "The user already exists.")
    person = tenant.add_person(email.lower(), password, name=fields.get("name") or "")
    person.email_verified = bool(fields.get("email_verified"))
    person.verification_mails = int(fields.get("verify_email", not person.email_verified))
    person.app_metadata = fields.get("app_metadata") or {}
    return answer(_user(tenant, person), 201)


def change_user(tenant: Tenant, request: Request, body: Body) -> Response:
    person, fields = _find(tenant, request), body.fields
    if fields.get("blocked") is not None:
        person.blocked = fields["blocked"]
        tenant.sessions = {
            key: one for key, one in tenant.sessions.items() if one.sub != person.sub or not person.blocked
        }
    return answer(_user(tenant, person))


def grant_permissions(tenant: Tenant, request: Request, body: Body) -> Response:
    person = _find(tenant, request)
    asked = [(one["resource_server_identifier"], one["permission_name"]) for one in body.fields["permissions"]]
    for identifier, name in asked:
        if identifier not in tenant.apis or name not in tenant.apis[identifier].scopes:
            text = f"The following permissions do not exist: {name} on {identifier}"
            raise ManagementRefused(400, "inexistent_permission", text)
    person.permissions |= {name for _, name in asked}
    return answer(None, 201)


def end_access(tenant: Tenant, request: Request, body: Body) -> Response:
    tenant.end_access(_find(tenant, request).sub)
    return answer(None, 204)


def password_ticket(tenant: Tenant, request: Request, body: Body) -> Response:
    fields = body.fields
    sub = fields.get("user_id") or ""
    if sub not in tenant.people:
        raise ManagementRefused(404, "inexistent_user", "The user does not exist.")
    secret = secrets.token_urlsafe(24)
    lasts = fields.get("ttl_sec") or _TICKET_SECONDS
    verifies = bool(fields.get("mark_email_as_verified"))
    tenant.tickets[digest(secret)] = Ticket(sub, tenant.clock() + lasts, verifies)
    return answer({"ticket": f"{tenant.issuer}u/reset-verify?ticket={secret}"}, 201)


def _find(tenant: Tenant, request: Request) -> Person:
    person = tenant.people.get(request.path_params["id"])
    if person is None:
        raise ManagementRefused(404, "inexistent_user", "The user does not exist.")
    return person


def _user(tenant: Tenant, person: Person) -> dict[str, Any]:
    provider, _, own_id = person.sub.partition("|")
    name = tenant.connection.name if provider == "auth0" else provider
    shown: dict[str, Any] = {
        "user_id": person.sub,
        "email": person.email,
        "email_verified": person.email_verified,
        "name": person.name or person.email,
        "identities": [{"connection": name, "provider": provider, "user_id": own_id, "isSocial": provider != "auth0"}],
        "logins_count": person.logins,
    }
    if person.app_metadata:
        shown["app_metadata"] = person.app_metadata
    if person.last_login is not None:
        shown["last_login"] = written(person.last_login)
    return shown | ({"blocked": True} if person.blocked else {})
