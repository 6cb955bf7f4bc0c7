"""PURE: the media type of a file of courseware, by what a client announces and by the file's name.

Browsers take the type from their system. Without Office it is empty, and Kylin, WPS and Windows
announce names of their own. Then the extension decides.
Sources: the IANA registry of media types; the MIME tables of Windows and of freedesktop.org.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

TYPES: Final[Mapping[str, str]] = {
    "3gp": "video/3gpp",
    "7z": "application/x-7z-compressed",
    "aac": "audio/aac",
    "amr": "audio/amr",
    "asf": "video/x-ms-asf",
    "avi": "video/x-msvideo",
    "bmp": "image/bmp",
    "caj": "application/x-caj",
    "csv": "text/csv",
    "doc": "application/msword",
    "docm": "application/vnd.ms-word.document.macroenabled.12",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "dot": "application/msword",
    "dotx": "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
    "dps": "application/wps-office.dps",
    "dpt": "application/wps-office.dpt",
    "enb": "application/x-easinote",
    "enbx": "application/x-easinote",
    "epub": "application/epub+zip",
    "et": "application/wps-office.et",
    "ett": "application/wps-office.ett",
    "flac": "audio/flac",
    "flipchart": "application/x-flipchart",
    "flv": "video/x-flv",
    "ggb": "application/vnd.geogebra.file",
    "gif": "image/gif",
    "gsp": "application/x-sketchpad",
    "gz": "application/gzip",
    "heic": "image/heic",
    "heif": "image/heic",
    "jfif": "image/jpeg",
    "jpe": "image/jpeg",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "key": "application/vnd.apple.keynote",
    "m2ts": "video/mp2t",
    "m4a": "audio/mp4",
    "m4b": "audio/mp4",
    "m4v": "video/mp4",
    "md": "text/markdown",
    "mid": "audio/midi",
    "mkv": "video/x-matroska",
    "mobi": "application/x-mobipocket-ebook",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "mpg": "video/mpeg",
    "mts": "video/mp2t",
    "notebook": "application/x-smarttech-notebook",
    "numbers": "application/vnd.apple.numbers",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ofd": "application/ofd",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "pages": "application/vnd.apple.pages",
    "pdf": "application/pdf",
    "png": "image/png",
    "pot": "application/vnd.ms-powerpoint",
    "potx": "application/vnd.openxmlformats-officedocument.presentationml.template",
    "pps": "application/vnd.ms-powerpoint",
    "ppsm": "application/vnd.ms-powerpoint.slideshow.macroenabled.12",
    "ppsx": "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
    "ppt": "application/vnd.ms-powerpoint",
    "pptm": "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "psd": "image/vnd.adobe.photoshop",
    "rar": "application/vnd.rar",
    "rm": "application/vnd.rn-realmedia",
    "rmvb": "application/vnd.rn-realmedia-vbr",
    "rtf": "application/rtf",
    "swf": "application/vnd.adobe.flash.movie",
    "tar": "application/x-tar",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "ts": "video/mp2t",
    "txt": "text/plain",
    "vsd": "application/vnd.visio",
    "vsdx": "application/vnd.ms-visio.drawing",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "webm": "video/webm",
    "webp": "image/webp",
    "wma": "audio/x-ms-wma",
    "wmv": "video/x-ms-wmv",
    "wps": "application/wps-office.wps",
    "wpt": "application/wps-office.wpt",
    "xls": "application/vnd.ms-excel",
    "xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlt": "application/vnd.ms-excel",
    "xltx": "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
    "xmind": "application/vnd.xmind.workbook",
    "xps": "application/vnd.ms-xpsdocument",
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
    "text/pdf": "application/pdf",
    "application/csv": "text/csv",
    "text/richtext": "application/rtf",
    "text/txt": "text/plain",
    "audio/mpg": "audio/mpeg",
    "audio/mpeg4": "audio/mp4",
    "audio/aacp": "audio/aac",
    "audio/wma": "audio/x-ms-wma",
    "video/wmv": "video/x-ms-wmv",
    "video/flv": "video/x-flv",
    "video/mov": "video/quicktime",
    "video/mkv": "video/x-matroska",
    "video/matroska": "video/x-matroska",
    "video/mpeg4": "video/mp4",
    "video/3gp": "video/3gpp",
    "audio/3gpp": "video/3gpp",
    "application/mp4": "video/mp4",
    "application/ogg": "audio/ogg",
    "audio/opus": "audio/ogg",
    "audio/mid": "audio/midi",
    "image/jpe": "image/jpeg",
    "image/jfif": "image/jpeg",
    "image/tif": "image/tiff",
    "image/heic-sequence": "image/heic",
    "image/heif-sequence": "image/heic",
    "application/jpg": "image/jpeg",
    "application/vnd.ofd": "application/ofd",
}

# They say nothing about the file, or only how it is packed: a .docx is a ZIP archive.
_GENERIC = frozenset(
    {
        "*/*",
        "application/binary",
        "application/cdfv2",
        "application/download",
        "application/force-download",
        "application/octet-stream",
        "application/save",
        "application/unknown",
        "application/zip",
        "binary/octet-stream",
        "multipart/form-data",
        "unknown/unknown",
    }
)
# A vendor's own name: of a program, or of its whole family of files.
_VENDOR = re.compile(r"[a-z]+/(?:vnd\.|x-|prs\.|wps|ks[a-z]+$|haansoft)")


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
    named = _ALIASES.get(named, named)
    types = frozenset(allowed)
    by_name = TYPES.get(extension_of(file_name))
    if by_name in types and (not named or named in _GENERIC or _VENDOR.match(named)):
        return by_name
    return named if named in types else None


def extension_of(file_name: str) -> str:
    """Return the extension in lower case, without the dot; empty if there is none."""
    return file_name.rpartition(".")[2].lower() if "." in file_name else ""


def describe(allowed: Iterable[str]) -> str:
    """Return the extensions of the allowed types, and types without one, for an error."""
    types = frozenset(allowed)
    extensions = [f".{each}" for each, media_type in TYPES.items() if media_type in types]
    others = sorted(types - set(TYPES.values()))
    return ", ".join([*extensions, *others])
