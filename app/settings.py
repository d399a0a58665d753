"""The settings, read once from the environment and ``.env``, checked all at once.

Only the command line and ``app/main.py`` construct :class:`Settings`; every other module is handed the values it
needs. Names and defaults are promised in ``docs/reference/settings.md``. Nothing here opens a connection.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from app.errors import ConfigurationError, Problem
from app.settings_rules import find_problems
from app.settings_source import Given, is_unset, origins_of

DEFAULT_ORIGINS = ("https://chatgpt.com", "https://claude.ai")

Words = Annotated[tuple[str, ...], NoDecode]
"""A comma-separated list in the environment."""


class Settings(BaseSettings):
    """Every setting of the server. A blank value means "not set", except for ``DEFAULT_SCOPES``.

    Construct it with :func:`load_settings`, which turns every problem into one :class:`ConfigurationError`.
    """

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    auth_mode: Literal["oauth", "none"] = "oauth"
    public_base_url: str = ""
    auth0_domain: str = ""
    auth0_management_domain: str = ""
    auth0_management_token: SecretStr = SecretStr("")
    auth0_management_client_id: str = ""
    auth0_management_client_secret: SecretStr = SecretStr("")
    oauth_issuer: str = ""
    auth0_audience: Words = ()
    oauth_jwks_uri: str = ""
    oauth_algorithms: Words = ("RS256",)
    oauth_leeway_seconds: int = Field(default=30, ge=0, le=300)
    oauth_scope_claims: Words = ("scope", "scp", "permissions")
    default_scopes: Words = ("read",)
    data_dir: str = "./data"
    database_url: SecretStr = SecretStr("")
    log_days: int = Field(default=14, ge=1, le=3_650)
    log_rows: int = Field(default=1_000_000, ge=1_000, le=100_000_000)
    log_arguments: Literal["names", "values"] = "names"
    rate_limit_per_person: str = "300/minute"
    rate_limit_per_address: str = "120/minute"
    rate_limit_storage_url: SecretStr = SecretStr("")
    toolsets: Words = ("real_estate",)
    upstreams_file: str = ""
    other_resources: Words = ()
    data_go_kr_api_key: SecretStr = SecretStr("")
    odcloud_api_key: SecretStr = SecretStr("")
    odcloud_service_key: SecretStr = SecretStr("")
    onbid_api_key: SecretStr = SecretStr("")
    data_go_kr_base_url: str = "https://apis.data.go.kr"
    odcloud_base_url: str = "https://api.odcloud.kr"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    public_port: str = ""
    allowed_origins: Words = ()
    admin_subjects: Words = ()
    admin_network: Literal["any", "private"] = "any"
    admin_client_id: str = ""
    admin_client_secret: SecretStr = SecretStr("")
    forwarded_allow_ips: str = "127.0.0.1"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"

    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @property
    def came_from(self) -> Mapping[str, str]:
        """Where each setting came from, by its name, when they were read; those that are missing are by default."""
        return self._origins

    @property
    def resource(self) -> str:
        """The protected resource's identifier (RFC 8707, RFC 9728): what clients ask a token for."""
        return f"{self.public_base_url}/mcp"

    @property
    def issuer(self) -> str:
        """The authorization server's issuer, byte for byte as it writes it (RFC 8414 §2)."""
        return self.oauth_issuer or f"https://{self.auth0_domain}/"

    @property
    def manages_auth0(self) -> bool:
        """Whether there is what it takes to get in at Auth0's Management API."""
        secret = self.auth0_management_client_secret.get_secret_value()
        return bool(self.auth0_management_token.get_secret_value() or (self.auth0_management_client_id and secret))

    @property
    def audiences(self) -> tuple[str, ...]:
        """The values of ``aud`` that are accepted."""
        return self.auth0_audience or (self.resource,)

    @property
    def origins(self) -> tuple[str, ...]:
        """The browser origins that may call ``/mcp``; loopback origins are always allowed besides."""
        own = (self.public_base_url,) if self.public_base_url else ()
        return self.allowed_origins or (*own, *DEFAULT_ORIGINS)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before ``.env``, each with its secret files (``NAME_FILE``, as Docker mounts them)."""
        return init_settings, Given(settings_cls, env_settings), Given(settings_cls, dotenv_settings)

    @model_validator(mode="wrap")
    @classmethod
    def _tell_everything_at_once(cls, values: Any, handler: ModelWrapValidatorHandler[Settings]) -> Settings:
        """Report wrong types and broken rules together."""
        given = {name: value for name, value in values.items() if not is_unset(name, value)}
        problems: list[Problem] = []
        try:
            settings = handler(given)
        except ValidationError as error:
            problems = _problems_of(error)
            unusable = {problem.setting for problem in problems}
            settings = handler({name: value for name, value in given.items() if name.upper() not in unusable})
        named = {problem.setting for problem in problems}
        problems += [problem for problem in find_problems(settings) if problem.setting not in named]
        if problems:
            raise ConfigurationError(problems)
        return settings

    @field_validator(
        "data_go_kr_api_key",
        "odcloud_api_key",
        "odcloud_service_key",
        "onbid_api_key",
        "database_url",
        "rate_limit_storage_url",
        "auth0_management_token",
        "auth0_management_client_secret",
        "admin_client_secret",
        mode="before",
    )
    @classmethod
    def _read_secret_file(cls, value: Any) -> Any:
        if not isinstance(value, Path):
            return value
        try:
            return value.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ValueError("the file that the variable of this name with _FILE points to cannot be read") from None

    @field_validator(
        "auth0_audience",
        "oauth_algorithms",
        "oauth_scope_claims",
        "default_scopes",
        "toolsets",
        "other_resources",
        "allowed_origins",
        "admin_subjects",
        mode="before",
    )
    @classmethod
    def _split_commas(cls, value: Any, info: ValidationInfo) -> Any:
        if info.field_name == "toolsets" and value == "none":  # blank would mean "not set"
            return ()
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("public_base_url", "auth0_domain", "oauth_issuer", "oauth_jwks_uri", "host", mode="before")
    @classmethod
    def _trim(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value


class _Isolated(Settings):
    """Settings from the given values alone."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,
        **more: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


