"""Every fault that the doctor is held against: how it is made, and which check must name it first.

``row`` says which line of the two lists of known faults it stands for: what ChatGPT shows and why, and the traps of
home servers. The fault is put on with monkeypatch, and taken off by it.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import shutil
import socket
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme

from app.demo.serving import ServedApp
from app.doctor.context import Context
from app.errors import Auth0Failed, ConfigurationError
from app.journal.entry import Entry
from app.journal.store import Store
from app.settings import load_settings
from app.store.engine import sqlite_url
from tests.doctor.stage import BASE, NAME, SHARED, STABLE, Proxy, Request, Response, Stage, html
from tests.support import forge

Patch = pytest.MonkeyPatch
Make = Callable[[Stage, Patch], Context]

ROWS = (
    "does not implement OAuth",
    "Error creating connector",
    "Dynamic client registration failed",
    "client is not authorized to access resource server",
    "userinfo audience is not allowed",
    "token with 5 segments",
    "401 loop",
    "No app actions available",
    "no connections enabled for the client",
    "invalid_client later",
    "Host check",
    "http in metadata",
    "slashes",
    "new DDNS name",
    "/mcp and /mcp/",
    "bot protection",
    "access product",
    "idle cut-off",
    "quick tunnel",
    "IPv4 only",
    "hairpin NAT",
    "browser clients",
    "clock skew",
    "settings",
    "certificates",
    "proxies",
    "operation",
)


@dataclass(frozen=True)
class Fault:
    name: str
    check: str
    row: str
    make: Make
    status: str = "fail"


FAULTS: list[Fault] = []


def fault(check: str, row: str, status: str = "fail") -> Callable[[Make], Make]:
    def add(make: Make) -> Make:
        FAULTS.append(Fault(make.__name__, check, row, make, status))
        return make

    return add


# What stands in front of the server


def instead(stage: Stage, patch: Patch, answer: Callable[[Request], Response | None]) -> Context:
    patch.setattr(stage.proxy, "instead", answer)
    return stage.outside()


def after(stage: Stage, patch: Patch, change: Callable[[Request, Response], None], **context: Any) -> Context:
    patch.setattr(stage.proxy, "after", change)
    return stage.outside(**context)


def documents(change: Callable[[dict[str, Any]], Any], where: str = "/.well-known/") -> Callable[..., None]:
    def apply(request: Request, response: Response) -> None:
        if request.path.startswith(where) and response.status == 200:
            document = json.loads(response.body)
            change(document)
            response.body = json.dumps(document).encode()

    return apply


RESOURCE, SERVER = "/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"


@fault("resource-document-not-json", "does not implement OAuth")
def html_catch_all_for_documents(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda request: html() if request.path.startswith("/.well-known/") else None)


@fault("mcp-not-here", "does not implement OAuth")
def html_catch_all_for_everything(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda _: html())


@fault("mcp-not-here", "does not implement OAuth")
def mcp_is_not_passed_on(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda request: html(404) if request.path.startswith("/mcp") else None)


@fault("resource-document-missing", "does not implement OAuth")
def well_known_is_not_passed_on(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda request: Response(404) if request.path.startswith("/.well-known/") else None)


@fault("root-document-differs", "does not implement OAuth", "warn")
def only_the_document_at_the_root_is_lost(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda request: Response(404) if request.path == RESOURCE else None)


@fault("challenge-missing", "does not implement OAuth")
def www_authenticate_is_stripped(stage: Stage, patch: Patch) -> Context:
    return after(stage, patch, lambda _, response: response.headers.pop("www-authenticate", None) and None)


@fault("challenge-missing", "does not implement OAuth")
def the_challenge_names_no_document(stage: Stage, patch: Patch) -> Context:
    def change(_: Request, response: Response) -> None:
        if "www-authenticate" in response.headers:
            response.headers["www-authenticate"] = "Bearer"

    return after(stage, patch, change)


@fault("challenge-elsewhere", "http in metadata")
def the_challenge_is_rewritten_to_http(stage: Stage, patch: Patch) -> Context:
    def change(_: Request, response: Response) -> None:
        if "www-authenticate" in response.headers:
            response.headers["www-authenticate"] = response.headers["www-authenticate"].replace("https:", "http:")

    return after(stage, patch, change)


@fault("url-not-https", "does not implement OAuth")
def the_address_is_typed_without_https(stage: Stage, patch: Patch) -> Context:
    return stage.outside(base=f"http://{NAME}")


@fault("access-product", "Error creating connector")
def an_access_product_answers_302(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda _: Response(302, {"location": "https://team.cloudflareaccess.example/login"}))


@fault("access-product", "access product")
def an_access_product_seen_from_inside(stage: Stage, patch: Patch) -> Context:
    instead(stage, patch, lambda _: Response(302, {"location": "https://team.cloudflareaccess.example/login"}))
    return stage.inside()


@fault("registration-missing", "Error creating connector", "warn")
def no_registration_and_no_client(stage: Stage, patch: Patch) -> Context:
    return after(stage, patch, documents(lambda document: document.pop("registration_endpoint", None)))


@fault("chatgpt-blocked", "bot protection")
def chatgpts_user_agent_gets_403(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda request: html(403) if request.agent.startswith("openai-mcp") else None)


@fault("mcp-redirected", "/mcp and /mcp/")
def mcp_is_redirected_to_a_slash(stage: Stage, patch: Patch) -> Context:
    moved = Response(307, {"location": f"{BASE}/mcp/"})
    return instead(stage, patch, lambda request: moved if request.path == "/mcp" else None)


@fault("slash-redirected", "/mcp and /mcp/", "warn")
def a_slash_is_redirected_to_mcp(stage: Stage, patch: Patch) -> Context:
    moved = Response(308, {"location": f"{BASE}/mcp"})
    return instead(stage, patch, lambda request: moved if request.path == "/mcp/" else None)


@fault("wrong-host", "Host check")
def the_proxy_changes_the_host_header(stage: Stage, patch: Patch) -> Context:
    def change(request: Request) -> None:
        request.headers = [(n, b"app.internal" if n == b"host" else v) for n, v in request.headers]

    patch.setattr(stage.proxy, "before", change)
    return stage.outside()


@fault("resource-http", "http in metadata")
def documents_say_http(stage: Stage, patch: Patch) -> Context:
    return after(stage, patch, documents(lambda one: one.update(resource=f"http://{NAME}/mcp"), RESOURCE))


@fault("resource-differs", "slashes")
def the_resource_has_a_slash_at_its_end(stage: Stage, patch: Patch) -> Context:
    return after(stage, patch, documents(lambda one: one.update(resource=f"{BASE}/mcp/"), RESOURCE))


@fault("resource-other-name", "new DDNS name")
def a_document_of_the_old_name_is_cached(stage: Stage, patch: Patch) -> Context:
    return after(stage, patch, documents(lambda one: one.update(resource="https://old.example.net/mcp"), RESOURCE))


@fault("log-in-service-not-named", "401 loop")
def the_document_names_no_log_in_service(stage: Stage, patch: Patch) -> Context:
    return after(stage, patch, documents(lambda one: one.pop("authorization_servers"), RESOURCE))


@fault("issuer-differs", "slashes")
def the_document_names_the_issuer_without_its_slash(stage: Stage, patch: Patch) -> Context:
    bare = [stage.tenant.issuer.rstrip("/")]
    return after(stage, patch, documents(lambda one: one.update(authorization_servers=bare), RESOURCE))


@fault("resource-document-old", "settings")
def the_document_is_of_older_settings(stage: Stage, patch: Patch) -> Context:
    after(stage, patch, documents(lambda one: one.update(authorization_servers=["https://old.example/"]), RESOURCE))
    return stage.inside()


@fault("issuers-differ-here", "slashes")
def the_passed_on_issuer_has_no_slash(stage: Stage, patch: Patch) -> Context:
    return after(stage, patch, documents(lambda one: one.update(issuer=one["issuer"].rstrip("/")), SERVER))


@fault("passed-on-document-missing", "does not implement OAuth")
def the_log_in_services_document_is_not_passed_on(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda request: html(404) if request.path == SERVER else None)


@fault("pkce-hidden", "does not implement OAuth")
def pkce_is_hidden_on_the_way(stage: Stage, patch: Patch) -> Context:
    return after(stage, patch, documents(lambda one: one.pop("code_challenge_methods_supported"), SERVER))


@fault("openid-document-missing", "does not implement OAuth", "warn")
def the_openid_document_is_not_passed_on(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda one: html(404) if one.path.endswith("openid-configuration") else None)


@fault("empty-body-refused", "proxies")
def an_empty_body_gets_500(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda one: html(500) if one.path == "/mcp" and not one.body else None)


@fault("body-limit", "proxies", "warn")
def bodies_are_limited_to_8_kb(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda request: html(413) if len(request.body) > 8192 else None)


@fault("asked-too-often", "proxies")
def the_proxy_says_429(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda _: html(429))


@fault("proxy-without-server", "proxies")
def the_proxy_finds_no_server(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda _: Response(502, {"content-type": "text/plain"}, b"502 Bad Gateway"))


@fault("server-error", "No app actions available")
def the_server_fails(stage: Stage, patch: Patch) -> Context:
    body = b'{"error": "server_error", "error_description": "internal error", "reference": "7K3Q-9DMA"}'
    return instead(stage, patch, lambda _: Response(500, {"content-type": "application/json"}, body))


@fault("door-open", "settings")
def the_proxy_leads_around_the_log_in(stage: Stage, patch: Patch) -> Context:
    body = b'{"jsonrpc":"2.0","id":1,"result":{}}'
    return instead(
        stage,
        patch,
        lambda one: Response(200, {"content-type": "application/json"}, body) if one.path == "/mcp" else None,
    )


@fault("mcp-unanswered", "idle cut-off")
def the_connection_is_cut_without_an_answer(stage: Stage, patch: Patch) -> Context:
    patch.setattr(stage.proxy, "patience", lambda _: 0.0)
    return stage.outside()


@fault("browser-clients", "browser clients", "warn")
def options_requests_are_refused(stage: Stage, patch: Patch) -> Context:
    return instead(stage, patch, lambda request: html(405) if request.method == "OPTIONS" else None)


@fault("browser-clients", "browser clients", "warn")
def the_challenge_is_hidden_from_web_pages(stage: Stage, patch: Patch) -> Context:
    return after(stage, patch, lambda _, one: one.headers.pop("access-control-expose-headers", None) and None)


@fault("documents-hidden-from-pages", "browser clients", "warn")
def documents_lose_their_cors_headers(stage: Stage, patch: Patch) -> Context:
    def change(request: Request, response: Response) -> None:
        if request.path.startswith("/.well-known/"):
            response.headers.pop("access-control-allow-origin", None)

    return after(stage, patch, change)


@fault("http-not-redirected", "proxies", "warn")
def http_is_served_without_a_redirect(stage: Stage, patch: Patch) -> Context:
    patch.setattr(stage.plain, "instead", lambda _: html())
    return stage.outside()


# Names, addresses, certificates


def network(stage: Stage, **changes: Any) -> Context:
    return stage.outside(network=stage.network(**changes))


@fault("dns-missing", "new DDNS name")
def the_name_is_not_there(stage: Stage, patch: Patch) -> Context:
    return stage.outside(base="https://nothing.invalid")


@fault("no-ipv4", "IPv4 only")
def the_name_has_ipv6_only(stage: Stage, patch: Patch) -> Context:
    return network(stage, names={NAME: ("2606:2800:21f:cb07:6820:80da:af6b:8b2c",)})


@fault("address-private", "IPv4 only")
def the_name_leads_to_cgnat(stage: Stage, patch: Patch) -> Context:
    return network(stage, names={NAME: ("100.64.12.7",)})


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@fault("public-unreachable", "IPv4 only")
def the_port_is_not_forwarded(stage: Stage, patch: Patch) -> Context:
    return network(stage, roads={(NAME, 443): ("127.0.0.1", closed_port())})


@fault("public-unreachable", "hairpin NAT", "warn")
def the_router_does_not_lead_back_in(stage: Stage, patch: Patch) -> Context:
    return stage.inside(network=stage.network(roads={(NAME, 443): ("127.0.0.1", closed_port())}))


@fault("other-server-answers", "hairpin NAT", "warn")
def the_routers_own_page_answers(stage: Stage, patch: Patch) -> Context:
    patch.setattr(stage.proxy, "instead", lambda _: html())
    return stage.inside()


@fault("name-changes", "quick tunnel", "warn")
def the_name_is_a_quick_tunnels(stage: Stage, patch: Patch) -> Context:
    name = "some-random-words.trycloudflare.com"
    port = stage.roads[(NAME, 443)]
    roads = {(name, 443): port, (name, 80): ("127.0.0.1", closed_port())}

    def own_name(request: Request) -> None:
        request.headers = [(n, NAME.encode() if n == b"host" else v) for n, v in request.headers]

    def named(_: Request, response: Response) -> None:
        response.body = response.body.replace(NAME.encode(), name.encode())
        if "www-authenticate" in response.headers:
            response.headers["www-authenticate"] = response.headers["www-authenticate"].replace(NAME, name)

    patch.setattr(stage.proxy, "before", own_name)
    patch.setattr(stage.proxy, "after", named)
    served = stage.serve_tls(stage.proxy, stage.authority.issue_cert(name))
    roads[(name, 443)] = ("127.0.0.1", served.port)
    stage.later(served.stop)
    return stage.outside(base=f"https://{name}", network=stage.network(names={name: ("93.184.215.14",)}, roads=roads))


def _certified(stage: Stage, patch: Patch, certificate: trustme.LeafCert, **more: Any) -> dict[str, Any]:
    served = stage.serve_tls(stage.proxy, certificate)
    stage.later(served.stop)
    return {"network": stage.network(roads={**stage.roads, (NAME, 443): ("127.0.0.1", served.port)}), **more}


@fault("tls-expired", "certificates")
def the_certificate_has_expired(stage: Stage, patch: Patch) -> Context:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return stage.outside(**_certified(stage, patch, stage.authority.issue_cert(NAME, not_after=yesterday)))


@fault("tls-expired", "certificates")
def the_certificate_has_expired_seen_from_inside(stage: Stage, patch: Patch) -> Context:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return stage.inside(**_certified(stage, patch, stage.authority.issue_cert(NAME, not_after=yesterday)))


@fault("tls-wrong-name", "certificates")
def the_certificate_is_for_another_name(stage: Stage, patch: Patch) -> Context:
    return stage.outside(**_certified(stage, patch, stage.authority.issue_cert("other.example.net")))


@fault("tls-wrong-name", "hairpin NAT", "warn")
def the_routers_own_certificate_answers(stage: Stage, patch: Patch) -> Context:
    return stage.inside(**_certified(stage, patch, stage.authority.issue_cert("fritz.box")))


@fault("tls-untrusted", "certificates")
def the_certificate_is_of_an_authority_of_ones_own(stage: Stage, patch: Patch) -> Context:
    return stage.outside(**_certified(stage, patch, trustme.CA().issue_cert(NAME)))


@fault("tls-ends-soon", "certificates", "warn")
def the_certificate_ends_in_a_week(stage: Stage, patch: Patch) -> Context:
    soon = datetime.now(UTC) + timedelta(days=7)
    return stage.outside(**_certified(stage, patch, stage.authority.issue_cert(NAME, not_after=soon)))


@fault("tls-broken", "certificates")
def the_port_speaks_plain_http(stage: Stage, patch: Patch) -> Context:
    return network(stage, roads={(NAME, 443): stage.roads[(NAME, 80)]})


# The log-in service


@fault("registration-refused", "Dynamic client registration failed")
def a_firewall_stands_before_registration(stage: Stage, patch: Patch) -> Context:
    front = Proxy(stage.tenant.issuer.rstrip("/"))
    front.instead = lambda _: html(403)
    served = stage.serve_tls(front, stage.authority.issue_cert("127.0.0.1"))
    stage.later(served.stop)
    blocked = f"https://127.0.0.1:{served.port}/oidc/register"
    return after(stage, patch, documents(lambda one: one.update(registration_endpoint=blocked), SERVER), register=True)


@fault("application-limit-reached", "Dynamic client registration failed")
def the_tenant_is_full(stage: Stage, patch: Patch) -> Context:
    patch.setattr(stage.tenant.settings, "application_limit", 0)
    return stage.outside(register=True)


@fault("registration-off", "Dynamic client registration failed")
def registration_is_switched_off(stage: Stage, patch: Patch) -> Context:
    patch.setattr(stage.tenant.settings, "enable_dynamic_client_registration", False)
    return stage.outside(register=True)


@fault("clients-not-granted", "client is not authorized to access resource server")
def registered_clients_have_no_grant(stage: Stage, patch: Patch) -> Context:
    patch.setattr(stage.tenant.settings, "default_third_party_grant", False)
    return stage.outside(register=True)


@fault("resource-parameter-off", "userinfo audience is not allowed")
def the_resource_parameter_is_not_heeded(stage: Stage, patch: Patch) -> Context:
    patch.setattr(stage.tenant.settings, "resource_parameter_profile", "audience")
    return stage.outside(register=True)


@fault("no-connection", "no connections enabled for the client")
def the_connection_is_not_domain_level(stage: Stage, patch: Patch) -> Context:
    patch.setattr(stage.tenant.settings, "domain_connection", False)
    return stage.outside(register=True)


@fault("no-connection", "no connections enabled for the client")
def the_connection_is_not_enabled_for_the_application(stage: Stage, patch: Patch) -> Context:
    patch.setattr(stage.tenant.clients[SHARED], "connection_enabled", False)
    return stage.outside(client_id=SHARED)


@fault("client-unknown", "invalid_client later")
def the_application_was_deleted(stage: Stage, patch: Patch) -> Context:
    patch.delitem(stage.tenant.clients, SHARED)
    return stage.outside(client_id=SHARED)


@fault("redirect-refused", "Error creating connector")
def chatgpts_callback_is_not_allowed(stage: Stage, patch: Patch) -> Context:
    patch.setattr(stage.tenant.clients[SHARED], "callbacks", (f"{STABLE}/",))
    return stage.outside(client_id=SHARED)


@fault("api-missing", "401 loop")
def the_api_was_made_for_the_old_name(stage: Stage, patch: Patch) -> Context:
    patch.delitem(stage.tenant.apis, f"{BASE}/mcp")
    return stage.outside(client_id=SHARED)


@fault("iss-not-sent", "Error creating connector", "warn")
def responses_carry_no_iss(stage: Stage, patch: Patch) -> Context:
    silent = documents(lambda one: one.pop("authorization_response_iss_parameter_supported", None))
    return after(stage, patch, silent)


def issuer(stage: Stage, issuer: str, **changes: Any) -> Context:
    """Seen from inside, with another log-in service in the settings; the server's documents fit it."""
    return stage.inside({"oauth_issuer": issuer, **changes})


