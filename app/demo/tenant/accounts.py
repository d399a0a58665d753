"""How somebody gets an account by themselves: signing up, while that is open, and setting a password by a ticket.

``POST /dbconnections/signup`` is Auth0's public endpoint: whoever knows a client id may call it, unless the connection
says ``disable_signup``. Deliberately not here: asking for a ticket oneself, and any e-mail.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from app.demo.tenant.pages import done_page, password_page
from app.demo.tenant.protocol import Refused, json_response, read_form, read_json_object, read_query
from app.demo.tenant.records import Person
from app.demo.tenant.state import Tenant, digest


def is_strong(password: str) -> bool:
    """Auth0's "good" policy: eight characters, with lower case, upper case and a digit."""
    kinds = (str.islower, str.isupper, str.isdigit)
    return len(password) >= 8 and all(any(kind(sign) for sign in password) for kind in kinds)


async def sign_up(tenant: Tenant, request: Request) -> Response:
    """Make an account for whoever asks."""
    document = await read_json_object(request)
    client = tenant.find_client(str(document.get("client_id", "")))
    if client is None or document.get("connection") != tenant.connection.name:
        raise Refused("invalid_request", "Unknown client or connection")
    if tenant.connection.options.get("disable_signup"):
        return json_response({"code": "public_signup_disabled", "description": "Public signup is disabled"}, 400)
    email, password = str(document.get("email", "")).lower(), str(document.get("password", ""))
    if "@" not in email or not is_strong(password):
        return json_response({"code": "invalid_password", "description": "Password is too weak"}, 400)
    if any(one.email == email for one in tenant.people.values()):
        return json_response({"code": "invalid_signup", "description": "Invalid sign up"}, 400)
    person = tenant.add_person(email, password)
    person.email_verified = False
    return json_response({"_id": person.sub.removeprefix("auth0|"), "email": email, "email_verified": False})


async def password_form(tenant: Tenant, request: Request) -> Response:
    """The page behind a ticket."""
    secret = read_query(request).get("ticket", "")
    return password_page(secret, _holder(tenant, secret).email)


async def set_password(tenant: Tenant, request: Request) -> Response:
    """Use a ticket up. As on Auth0, a new password set in this way takes a block away."""
    form = await read_form(request)
    secret, password = form.get("ticket", ""), form.get("password", "")
    person = _holder(tenant, secret)
    if not is_strong(password):
        return password_page(secret, person.email, problem="The password is too weak.")
    ticket = tenant.tickets.pop(digest(secret))
    person.password, person.blocked = password, False
    person.email_verified = person.email_verified or ticket.marks_verified
    return done_page("Password changed", "You can log in with it now.")


def _holder(tenant: Tenant, secret: str) -> Person:
    ticket = tenant.tickets.get(digest(secret))
    if ticket is None or tenant.clock() >= ticket.expires_at:
        raise Refused("access_expired", "This link was used already, or has expired")
    return tenant.people[ticket.sub]
