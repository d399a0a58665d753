"""A tenant's domain, however the owner writes it."""

from __future__ import annotations

import pytest

from app.auth0.place import place_of
from app.errors import Auth0Failed

GOOD = {
    "tenant.us.auth0.com": "https://tenant.us.auth0.com/",
    " Tenant.EU.auth0.com. ": "https://tenant.eu.auth0.com/",
    "old-tenant.auth0.com": "https://old-tenant.auth0.com/",
    "127.0.0.1:8001": "http://127.0.0.1:8001/",
}
BAD = {
    "https://tenant.us.auth0.com": "--domain tenant.us.auth0.com",
    "https://tenant.us.auth0.com/": "--domain tenant.us.auth0.com",
    "tenant.us.auth0.com/": "--domain tenant.us.auth0.com",
    "https://me:word@tenant.us.auth0.com/api/v2/": "--domain tenant.us.auth0.com",
    "login.example.net": "AUTH0_MANAGEMENT_DOMAIN",
    "auth0.com.example.net": "AUTH0_MANAGEMENT_DOMAIN",
    "tenant": "--domain tenant.us.auth0.com",
    "": "--domain tenant.us.auth0.com",
    "ten ant.auth0.com": "--domain tenant.us.auth0.com",
    "192.168.0.1:80": "--domain tenant.us.auth0.com",
}


@pytest.mark.parametrize(("written", "issuer"), GOOD.items())
def test_a_tenants_own_name_leads_to_its_management_api(written: str, issuer: str) -> None:
    place = place_of(written)
    assert (place.issuer, place.api) == (issuer, f"{issuer}api/v2")
    assert (place.audience, place.token_endpoint) == (f"{issuer}api/v2/", f"{issuer}oauth/token")


@pytest.mark.parametrize(("written", "advice"), BAD.items())
def test_anything_else_is_refused_with_how_to_write_it(written: str, advice: str) -> None:
    with pytest.raises(Auth0Failed) as refused:
        place_of(written)
    assert advice in refused.value.next_step
    assert "word" not in str(refused.value)