@fault("log-in-service-unreachable", "operation")
def the_log_in_service_is_down(stage: Stage, patch: Patch) -> Context:
    gone = f"http://127.0.0.1:{closed_port()}/"
    after(stage, patch, documents(lambda one: one.update(authorization_servers=[gone]), RESOURCE))
    return issuer(stage, gone)


@fault("issuer-differs", "401 loop")
def the_issuer_is_set_without_its_slash(stage: Stage, patch: Patch) -> Context:
    bare = stage.tenant.issuer.rstrip("/")
    after(stage, patch, documents(lambda one: one.update(authorization_servers=[bare]), RESOURCE))
    return issuer(stage, bare)


def lying_tenant(stage: Stage, patch: Patch, change: Callable[[Request, Response], None]) -> Context:
    """Another log-in service, whose answers are changed; the server's documents fit it."""
    front = Proxy(stage.tenant.issuer.rstrip("/"))
    served = stage.serve_tls(front, stage.authority.issue_cert("127.0.0.1"))
    stage.later(served.stop)
    other = f"https://127.0.0.1:{served.port}/"

    def changed(request: Request, response: Response) -> None:
        documents(lambda one: one.update(issuer=other, jwks_uri=f"{other}.well-known/jwks.json"), "/.well-known/o")(
            request, response
        )
        change(request, response)

    front.after = changed

    def named(request: Request, response: Response) -> None:
        documents(lambda one: one.update(authorization_servers=[other]), RESOURCE)(request, response)
        documents(lambda one: one.update(issuer=other), SERVER)(request, response)
        documents(lambda one: one.update(issuer=other), "/.well-known/openid")(request, response)

    patch.setattr(stage.proxy, "after", named)
    return stage.outside()


