"""What the environment, or ``.env``, gives: blank means "not set", and secrets may stand in files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, PydanticBaseSettingsSource


def is_unset(name: str, value: Any) -> bool:
    """Whether a value is blank, and so stands for the default. Only ``DEFAULT_SCOPES`` may be blank and mean it."""
    return name != "default_scopes" and isinstance(value, str) and not value.strip()


class Given(PydanticBaseSettingsSource):
    """What one source really gives: blank values are left out, and ``NAME_FILE`` becomes a path under ``NAME``."""

    def __init__(self, settings_cls: type[BaseSettings], source: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._source = source

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        given = {name: value for name, value in self._source().items() if not is_unset(name, value)}
        written = getattr(self._source, "env_vars", {})
        for name, field in self.settings_cls.model_fields.items():
            path = written.get(f"{name}_file")
            if field.annotation is SecretStr and path and name not in given:
                given[name] = Path(path)
        return given


def origins_of(settings_cls: type[BaseSettings]) -> dict[str, str]:
    """Where each setting comes from that is set: by its name, in words for the owner."""
    found: dict[str, str] = {}
    for where, source in ((".env", DotEnvSettingsSource), ("environment", EnvSettingsSource)):
        for name, value in Given(settings_cls, source(settings_cls))().items():
            found[name] = f"{where}, in the file that {name.upper()}_FILE names" if isinstance(value, Path) else where
    return found