class DemoPorts(BaseSettings):
    """Where ``gatehouse demo`` listens."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    demo_port: int = Field(default=8000, ge=1, le=65535)
    demo_tenant_port: int = Field(default=8001, ge=1, le=65535)
    demo_data_port: int = Field(default=8002, ge=1, le=65535)


def load_demo_ports() -> DemoPorts:
    """Read the ports of the demo. Raises :class:`ConfigurationError`."""
    try:
        return DemoPorts()
    except ValidationError as error:
        raise ConfigurationError(_problems_of(error)) from None


def load_settings(values: dict[str, Any] | None = None, **given: Any) -> Settings:
    """Read and check the settings: those of the environment and ``.env``, or else exactly ``values``.

    What is ``given`` goes before the environment. Raises :class:`ConfigurationError` carrying every problem found, each
    with the variable's name and an example.
    """
    try:
        if values is not None:
            isolated = _Isolated(**values)
            isolated._origins = _named(values, "given")
            return isolated
        _refuse_two_spellings()
        settings = Settings(**given)
        settings._origins = {**origins_of(Settings), **_named(given, "command line")}
        return settings
    except UnicodeDecodeError:
        raise ConfigurationError([Problem(".env", "is not UTF-8 text. Save it as UTF-8.")]) from None
    except OSError as error:
        what = f"in the folder {os.getcwd()} cannot be read ({error.strerror}). Change its owner, or start elsewhere."
        raise ConfigurationError([Problem(".env", what)]) from None


def _named(values: dict[str, Any], where: str) -> dict[str, str]:
    """Where values came from that are set: a blank stands for the default."""
    return {name: where for name, value in values.items() if not is_unset(name, value)}


def surroundings() -> dict[str, str]:
    """All that is set in the environment, or else in ``.env``: for what other files of the owner refer to by name."""
    from dotenv import dotenv_values  # noqa: PLC0415  (only those who have such files need it)

    return {**{name: value for name, value in dotenv_values(".env").items() if value is not None}, **os.environ}


def _refuse_two_spellings() -> None:
    """Small letters count too; but where both are given, which one would count is chance, and no setting may be."""
    names = {name.upper() for name in Settings.model_fields}
    twice = [
        name.upper()
        for name, value in os.environ.items()
        if name.upper() in names and value != os.environ.get(name.upper(), value)
    ]
    if twice:
        what = "is set in two spellings that differ. Keep the one in capital letters, and take the other out."
        raise ConfigurationError([Problem(name, what) for name in sorted(set(twice))])


_EXAMPLES = {
    "AUTH_MODE": "oauth",
    "PORT": "8000",
    "DEMO_PORT": "8000",
    "DEMO_TENANT_PORT": "8001",
    "DEMO_DATA_PORT": "8002",
    "OAUTH_LEEWAY_SECONDS": "30",
    "LOG_DAYS": "14",
    "LOG_ROWS": "1000000",
    "LOG_ARGUMENTS": "names",
    "ADMIN_NETWORK": "any",
    "LOG_LEVEL": "info",
    "LOG_FORMAT": "text",
}


def _problems_of(error: ValidationError) -> list[Problem]:
    problems = []
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        name = str(item["loc"][0]).upper() if item["loc"] else "settings"
        problems.append(Problem(name, f"{item['msg'].removeprefix('Value error, ')}.", _EXAMPLES.get(name, "")))
    return problems
