"""The settings of the sources, and which key goes where. Keys show in no ``repr``.

The portal prints a key in two forms, one of them percent-encoded already; either works, because a key is decoded once
here and encoded exactly once on the way out. api.odcloud.kr alone takes a key in a header.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from app.tools.real_estate.sources.faults import Kind


@dataclass(frozen=True)
class SourceSettings:
    """Where the portals are, with which keys to ask them, and where to keep their answers.

    A blank key means "not set". ``keep_in`` is a folder, made when it is not there; None keeps answers in memory only.
    ``request_seconds`` is the longest that one request may take.
    """

    data_go_kr_api_key: str = field(default="", repr=False)
    odcloud_api_key: str = field(default="", repr=False)
    odcloud_service_key: str = field(default="", repr=False)
    onbid_api_key: str = field(default="", repr=False)
    data_go_kr_base_url: str = "https://apis.data.go.kr"
    odcloud_base_url: str = "https://api.odcloud.kr"
    keep_in: Path | None = None
    request_seconds: float = 15.0


@dataclass(frozen=True)
class Credential:
    """One key, or the lack of it, and the settings to name when it is refused.

    ``setting`` is where the key came from, or where one belongs; ``base`` is the setting of the portal's address.
    """

    setting: str
    base: str
    key: str = field(default="", repr=False)
    in_header: bool = False

    @property
    def problem(self) -> Kind | None:
        """Why there is no point in asking with this key; None when there is."""
        if not self.key:
            return "unset"
        return None if re.fullmatch(r"[A-Za-z0-9+/=_.~:-]+", self.key) else "misshapen"

    @property
    def encoded(self) -> str:
        """The key for a query string: encoded once, with no safe characters."""
        return quote(self.key, safe="")

    @property
    def forms(self) -> frozenset[str]:
        """What the key looks like when something repeats it, in small letters."""
        if not self.key:
            return frozenset()
        return frozenset(form.lower() for form in (self.key, self.encoded, quote(self.encoded, safe="")))


@dataclass(frozen=True)
class Credentials:
    """One credential for each family of datasets."""

    contracts: Credential
    cloud: Credential
    auctions: Credential


def credentials_of(settings: SourceSettings) -> Credentials:
    """Choose the key of each family: its own, or the account's one key for everything at data.go.kr."""
    account = _decoded(settings.data_go_kr_api_key)
    header, query = _decoded(settings.odcloud_api_key), _decoded(settings.odcloud_service_key)
    auction = _decoded(settings.onbid_api_key)
    base, cloud_base = "DATA_GO_KR_BASE_URL", "ODCLOUD_BASE_URL"
    if header:
        cloud = Credential("ODCLOUD_API_KEY", cloud_base, header, in_header=True)
    elif query:
        cloud = Credential("ODCLOUD_SERVICE_KEY", cloud_base, query)
    elif account:
        cloud = Credential("DATA_GO_KR_API_KEY", cloud_base, account)
    else:
        cloud = Credential("DATA_GO_KR_API_KEY (or ODCLOUD_API_KEY, or ODCLOUD_SERVICE_KEY)", cloud_base)
    if auction:
        auctions = Credential("ONBID_API_KEY", base, auction)
    elif account:
        auctions = Credential("DATA_GO_KR_API_KEY", base, account)
    else:
        auctions = Credential("DATA_GO_KR_API_KEY (or ONBID_API_KEY)", base)
    return Credentials(Credential("DATA_GO_KR_API_KEY", base, account), cloud, auctions)


def _decoded(key: str) -> str:
    key = key.strip()
    return unquote(key) if "%" in key else key