@fault("log-in-service-unknown", "401 loop")
def the_log_in_service_has_no_metadata(stage: Stage, patch: Patch) -> Context:
    def gone(request: Request, response: Response) -> None:
        response.status = 404

    return lying_tenant(stage, patch, gone)


@fault("jwks-unreachable", "401 loop")
def the_keys_cannot_be_had(stage: Stage, patch: Patch) -> Context:
    def gone(request: Request, response: Response) -> None:
        if request.path.endswith("jwks.json"):
            response.status = 500

    return lying_tenant(stage, patch, gone)


@fault("jwks-unreachable", "401 loop")
def the_key_set_holds_no_usable_key(stage: Stage, patch: Patch) -> Context:
    def symmetric(request: Request, response: Response) -> None:
        if request.path.endswith("jwks.json"):
            response.body = b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}]}'

    return lying_tenant(stage, patch, symmetric)


@fault("pkce-not-offered", "does not implement OAuth")
def the_log_in_service_offers_no_s256(stage: Stage, patch: Patch) -> Context:
    plain = documents(lambda one: one.update(code_challenge_methods_supported=["plain"]), "/.well-known/o")
    return lying_tenant(stage, patch, plain)


@fault("endpoints-missing", "Error creating connector")
def the_log_in_service_gives_no_tokens(stage: Stage, patch: Patch) -> Context:
    return lying_tenant(stage, patch, documents(lambda one: one.pop("token_endpoint", None), "/.well-known/o"))


