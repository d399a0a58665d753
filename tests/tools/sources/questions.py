"""One question to each kind of service, and the envelopes in which any of them may be refused."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from typing import Any

import pytest

from app.tools.base import CallContext
from app.tools.real_estate.sources import PortalSources
from tests.tools.sources.support import AUCTIONS, CODES, NOTICES, SALES

XML_ENVELOPE = (
    "<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>{}</errMsg><returnAuthMsg>{}</returnAuthMsg>"
    "<returnReasonCode>{}</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>"
)


def json_envelope(fields: tuple[str, str, str]) -> str:
    names = ("errMsg", "returnAuthMsg", "returnReasonCode")
    return json.dumps({"OpenAPI_ServiceResponse": {"cmmMsgHeader": dict(zip(names, fields, strict=True))}})


def contracts(sources: PortalSources) -> Coroutine[Any, Any, Any]:
    return sources.months(SALES, [("11710", "202506")], CallContext())


def cloud(sources: PortalSources) -> Coroutine[Any, Any, Any]:
    return sources.odcloud(NOTICES, {}, 1, 10)


def auctions(sources: PortalSources) -> Coroutine[Any, Any, Any]:
    return sources.onbid(AUCTIONS, {}, 1, 10)


def codes(sources: PortalSources) -> Coroutine[Any, Any, Any]:
    return sources.onbid_codes(CODES)


EVERYWHERE = pytest.mark.parametrize("work", [contracts, cloud, auctions, codes])
