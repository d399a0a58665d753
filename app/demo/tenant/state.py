"""The stand-in tenant itself: who may do what, who is logged in, and what has been issued. All in memory.

Every field can be changed by a test, as an owner would change it in Auth0's dashboard. Secrets that callers present
(codes, refresh tokens, session and transaction ids) are kept only as digests and looked up by digest, so no comparison
depends on how much of a guess was right. Deliberately not here: HTTP, pages, and the reading of requests.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from app.demo.tenant.management_gate import Fault, ManagementGate
from app.demo.tenant.records import (
    DEFAULT_TOKEN_LIFETIME,
    OIDC_SCOPES,
    SESSION_LIFETIME,
    Api,
    AuthorizationCode,
    Client,
    ClientGrant,
    Connection,
    Grant,
    Person,
    RefreshTokenFamily,
    Session,
    TenantSettings,
    Ticket,
)
from app.demo.tenant.signing import Claims, KeyRing

_ALPHANUMERIC = string.ascii_letters + string.digits


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def is_same(left: str, right: str) -> bool:
    """Compare in constant time, whatever characters came from the outside."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


def random_id(length: int) -> str:
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))


class Tenant:
    """The authorization server's whole state. ``issuer`` ends in a slash, as Auth0's does."""

    def __init__(
        self,
        issuer: str,
        *,
        settings: TenantSettings | None = None,
        apis: Iterable[Api] = (),
        people: Iterable[Person] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not issuer.endswith("/"):
            raise ValueError("the issuer ends in a slash, as Auth0's does")
        self.issuer = issuer
        self.settings = settings or TenantSettings()
        self.apis: dict[str, Api] = {api.identifier: api for api in apis}
        self.people: dict[str, Person] = {person.sub: person for person in people}
        self.clients: dict[str, Client] = {}
        self.clock = clock
        self.keys = KeyRing()
        self.requests: Counter[str] = Counter()
        self.consents: dict[tuple[str, str, str | None], set[str]] = {}
        self.sessions: dict[str, Session] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.refresh_tokens: dict[str, RefreshTokenFamily] = {}
        self.connection = Connection()
        self.client_grants: dict[str, ClientGrant] = {}
        self.tickets: dict[str, Ticket] = {}
        self.metadata_documents: dict[str, dict[str, Any]] = {}
        self.management = ManagementGate(clock)

    @property
    def userinfo_audience(self) -> str:
        return f"{self.issuer}userinfo"

    @property
    def management_audience(self) -> str:
        return f"{self.issuer}api/v2/"

    def add_person(
        self,
        email: str,
        password: str,
        *,
        name: str = "",
        permissions: Iterable[str] = (),
        sub: str | None = None,
        blocked: bool = False,
    ) -> Person:
        person = Person(email, password, name=name, permissions=set(permissions), blocked=blocked)
        person.sub = sub or person.sub
        self.people[person.sub] = person
        return person

    def add_first_party_client(
        self, name: str, callbacks: Iterable[str], secret: str | None = None, *, client_id: str | None = None
    ) -> Client:
        client = Client(client_id or random_id(32), name, tuple(callbacks), secret)
        self.clients[client.client_id] = client
        return client

    def add_machine_client(
        self, name: str, secret: str, scopes: Iterable[str], *, client_id: str | None = None
    ) -> Client:
        """An application that may ask for tokens of the Management API with these scopes, by itself."""
        client = Client(
            client_id or random_id(32), name, (), secret, grant_types=("client_credentials",), connection_enabled=False
        )
        self.clients[client.client_id] = client
        grant = ClientGrant(self.management_audience, tuple(scopes), client.client_id)
        self.client_grants[grant.grant_id] = grant
        return client

    def client_scopes(self, client: Client, audience: str) -> frozenset[str] | None:
        """The scopes of an API that a client may be given for a person; None when it may not ask for the API at all.

        First-party clients need no grant. A client's own grant goes before the default one.
        """
        api = self.apis.get(audience)
        if client.is_first_party or self.settings.default_third_party_grant:
            return frozenset(api.scopes) if api else frozenset()
        grants = [one for one in self.client_grants.values() if one.audience == audience and one.subject_type == "user"]
        own = [one for one in grants if one.client_id == client.client_id]
        for grant in own or [one for one in grants if one.default_for == "third_party_clients"]:
            return frozenset(grant.scope)
        return None

    def find_client(self, client_id: str) -> Client | None:
        """A client by its id, or by the address of its metadata document."""
        known = self.clients.get(client_id)
        if known is None and client_id and self.settings.client_id_metadata_document_supported:
            known = next((one for one in self.clients.values() if one.external_client_id == client_id), None)
        return known

    def end_access(self, sub: str) -> None:
        """End a person's sessions and make their refresh tokens worthless."""
        self.sessions = {key: session for key, session in self.sessions.items() if session.sub != sub}
        for family in self.refresh_tokens.values():
            family.revoked = family.revoked or family.grant.sub == sub

    def fail_next(
        self, method: str, path: str, status: int | None, *, after: int = 0, times: int = 1, done: bool = False
    ) -> None:
        """Let the Management API fail at the next requests of ``method`` (or ``*``) whose path matches the pattern, but
        for the first ``after``. ``status`` None cuts the connection; ``done`` fails once the work was done."""
        self.management.faults.append(Fault(method, path, status, after, times, done))

    def rotate_keys(self) -> None:
        """The next key becomes the current one, a new next one appears, and the previous one stays published."""
        self.keys.rotate()

    def revoke_previous_key(self) -> None:
        """Take the previous key out of the published set: tokens it signed can no longer be verified."""
        self.keys.revoke_previous()

    def active_person(self, sub: str) -> Person | None:
        person = self.people.get(sub)
        return None if person is None or person.blocked else person

    def authenticate_person(self, email: str, password: str) -> Person | None:
        """The person with this e-mail and password, blocked or not."""
        wanted = email.strip().casefold()
        person = next((person for person in self.people.values() if person.email.casefold() == wanted), None)
        matches = is_same(password, person.password if person else secrets.token_hex())
        return person if matches else None

    def start_session(self, person: Person) -> str:
        session_id = secrets.token_urlsafe(32)
        person.last_login, person.logins = self.clock(), person.logins + 1
        self.sessions[digest(session_id)] = Session(person.sub, self.clock() + SESSION_LIFETIME)
        return session_id

    def session_person(self, session_id: str) -> Person | None:
        """Who is logged in. Blocking somebody ends the session for good: unblocking does not bring it back."""
        session = self.sessions.get(digest(session_id))
        person = self.active_person(session.sub) if session and self.clock() < session.expires_at else None
        if person is None:
            self.sessions.pop(digest(session_id), None)
        return person

    def granted_scopes(
        self, client: Client, audience: str | None, requested: Iterable[str], sub: str
    ) -> tuple[str, ...]:
        """Of the requested scopes, those that this client and this person really get, in the order requested."""
        api = self.apis.get(audience) if audience else None
        person = self.people.get(sub)
        allowed = self.client_scopes(client, audience) if audience else None

        def is_granted(scope: str) -> bool:
            if scope == "offline_access":
                return "refresh_token" in client.grant_types and (api is None or api.allow_offline_access)
            if scope in OIDC_SCOPES:
                return client.is_first_party
            if api is None or person is None or scope not in api.scopes or scope not in (allowed or ()):
                return False
            return not api.enforce_policies or scope in person.permissions

        return tuple(scope for scope in dict.fromkeys(requested) if is_granted(scope))

    def issue_access_token(
        self, person: Person, audience: str, scope: str, client_id: str, **claim_overrides: object
    ) -> str:
        """Sign an access token directly, without any check. An override of None removes the claim."""
        api = self.apis.get(audience) or Api(audience, audience, (), enforce_policies=False)
        claims = self._access_token_claims(api, person, scope, client_id) | claim_overrides
        typ = "at+jwt" if api.token_dialect.startswith("rfc9068") else "JWT"
        present = {name: value for name, value in claims.items() if value is not None}
        return self.keys.sign(present, typ=typ, algorithm=api.signing_alg)

    def _access_token_claims(self, api: Api, person: Person, scope: str, client_id: str) -> Claims:
        now = int(self.clock())
        with_userinfo = "openid" in scope.split()
        claims: Claims = {
            "iss": self.issuer,
            "sub": person.sub,
            "aud": [api.identifier, self.userinfo_audience] if with_userinfo else api.identifier,
            "iat": now,
            "exp": now + api.token_lifetime,
            "scope": scope or None,
        }
        if api.token_dialect.startswith("rfc9068"):
            claims |= {"client_id": client_id, "jti": random_id(22)}
        else:
            claims |= {"azp": client_id}
        if api.is_authz_dialect:
            claims["permissions"] = [scope for scope in api.scopes if scope in person.permissions]
        return claims

    def issue_opaque_token(self, grant: Grant) -> str:
        """What Auth0 gives when no API was selected: encrypted to the tenant, good for /userinfo only."""
        expires_at = int(self.clock()) + DEFAULT_TOKEN_LIFETIME
        claims: Claims = {"sub": grant.sub, "scope": " ".join(grant.scopes), "exp": expires_at}
        return self.keys.encrypt(claims, issuer=self.issuer)

    def issue_refresh_token(self, family: RefreshTokenFamily) -> str:
        """Rotate: the new token is the only good one of its family."""
        refresh_token = f"v1.{secrets.token_urlsafe(40)}"
        family.current = digest(refresh_token)
        self.refresh_tokens[family.current] = family
        return refresh_token
