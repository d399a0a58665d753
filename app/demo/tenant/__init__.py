"""A stand-in Auth0 tenant for ``make demo`` and the tests: strict where Auth0 is strict, odd where Auth0 is odd.

    application.py    every route in one table
    records.py        the tenant's switches, APIs, people, clients and grants, as plain data
    state.py          the tenant: who may do what, who is logged in, what has been issued
    signing.py        its keys: signed access tokens, published key set, opaque (encrypted) tokens
    authorization.py  GET /authorize: reading the request (RFC 6749 §4.1.1, RFC 7636, RFC 8707, RFC 9207)
    browser.py        the pages a person sees: log-in and consent
    pages.py          their HTML
    token_endpoint.py /oauth/token, /oauth/revoke, /oauth/device/code, /userinfo
    protocol.py       refusals, and reading parameters from untrusted requests
    registration.py   metadata (RFC 8414), key set and dynamic client registration (RFC 7591)
    accounts.py       signing up, and setting a password by a ticket
    machine_tokens.py tokens for the Management API
    management*.py    the Management API v2: one table of endpoints, and what stands before and behind it

Deliberately absent: log-out, social and enterprise connections, Actions, organizations, e-mail, and any storage.
Everything lives in memory, every field may be changed by a test, and nothing here is meant to face a network. The
server never imports this package.
"""

from app.demo.tenant.application import create_tenant_app
from app.demo.tenant.machine_tokens import issue_management_token
from app.demo.tenant.management import MANAGEMENT_SCOPES
from app.demo.tenant.records import Api, Client, Person, TenantSettings
from app.demo.tenant.state import Tenant

__all__ = [
    "MANAGEMENT_SCOPES",
    "Api",
    "Client",
    "Person",
    "Tenant",
    "TenantSettings",
    "create_tenant_app",
    "issue_management_token",
]
