"""PURE: the header that makes a download an attachment under its original name (RFC 6266)."""

import re
from urllib.parse import quote

from anyascii import anyascii

# Clients differ in how they read these in a quoted string.
_AMBIGUOUS = re.compile(r'[^ -~]|["\\%/;]')
_MAX_FALLBACK_CHARACTERS = 150


def attachment(file_name: str) -> str:
    """Return the value for a file name.

    `filename*` has the name itself. `filename` is for clients that do not know it, such as curl and
    old Android, and has the name in ASCII: 期末复习.pdf becomes QiMoFuXi.pdf.
    """
    return (
        f'attachment; filename="{_in_ascii(file_name)}"; '
        f"filename*=UTF-8''{quote(file_name, safe='')}"
    )


def _in_ascii(file_name: str) -> str:
    stem, dot, extension = _AMBIGUOUS.sub("_", anyascii(file_name)).rpartition(".")
    return f"{stem[:_MAX_FALLBACK_CHARACTERS]}{dot}{extension[:_MAX_FALLBACK_CHARACTERS]}"