@fault("endpoints-missing", "http in metadata")
def tokens_are_given_out_without_encryption(stage: Stage, patch: Patch) -> Context:
    open_one = {"token_endpoint": "http://login.example.net/token"}
    return lying_tenant(stage, patch, documents(lambda one: one.update(open_one), "/.well-known/o"))


@fault("client-authentication-unfit", "Error creating connector", "warn")
def only_private_keys_are_allowed(stage: Stage, patch: Patch) -> Context:
    only = {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}
    return lying_tenant(stage, patch, documents(lambda one: one.update(only), "/.well-known/o"))


@fault("clock-off", "clock skew", "warn")
def the_clock_is_two_minutes_ahead(stage: Stage, patch: Patch) -> Context:
    return stage.outside(clock=lambda: time.time() + 120)


# Tokens and tools


def token(stage: Stage, token: str, **more: Any) -> Context:
    return stage.outside(token=token, **more)


@fault("token-not-for-api", "token with 5 segments")
def the_token_is_encrypted(stage: Stage, patch: Patch) -> Context:
    return token(stage, stage.tenant.keys.encrypt({"sub": "x"}, issuer=stage.tenant.issuer))


@fault("token-not-for-api", "401 loop")
def the_token_is_opaque(stage: Stage, patch: Patch) -> Context:
    return token(stage, "abcdefghijklmnopqrstuvwxyz0123456789")


