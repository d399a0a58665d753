"""The stand-in tenant is as strict, and as odd, as the Auth0 tenant it stands in for."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from urllib.parse import parse_qs, unquote_to_bytes, urlsplit

import anyio
import httpx
import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.demo.tenant import Api, Client, Person, Tenant, TenantSettings, create_tenant_app

ISSUER = "http://127.0.0.1:8001/"
RESOURCE = "http://127.0.0.1:8000/mcp"
CALLBACK = "https://client.example/callback"
PASSWORD = "correct horse"
SECRET = "a client's secret"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
METADATA_PATHS = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class InProcess(httpx.BaseTransport):
    """Calls the ASGI app for each request of an ordinary synchronous client."""

    def __init__(self, app) -> None:
        self._transport = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def call() -> httpx.Response:
            asked = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
            answer = await self._transport.handle_async_request(asked)
            return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

        return anyio.run(call)


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class House:
    """One tenant with an API, a person, and one client of each kind; and a browser to visit it with."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.api = Api(RESOURCE, "Gatehouse", ("read", "write", "admin"), token_lifetime=3600)
        self.person = Person("ada@example.net", PASSWORD, "auth0|" + "a1" * 12, "Ada", {"read", "write"})
        self.tenant = Tenant(ISSUER, apis=[self.api], people=[self.person], clock=self.clock)
        self.first = self.tenant.add_first_party_client("Shared app", [CALLBACK])
        self.confidential = self.tenant.add_first_party_client("Confidential app", [CALLBACK], SECRET)
        self.third = Client("tpc_Connector", "Connector", (CALLBACK,), is_first_party=False)
        self.tenant.clients[self.third.client_id] = self.third
        self.app = create_tenant_app(self.tenant)
        self.browser = self.new_browser()

    def new_browser(self) -> httpx.Client:
        return httpx.Client(transport=InProcess(self.app), base_url=ISSUER)

    def authorize(self, client: Client, **changes: str | None) -> httpx.Response:
        parameters = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": CALLBACK,
            "scope": "read offline_access",
            "state": "s t/ä?",
            "resource": RESOURCE,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | changes
        return self.browser.get(
            "/authorize", params={name: value for name, value in parameters.items() if value is not None}
        )

    def log_in(self, response: httpx.Response, password: str = PASSWORD) -> httpx.Response:
        form = {"state": transaction_of(response), "email": self.person.email, "password": password}
        return self.browser.post("/u/login", data=form)

    def decide(self, response: httpx.Response, decision: str) -> httpx.Response:
        return self.browser.post("/u/consent", data={"state": transaction_of(response), "decision": decision})

    def pass_through(self, client: Client, **changes: str | None) -> httpx.Response:
        """Do whatever the pages ask for, and return the response that leads back to the client."""
        response = self.authorize(client, **changes)
        if response.headers.get("location", "").startswith("/u/login"):
            response = self.log_in(response)
        if response.headers.get("location", "").startswith("/u/consent"):
            response = self.decide(response, "accept")
        return response

    def code(self, client: Client, **changes: str | None) -> str:
        return answer_of(self.pass_through(client, **changes))["code"]

    def token(self, client: Client, **fields: str | None) -> httpx.Response:
        form = {"client_id": client.client_id, "client_secret": client.secret} | fields
        return self.browser.post(
            "/oauth/token", data={name: value for name, value in form.items() if value is not None}
        )

    def exchange(self, client: Client, code: str, /, **changes: str | None) -> httpx.Response:
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return self.token(client, **(fields | changes))

    def tokens(self, client: Client, **changes: str | None) -> dict:
        response = self.exchange(client, self.code(client, **changes))
        assert response.status_code == 200, response.text
        return response.json()

    def refresh(self, client: Client, refresh_token: str, **fields: str) -> httpx.Response:
        return self.token(client, grant_type="refresh_token", refresh_token=refresh_token, **fields)

    def register(self, **metadata: object) -> httpx.Response:
        return self.browser.post("/oidc/register", json={"redirect_uris": [CALLBACK]} | metadata)


@pytest.fixture
def house() -> House:
    return House()


def transaction_of(response: httpx.Response) -> str:
    return parse_qs(urlsplit(response.headers["location"]).query)["state"][0]


def answer_of(response: httpx.Response) -> dict[str, str]:
    """The authorization response that a redirect carries to the client."""
    assert response.status_code == 302, response.text
    location = response.headers["location"]
    assert location.startswith(CALLBACK + "?")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def claims_of(access_token: str) -> dict:
    return jwt.decode(access_token, options={"verify_signature": False})


def assert_refused(response: httpx.Response, status: int, error: str, description: str = "") -> None:
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert description in response.json()["error_description"]


