"""Reads and writes the small XML documents of the XML API.

A document with a document type is refused, so that no entity is ever expanded.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree

# Characters that XML 1.0 cannot hold, even escaped. Keys may contain them.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Children = Iterable[tuple[str, "str | int | Children"]]


class MalformedXml(Exception):
    """The document is malformed, or not the expected one."""


def write(root: str, children: Children) -> bytes:
    """Return a document. Characters that XML cannot hold are left out."""
    element = ElementTree.Element(root)
    _fill(element, children)
    document: bytes = ElementTree.tostring(element, "UTF-8", xml_declaration=True)
    return document


def read_parts(text: bytes) -> list[tuple[int, str]]:
    """Return the part numbers and ETags of a CompleteMultipartUpload. Raises `MalformedXml`."""
    root = _root(text, "CompleteMultipartUpload")
    return [_part(child) for child in root if _local(child) == "Part"]


def read_deletion(text: bytes) -> tuple[list[tuple[str, str]], bool]:
    """Return the keys of a Delete, each with its version or "", and its Quiet flag.

    Raises `MalformedXml`.
    """
    root = _root(text, "Delete")
    keys = [_deleted_key(child) for child in root if _local(child) == "Object"]
    quiet = any(
        _local(child) == "Quiet" and (child.text or "").strip().lower() == "true" for child in root
    )
    if not keys:
        raise MalformedXml
    return keys, quiet


def read_tags(text: bytes) -> list[tuple[str, str]]:
    """Return the keys and values of a Tagging. Raises `MalformedXml`."""
    root = _root(text, "Tagging")
    tags = [_texts(tag) for group in root for tag in group if _local(tag) == "Tag"]
    if not tags or not all({"Key", "Value"} <= tag.keys() for tag in tags):
        raise MalformedXml
    return [(tag["Key"], tag["Value"]) for tag in tags]


def read_grants(text: bytes) -> list[tuple[str, str]]:
    """Return the grantees and permissions of an AccessControlPolicy. Raises `MalformedXml`."""
    root = _root(text, "AccessControlPolicy")
    lists = [child for child in root if _local(child) == "AccessControlList"]
    if len(lists) != 1:
        raise MalformedXml
    return [_grant(child) for child in lists[0] if _local(child) == "Grant"]


def format_time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def format_key(key: str, *, encoded: bool) -> str:
    """Return a key for a document, percent-encoded for `encoding-type=url`."""
    return quote(key, safe="/") if encoded else key


def _root(text: bytes, name: str) -> ElementTree.Element:
    try:
        # Decoded first: in another encoding a document type would not show.
        document = text.decode()
        if "<!" in document:
            raise MalformedXml
        root = ElementTree.fromstring(document)  # noqa: S314 - no DTD
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise MalformedXml from error
    if _local(root) != name:
        raise MalformedXml
    return root


def _texts(element: ElementTree.Element) -> dict[str, str]:
    return {_local(child): child.text or "" for child in element}


def _grant(element: ElementTree.Element) -> tuple[str, str]:
    grantees = [_texts(child) for child in element if _local(child) == "Grantee"]
    if len(grantees) != 1:
        raise MalformedXml
    grantee = grantees[0].get("URI") or grantees[0].get("ID")
    if not grantee:
        raise MalformedXml
    return grantee.strip(), _texts(element).get("Permission", "").strip()


def _deleted_key(element: ElementTree.Element) -> tuple[str, str]:
    values = _texts(element)
    if not values.get("Key"):
        raise MalformedXml
    return values["Key"], values.get("VersionId", "")


def _part(element: ElementTree.Element) -> tuple[int, str]:
    values = {_local(child): (child.text or "").strip() for child in element}
    number = values.get("PartNumber", "")
    if not (number.isascii() and number.isdigit() and len(number) <= 5) or "ETag" not in values:
        raise MalformedXml
    return int(number), values["ETag"].strip('"').lower()


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _fill(element: ElementTree.Element, children: Children) -> None:
    for name, value in children:
        child = ElementTree.SubElement(element, name)
        if isinstance(value, (str, int)):
            child.text = _FORBIDDEN.sub("", str(value))
        else:
            _fill(child, value)
