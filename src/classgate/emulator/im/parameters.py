"""The parameters of a REST call: each is read with its type and bounds, or refused."""

from collections.abc import Mapping
from typing import Any, Final

from classgate.emulator.im import errors as codes
from classgate.emulator.im.accounts import MAX_IDENTIFIER_BYTES
from classgate.emulator.im.errors import ImError

UINT32: Final = 0xFFFFFFFF


class Parameters:
    """The body of a call. What is unknown is ignored, as by the cloud."""

    def __init__(self, values: Mapping[str, Any], wrong: int = codes.WRONG_PARAMETER) -> None:
        self._values = values
        self._wrong = wrong

    def has(self, name: str) -> bool:
        return name in self._values

    def raw(self, name: str) -> Any:
        return self._values.get(name)

    def text(self, name: str, most_bytes: int, default: str | None = None) -> str:
        """Return a text; without a default it is required. Raises `ImError`."""
        value = self._values.get(name, default)
        if not isinstance(value, str) or (not value and default is None):
            raise ImError(self._wrong, f"{name} must be a text")
        if len(value.encode()) > most_bytes:
            raise ImError(self._wrong, f"{name} has more than {most_bytes} bytes")
        return value

    def number(self, name: str, most: int, default: int | None = None) -> int:
        """Return a number from 0 to `most`. Raises `ImError`."""
        value = self._values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise ImError(self._wrong, f"{name} must be a number from 0 to {most}")
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """Return one of the choices. Raises `ImError`."""
        value = self._values.get(name, default)
        if value not in choices:
            raise ImError(self._wrong, f"{name} must be one of {', '.join(choices)}")
        return str(value)

    def identifier(self, name: str, default: str | None = None) -> str:
        return self.text(name, MAX_IDENTIFIER_BYTES, default)

    def identifiers(self, name: str, most: int) -> list[str]:
        """Return a list of 1 to `most` identifiers. Raises `ImError`."""
        return [self._identifier(each) for each in self.items(name, most)]

    def members(self, name: str, member: str, most: int) -> list[str]:
        """Return the identifiers of a list such as `[{"Member_Account": "tom"}]`."""
        items = self.items(name, most)
        return [self._object(each).identifier(member) for each in items]

    def objects(self, name: str, most: int) -> "list[Parameters]":
        return [self._object(each) for each in self.items(name, most)]

    def items(self, name: str, most: int) -> list[Any]:
        """Return a list of 1 to `most` entries. Raises `ImError`."""
        value = self._values.get(name)
        if not isinstance(value, list) or not value:
            raise ImError(self._wrong, f"{name} must be a list that is not empty")
        if len(value) > most:
            raise ImError(codes.TOO_MANY_ACCOUNTS, f"{name} has more than {most} entries")
        return value

    def _object(self, value: Any) -> "Parameters":
        if not isinstance(value, dict):
            raise ImError(self._wrong, "an entry of a list must be an object")
        return Parameters(value, self._wrong)

    def _identifier(self, value: Any) -> str:
        return Parameters({"an identifier": value}, self._wrong).identifier("an identifier")