def assert_error_page(response: httpx.Response, status: int, error: str, description: str = "") -> None:
    assert (response.status_code, response.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "location" not in response.headers
    assert f"<code>{error}</code>" in response.text
    assert description in response.text


# Metadata and keys


def test_both_well_known_names_give_the_same_document_with_exactly_these_fields(house: House) -> None:
    first, second = (house.browser.get(path) for path in METADATA_PATHS)
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    document = first.json()
    assert document["issuer"] == ISSUER
    endpoints = {name: document[name] for name in document if name.endswith(("_endpoint", "_uri"))}
    assert endpoints == {
        "authorization_endpoint": ISSUER + "authorize",
        "token_endpoint": ISSUER + "oauth/token",
        "userinfo_endpoint": ISSUER + "userinfo",
        "jwks_uri": ISSUER + ".well-known/jwks.json",
        "registration_endpoint": ISSUER + "oidc/register",
        "revocation_endpoint": ISSUER + "oauth/revoke",
        "device_authorization_endpoint": ISSUER + "oauth/device/code",
    }
    assert document["code_challenge_methods_supported"] == ["S256", "plain"]
    assert set(document["token_endpoint_auth_methods_supported"]) == {
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "none",
    }
    assert document["authorization_response_iss_parameter_supported"] is True
    assert "openid" in document["scopes_supported"]
    assert not {"read", "write", "admin"} & set(document["scopes_supported"])


def test_an_issuer_without_trailing_slash_is_not_auth0s() -> None:
    with pytest.raises(ValueError, match="slash"):
        Tenant("http://127.0.0.1:8001")


def test_switches_change_the_metadata_only_where_auth0s_do(house: House) -> None:
    house.tenant.settings.authorization_response_iss_parameter_supported = False
    house.tenant.settings.enable_dynamic_client_registration = False
    document = house.browser.get(METADATA_PATHS[0]).json()
    assert "authorization_response_iss_parameter_supported" not in document
    assert document["registration_endpoint"] == ISSUER + "oidc/register"


def test_key_rotation_publishes_the_next_key_ahead_and_the_previous_until_revoked(house: House) -> None:
    def published() -> list[str]:
        return [key["kid"] for key in house.browser.get("/.well-known/jwks.json").json()["keys"]]

    def signed_with() -> str:
        token = house.tenant.issue_access_token(house.person, RESOURCE, "read", "c")
        return jwt.get_unverified_header(token)["kid"]

    current, upcoming = published()
    assert signed_with() == current
    house.tenant.rotate_keys()
    assert signed_with() == upcoming
    assert published()[0] == upcoming
    assert published()[2] == current
    assert len(set(published())) == 3
    house.tenant.revoke_previous_key()
    assert current not in published()
    assert len(published()) == 2


def test_published_keys_verify_tokens_and_hold_no_private_part(house: House) -> None:
    keys = house.browser.get("/.well-known/jwks.json").json()["keys"]
    assert [set(key) for key in keys] == [{"kty", "use", "alg", "kid", "n", "e"}] * 2
    assert {(key["kty"], key["use"], key["alg"]) for key in keys} == {("RSA", "sig", "RS256")}
    token = house.tenant.issue_access_token(house.person, RESOURCE, "read", "c", exp=4_000_000_000, iat=1)
    claims = jwt.decode(token, jwt.PyJWK(keys[0]), algorithms=["RS256"], audience=RESOURCE, issuer=ISSUER)
    assert claims["sub"] == house.person.sub


def test_requests_are_counted_by_path(house: House) -> None:
    for _ in range(3):
        house.browser.get("/.well-known/jwks.json")
    house.browser.get("/nowhere")
    assert house.tenant.requests == {"/.well-known/jwks.json": 3, "/nowhere": 1}


# Access tokens


@pytest.mark.parametrize(
    ("dialect", "enforced", "typ", "present", "absent"),
    [
        ("access_token", True, "JWT", {"azp"}, {"client_id", "jti", "permissions", "gty"}),
        ("access_token_authz", True, "JWT", {"azp", "permissions"}, {"client_id", "jti", "gty"}),
        ("access_token_authz", False, "JWT", {"azp"}, {"client_id", "jti", "permissions"}),
        ("rfc9068_profile", True, "at+jwt", {"client_id", "jti"}, {"azp", "permissions", "gty"}),
        ("rfc9068_profile_authz", True, "at+jwt", {"client_id", "jti", "permissions"}, {"azp", "gty"}),
        ("rfc9068_profile_authz", False, "at+jwt", {"client_id", "jti"}, {"azp", "permissions"}),
    ],
)
def test_each_token_dialect_has_its_header_and_claims(
    house: House, dialect: str, enforced: bool, typ: str, present: set[str], absent: set[str]
) -> None:
    house.api.token_dialect, house.api.enforce_policies = dialect, enforced
    token = house.tokens(house.first)["access_token"]
    claims = claims_of(token)
    assert jwt.get_unverified_header(token)["typ"] == typ
    assert present <= set(claims)
    assert not absent & set(claims)
    assert claims.get("azp", claims.get("client_id")) == house.first.client_id
    assert (claims["iss"], claims["sub"], claims["aud"]) == (ISSUER, house.person.sub, RESOURCE)
    assert (claims["iat"], claims["exp"]) == (house.clock.now, house.clock.now + 3600)
    assert claims["scope"] == "read offline_access"
    if "permissions" in present:
        assert claims["permissions"] == ["read", "write"]


def test_a_refreshed_token_says_so_in_auth0s_own_dialect_only(house: House) -> None:
    for dialect, gty in (("access_token", "refresh_token"), ("rfc9068_profile", None)):
        house.api.token_dialect = dialect
        tokens = house.tokens(house.first)
        refreshed = house.refresh(house.first, tokens["refresh_token"]).json()["access_token"]
        assert claims_of(refreshed).get("gty") == gty


def test_a_directly_issued_token_takes_claim_overrides_and_drops_those_set_to_none(house: House) -> None:
    token = house.tenant.issue_access_token(house.person, RESOURCE, "read", "c", exp=1, jti=None, extra=["x"])
    claims = claims_of(token)
    assert (claims["exp"], claims["extra"]) == (1, ["x"])
    assert "jti" not in claims


def test_an_api_may_sign_with_a_shared_secret_as_a_misconfigured_one_does(house: House) -> None:
    house.api.signing_alg = "HS256"
    token = house.tenant.issue_access_token(house.person, RESOURCE, "read", "c")
    assert jwt.get_unverified_header(token)["alg"] == "HS256"


@pytest.mark.parametrize(
    ("requested", "granted"),
    [
        ("read", "read"),
        ("read write admin", "read write"),
        ("admin", ""),
        ("unknown", ""),
        (None, ""),
        ("write read write", "write read"),
        ("openid read email", "openid read email"),
        ("offline_access", "offline_access"),
    ],
)
def test_scopes_are_what_was_requested_and_the_api_has_and_the_person_may(
    house: House, requested: str | None, granted: str
) -> None:
    tokens = house.tokens(house.first, scope=requested)
    assert tokens["scope"] == granted
    assert claims_of(tokens["access_token"]).get("scope", "") == granted
    assert ("refresh_token" in tokens) == ("offline_access" in granted)
    assert ("id_token" in tokens) == ("openid" in granted)


def test_without_enforced_policies_permissions_do_not_limit_scopes(house: House) -> None:
    house.api.enforce_policies = False
    assert house.tokens(house.first, scope="admin nonsense")["scope"] == "admin"


def test_policies_with_nothing_granted_leave_a_token_with_the_audience_and_no_scope(house: House) -> None:
    house.person.permissions = set()
    claims = claims_of(house.tokens(house.first, scope="read")["access_token"])
    assert claims["aud"] == RESOURCE
    assert claims["permissions"] == []
    assert "scope" not in claims


def test_offline_access_needs_the_apis_permission(house: House) -> None:
    house.api.allow_offline_access = False
    tokens = house.tokens(house.first)
    assert tokens["scope"] == "read"
    assert "refresh_token" not in tokens


def test_openid_adds_the_userinfo_audience_for_first_party_clients(house: House) -> None:
    tokens = house.tokens(house.first, scope="openid profile email read", nonce="n")
    assert claims_of(tokens["access_token"])["aud"] == [RESOURCE, ISSUER + "userinfo"]
    identity = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert identity == {
        "iss": ISSUER,
        "aud": house.first.client_id,
        "sub": house.person.sub,
        "name": "Ada",
        "email": "ada@example.net",
        "email_verified": True,
        "nonce": "n",
        "iat": house.clock.now,
        "exp": house.clock.now + 36_000,
    }


# Which API


@pytest.mark.parametrize(
    ("profile", "default", "audience", "resource", "selected"),
    [
        ("compatibility", "", None, RESOURCE, RESOURCE),
        ("compatibility", "", "urn:other", RESOURCE, "urn:other"),
        ("compatibility", "urn:other", None, None, "urn:other"),
        ("compatibility", "urn:other", None, RESOURCE, RESOURCE),
        ("audience", "", RESOURCE, None, RESOURCE),
        ("audience", "urn:other", None, RESOURCE, "urn:other"),
        ("audience", "", None, RESOURCE, None),
        ("compatibility", "", None, None, None),
        ("compatibility", "", ISSUER + "userinfo", RESOURCE, None),
    ],
)
def test_audience_wins_over_resource_which_counts_only_in_the_compatibility_profile(
    house: House, profile: str, default: str, audience: str | None, resource: str | None, selected: str | None
) -> None:
    house.tenant.apis["urn:other"] = Api("urn:other", "Other", ("read",))
    house.tenant.settings.resource_parameter_profile = profile
    house.tenant.settings.default_audience = default
    token = house.tokens(house.first, audience=audience, resource=resource)["access_token"]
    if selected is None:
        assert token.count(".") == 4
    else:
        assert claims_of(token)["aud"] == selected


def test_without_an_api_the_access_token_is_opaque_and_good_for_userinfo_only(house: House) -> None:
    tokens = house.tokens(house.first, resource=None, scope="openid email read")
    header, encrypted_key, *_ = tokens["access_token"].split(".")
    decoded = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    assert decoded == {"alg": "dir", "enc": "A256GCM", "iss": ISSUER}
    assert encrypted_key == ""
    assert tokens["scope"] == "openid email"
    assert tokens["expires_in"] == 86_400
    answer = house.browser.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert answer.json() == {"sub": house.person.sub, "email": "ada@example.net", "email_verified": True}


def test_an_unknown_api_is_a_service_not_found(house: House) -> None:
    answer = answer_of(house.authorize(house.first, resource="http://elsewhere/mcp"))
    assert answer["error"] == "access_denied"
    assert answer["error_description"] == "Service not found: http://elsewhere/mcp"
    slash = house.authorize(house.third, resource=RESOURCE + "/")
    assert_error_page(slash, 403, "access_denied", f"Service not found: {RESOURCE}/")


# Authorization requests


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": None}, 400, "invalid_request"),
        ({"client_id": "nobody"}, 400, "invalid_request"),
        ({"client_id": "<script>"}, 400, "invalid_request"),
        ({"redirect_uri": None}, 400, "invalid_request"),
        ({"redirect_uri": CALLBACK + "/"}, 403, "unauthorized_client"),
        ({"redirect_uri": CALLBACK + "?x=1"}, 403, "unauthorized_client"),
        ({"redirect_uri": "https://evil.example/callback"}, 403, "unauthorized_client"),
        ({"redirect_uri": CALLBACK.upper()}, 403, "unauthorized_client"),
    ],
)
def test_an_unknown_client_or_callback_is_never_redirected(
    house: House, changes: dict[str, str | None], status: int, error: str
) -> None:
    response = house.authorize(house.first, **changes)
    assert_error_page(response, status, error)
    assert "<script>" not in response.text


