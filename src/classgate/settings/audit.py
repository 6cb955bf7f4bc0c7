"""The group of the audit."""

from collections.abc import Sequence
from datetime import timedelta

from pydantic import SecretStr, field_validator

from classgate.settings.groups import SettingsGroup, require_retention
from classgate.settings.types import (
    AuditKeyList,
    AuditKeyText,
    Seconds,
    require_between,
    split_secrets,
)


class AuditSettings(SettingsGroup):
    """The audit log."""

    key: AuditKeyText
    # Or several, the newest first. They write nothing: what they wrote verifies and is found.
    previous_key: AuditKeyList | None = None
    retention: Seconds = timedelta(0)  # 0: for ever
    refusals_retention: Seconds = timedelta(days=30)

    @field_validator("retention")
    @classmethod
    def _retention_limits(cls, retention: timedelta) -> timedelta:
        return require_retention(retention)

    @field_validator("refusals_retention")
    @classmethod
    def _refusals_retention_limits(cls, retention: timedelta) -> timedelta:
        # Not for ever: the rows have addresses, and anybody can cause some.
        return require_between(retention, 86400, 3650 * 86400)

    def previous_keys(self) -> Sequence[SecretStr]:
        """Return the keys that verify and find, and write nothing; the newest first."""
        keys = self.previous_key
        return [] if keys is None else [SecretStr(each) for each in split_secrets(keys)]
