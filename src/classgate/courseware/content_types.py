"""PURE: the media type of a file of courseware, by what a client announces and by the file's name.

Browsers take the type from their system. Without Office it is empty, and Kylin, WPS and Windows
announce names of their own. Then the extension decides.
Sources: the IANA registry of media types; the MIME tables of Windows and of freedesktop.org.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

TYPES: Final[Mapping[str, str]] = {
    "7z": "application/x-7z-compressed",
    "aac": "audio/aac",
    "amr": "audio/amr",
    "avi": "video/x-msvideo",
    "bmp": "image/bmp",
    "csv": "text/csv",
    "doc": "application/msword",
    "docm": "application/vnd.ms-word.document.macroenabled.12",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "dps": "application/wps-office.dps",
    "enb": "application/x-easinote",
    "enbx": "application/x-easinote",
    "epub": "application/epub+zip",
    "et": "application/wps-office.et",
    "flac": "audio/flac",
    "flv": "video/x-flv",
    "ggb": "application/vnd.geogebra.file",
    "gif": "image/gif",
    "gsp": "application/x-sketchpad",
    "heic": "image/heic",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "key": "application/vnd.apple.keynote",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "md": "text/markdown",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "mpg": "video/mpeg",
    "numbers": "application/vnd.apple.numbers",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ofd": "application/ofd",
    "ogg": "audio/ogg",
    "pages": "application/vnd.apple.pages",
    "pdf": "application/pdf",
    "png": "image/png",
    "pps": "application/vnd.ms-powerpoint",
    "ppsx": "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
    "ppt": "application/vnd.ms-powerpoint",
    "pptm": "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "rar": "application/vnd.rar",
    "rtf": "application/rtf",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "wma": "audio/x-ms-wma",
    "wmv": "video/x-ms-wmv",
    "wps": "application/wps-office.wps",
    "xls": "application/vnd.ms-excel",
    "xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
"""The media type of each extension of courseware."""

_ALIASES: Final[Mapping[str, str]] = {
    "application/acrobat": "application/pdf",
    "application/x-pdf": "application/pdf",
    "application/mspowerpoint": "application/vnd.ms-powerpoint",
    "application/powerpoint": "application/vnd.ms-powerpoint",
    "application/x-mspowerpoint": "application/vnd.ms-powerpoint",
    "application/excel": "application/vnd.ms-excel",
    "application/msexcel": "application/vnd.ms-excel",
    "application/x-msexcel": "application/vnd.ms-excel",
    "application/x-excel": "application/vnd.ms-excel",
    "application/x-msword": "application/msword",
    "application/vnd.ms-word": "application/msword",
    "application/x-zip": "application/zip",
    "application/x-zip-compressed": "application/zip",
    "application/x-rar": "application/vnd.rar",
    "application/x-rar-compressed": "application/vnd.rar",
    "application/rar": "application/vnd.rar",
    "application/x-7z": "application/x-7z-compressed",
    "application/x-rtf": "application/rtf",
    "text/rtf": "application/rtf",
    "text/x-markdown": "text/markdown",
    "text/comma-separated-values": "text/csv",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/mp3": "audio/mpeg",
    "audio/mpeg3": "audio/mpeg",
    "audio/x-mp3": "audio/mpeg",
    "audio/x-mpeg": "audio/mpeg",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/x-pn-wav": "audio/wav",
    "audio/x-aac": "audio/aac",
    "audio/x-flac": "audio/flac",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-bmp": "image/bmp",
    "image/x-ms-bmp": "image/bmp",
    "image/x-windows-bmp": "image/bmp",
    "image/heif": "image/heic",
    "video/avi": "video/x-msvideo",
    "video/msvideo": "video/x-msvideo",
    "video/mp4v-es": "video/mp4",
    "video/x-m4v": "video/mp4",
    "video/x-mp4": "video/mp4",
}

# They say nothing about the file.
_GENERIC = frozenset(
    {
        "*/*",
        "application/binary",
        "application/download",
        "application/force-download",
        "application/octet-stream",
        "application/unknown",
        "binary/octet-stream",
        "multipart/form-data",
    }
)
# A vendor's own name: of a program, or of its whole family of files.
_VENDOR = re.compile(r"[a-z]+/(?:vnd\.|x-|prs\.|wps-office|ks[a-z]+$|haansoft)")


def content_type_of(file_name: str, announced: str, allowed: Iterable[str]) -> str | None:
    """Return the media type of a file, or None if it is not allowed.

    Args:
        file_name: Name of the file; its extension decides where the announced type says nothing.
        announced: The client's media type, perhaps empty or with parameters.
        allowed: The media types that the school takes.
    """
    bare = announced.partition(";")[0].strip(" \t")
    # Not `lower` alone: it makes an ASCII letter of the Kelvin sign.
    named = bare.lower() if bare.isascii() else bare
    types = frozenset(allowed)
    if named in types:
        return named
    named = _ALIASES.get(named, named)
    if named in types:
        return named
    if named and named not in _GENERIC and not _VENDOR.match(named):
        return None
    by_name = TYPES.get(extension_of(file_name))
    return by_name if by_name in types else None


def extension_of(file_name: str) -> str:
    """Return the extension in lower case, without the dot; empty if there is none."""
    return file_name.rpartition(".")[2].lower() if "." in file_name else ""


def describe(allowed: Iterable[str]) -> str:
    """Return the extensions of the allowed types, and types without one, for an error."""
    types = frozenset(allowed)
    extensions = [f".{each}" for each, media_type in TYPES.items() if media_type in types]
    others = sorted(types - set(TYPES.values()))
    return ", ".join([*extensions, *others])