def test_no_other_port_is_forgiven_on_a_loopback_callback(house: House) -> None:
    native = house.tenant.add_first_party_client("Native", ["http://127.0.0.1:4000/cb"])
    response = house.authorize(native, redirect_uri="http://127.0.0.1:4001/cb")
    assert_error_page(response, 403, "unauthorized_client", "Callback URL mismatch")
    assert house.authorize(native, redirect_uri="http://127.0.0.1:4000/cb").headers["location"].startswith("/u/login")


def test_a_repeated_parameter_is_refused(house: House) -> None:
    query = f"client_id={house.first.client_id}&client_id={house.third.client_id}&redirect_uri={CALLBACK}"
    assert_error_page(house.browser.get(f"/authorize?{query}"), 400, "invalid_request", "more than once")


BAD_REQUESTS = [
    ({"response_type": None}, "invalid_request", 400),
    ({"response_type": "token"}, "unauthorized_client", 403),
    ({"response_type": "magic"}, "unsupported_response_type", 400),
    ({"response_mode": "fragment"}, "invalid_request", 400),
    ({"code_challenge": None}, "invalid_request", 400),
    ({"code_challenge": "short"}, "invalid_request", 400),
    ({"code_challenge": "+" * 43}, "invalid_request", 400),
    ({"code_challenge_method": "S512"}, "invalid_request", 400),
    ({"prompt": "none login"}, "invalid_request", 400),
    ({"prompt": "none"}, "login_required", 400),
    ({"audience": "urn:nothing"}, "access_denied", 403),
]