@fault("token-wrong-issuer", "401 loop")
def the_token_is_from_another_tenant(stage: Stage, patch: Patch) -> Context:
    return token(stage, stage.token(iss="https://other.eu.auth0.com/"))


@fault("token-wrong-audience", "401 loop")
def the_token_is_for_another_api(stage: Stage, patch: Patch) -> Context:
    return token(stage, stage.token(aud=f"{BASE}/mcp/"))


@fault("token-expired", "401 loop")
def the_token_has_expired(stage: Stage, patch: Patch) -> Context:
    return token(stage, stage.token(exp=int(time.time()) - 3600))


@fault("token-from-the-future", "clock skew")
def the_token_is_from_the_future(stage: Stage, patch: Patch) -> Context:
    return token(stage, stage.token(nbf=int(time.time()) + 3600))


@fault("token-key-unknown", "401 loop")
def the_token_is_signed_with_an_unknown_key(stage: Stage, patch: Patch) -> Context:
    claims = forge.decoded(stage.token(), 1)
    return token(stage, forge.signed({"alg": "RS256", "kid": "nobody"}, claims, forge.STRANGER))


@fault("token-signature", "401 loop")
def the_token_was_changed(stage: Stage, patch: Patch) -> Context:
    good = stage.token()
    return token(stage, f"{good[:-8]}{'A' * 8}")


@fault("token-algorithm", "401 loop")
def the_token_is_not_signed(stage: Stage, patch: Patch) -> Context:
    return token(stage, f"{forge.segment({'alg': 'none'})}.{forge.segment({'sub': 'x'})}.")


@fault("token-wrong-kind", "401 loop")
def the_token_is_of_another_kind(stage: Stage, patch: Patch) -> Context:
    return token(stage, stage.tenant.keys.sign(forge.decoded(stage.token(), 1), typ="secevent+jwt"))


@fault("token-bound", "401 loop")
def the_token_is_bound_to_a_key(stage: Stage, patch: Patch) -> Context:
    return token(stage, stage.token(cnf={"jkt": "x"}))


@fault("token-without-person", "401 loop")
def the_token_names_nobody(stage: Stage, patch: Patch) -> Context:
    return token(stage, stage.token(sub=None))


@fault("token-unreadable", "401 loop")
def the_file_holds_two_tokens(stage: Stage, patch: Patch) -> Context:
    return token(stage, f"{stage.token()}\n{stage.token()}")


@fault("token-unreadable", "401 loop")
def a_line_break_stands_in_the_token(stage: Stage, patch: Patch) -> Context:
    good = stage.token()
    return token(stage, f"{good[:200]}\n{good[200:]}")


@fault("token-unreadable", "401 loop")
def the_word_bearer_stands_before_the_token(stage: Stage, patch: Patch) -> Context:
    return token(stage, f"Bearer {stage.token()}")


@fault("token-without-permission", "No app actions available", "warn")
def the_token_has_no_api_scope(stage: Stage, patch: Patch) -> Context:
    patch.setattr(stage.world.person, "permissions", set())
    return token(stage, stage.token(scope="openid"))


@fault("authorization-lost", "No app actions available")
def post_mcp_gets_401_after_the_log_in(stage: Stage, patch: Patch) -> Context:
    def dropped(request: Request) -> None:
        request.headers = [(name, value) for name, value in request.headers if name != b"authorization"]

    patch.setattr(stage.proxy, "before", dropped)
    return token(stage, stage.token())


@fault("token-refused-here", "401 loop")
def the_server_refuses_a_good_token(stage: Stage, patch: Patch) -> Context:
    named = f'Bearer error="invalid_token", resource_metadata="{BASE}/.well-known/oauth-protected-resource/mcp"'
    body = b'{"error": "invalid_token", "reference": "7K3Q-9DMA"}'
    headers = {"www-authenticate": named, "content-type": "application/json"}

    def answer(request: Request) -> Response | None:
        return Response(401, headers, body) if dict(request.headers).get(b"authorization") else None

    patch.setattr(stage.proxy, "instead", answer)
    return token(stage, stage.token())


@fault("person-not-admitted", "No app actions available")
def the_person_is_blocked(stage: Stage, patch: Patch) -> Context:
    return _blocked(stage, patch, stage.outside(token=stage.token()))


