"""PURE: object keys. They are ASCII and chosen by the service; file names of people are never
keys.
"""

import re

from anyascii import anyascii

from classgate.errors import InvalidObjectPath

CLASSES_PREFIX = "classes/"
_LEASE_FOLDER = re.compile(r"classes/[1-9][0-9]{0,9}/(l[0-9a-f]{24})/.+", re.DOTALL)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_SEGMENT = re.compile(r"[A-Za-z0-9._-]{1,200}")
_NAME_LENGTH = 64
_EXTENSION_LENGTH = 12


def for_upload(classroom_id: int, upload_id: str, file_name: str) -> str:
    """Return the object key of an announced file."""
    return f"classes/{classroom_id}/{upload_id}/{safe_name(file_name)}"


def prefix_for_lease(classroom_id: int, lease_id: str) -> str:
    """Return the folder of a lease."""
    return f"classes/{classroom_id}/{lease_id}/"


def lease_id_of_folder(object_key: str) -> str | None:
    """Return the id of the lease whose folder contains the key, if any."""
    found = _LEASE_FOLDER.fullmatch(object_key)
    return None if found is None else found[1]


def safe_name(file_name: str) -> str:
    """Return an ASCII form of the name with its extension; never empty, never hidden.

    Other scripts are transliterated: 期末复习.pdf becomes QiMoFuXi.pdf.
    """
    ascii_name = anyascii(file_name)
    stem, dot, extension = ascii_name.rpartition(".")
    if not dot or (not stem and not extension):
        stem, extension = ascii_name, ""
    stem = _UNSAFE.sub("_", stem).strip("._-")
    extension = _UNSAFE.sub("", extension).strip("._-")[:_EXTENSION_LENGTH]
    stem = re.sub(r"\.{2,}", ".", stem)[:_NAME_LENGTH] or "file"
    return f"{stem}.{extension}" if extension else stem


def read_direct_path(file_path: str) -> tuple[int, str]:
    """Parse `/classes/<classroom_id>/direct/<name…>` into the class and the object key.

    The name consists of segments of letters, digits, dot, dash and underscore. Anything else is
    InvalidObjectPath: `..`, an empty segment, `&`, `%`, a control character, a folder.
    """
    segments = file_path.removeprefix("/").split("/")
    if not file_path.startswith("/") or len(file_path) > 500:
        raise InvalidObjectPath("file_path starts with '/' and has at most 500 characters")
    if len(segments) < 4 or segments[0] != "classes" or segments[2] != "direct":
        raise InvalidObjectPath("file_path has the form /classes/<classroom_id>/direct/<name>")
    if not re.fullmatch(r"[1-9][0-9]{0,9}", segments[1]):
        raise InvalidObjectPath("the second part of file_path is the number of a class")
    for segment in segments[3:]:
        if not _SEGMENT.fullmatch(segment) or segment.strip(".") == "":
            raise InvalidObjectPath(
                "each part of file_path is one or more of A-Z, a-z, 0-9, '.', '-' and '_', "
                "and not '.' or '..'"
            )
    return int(segments[1]), "/".join(segments)