@pytest.mark.parametrize(("changes", "error", "status"), BAD_REQUESTS)
def test_errors_go_back_to_a_first_party_client_with_state_and_iss(
    house: House, changes: dict[str, str | None], error: str, status: int
) -> None:
    answer = answer_of(house.authorize(house.first, **changes))
    assert set(answer) == {"error", "error_description", "state", "iss"}
    assert (answer["error"], answer["state"], answer["iss"]) == (error, "s t/ä?", ISSUER)


@pytest.mark.parametrize(("changes", "error", "status"), BAD_REQUESTS)
def test_errors_of_a_third_party_client_stay_on_a_page(
    house: House, changes: dict[str, str | None], error: str, status: int
) -> None:
    assert_error_page(house.authorize(house.third, **changes), status, error)


@pytest.mark.parametrize("name", ["id_token_hint", "claims", "request", "request_uri"])
def test_strict_clients_may_not_send_these_parameters(house: House, name: str) -> None:
    assert_error_page(house.authorize(house.third, **{name: "x"}), 400, "invalid_request", name)
    assert house.authorize(house.first, **{name: "x"}).headers["location"].startswith("/u/login")


def test_a_confidential_first_party_client_may_go_without_a_code_challenge(house: House) -> None:
    code = house.code(house.confidential, code_challenge=None, code_challenge_method=None)
    assert house.exchange(house.confidential, code, code_verifier=None).status_code == 200


def test_a_code_verifier_for_a_code_without_challenge_is_a_downgrade(house: House) -> None:
    code = house.code(house.confidential, code_challenge=None, code_challenge_method=None)
    assert_refused(house.exchange(house.confidential, code), 403, "invalid_grant", "verifier")


def test_third_party_clients_need_an_api(house: House) -> None:
    house.tenant.settings.resource_parameter_profile = "audience"
    response = house.authorize(house.third)
    assert_error_page(response, 403, "access_denied", "The userinfo audience is not allowed for third party clients")


def test_third_party_clients_need_the_default_grant(house: House) -> None:
    house.tenant.settings.default_third_party_grant = False
    page = house.authorize(house.third)
    assert_error_page(page, 403, "access_denied")
    said = page.text.replace("&quot;", '"')
    assert f'Client "tpc_Connector" is not authorized to access resource server "{RESOURCE}"' in said
    assert house.authorize(house.first).headers["location"].startswith("/u/login")


def test_third_party_clients_need_a_domain_level_connection(house: House) -> None:
    house.tenant.settings.domain_connection = False
    assert_error_page(house.authorize(house.third), 400, "invalid_request", "no connections enabled for the client")
    assert house.authorize(house.first).headers["location"].startswith("/u/login")


def test_a_first_party_client_needs_its_own_connection(house: House) -> None:
    house.first.connection_enabled = False
    answer = answer_of(house.authorize(house.first))
    assert answer["error_description"] == "no connections enabled for the client"


def test_third_party_clients_get_no_oidc_scopes_and_no_userinfo(house: House) -> None:
    tokens = house.tokens(house.third, scope="openid profile email read offline_access")
    assert tokens["scope"] == "read offline_access"
    assert claims_of(tokens["access_token"])["aud"] == RESOURCE
    assert "id_token" not in tokens
    answer = house.browser.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert_refused(answer, 401, "invalid_token")


def test_state_comes_back_byte_for_byte_and_iss_with_it(house: House) -> None:
    raw = "%00%FF%20a%2Bb%26c%3D%ED%A0%80%22%3C"
    query = f"response_type=code&client_id={house.first.client_id}&redirect_uri={CALLBACK}&resource={RESOURCE}"
    url = f"/authorize?{query}&code_challenge={CHALLENGE}&code_challenge_method=S256&state={raw}"
    location = house.log_in(house.browser.get(url)).headers["location"]
    members = dict(pair.split("=") for pair in urlsplit(location).query.split("&"))
    assert unquote_to_bytes(members["state"]) == unquote_to_bytes(raw)
    assert set(members) == {"code", "state", "iss"}


