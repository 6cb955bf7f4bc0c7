"""Parses a JavaScript literal: strings, numbers, arrays and objects. Nothing is evaluated.

"Copy as fetch" writes JSON, but people also paste code with unquoted names, single quotes, trailing
commas and comments.
"""

import re
from dataclasses import dataclass
from typing import Final

MAX_LEVELS: Final = 20
MAX_VALUES: Final = 5000

_SPACE: Final = re.compile(r"(?:\s++|//[^\n]*+|/\*.*?\*/)*+", re.DOTALL)
_STRING: Final = re.compile(
    r"\"((?:[^\"\\\n]|\\.)*+)\"|'((?:[^'\\\n]|\\.)*+)'|`((?:[^`\\]|\\.)*+)`", re.DOTALL
)
_WORD: Final = re.compile(r"[A-Za-z0-9_$.+-]++")
_ESCAPE: Final = re.compile(
    r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(\r?\n)|(.))", re.DOTALL
)
_SIMPLE: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_SURROGATES: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")

Value = str | dict[str, "Value"] | list["Value"] | None


class NotLiteral(Exception):
    """The text is no literal, or is over a bound."""


@dataclass
class LiteralReader:
    """Reads literals from `text`, beginning at `position`."""

    text: str
    position: int = 0
    _values: int = 0

    def take(self, token: str) -> bool:
        """Skip white space and comments, then the token if it comes next."""
        self._skip()
        if not self.text.startswith(token, self.position):
            return False
        self.position += len(token)
        return True

    def value(self, level: int = 1) -> Value:
        """Return the next value. Words, such as numbers and `null`, are their text.

        NotLiteral.
        """
        self._values += 1
        if level > MAX_LEVELS or self._values > MAX_VALUES:
            raise NotLiteral
        if self.take("{"):
            return self._members(level)
        if self.take("["):
            return self._items(level)
        return self._scalar()

    def _scalar(self) -> Value:
        found = _STRING.match(self.text, self.position)
        if found is not None:
            self.position = found.end()
            return _unescaped(next(each for each in found.groups() if each is not None))
        word = _WORD.match(self.text, self.position)
        if word is None:
            raise NotLiteral
        self.position = word.end()
        return None if word[0] in {"null", "undefined"} else word[0]

    def _members(self, level: int) -> dict[str, Value]:
        members: dict[str, Value] = {}
        while not self.take("}"):
            self._skip()
            name = self._scalar()
            if not self.take(":"):
                raise NotLiteral
            members[str(name)] = self.value(level + 1)
            if not self.take(",") and not self._is_next("}"):
                raise NotLiteral
        return members

    def _items(self, level: int) -> list[Value]:
        items: list[Value] = []
        while not self.take("]"):
            items.append(self.value(level + 1))
            if not self.take(",") and not self._is_next("]"):
                raise NotLiteral
        return items

    def _is_next(self, token: str) -> bool:
        self._skip()
        return self.text.startswith(token, self.position)

    def _skip(self) -> None:
        found = _SPACE.match(self.text, self.position)
        self.position = self.position if found is None else found.end()


def _unescaped(text: str) -> str:
    plain = _ESCAPE.sub(_character, text)
    # JavaScript writes characters beyond 16 bits as two escapes.
    return _SURROGATES.sub(
        lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), plain
    )


def _character(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    if digits:
        code = int(digits, 16)
        return chr(code) if code <= 0x10FFFF else "\ufffd"
    if found[4]:
        return ""
    return _SIMPLE.get(found[5], found[5])
