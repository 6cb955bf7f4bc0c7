"""Parses the XML list of unfinished uploads. Document types are rejected."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree import ElementTree

from classgate.cloud.ports import UnfinishedUpload


class MalformedListing(Exception):
    """The document is not the expected list."""


@dataclass(frozen=True)
class ListingPage:
    """One page, and the marker of the next one (None: last page)."""

    uploads: Sequence[UnfinishedUpload]
    next_marker: tuple[str, str] | None


def parse_listing(body: bytes) -> ListingPage:
    """Parse a ListMultipartUploads answer with `encoding-type=url`. MalformedListing.

    Source: document 436/7736.
    """
    try:
        # Decoded first: another encoding could hide a document type.
        text = body.decode()
        if "<!" in text:
            raise MalformedListing
        root = ElementTree.fromstring(text)  # noqa: S314 - no document type, no entities
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise MalformedListing from error
    if _local(root) != "ListMultipartUploadsResult":
        raise MalformedListing
    is_encoded = _text(root, "EncodingType", "Encoding-Type").lower() == "url"

    def key_in(element: ElementTree.Element, name: str) -> str:
        found = _text(element, name)
        return unquote(found) if is_encoded else found

    uploads = [
        UnfinishedUpload(key_in(each, "Key"), _text(each, "UploadId"))
        for each in root
        if _local(each) == "Upload"
    ]
    if any(not upload.object_key or not upload.upload_id for upload in uploads):
        raise MalformedListing
    if _text(root, "IsTruncated").lower() != "true":
        return ListingPage(uploads, None)
    marker = key_in(root, "NextKeyMarker"), _text(root, "NextUploadIdMarker")
    if not marker[0]:
        raise MalformedListing
    return ListingPage(uploads, marker)


def _text(element: ElementTree.Element, *names: str) -> str:
    """Return the text of the first child with one of these names, or an empty text."""
    return next((child.text or "" for child in element if _local(child) in names), "")


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