def test_iss_is_left_out_when_switched_off(house: House) -> None:
    house.tenant.settings.authorization_response_iss_parameter_supported = False
    assert set(answer_of(house.pass_through(house.first))) == {"code", "state"}
    assert set(answer_of(house.authorize(house.first, prompt="none", response_type="token"))) == {
        "error",
        "error_description",
        "state",
    }


def test_a_callback_with_a_query_keeps_it(house: House) -> None:
    client = house.tenant.add_first_party_client("With query", [CALLBACK + "?tab=1"])
    location = house.pass_through(client, redirect_uri=CALLBACK + "?tab=1").headers["location"]
    assert location.startswith(CALLBACK + "?tab=1&code=")


# Log-in and consent


def test_a_wrong_password_gives_the_form_again(house: House) -> None:
    begun = house.authorize(house.first)
    refused = house.log_in(begun, "wrong")
    assert refused.status_code == 400
    assert "Wrong e-mail or password." in refused.text
    assert 'name="password"' in refused.text
    assert "code" in answer_of(house.log_in(begun))


def test_an_e_mail_address_is_matched_in_any_case_and_unknown_ones_are_refused_alike(house: House) -> None:
    state = transaction_of(house.authorize(house.first))
    unknown = house.browser.post("/u/login", data={"state": state, "email": "x@example.net", "password": PASSWORD})
    assert unknown.status_code == 400
    known = house.browser.post("/u/login", data={"state": state, "email": " ADA@example.net", "password": PASSWORD})
    assert "code" in answer_of(known)


def test_pages_are_labelled_self_contained_and_say_what_they_are(house: House) -> None:
    login = house.browser.get(house.authorize(house.third).headers["location"])
    for needed in (
        'lang="en"',
        'name="viewport"',
        "color-scheme: light dark",
        "stand-in",
        'for="email"',
        'for="password"',
    ):
        assert needed in login.text
    assert "frame-ancestors 'none'" in login.headers["content-security-policy"]
    assert login.headers["cache-control"] == "no-store"


def test_pages_escape_what_comes_from_outside(house: House) -> None:
    house.third.name = '<img src="x">'
    begun = house.authorize(house.third)
    assert "<img" not in house.browser.get(begun.headers["location"]).text
    form = {"state": transaction_of(begun), "email": '"><b>', "password": "\ud800".encode("utf-8", "surrogatepass")}
    assert "<b>" not in house.browser.post("/u/login", data=form).text
    consent = house.browser.get(house.log_in(begun).headers["location"])
    assert consent.status_code == 200
    assert "<img" not in consent.text


def test_a_blocked_person_is_refused_at_log_in(house: House) -> None:
    house.person.blocked = True
    answer = answer_of(house.log_in(house.authorize(house.first)))
    assert (answer["error"], answer["error_description"]) == ("unauthorized", "user is blocked")
    assert_error_page(house.log_in(house.authorize(house.third)), 403, "unauthorized", "user is blocked")
    assert house.log_in(house.authorize(house.first), "wrong").status_code == 400


def test_a_session_saves_the_second_log_in_until_it_expires(house: House) -> None:
    logged_in = house.log_in(house.authorize(house.first))
    cookie = next(value for value in logged_in.headers.get_list("set-cookie") if "session" in value)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "code" in answer_of(house.authorize(house.first))
    assert "code" in answer_of(house.authorize(house.first, prompt="none"))
    assert house.authorize(house.first, prompt="login").headers["location"].startswith("/u/login")
    house.clock.now += 3 * 86_400
    assert house.authorize(house.first).headers["location"].startswith("/u/login")


def test_blocking_ends_the_session_and_unblocking_does_not_restore_it(house: House) -> None:
    house.pass_through(house.first)
    house.person.blocked = True
    assert answer_of(house.authorize(house.first, prompt="none"))["error"] == "login_required"
    house.person.blocked = False
    assert answer_of(house.authorize(house.first, prompt="none"))["error"] == "login_required"


def test_a_third_party_client_asks_for_consent_once_per_grant(house: House) -> None:
    first_time = house.log_in(house.authorize(house.third, scope="read"))
    page = house.browser.get(first_time.headers["location"])
    assert "<code>read</code>" in page.text
    assert "Connector" in page.text
    assert "code" in answer_of(house.decide(first_time, "accept"))
    assert "code" in answer_of(house.authorize(house.third, scope="read"))
    more = house.authorize(house.third, scope="read write")
    assert more.headers["location"].startswith("/u/consent")
    assert_error_page(house.authorize(house.third, scope="read write", prompt="none"), 403, "consent_required")
    again = house.authorize(house.third, scope="read", prompt="consent")
    assert again.headers["location"].startswith("/u/consent")


def test_a_first_party_client_asks_for_consent_only_when_told_to(house: House) -> None:
    assert "code" in answer_of(house.log_in(house.authorize(house.first)))
    asked = house.authorize(house.first, prompt="consent")
    assert asked.headers["location"].startswith("/u/consent")
    assert answer_of(house.decide(asked, "deny"))["error"] == "access_denied"


def test_denied_consent_of_a_third_party_client_stays_on_a_page_and_ends_the_transaction(house: House) -> None:
    asked = house.log_in(house.authorize(house.third))
    assert_error_page(house.decide(asked, "perhaps"), 400, "invalid_request")
    assert_error_page(house.decide(asked, "deny"), 403, "access_denied", "User did not authorize the request")
    assert_error_page(house.decide(asked, "accept"), 400, "invalid_request")