@fault("person-not-admitted", "No app actions available")
def the_person_is_blocked_seen_from_inside(stage: Stage, patch: Patch) -> Context:
    return _blocked(stage, patch, stage.inside(token=stage.token()))


def _blocked(stage: Stage, patch: Patch, context: Context) -> Context:
    assert stage.world.gatehouse("people", "block", stage.world.sub).code == 0
    stage.later(lambda: stage.world.gatehouse("people", "unblock", stage.world.sub))
    stage.until_status(403)
    return context


def replies(stage: Stage, patch: Patch, method: bytes, status: int, message: dict[str, Any]) -> Context:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, **message}).encode()

    def answer(request: Request) -> Response | None:
        logged_in = any(name == b"authorization" for name, _ in request.headers)
        if logged_in and b'"' + method + b'"' in request.body:
            return Response(status, {"content-type": "application/json"}, body)
        return None

    patch.setattr(stage.proxy, "instead", answer)
    return token(stage, stage.token())


@fault("newest-protocol-refused", "No app actions available")
def the_fallback_is_broken_by_a_200(stage: Stage, patch: Patch) -> Context:
    return replies(stage, patch, b"server/discover", 200, {"error": {"code": -32601, "message": "Method not found"}})


@fault("older-protocol-refused", "No app actions available")
def initialize_is_refused(stage: Stage, patch: Patch) -> Context:
    return replies(stage, patch, b"initialize", 404, {"error": {"code": -32601, "message": "Method not found"}})


@fault("tools-not-listed", "No app actions available")
def the_list_of_tools_gets_415(stage: Stage, patch: Patch) -> Context:
    return replies(stage, patch, b"tools/list", 415, {"error": {"code": -32600, "message": "no"}})


@fault("no-tools", "No app actions available")
def an_old_empty_list_is_kept_on_the_way(stage: Stage, patch: Patch) -> Context:
    return replies(stage, patch, b"tools/list", 200, {"result": {"tools": []}})


@fault("tools-not-marked", "No app actions available", "warn")
def a_tool_does_not_say_that_it_only_reads(stage: Stage, patch: Patch) -> Context:
    tools = [{"name": "look", "inputSchema": {"type": "object"}, "annotations": {"title": "Look"}}]
    return replies(stage, patch, b"tools/list", 200, {"result": {"tools": tools}})


@fault("tool-fails", "No app actions available")
def the_tool_breaks(stage: Stage, patch: Patch) -> Context:
    async def broken(_: Any) -> None:
        raise RuntimeError("the thing inside")

    patch.setattr(stage.looking, "work", broken)
    return token(stage, stage.token())


@fault("call-cut-off", "idle cut-off")
def a_quiet_call_is_cut_off(stage: Stage, patch: Patch) -> Context:
    async def slow(_: Any) -> None:
        await asyncio.wait_for(asyncio.Event().wait(), 3)

    patch.setattr(stage.looking, "work", slow)
    patch.setattr(stage.proxy, "patience", lambda one: 0.4 if b"tools/call" in one.body else None)
    return token(stage, stage.token())


@fault("stream-held-back", "proxies", "warn")
def events_are_held_back_until_the_end(stage: Stage, patch: Patch) -> Context:
    async def talking(context: Any) -> None:
        await context.progress(1, 2, "half")

    patch.setattr(stage.looking, "work", talking)
    patch.setattr(stage.proxy, "streams", False)
    return token(stage, stage.token())


@fault("stream-opened", "No app actions available", "warn")
def a_proxy_answers_get_itself(stage: Stage, patch: Patch) -> Context:
    patch.setattr(stage.proxy, "instead", lambda one: html() if (one.method, one.path) == ("GET", "/mcp") else None)
    return token(stage, stage.token())


# Settings and the machine


def unusable(stage: Stage, **values: str) -> Context:
    environment = {name.lower(): value for name, value in stage.world.environment.items()}
    try:
        load_settings({**environment, **values})
    except ConfigurationError as error:
        return Context("", inside=True, problems=tuple(error.problems))
    raise AssertionError("these settings are good")


@fault("env-unreadable", "settings")
def the_env_file_cannot_be_read(stage: Stage, patch: Patch) -> Context:
    folder = tempfile.mkdtemp()
    stage.later(lambda: shutil.rmtree(folder))
    patch.chdir(folder)
    with open(".env", "wb") as file:
        file.write(b"PUBLIC_BASE_URL=\xff\xfe")
    try:
        load_settings()
    except ConfigurationError as error:
        return Context("", inside=True, problems=tuple(error.problems))
    raise AssertionError("it could be read")


@fault("public-base-url-unusable", "settings")
def the_public_address_has_a_slash(stage: Stage, patch: Patch) -> Context:
    return unusable(stage, public_base_url=f"{BASE}/")


@fault("issuer-setting-unusable", "settings")
def the_tenants_domain_has_a_scheme(stage: Stage, patch: Patch) -> Context:
    return unusable(stage, oauth_issuer="", auth0_domain="https://tenant.eu.auth0.com")


@fault("safety-setting-unusable", "Host check")
def every_proxy_is_believed(stage: Stage, patch: Patch) -> Context:
    return unusable(stage, forwarded_allow_ips="*")


@fault("safety-setting-unusable", "settings")
def an_unsafe_algorithm_is_allowed(stage: Stage, patch: Patch) -> Context:
    return unusable(stage, oauth_algorithms="HS256")


@fault("setting-unusable", "settings")
def a_limit_cannot_be_read(stage: Stage, patch: Patch) -> Context:
    return unusable(stage, rate_limit_per_person="often")


