"""Reads what can be read of the settings, for commands that need no complete configuration.

Nothing is validated but the form of each value: a weak key is still the key that signed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
    secret_key, private_key = settings.im.secret_key, settings.im.private_key
    cloud = settings.cloud
    secrets = () if secret_key is None else (("im.secret_key", secret_key.get_secret_value()),)
    keys = () if private_key is None else (("im.private_key", private_key.get_secret_value()),)
    pair = (cloud.secret_id.get_secret_value(), cloud.secret_key.get_secret_value())
    return PartialSettings(
        sdk_app_id=settings.im.sdk_app_id,
        sdk_secrets=secrets,
        private_keys=keys,
        cloud_keys=(("cloud.secret_key", *pair),),
        cloud_app_id=settings.cos.app_id,
        bucket=settings.cos.bucket,
        region=settings.cos.region,
    )


def _select(tree: SettingsTree, faults: tuple[str, ...]) -> PartialSettings:
    def text(group: str, name: str) -> str | None:
        value = tree.get(group, {}).get(name)
        return value if isinstance(value, str) and value else None

    sdk_app_id = str(tree.get("im", {}).get("sdk_app_id", ""))
    secret, pem = text("im", "secret_key"), text("im", "private_key")
    secret_id, secret_key = text("cloud", "secret_id"), text("cloud", "secret_key")
    return PartialSettings(
        sdk_app_id=int(sdk_app_id) if re.fullmatch(r"[0-9]{1,10}", sdk_app_id) else None,
        sdk_secrets=(("im.secret_key", secret),) if secret else (),
        private_keys=(("im.private_key", pem),) if pem else (),
        cloud_keys=(
            (("cloud.secret_key", secret_id, secret_key),) if secret_id and secret_key else ()
        ),
        cloud_app_id=text("cos", "app_id"),
        bucket=text("cos", "bucket"),
        region=text("cos", "region"),
        faults=faults,
    )
