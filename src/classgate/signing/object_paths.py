"""Which texts may name one whole object in a signature.

Strict on purpose: a path that a store, a proxy or a browser could read in a second way is not
signed. Which path is for whom is decided elsewhere.
"""

import unicodedata
from typing import Final

from classgate.errors import InvalidObjectPath
from classgate.signing.encoding import utf_8

MAX_PATH_BYTES: Final = 850
"""COS refuses a longer key as InvalidURI (COS error code document)."""


def require_object_path(path: str) -> str:
    """The path with its leading slash, when it names one whole object. InvalidObjectPath if not.

    Refused are control and other invisible characters, empty segments (so a trailing slash too),
    and the segments `.` and `..`.
    """
    slashed = path if path.startswith("/") else f"/{path}"
    if not is_printable(slashed):
        raise InvalidObjectPath("an object path holds no control or invisible characters")
    if len(utf_8(slashed)) > MAX_PATH_BYTES:
        raise InvalidObjectPath("an object path has at most 850 bytes")
    segments = slashed.split("/")[1:]
    if "" in segments:
        raise InvalidObjectPath("an object path names one file: no empty part, no slash at the end")
    if not {".", ".."}.isdisjoint(segments):
        raise InvalidObjectPath("an object path has no '.' or '..' in it")
    return slashed


def is_printable(text: str) -> bool:
    """No control, format, surrogate, private or unassigned characters, and no line separators."""
    return all(
        unicodedata.category(character)[0] != "C"
        and unicodedata.category(character) not in {"Zl", "Zp"}
        for character in text
    )