@fault("proxies-too-wide", "Host check", "warn")
def half_the_internet_is_believed(stage: Stage, patch: Patch) -> Context:
    return stage.inside({"forwarded_allow_ips": "128.0.0.0/1"})


@fault("audience-not-resource", "401 loop")
def the_audience_is_that_of_an_old_name(stage: Stage, patch: Patch) -> Context:
    return stage.inside({"auth0_audience": "https://old.example.net/mcp"})


@fault("no-default-scope", "No app actions available", "warn")
def nobody_has_a_scope_by_default(stage: Stage, patch: Patch) -> Context:
    return stage.inside({"default_scopes": ""})


@fault("log-in-off", "settings", "warn")
def the_log_in_is_off(stage: Stage, patch: Patch) -> Context:
    return stage.inside({"auth_mode": "none"})


@fault("keys-unfit", "401 loop")
def the_algorithm_is_another_one(stage: Stage, patch: Patch) -> Context:
    return stage.inside({"oauth_algorithms": "ES256"})


@fault("env-not-private", "settings", "warn")
def others_can_read_the_env_file(stage: Stage, patch: Patch) -> Context:
    context = stage.inside()
    folder = tempfile.mkdtemp()
    stage.later(lambda: shutil.rmtree(folder))
    patch.chdir(folder)
    with open(".env", "w", encoding="utf-8") as file:
        file.write("# nothing\n")
    return context


@fault("server-down", "operation")
def the_server_does_not_run(stage: Stage, patch: Patch) -> Context:
    patch.setattr(stage.proxy, "instead", lambda _: Response(502, {}, b"Bad Gateway"))
    return stage.inside({"port": closed_port()})


@fault("data-dir-unwritable", "operation")
def the_data_folder_is_a_file(stage: Stage, patch: Patch) -> Context:
    path = stage.folder / "file"
    path.touch()
    return stage.inside({"data_dir": str(path)})


@fault("database-unreadable", "operation")
def the_database_is_no_database(stage: Stage, patch: Patch) -> Context:
    folder = stage.folder / "spoilt"
    folder.mkdir(exist_ok=True)
    (folder / "journal.sqlite").write_bytes(b"this is no database" * 100)
    return stage.inside({"data_dir": str(folder)})


@fault("disk-nearly-full", "operation", "warn")
def the_disk_is_nearly_full(stage: Stage, patch: Patch) -> Context:
    usage = shutil.disk_usage(stage.folder)
    patch.setattr("app.doctor.checks.storage.shutil.disk_usage", lambda _: usage._replace(free=10_000_000))
    return stage.inside()


@fault("no-portal-key", "operation", "warn")
def the_portals_key_is_missing(stage: Stage, patch: Patch) -> Context:
    return stage.inside({"data_go_kr_api_key": ""})


@fault("server-not-ready", "operation")
def the_server_has_no_keys_yet(stage: Stage, patch: Patch) -> Context:
    return _readiness(stage, patch, "jwks-unreachable", "fail")


@fault("request-log-unwritable", "operation", "warn")
def the_request_log_cannot_be_written(stage: Stage, patch: Patch) -> Context:
    return _readiness(stage, patch, "request-log-unwritable", "warn")


@fault("upstream-down", "operation", "warn")
def a_server_behind_the_door_is_dead_or_hangs(stage: Stage, patch: Patch) -> Context:
    return _readiness(stage, patch, "upstream_notes", "warn")


@fault("upstreams-file-unusable", "operation")
def the_file_of_servers_is_not_json(stage: Stage, patch: Patch) -> Context:
    path = stage.folder / "servers.json"
    path.write_text('{"mcpServers": {"notes": {"command": "notes",}}}')
    return stage.inside({"upstreams_file": str(path)})


@fault("upstreams-file-unusable", "operation")
def a_server_behind_the_door_has_a_misspelt_lock(stage: Stage, patch: Patch) -> Context:
    path = stage.folder / "servers.json"
    path.write_text('{"mcpServers": {"notes": {"command": "notes", "gatehouse": {"scope": {"*": "read"}}}}}')
    return stage.inside({"upstreams_file": str(path)})


def _readiness(stage: Stage, patch: Patch, id: str, status: str) -> Context:
    ready = Proxy(stage.world.url)
    body = json.dumps({"status": "?", "checks": [{"id": id, "status": status, "detail": "no"}]}).encode()
    ready.instead = lambda one: (
        Response(503, {"content-type": "application/json"}, body) if one.path == "/readyz" else None
    )
    served = ServedApp()
    served.start(ready)
    stage.later(served.stop)
    return stage.inside({"port": served.port})


@fault("other-server-answers", "new DDNS name", "warn")
def an_older_server_still_answers(stage: Stage, patch: Patch) -> Context:
    body = json.dumps({"error": "unauthorized", "reference": "7K3Q-9DMA"}).encode()
    headers = {"www-authenticate": f'Bearer resource_metadata="{BASE}/.well-known/oauth-protected-resource/mcp"'}

    def other(request: Request) -> Response | None:
        return Response(401, headers, body) if (request.method, request.path) == ("POST", "/mcp") else None

    patch.setattr(stage.proxy, "instead", other)
    return stage.inside()


@fault("slow-answers", "proxies", "warn")
def the_line_is_slow(stage: Stage, patch: Patch) -> Context:
    patch.setattr("app.doctor.checks.requests.SLOW_SECONDS", 0.04)
    patch.setattr(stage.proxy, "delay", 0.05)
    return stage.outside()