def test_consent_cannot_be_given_before_log_in_or_by_a_person_blocked_meanwhile(house: House) -> None:
    begun = house.authorize(house.third)
    assert_error_page(house.decide(begun, "accept"), 400, "login_required")
    asked = house.log_in(begun)
    house.person.blocked = True
    assert_error_page(house.decide(asked, "accept"), 403, "unauthorized", "user is blocked")


def test_a_transaction_belongs_to_the_browser_that_began_it_and_expires(house: House) -> None:
    begun = house.authorize(house.first)
    form = {"state": transaction_of(begun), "email": house.person.email, "password": PASSWORD}
    assert_error_page(house.new_browser().post("/u/login", data=form), 403, "invalid_request", "another browser")
    house.clock.now += 3600
    assert_error_page(house.browser.post("/u/login", data=form), 400, "invalid_request", "expired")


# The token endpoint


def test_a_token_response_says_what_was_granted(house: House) -> None:
    response = house.exchange(house.third, house.code(house.third))
    assert set(response.json()) == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert response.json()["token_type"] == "Bearer"
    assert response.json()["expires_in"] == 3600
    assert response.headers["cache-control"] == "no-store"


def test_the_token_endpoint_also_reads_json(house: House) -> None:
    body = {
        "grant_type": "authorization_code",
        "client_id": house.first.client_id,
        "code": house.code(house.first),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    assert house.browser.post("/oauth/token", json=body).status_code == 200
    assert_refused(house.browser.post("/oauth/token", json=body | {"code": 1}), 400, "invalid_request")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code": None}, 400, "invalid_request"),
        ({"code": "made up"}, 403, "invalid_grant"),
        ({"redirect_uri": None}, 400, "invalid_request"),
        ({"redirect_uri": CALLBACK + "/"}, 403, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_request"),
        ({"code_verifier": "w" * 43}, 403, "invalid_grant"),
        ({"code_verifier": CHALLENGE}, 403, "invalid_grant"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": "tpc_Connector"}, 403, "invalid_grant"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "magic"}, 403, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 403, "unauthorized_client"),
        ({"grant_type": "password"}, 403, "unauthorized_client"),
        ({"grant_type": DEVICE_GRANT}, 403, "unauthorized_client"),
    ],
)
def test_a_code_is_bound_to_client_callback_and_verifier(
    house: House, changes: dict[str, str | None], status: int, error: str
) -> None:
    assert_refused(house.exchange(house.first, house.code(house.first), **changes), status, error)


def test_the_plain_challenge_method_works_and_is_the_default(house: House) -> None:
    for method in ("plain", None):
        code = house.code(house.first, code_challenge=VERIFIER, code_challenge_method=method)
        assert house.exchange(house.first, code).status_code == 200


def test_a_wrong_verifier_spends_the_code(house: House) -> None:
    code = house.code(house.first)
    assert_refused(house.exchange(house.first, code, code_verifier="w" * 43), 403, "invalid_grant", "verifier")
    assert_refused(house.exchange(house.first, code), 403, "invalid_grant", "Invalid authorization code")


def test_a_code_lives_ten_minutes(house: House) -> None:
    in_time, too_late = house.code(house.first), house.code(house.first)
    house.clock.now += 599
    assert house.exchange(house.first, in_time).status_code == 200
    house.clock.now += 1
    assert_refused(house.exchange(house.first, too_late), 403, "invalid_grant")


def test_replaying_a_code_kills_the_refresh_tokens_it_gave(house: House) -> None:
    code = house.code(house.first)
    refresh_token = house.exchange(house.first, code).json()["refresh_token"]
    assert_refused(house.exchange(house.first, code), 403, "invalid_grant")
    assert_refused(house.refresh(house.first, refresh_token), 403, "invalid_grant")


def test_a_refresh_token_rotates_and_its_reuse_kills_the_family(house: House) -> None:
    oldest = house.tokens(house.third)["refresh_token"]
    newest = house.refresh(house.third, oldest).json()["refresh_token"]
    newest = house.refresh(house.third, newest).json()["refresh_token"]
    assert house.refresh(house.third, oldest).json() == {
        "error": "invalid_grant",
        "error_description": "Unknown or invalid refresh token.",
    }
    assert_refused(house.refresh(house.third, newest), 403, "invalid_grant")


def test_a_refresh_token_is_bound_to_its_client_and_lives_thirty_days(house: House) -> None:
    refresh_token = house.tokens(house.first)["refresh_token"]
    assert_refused(house.refresh(house.third, refresh_token), 403, "invalid_grant")
    house.clock.now += 30 * 86_400 - 1
    refresh_token = house.refresh(house.first, refresh_token).json()["refresh_token"]
    house.clock.now += 1
    assert_refused(house.refresh(house.first, refresh_token), 403, "invalid_grant")


def test_a_refresh_may_narrow_scopes_never_widen_them_and_follows_permissions(house: House) -> None:
    tokens = house.tokens(house.first, scope="read write offline_access")
    narrowed = house.refresh(house.first, tokens["refresh_token"], scope="read admin").json()
    assert narrowed["scope"] == "read"
    full = house.refresh(house.first, narrowed["refresh_token"]).json()
    assert full["scope"] == "read write offline_access"
    house.person.permissions = {"read"}
    assert house.refresh(house.first, full["refresh_token"]).json()["scope"] == "read offline_access"


def test_blocking_stops_refresh_and_exchange_but_not_issued_access_tokens(house: House) -> None:
    tokens = house.tokens(house.first, scope="openid offline_access")
    code = house.code(house.first)
    house.person.blocked = True
    assert_refused(house.refresh(house.first, tokens["refresh_token"]), 403, "invalid_grant")
    assert_refused(house.exchange(house.first, code), 403, "invalid_grant", "blocked")
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert house.browser.get("/userinfo", headers=bearer).status_code == 200
    house.person.blocked = False
    assert house.refresh(house.first, tokens["refresh_token"]).status_code == 200


def test_a_deleted_client_becomes_an_invalid_one(house: House) -> None:
    refresh_token = house.tokens(house.third)["refresh_token"]
    del house.tenant.clients[house.third.client_id]
    assert_refused(house.refresh(house.third, refresh_token), 401, "invalid_client")


def test_an_api_deleted_meanwhile_gives_no_more_tokens(house: House) -> None:
    code = house.code(house.first)
    del house.tenant.apis[RESOURCE]
    assert_refused(house.exchange(house.first, code), 403, "invalid_grant", "Service not found")


@pytest.mark.parametrize(
    ("authorization", "secret", "status", "error"),
    [
        (None, "wrong", 401, "access_denied"),
        (None, None, 401, "access_denied"),
        (("{id}", "wrong"), None, 401, "access_denied"),
        (("{id}", SECRET), SECRET, 400, "invalid_request"),
        ("Basic ???", None, 400, "invalid_request"),
    ],
)
def test_a_confidential_client_authenticates_in_one_way(
    house: House, authorization: tuple[str, str] | str | None, secret: str | None, status: int, error: str
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": house.confidential.client_id}
    form |= {"client_secret": secret} if secret else {}
    headers = {"authorization": authorization} if isinstance(authorization, str) else {}
    auth = (house.confidential.client_id, authorization[1]) if isinstance(authorization, tuple) else None
    response = house.browser.post("/oauth/token", data=form, headers=headers, auth=auth)
    assert_refused(response, status, error)


def test_basic_and_post_credentials_are_both_accepted(house: House) -> None:
    assert house.exchange(house.confidential, house.code(house.confidential)).status_code == 200
    fields = {
        "grant_type": "authorization_code",
        "code": house.code(house.confidential),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    auth = (house.confidential.client_id, SECRET)
    assert house.browser.post("/oauth/token", data=fields, auth=auth).status_code == 200


def test_revocation_kills_the_family_and_says_nothing_of_unknown_tokens(house: House) -> None:
    refresh_token = house.tokens(house.first)["refresh_token"]

    def revoke(client: Client, token: str | None) -> httpx.Response:
        form = {"client_id": client.client_id} | ({"token": token} if token else {})
        return house.browser.post("/oauth/revoke", data=form)

    assert revoke(house.first, "unknown").status_code == 200
    assert revoke(house.third, refresh_token).status_code == 200
    refresh_token = house.refresh(house.first, refresh_token).json()["refresh_token"]
    assert revoke(house.first, refresh_token).status_code == 200
    assert_refused(house.refresh(house.first, refresh_token), 403, "invalid_grant")
    assert_refused(revoke(house.first, None), 400, "invalid_request")


def test_the_device_grant_is_not_allowed_for_any_client(house: House) -> None:
    known = house.browser.post("/oauth/device/code", data={"client_id": house.first.client_id})
    assert_refused(known, 403, "unauthorized_client")
    assert_refused(house.browser.post("/oauth/device/code", data={"client_id": "x"}), 401, "invalid_client")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer a.b.c", "Bearer a.b.c.d.e", "Bearer é", "Basic eA=="])
def test_userinfo_refuses_what_it_did_not_issue(house: House, authorization: str) -> None:
    response = house.browser.get("/userinfo", headers={"authorization": authorization.encode("latin-1")})
    assert_refused(response, 401, "invalid_token")
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_userinfo_takes_a_token_for_its_audience_until_it_expires(house: House) -> None:
    bearer = {"authorization": f"Bearer {house.tokens(house.first, scope='openid profile')['access_token']}"}
    assert house.browser.get("/userinfo", headers=bearer).json() == {"sub": house.person.sub, "name": "Ada"}
    house.clock.now += 3600
    assert_refused(house.browser.get("/userinfo", headers=bearer), 401, "invalid_token")


# Registration


def test_a_registered_client_is_strict_and_third_party(house: House) -> None:
    response = house.register(
        client_name="ChatGPT", grant_types=["refresh_token", "client_credentials", "authorization_code"]
    )
    assert response.status_code == 201
    document = response.json()
    assert re.fullmatch(r"tpc_[A-Za-z0-9]{22}", document["client_id"])
    assert document["grant_types"] == ["authorization_code", "refresh_token"]
    assert document["token_endpoint_auth_method"] == "client_secret_post"
    assert document["client_secret_expires_at"] == 0
    client = house.tenant.clients[document["client_id"]]
    assert client.is_first_party is False
    assert client.secret == document["client_secret"]
    assert house.tokens(client)["scope"] == "read offline_access"


def test_a_registered_public_client_has_no_secret(house: House) -> None:
    document = house.register(token_endpoint_auth_method="none").json()
    assert document["token_endpoint_auth_method"] == "none"
    assert "client_secret" not in document


def test_a_client_registered_without_the_refresh_grant_gets_no_refresh_token(house: House) -> None:
    document = house.register(token_endpoint_auth_method="none", grant_types=["authorization_code"]).json()
    client = house.tenant.clients[document["client_id"]]
    assert set(house.tokens(client)) == {"access_token", "token_type", "expires_in", "scope"}
    assert_refused(house.refresh(client, "x"), 403, "unauthorized_client")


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": CALLBACK}, "invalid_redirect_uri"),
        ({"redirect_uris": [CALLBACK, 7]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["/relative"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [CALLBACK + "#fragment"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://client.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://*.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://user@client.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://[::1/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://client.example:99999/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://client.example/c b"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["data:text/html,x"]}, "invalid_redirect_uri"),
        ({"client_name": 7}, "invalid_client_metadata"),
        ({"client_name": ""}, "invalid_client_metadata"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"grant_types": "authorization_code"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": ["none"]}, "invalid_client_metadata"),
    ],
)
def test_bad_registration_metadata_is_refused(house: House, metadata: dict[str, object], error: str) -> None:
    before = len(house.tenant.clients)
    assert_refused(house.register(**metadata), 400, error)
    assert len(house.tenant.clients) == before


@pytest.mark.parametrize(
    "uri", ["http://localhost:6274/oauth/callback", "http://127.0.0.1/cb", "http://[::1]:9/cb", "cursor://app/callback"]
)
def test_loopback_and_private_scheme_callbacks_can_be_registered(house: House, uri: str) -> None:
    assert house.register(redirect_uris=[uri]).json()["redirect_uris"] == [uri]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 60_000, b"\xff", b'{"redirect_uris":' + b"9" * 5000 + b"}"])
def test_a_registration_that_is_no_json_object_is_refused(house: House, body: bytes) -> None:
    response = house.browser.post("/oidc/register", content=body)
    assert_refused(response, 400, "invalid_request")


def test_registration_can_be_switched_off(house: House) -> None:
    house.tenant.settings.enable_dynamic_client_registration = False
    assert_refused(house.register(), 403, "access_denied", "not enabled")


def test_the_application_limit_dead_ends_registration(house: House) -> None:
    house.tenant.settings.application_limit = 4
    assert house.register().status_code == 201
    assert_refused(house.register(), 403, "too_many_entities")


# At the edge


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        *((path, "GET, OPTIONS") for path in (*METADATA_PATHS, "/.well-known/jwks.json")),
        *((path, "POST, OPTIONS") for path in ("/oauth/token", "/oauth/revoke", "/oidc/register")),
        ("/userinfo", "GET, POST, OPTIONS"),
    ],
)
def test_browser_clients_may_call_the_json_endpoints(house: House, path: str, methods: str) -> None:
    preflight = house.browser.options(path, headers={"origin": "http://localhost:6274"})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-allow-methods"] == methods
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    actual = house.browser.request(methods.partition(",")[0], path)
    assert actual.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/authorize", "/u/login", "/u/consent"])
def test_no_other_site_may_read_the_pages(house: House, path: str) -> None:
    assert "access-control-allow-origin" not in house.browser.get(path).headers
    assert house.browser.options(path).status_code == 405


def test_a_body_that_is_too_large_or_of_another_type_is_refused(house: House) -> None:
    assert_refused(house.browser.post("/oauth/token", data={"code": "x" * 70_000}), 413, "invalid_request")
    assert_refused(house.browser.post("/oauth/token", files={"a": b"x"}), 400, "invalid_request", "content type")
    many = "&".join(f"p{number}=1" for number in range(101))
    assert_error_page(house.browser.get(f"/authorize?{many}"), 400, "invalid_request", "Too many")


def test_two_tenants_share_neither_settings_nor_keys() -> None:
    one, other = Tenant(ISSUER, settings=TenantSettings()), Tenant(ISSUER)
    one.settings.domain_connection = False
    assert other.settings.domain_connection is True
    assert one.keys.current.kid != other.keys.current.kid
    sub = one.add_person("b@example.net", "x", permissions=["read"]).sub
    assert re.fullmatch(r"auth0\|[0-9a-f]{24}", sub)
    assert sub not in other.people


def test_secrets_do_not_show_in_representations(house: House) -> None:
    assert PASSWORD not in repr(house.person)
    assert SECRET not in repr(house.confidential)


GARBAGE = st.one_of(
    st.binary(max_size=80), st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
SHARED = House()
SHARED.pass_through(SHARED.first)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    path=st.sampled_from(
        ["/authorize", "/u/login", "/u/consent", "/oauth/token", "/oauth/revoke", "/oidc/register", "/userinfo"]
    ),
    fields=st.dictionaries(
        st.sampled_from(["client_id", "redirect_uri", "state", "scope", "prompt", "code", "nonce", "grant_type", "x"]),
        GARBAGE,
    ),
    is_known=st.booleans(),
    header=GARBAGE,
    media_type=st.sampled_from(["application/json", "application/x-www-form-urlencoded", "", "\xff"]),
    body=GARBAGE,
)
def test_no_input_makes_the_tenant_fail(
    path: str, fields: dict[str, bytes], is_known: bool, header: bytes, media_type: str, body: bytes
) -> None:
    known = {"client_id": SHARED.first.client_id.encode(), "redirect_uri": CALLBACK.encode()} if is_known else {}
    query = "&".join(f"{name}=" + "".join(f"%{byte:02X}" for byte in value) for name, value in (fields | known).items())
    headers = {
        b"content-type": media_type.encode("latin-1"),
        b"authorization": b"Basic " + base64.b64encode(header) if is_known else b"Bearer " + header,
        b"cookie": b"stand_in_browser=" + header,
    }
    for method, url, content in (
        ("GET", f"{path}?{query}", b""),
        ("POST", path, query.encode()),
        ("POST", path, body),
        ("POST", path, json.dumps({"redirect_uris": [body.decode("latin-1")], "client_name": "\ud800"}).encode()),
    ):
        assert SHARED.browser.request(method, url, headers=headers, content=content).status_code < 500
