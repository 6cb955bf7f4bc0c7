"""Reads what can be read of the settings, for commands that need no complete configuration.

Nothing is validated but the form of each value: a weak key is still the key that signed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from classgate.errors import ConfigurationError
from classgate.settings.loading import Settings, SettingsTree, read_settings_tree


@dataclass(frozen=True, kw_only=True)
class PartialSettings:
    """The keys, the application and the store, as far as they are set."""

    sdk_app_id: int | None = None
    sdk_secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """The name of the setting and the secret; and so for the following."""
    private_keys: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cloud_keys: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)
    cloud_app_id: str | None = None
    bucket: str | None = None
    region: str | None = None
    faults: tuple[str, ...] = ()
    """What could not be read; never with a value."""


def load_partial_settings(
    environment: Mapping[str, str], config_file: Path | None
) -> PartialSettings:
    """Load what can be read. A file that is not TOML, or a missing one, is a fault."""
    faults: list[str] = []
    try:
        tree = read_settings_tree(environment, config_file, faults)
    except ConfigurationError as error:
        faults += error.faults
        tree = {}
    return _select(tree, tuple(faults))


def partial_settings_of(settings: Settings) -> PartialSettings:
    """Return the same of a complete configuration."""
    tree: SettingsTree = {
        group: {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in settings_group
        }
        for group, settings_group in (
            ("im", settings.im),
            ("cloud", settings.cloud),
            ("cos", settings.cos),
        )
    }
    return _select(tree, ())


def _select(tree: SettingsTree, faults: tuple[str, ...]) -> PartialSettings:
    def text(group: str, name: str) -> str | None:
        value = tree.get(group, {}).get(name)
        return value if isinstance(value, str) and value else None

    def keys(group: str, name: str) -> tuple[tuple[str, str], ...]:
        names = (name, f"previous_{name}")
        return tuple((f"{group}.{each}", value) for each in names if (value := text(group, each)))

    sdk_app_id = str(tree.get("im", {}).get("sdk_app_id", ""))
    return PartialSettings(
        sdk_app_id=int(sdk_app_id) if re.fullmatch(r"[0-9]{1,10}", sdk_app_id) else None,
        sdk_secrets=keys("im", "secret_key"),
        private_keys=keys("im", "private_key"),
        cloud_keys=tuple(
            (name, secret_id, secret_key)
            for name, secret_key in keys("cloud", "secret_key")
            if (secret_id := text("cloud", name.partition(".")[2].replace("_key", "_id")))
        ),
        cloud_app_id=text("cos", "app_id"),
        bucket=text("cos", "bucket"),
        region=text("cos", "region"),
        faults=faults,
    )
