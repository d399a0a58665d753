"""The bodies that Auth0's Management API takes, as its official client declares them; anything else is refused.

The client's methods carry the type of each field. Here they become closed models: no unknown field at any depth, no
value outside an enumeration, no type turned into another. The one thing left open is a connection's ``options``, whose
fields depend on its strategy and are not all declared. The client is loaded at the first request, not before.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import types
import typing
from typing import Any, Literal, Union

import pydantic

_BODIES = {
    "tenant": ("tenants.settings", "RawSettingsClient", "update"),
    "create api": ("resource_servers", "RawResourceServersClient", "create"),
    "change api": ("resource_servers", "RawResourceServersClient", "update"),
    "create grant": ("client_grants", "RawClientGrantsClient", "create"),
    "change grant": ("client_grants", "RawClientGrantsClient", "update"),
    "change connection": ("connections", "RawConnectionsClient", "update"),
    "enable connection": ("connections.clients", "RawClientsClient", "update"),
    "create client": ("clients", "RawClientsClient", "create"),
    "change client": ("clients", "RawClientsClient", "update"),
    "register document": ("clients", "RawClientsClient", "register_cimd_client"),
    "create user": ("users", "RawUsersClient", "create"),
    "change user": ("users", "RawUsersClient", "update"),
    "end access": ("users", "RawUsersClient", "revoke_access"),
    "grant permissions": ("users.permissions", "RawPermissionsClient", "create"),
    "password ticket": ("tickets", "RawTicketsClient", "change_password"),
}
_NOT_IN_THE_BODY = {"self", "id", "request_options", "return"}
_OPEN = {"ConnectionPropertiesOptions", "UpdateConnectionOptions"}
_ALIASES = {"include_email_in_redirect": "includeEmailInRedirect"}


def problem_of(body: str, raw: bytes) -> str:
    """What Auth0 says about a body that it does not take; blank when it takes it."""
    try:
        _adapter(body).validate_json(raw or b"{}", strict=True)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("function-", "nullable")))
        if first["type"] == "extra_forbidden":
            return f"Payload validation error: 'Additional properties not allowed: {place}'."
        return f"Payload validation error: '{first['msg']}' on property {place or '(body)'}."
    return ""


@functools.cache
def _adapter(body: str) -> pydantic.TypeAdapter[Any]:
    module, name, method = _BODIES[body]
    raw_client = importlib.import_module(f"auth0.management.{module}.raw_client")
    function = getattr(getattr(raw_client, name), method)
    hints = typing.get_type_hints(function)
    parameters = inspect.signature(function).parameters
    if "request" in parameters:
        return pydantic.TypeAdapter(_closed(hints["request"]))
    fields: dict[str, Any] = {}
    for one in parameters.values():
        if one.name not in _NOT_IN_THE_BODY:
            default = ... if one.default is inspect.Parameter.empty else None
            fields[one.name] = (_closed(hints[one.name]), pydantic.Field(default, alias=_ALIASES.get(one.name)))
    config = pydantic.ConfigDict(extra="forbid")
    model = pydantic.create_model(f"{name}_{method}", __config__=config, **fields)
    return pydantic.TypeAdapter(model)


def _closed(kind: Any) -> Any:
    """The same type without the doors that the client leaves open for values it does not know."""
    if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
        return dict[str, Any] if kind.__name__ in _OPEN else _closed_model(kind)
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _closed(inner[0])
    if origin in (Union, types.UnionType):
        known = (
            [one for one in inner if one is not Any] if any(typing.get_origin(i) is Literal for i in inner) else inner
        )
        return Union[tuple(_closed(one) for one in known)]  # noqa: UP007  (made from a list)
    if origin is Literal or not inner:
        return kind
    origin = list if origin is not None and issubclass(origin, typing.Sequence) else origin
    return origin[tuple(_closed(one) for one in inner)] if origin else kind


@functools.cache
def _closed_model(kind: type[pydantic.BaseModel]) -> Any:
    fields: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        default = ... if field.is_required() else None
        fields[name] = (_closed(field.annotation), pydantic.Field(default, alias=field.alias))
    return pydantic.create_model(kind.__name__, __config__=pydantic.ConfigDict(extra="forbid"), **fields)
