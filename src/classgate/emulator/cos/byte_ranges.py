"""Parses the Range header (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

from classgate.emulator.cos.errors import CosError

_ONE_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))")


@dataclass(frozen=True)
class ByteRange:
    """The bytes from `first` to `last` inclusive, of `size`."""

    first: int
    last: int
    size: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    @property
    def content_range(self) -> str:
        return f"bytes {self.first}-{self.last}/{self.size}"


def read_range(header: str | None, size: int) -> ByteRange | None:
    """Parse a Range header; None stands for the whole object. Raises `CosError` InvalidRange.

    Differs: several ranges at once are answered with the whole object.
    """
    found = _ONE_RANGE.fullmatch((header or "").replace(" ", ""))
    if found is None:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        start, end = max(size - int(suffix), 0), size - 1
    else:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
        if last and int(last) < int(first):
            return None
    if start >= size or end < start:
        raise CosError("InvalidRange", "The range is not within the object.")
    return ByteRange(start, end, size)
