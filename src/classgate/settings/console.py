"""The group of the console."""

from typing import Literal

from pydantic import field_validator

from classgate.client_address import parse_networks
from classgate.settings.groups import SettingsGroup
from classgate.settings.types import WordList


class ConsoleSettings(SettingsGroup):
    """The console: pages for people, at `/`."""

    enabled: bool = True
    second_factor: Literal["required", "optional"] = "required"  # of admins, in the console
    admin_networks: WordList = ()  # from which admins may use the console; empty: from everywhere

    @field_validator("admin_networks")
    @classmethod
    def _require_admin_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        parse_networks(networks)
        return networks
