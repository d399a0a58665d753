"""What the standards ask of a resource server, in our own words, each with the tests that prove it.

``proofs`` are names of tests as pytest gives them, complete or up to their parameters. ``attacks`` says that every row
of the attack table which cites this section is a proof too. ``differs`` says, for a requirement that is not met to the
letter, what is done instead and why: known differences are data. ``docs/reference/conformance.md`` is made from this
by ``scripts/conformance_page.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["must", "should", "may"]

GATE = "tests/endpoint/test_gate.py::"
DOCUMENTS = "tests/endpoint/test_documents.py::"
POLICY = "tests/access/test_policy.py::"
DISPATCH = "tests/endpoint/test_dispatch.py::"
BAD_INPUT = "tests/endpoint/test_bad_input.py::"
HTTP = "tests/endpoint/test_requirement_http.py::"
ATTACK_TABLE = "tests/auth/test_attack_table.py::"
ATTACK = f"{ATTACK_TABLE}test_attack_is_refused_and_runs_no_tool"
GOOD = f"{ATTACK_TABLE}test_good_token_is_admitted"
CLAIMS = "tests/auth/test_claims.py::"
DISCOVERY = "tests/auth/test_requirement_discovery.py::"
KEYS = "tests/auth/test_keys.py::"
LYING = "tests/auth/test_lying_server.py::"
PROPERTIES = "tests/auth/test_properties.py::"
REASONS = "tests/auth/test_reasons.py::"
SETTINGS = "tests/frame/test_settings.py::"
PYTHON_SDK = "tests/clients/test_python_sdk.py::"
STEP_UP = "tests/clients/test_step_up.py::"
WRONG_SETTING = f"{SETTINGS}test_a_wrong_value_is_refused_under_its_own_name"
A_BAD_CLAIM = f"{CLAIMS}test_a_bad_value_of_a_checked_claim_is_refused_for_the_stated_reason"

TITLES = {
    "RFC 6750": "Bearer token usage",
    "RFC 7519": "JSON Web Token",
    "RFC 8414": "Authorization server metadata",
    "RFC 8707": "Resource indicators",
    "RFC 8725": "JSON Web Token best current practices",
    "RFC 9068": "JWT profile for access tokens",
    "RFC 9728": "Protected resource metadata",
    "MCP": "Model Context Protocol, authorization (2025-11-25 and 2026-07-28)",
}
"""The documents covered, in the order of the page."""


@dataclass(frozen=True)
class Requirement:
    """One requirement; ``section`` is written as the attack table cites it."""

    id: str
    section: str
    level: Level
    text: str
    proofs: tuple[str, ...] = ()
    attacks: bool = False
    differs: str = ""

    @property
    def document(self) -> str:
        return self.section.partition(" §")[0].partition(",")[0]


def _rfc(id_: str, level: Level, text: str, *proofs: str, attacks: bool = False, differs: str = "") -> Requirement:
    """An entry of an RFC; document and section are those of the id, ``RFC6750-2.1-a``."""
    document, section, _ = id_.split("-")
    return Requirement(id_, f"RFC {document[3:]} §{section}", level, text, proofs, attacks, differs)


def _mcp(id_: str, level: Level, chapter: str, text: str, *proofs: str, differs: str = "") -> Requirement:
    return Requirement(id_, f"MCP, {chapter}", level, text, proofs, differs=differs)


REQUIREMENTS: tuple[Requirement, ...] = (
    # RFC 6750
    _rfc("RFC6750-2-a", "must", "One token, sent in one way: a request with several credentials is malformed.",
         f"{PROPERTIES}test_only_a_single_authorization_header_counts", attacks=True),
    _rfc("RFC6750-2.1-a", "must", "A token in the Authorization header is accepted.", GOOD),
    _rfc("RFC6750-2.1-b", "must", "The credential is one token of the stated alphabet and nothing besides.",
         f"{PROPERTIES}test_any_header_gives_one_token_of_the_grammar_or_one_of_two_errors",
         f"{PROPERTIES}test_a_token_comes_out_as_it_was_put_in", attacks=True),
    _rfc("RFC6750-2.1-c", "must", "The scheme's name is the same in small letters and in capitals.",
         f"{GOOD}[scheme in small letters]", f"{GOOD}[scheme in capitals]"),
    _rfc("RFC6750-2.2-a", "may", "A token may come in a form body.", f"{HTTP}test_a_token_in_a_form_is_not_looked_at",
         differs="Not taken up: MCP wants the header, and bodies here are JSON. Such a token is not looked at."),
    _rfc("RFC6750-2.3-a", "may", "A token may come in the query, which is advised against.",
         f"{BAD_INPUT}test_a_token_in_the_query_string_is_not_looked_at_and_not_logged",
         differs="Not taken up: addresses end up in logs. MCP forbids it."),
    _rfc("RFC6750-3-a", "must", "A refusal for want of a good token carries a Bearer challenge with a parameter.",
         f"{DOCUMENTS}test_without_a_token_both_spellings_give_the_same_challenge_and_no_redirect", ATTACK),
    _rfc("RFC6750-3-b", "must", "Each parameter stands once in a challenge and keeps to its characters.",
         f"{HTTP}test_every_challenge_is_well_formed_and_within_the_allowed_characters"),
    _rfc("RFC6750-3.1-a", "should", "Whoever sent no token is told no error code.",
         f"{DOCUMENTS}test_without_a_token_both_spellings_give_the_same_challenge_and_no_redirect", attacks=True),
    _rfc("RFC6750-3.1-b", "should", "A malformed credential is 400 with invalid_request.",
         f"{ATTACK}[scheme without a token]", f"{ATTACK}[two authorization headers, both good]"),
    _rfc("RFC6750-3.1-c", "should", "A token that is expired, foreign, forged or broken is 401 with invalid_token.",
         f"{DOCUMENTS}test_a_bad_token_is_told_so_with_a_reference_and_nothing_more",
         f"{REASONS}test_the_log_says_why_under_the_clients_reference"),
    _rfc("RFC6750-3.1-d", "should", "A token without the needed scope is 403 with insufficient_scope.",
         f"{REASONS}test_a_missing_scope_is_403_and_names_exactly_the_scope"),
    _rfc("RFC6750-3.1-e", "may", "That challenge names the scope that would be enough.",
         f"{HTTP}test_a_scope_challenge_names_what_the_one_operation_needs_and_nothing_else"),
    _rfc("RFC6750-5.3-a", "must", "Tokens travel over TLS only.",
         f"{WRONG_SETTING}[public_base_url-http://home.example.net]",
         f"{WRONG_SETTING}[public_base_url-http://192.168.0.5]",
         differs="The server itself speaks plain HTTP, for the reverse proxy in front of it. A public address that is "
         "not https is refused at the start; that nobody reaches the plain port is the proxy's and the owner's part."),
    _rfc("RFC6750-5.3-b", "should", "Tokens do not get into logs.",
         f"{REASONS}test_log_lines_of_calls_never_hold_the_token",
         f"{BAD_INPUT}test_a_token_in_the_query_string_is_not_looked_at_and_not_logged"),
    # RFC 7519
    _rfc("RFC7519-2-a", "must", "A time is a JSON number of seconds, with or without fractions, and nothing else.",
         f"{DISCOVERY}test_times_may_have_fractions", f"{A_BAD_CLAIM}[exp]", attacks=True),
    _rfc("RFC7519-4-a", "must", "Claims that are not understood are ignored.",
         f"{CLAIMS}test_no_value_of_an_ignored_claim_changes_anything",
         f"{CLAIMS}test_all_ignored_claims_together_change_nothing_at_the_real_door",
         f"{PROPERTIES}test_claims_without_a_rule_change_nothing",
         differs="One claim is not ignored though it is not supported: a token bound to a key (cnf) is refused, for "
         "taking it as a bearer token would undo the binding (RFC 9449 §7.2)."),
    _rfc("RFC7519-4-b", "must", "Of a claim named twice either all is refused or the last one counts.",
         f"{DISCOVERY}test_of_a_claim_named_twice_the_last_one_counts_throughout"),
    _rfc("RFC7519-4.1.1-a", "must", "The issuer is compared letter by letter.", f"{A_BAD_CLAIM}[iss]", attacks=True),
    _rfc("RFC7519-4.1.2-a", "must", "The subject is a text.", f"{A_BAD_CLAIM}[sub]", attacks=True),
    _rfc("RFC7519-4.1.3-a", "must", "The audience, a text or a list of texts, names this server, or it is refused.",
         f"{A_BAD_CLAIM}[aud]", f"{GOOD}[audience a list]", attacks=True),
    _rfc("RFC7519-4.1.4-a", "must", "From its expiry on a token is refused; a few minutes for clocks are allowed.",
         f"{PROPERTIES}test_what_has_expired_stays_expired", f"{GOOD}[expired within the leeway]",
         f"{WRONG_SETTING}[oauth_leeway_seconds-3600]", attacks=True),
    _rfc("RFC7519-4.1.5-a", "must", "Before its start a token is refused, with the same allowance.",
         f"{A_BAD_CLAIM}[nbf]", f"{GOOD}[nbf within the leeway]", attacks=True),
    _rfc("RFC7519-4.1.6-a", "may", "The time of issue tells a token's age.", f"{A_BAD_CLAIM}[iat]", attacks=True,
         differs="Stricter: a token from the future is refused, since a clock must be wrong."),
    _rfc("RFC7519-6-a", "may", "Unsecured tokens exist.", f"{ATTACK}[alg none without a signature]",
         f"{WRONG_SETTING}[oauth_algorithms-RS256,none]", differs="Never accepted, nor can they be configured."),
    _rfc("RFC7519-7.2-a", "must", "Header and payload are base64url of UTF-8 JSON objects, or it is refused.",
         f"{PROPERTIES}test_any_claims_give_a_principal_or_a_stated_refusal", attacks=True),
    _rfc("RFC7519-7.2-b", "must", "A token whose algorithm is not acceptable is refused even if its signature holds.",
         f"{ATTACK}[RS512 by the right key but not allowed]", f"{ATTACK}[PS256 by the right key but not allowed]"),
    _rfc("RFC7519-7.2-c", "must", "A token inside a token is unpacked.",
         f"{DISCOVERY}test_a_token_inside_a_token_is_refused",
         differs="Refused: no access token is made so (RFC 9068 §2)."),
    # RFC 8414
    _rfc("RFC8414-2-a", "must", "An issuer is an https address without query or fragment.",
         f"{DISCOVERY}test_an_issuer_is_an_https_address_without_query_or_fragment",
         differs="Plain http is accepted on this machine (loopback), for trying things out."),
    _rfc("RFC8414-2-b", "must", "The address of the keys is https.",
         f"{DISCOVERY}test_keys_of_a_server_over_https_are_never_fetched_over_http",
         f"{LYING}test_a_jwks_uri_that_is_not_http_is_never_followed",
         f"{WRONG_SETTING}[oauth_jwks_uri-http://keys.example/jwks]"),
    _rfc("RFC8414-3.1-a", "must", "The well-known part goes between host and path of the issuer.",
         f"{DISCOVERY}test_metadata_is_looked_for_in_the_standards_order"),
    _rfc("RFC8414-3.2-a", "must", "Metadata is a JSON object with status 200; empty lists are left out.",
         f"{LYING}test_unusable_metadata_is_an_outage",
         f"{HTTP}test_a_list_that_would_be_empty_is_left_out_of_the_authorization_servers_metadata"),
    _rfc("RFC8414-3.3-a", "must", "Metadata that names another issuer than the one asked for is not used.",
         f"{DISCOVERY}test_metadata_with_an_issuer_that_differs_in_one_letter_is_not_used",
         f"{LYING}test_unusable_metadata_is_an_outage[another issuer]",
         f"{LYING}test_unusable_metadata_is_an_outage[no issuer]"),
    # RFC 8707
    _rfc("RFC8707-2-a", "must", "A resource is named by an absolute address without fragment, best without query.",
         f"{WRONG_SETTING}[public_base_url-home.example.net]", f"{WRONG_SETTING}[public_base_url-https://home.example.net?x]",
         f"{DOCUMENTS}test_resource_metadata_names_resource_and_issuer_byte_for_byte"),
    _rfc("RFC8707-2-b", "should", "A token is good only at the resource it was asked for.",
         f"{REASONS}test_the_log_says_why_under_the_clients_reference[wrong_audience]", attacks=True),
    # RFC 8725
    _rfc("RFC8725-2.1-a", "must", "A public key is never taken for a shared secret.",
         f"{KEYS}test_keys_not_meant_for_signatures_are_skipped", attacks=True),
    _rfc("RFC8725-3.1-a", "must", "Only algorithms on a list of the owner's are used, whatever the header says.",
         f"{WRONG_SETTING}[oauth_algorithms-HS256]", attacks=True),
    _rfc("RFC8725-3.1-b", "must", "Each key serves exactly one algorithm.",
         f"{KEYS}test_keys_not_meant_for_signatures_are_skipped",
         differs="A published key that names its algorithm serves that one only. One that names none (Entra's do not) "
         "serves those of its kind that OAUTH_ALGORITHMS allows: by default a single one, RS256."),
    _rfc("RFC8725-3.2-a", "must", "No unsecured tokens, and only algorithms that are not broken.",
         f"{WRONG_SETTING}[oauth_algorithms-RS256,none]", attacks=True),
    _rfc("RFC8725-3.3-a", "must", "If any cryptographic check fails, the whole token is refused.", attacks=True),
    _rfc("RFC8725-3.4-a", "must", "Keys are checked before use: points lie on their curve.",
         f"{KEYS}test_unusable_keys_are_skipped_and_good_ones_kept",
         f"{PROPERTIES}test_any_key_set_is_read_or_refused_with_a_value_error"),
    _rfc("RFC8725-3.5-a", "must", "Keys are long enough; nothing that a person could remember.",
         f"{KEYS}test_a_set_without_a_usable_key_is_refused", attacks=True),
    _rfc("RFC8725-3.7-a", "must", "JSON is UTF-8.", f"{ATTACK}[header that is not UTF-8]"),
    _rfc("RFC8725-3.8-a", "must", "Keys belong to the issuer that the token names.",
         f"{ATTACK}[a stranger's key under the right kid]", f"{KEYS}test_hopeless_tokens_cost_no_fetch", attacks=True),
    _rfc("RFC8725-3.8-b", "must", "The subject is one that the application knows.", f"{A_BAD_CLAIM}[sub]",
         differs="There is no list of people yet: everybody whom the authorization server lets in is known. Sign-up "
         "must be closed there."),
    _rfc("RFC8725-3.9-a", "must", "Without this server among its audiences a token is refused.", attacks=True),
    _rfc("RFC8725-3.10-a", "must", "What a token says of keys and addresses is neither looked up nor believed.",
         f"{GOOD}[a key address that is ignored (jku), with the tenant's own signature]", attacks=True),
    _rfc("RFC8725-3.11-a", "should", "The typ header tells kinds of tokens apart.", attacks=True,
         differs="Plain JWT, and none at all, are accepted besides at+jwt: see RFC9068-4-a."),
    _rfc("RFC8725-3.12-a", "must", "No other kind of token passes the rules for access tokens.",
         f"{CLAIMS}test_an_id_token_is_refused_for_its_audience_whatever_else_it_carries",
         f"{ATTACK}[an ID token for the client]",
         differs="The audience keeps them apart. An owner who names a client's id in AUTH0_AUDIENCE gives that up: ID "
         "tokens for that client pass then. Name the address of this server."),
    # RFC 9068
    _rfc("RFC9068-2.1-a", "must", "Access tokens are signed, and RS256 is understood.",
         f"{SETTINGS}test_three_settings_are_enough_and_the_rest_has_its_promised_default", GOOD),
    _rfc("RFC9068-2.2-a", "must", "Issuer, audience, subject and expiry are there.",
         f"{PROPERTIES}test_nobody_is_admitted_without_the_four_that_matter", attacks=True),
    _rfc("RFC9068-2.2-b", "must", "So are client_id, iat and jti.",
         f"{DISCOVERY}test_the_whole_set_of_claims_that_auth0_sends_without_client_id_and_jti_is_enough",
         f"{GOOD}[no iat]",
         differs="Not demanded: Auth0's own dialect has azp instead of client_id, and no jti. None of them decides who "
         "may enter."),
    _rfc("RFC9068-2.2.3-a", "should", "Scopes are read from scope, and mean what this server says.",
         f"{CLAIMS}test_a_used_claim_changes_the_principal_and_only_where_stated", attacks=True),
    _rfc("RFC9068-2.2.3.1-a", "should", "Roles, groups and entitlements have claims of their own.",
         f"{CLAIMS}test_roles_count_only_when_the_owner_names_their_claim",
         differs="Read only when OAUTH_SCOPE_CLAIMS names them: elsewhere they belong to other applications."),
    _rfc("RFC9068-4-a", "must", "Any typ but at+jwt is refused.", f"{GOOD}[typ JWT]", f"{GOOD}[typ absent]",
         f"{GOOD}[typ with the media type spelled out]", attacks=True,
         differs="JWT and no typ are accepted too: Auth0 (in its default dialect), Keycloak, Entra and Okta do not "
         "write at+jwt. The audience keeps ID tokens out."),
    _rfc("RFC9068-4-b", "must", "An encrypted token is decrypted with the key agreed on.",
         f"{ATTACK}[an encrypted Auth0 token]",
         f"{REASONS}test_the_log_says_why_under_the_clients_reference[encrypted]",
         differs="None is ever agreed on. The owner is told which switch at Auth0 makes signed ones."),
    _rfc("RFC9068-4-c", "must", "The issuer matches exactly.", f"{A_BAD_CLAIM}[iss]"),
    _rfc("RFC9068-4-d", "must", "The signature is checked with the issuer's published keys, found by its metadata.",
         f"{KEYS}test_a_new_key_is_picked_up_on_first_use",
         f"{KEYS}test_a_key_that_disappears_ends_the_tokens_it_signed"),
    _rfc("RFC9068-4-e", "must", "Errors are those of RFC 6750.", ATTACK),
    # RFC 9728
    _rfc("RFC9728-2-a", "must", "The metadata names the resource and its authorization servers, as these write it.",
         f"{DOCUMENTS}test_resource_metadata_names_resource_and_issuer_byte_for_byte"),
    _rfc("RFC9728-2-b", "should", "It names the scopes and the ways to send a token.",
         f"{DOCUMENTS}test_resource_metadata_names_resource_and_issuer_byte_for_byte"),
    _rfc("RFC9728-3-a", "must", "It stands at the well-known place.",
         f"{DOCUMENTS}test_resource_metadata_names_resource_and_issuer_byte_for_byte",
         f"{DOCUMENTS}test_documents_answer_head_options_and_nothing_else"),
    _rfc("RFC9728-3.1-a", "must", "That place has the path of the resource behind the well-known part.",
         f"{HTTP}test_from_the_resource_one_comes_to_the_metadata_and_back"),
    _rfc("RFC9728-3.2-a", "must", "It is JSON with status 200; empty members are left out.",
         f"{HTTP}test_the_metadata_is_json_without_empty_members"),
    _rfc("RFC9728-3.3-a", "must", "The resource it names is the one whose metadata was asked for.",
         f"{HTTP}test_from_the_resource_one_comes_to_the_metadata_and_back",
         differs="The same document stands at the root too, where MCP has clients look; there it still names the "
         "address ending in /mcp."),
    _rfc("RFC9728-5.1-a", "may", "A challenge says where the metadata is.",
         f"{HTTP}test_every_challenge_is_well_formed_and_within_the_allowed_characters"),
    # MCP
    _mcp("MCP-roles-a", "must", "Roles", "The server is a resource server only; logging in happens elsewhere.",
         f"{HTTP}test_nothing_of_an_authorization_server_is_hosted_here"),
    _mcp("MCP-discovery-a", "must", "Authorization server discovery",
         "Both kinds of metadata are looked for, in the stated order.",
         f"{DISCOVERY}test_metadata_is_looked_for_in_the_standards_order"),
    _mcp("MCP-discovery-b", "must", "Authorization server discovery", "The issuer in it is exactly the one asked.",
         f"{DISCOVERY}test_metadata_with_an_issuer_that_differs_in_one_letter_is_not_used"),
    _mcp("MCP-discovery-c", "must", "Protected resource metadata", "Clients find it by the challenge or well-known.",
         f"{DOCUMENTS}test_the_four_checks_hold", f"{PYTHON_SDK}test_discovers_registers_logs_in_and_calls_a_tool"),
    _mcp("MCP-pkce-a", "must", "Authorization code protection", "Clients see that S256 is supported, or turn away.",
         f"{DOCUMENTS}test_authorization_server_metadata_is_the_tenants_own_with_only_s256",
         f"{LYING}test_only_s256_is_published_and_only_if_offered"),
    _mcp("MCP-registration-a", "should", "Client registration",
         "Metadata documents of clients are possible where the authorization server reads them.",
         f"{LYING}test_fields_for_client_id_metadata_documents_are_passed_through"),
    _mcp("MCP-scopes-a", "should", "Scope selection", "The first challenge says which scope to ask for.",
         f"{DOCUMENTS}test_without_a_token_both_spellings_give_the_same_challenge_and_no_redirect"),
    _mcp("MCP-scopes-b", "should", "Refresh tokens", "offline_access is neither in a challenge nor in the metadata.",
         f"{HTTP}test_offline_access_is_asked_for_nowhere"),
    _mcp("MCP-token-a", "must", "Access token usage", "Every request carries a token and is checked, session or not.",
         f"{HTTP}test_each_request_needs_its_token_whatever_came_before_on_the_connection"),
    _mcp("MCP-token-b", "must", "Access token usage", "No token in the address.",
         f"{BAD_INPUT}test_a_token_in_the_query_string_is_not_looked_at_and_not_logged"),
    _mcp("MCP-audience-a", "must", "Token audience", "Tokens that were issued for others are refused.",
         f"{A_BAD_CLAIM}[aud]", f"{ATTACK}[another resource's audience]"),
    _mcp("MCP-passthrough-a", "must", "Token passthrough", "The token that came in is never passed on.",
         f"{HTTP}test_a_tool_never_gets_hold_of_the_access_token"),
    _mcp("MCP-errors-a", "must", "Error handling", "401, 403 and 400 mean what the chapter says.",
         ATTACK, f"{REASONS}test_a_missing_scope_is_403_and_names_exactly_the_scope"),
    _mcp("MCP-stepup-a", "should", "Scope challenge",
         "A refused operation names all that this operation needs, and where the metadata is.",
         f"{HTTP}test_a_scope_challenge_names_what_the_one_operation_needs_and_nothing_else"),
    _mcp("MCP-stepup-b", "must", "Scope hierarchies", "A higher scope is enough where a lower one is asked.",
         f"{REASONS}test_a_higher_scope_includes_the_lower",
         f"{POLICY}test_the_ladder_holds_for_every_need_and_every_holding"),
    _mcp("MCP-stepup-c", "should", "Scope challenge", "Who logs in for the scope they were told gets in.",
         f"{STEP_UP}test_lists_calls_is_sent_to_log_in_for_the_scope_and_succeeds"),
    _mcp("MCP-stepup-d", "should", "Scope challenge", "Nobody is sent to log in again and again for nothing.",
         f"{STEP_UP}test_who_can_never_get_the_scope_hears_one_clear_refusal_and_goes_on"),
    _mcp("MCP-lists-a", "must", "Caching", "Lists that differ by caller are marked private.",
         f"{DISPATCH}test_lists_say_that_they_are_private_to_the_caller"),
    _mcp("MCP-https-a", "must", "Communication security", "Everything is https.",
         f"{WRONG_SETTING}[public_base_url-http://home.example.net]",
         differs="As at RFC6750-5.3-a: by the reverse proxy."),
    _mcp("MCP-origin-a", "must", "Transports", "A foreign Origin is 403.",
         f"{GATE}test_only_listed_and_loopback_origins_may_call",
         f"{BAD_INPUT}test_bad_request_gets_its_status[a foreign origin]"),
)  # fmt: skip