@fault("calls-given-up", "idle cut-off", "warn")
def a_tool_takes_longer_than_chatgpt_waits(stage: Stage, patch: Patch) -> Context:
    patch.setattr("app.doctor.notes.LOOKS", 1)  # the server writes into another log: nothing to wait for
    folder = tempfile.mkdtemp(dir=stage.folder)
    store = Store(sqlite_url(folder))
    entry = Entry(time.time(), "cancelled", method="tools/call", tool="get_price_trend", latency_ms=61_000)
    store.add([entry])
    store.close()
    return stage.inside({"data_dir": folder})


@fault("tenant-differs", "Error creating connector", "warn")
def the_tenant_is_not_as_planned(stage: Stage, patch: Patch) -> Context:
    async def compare() -> tuple[str, list[str]]:
        return "shared", ["The API: identifier"]

    return stage.inside(tenant_differences=compare)


@fault("tenant-differs", "operation", "warn")
def the_management_token_is_of_no_use(stage: Stage, patch: Patch) -> Context:
    async def compare() -> tuple[str, list[str]]:
        raise Auth0Failed("The management token expired.", "Get a new one.")

    return stage.inside(tenant_differences=compare)


@fault("log-in-page-missing", "Error creating connector")
def the_log_in_service_says_something_else(stage: Stage, patch: Patch) -> Context:
    front = Proxy(stage.tenant.issuer.rstrip("/"))
    front.instead = lambda _: Response(400, {"content-type": "text/html"}, b"<p>Something odd")
    served = stage.serve_tls(front, stage.authority.issue_cert("127.0.0.1"))
    stage.later(served.stop)
    odd = f"https://127.0.0.1:{served.port}/authorize"
    return after(stage, patch, documents(lambda one: one.update(authorization_endpoint=odd), SERVER), client_id=SHARED)


@fault("access-product", "access product")
def the_proxy_asks_for_a_password(stage: Stage, patch: Patch) -> Context:
    headers = {"www-authenticate": 'Basic realm="router"', "content-type": "text/html"}
    return instead(stage, patch, lambda _: Response(401, headers, b"<html>Password"))


@fault("chatgpt-blocked", "bot protection")
def only_the_documents_are_kept_from_chatgpt(stage: Stage, patch: Patch) -> Context:
    def answer(request: Request) -> Response | None:
        bot = request.agent.startswith("openai-mcp") and request.path.startswith("/.well-known")
        return html(403) if bot else None

    return instead(stage, patch, answer)


@fault("disk-full", "operation")
def the_disk_is_full(stage: Stage, patch: Patch) -> Context:
    def full(**_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    patch.setattr("app.doctor.checks.storage.tempfile.TemporaryFile", full)
    return stage.inside()


@fault("database-locked", "operation")
def another_program_keeps_the_database_locked(stage: Stage, patch: Patch) -> Context:
    patch.setattr("app.doctor.checks.storage.LOCKED_SECONDS", 0.05)
    patch.setattr("app.doctor.notes.LOOKS", 1)  # the server cannot write either
    context = stage.inside(token=stage.token())
    other = sqlite3.connect(os.path.join(context.settings.data_dir, "journal.sqlite"), check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    stage.later(other.close)
    return context


@fault("clock-off", "clock skew")
def the_clock_is_ten_minutes_ahead(stage: Stage, patch: Patch) -> Context:
    return stage.inside(clock=lambda: time.time() + 600, token=stage.token())


@fault("clock-off", "clock skew")
def the_clock_is_ten_minutes_behind(stage: Stage, patch: Patch) -> Context:
    return stage.inside(clock=lambda: time.time() - 600, token=stage.token())


@fault("log-in-page-missing", "Error creating connector")
def the_log_in_service_shows_an_error_with_status_200(stage: Stage, patch: Patch) -> Context:
    page = b"<title>Error</title><form><input></form><p>Oops!, something went wrong"
    instead(stage, patch, lambda one: Response(200, {"content-type": "text/html"}, page) if one.path == "/a" else None)
    there = documents(lambda one: one.update(authorization_endpoint=f"{BASE}/a"), SERVER)
    return after(stage, patch, there, client_id=SHARED)


@fault("log-in-page-missing", "Error creating connector")
def a_page_without_anything_to_fill_in_is_no_log_in_page(stage: Stage, patch: Patch) -> Context:
    instead(stage, patch, lambda request: html() if request.path == "/a" else None)
    there = documents(lambda one: one.update(authorization_endpoint=f"{BASE}/a"), SERVER)
    return after(stage, patch, there, client_id=SHARED)


@fault("log-in-page-unanswered", "operation")
def the_log_in_page_is_dead(stage: Stage, patch: Patch) -> Context:
    port = closed_port()
    dead = documents(lambda one: one.update(authorization_endpoint=f"{BASE}:{port}/authorize"), SERVER)
    roads = {**stage.roads, (NAME, port): ("127.0.0.1", port)}
    return after(stage, patch, dead, client_id=SHARED, network=stage.network(roads=roads))


@fault("registration-unanswered", "Dynamic client registration failed")
def registration_is_dead(stage: Stage, patch: Patch) -> Context:
    port = closed_port()
    dead = documents(lambda one: one.update(registration_endpoint=f"{BASE}:{port}/register"), SERVER)
    roads = {**stage.roads, (NAME, port): ("127.0.0.1", port)}
    return after(stage, patch, dead, register=True, network=stage.network(roads=roads))


@fault("log-in-failed", "401 loop")
def the_log_in_brings_no_token(stage: Stage, patch: Patch) -> Context:
    return stage.outside(loopback="http://localhost:3334/oauth/callback", log_in_trouble="It says: access_denied")
