"""The list of unfinished uploads is read as COS writes it; what is something else is refused."""

import pytest

from classgate.cloud.ports import UnfinishedUpload
from classgate.cloud.upload_listing import ListingPage, MalformedListing, parse_listing

# As document 436/7736 prints it, with the members that are not read.
PAGE = """<?xml version='1.0' encoding='utf-8' ?>
<ListMultipartUploadsResult>
    <Bucket>examplebucket-1250000000</Bucket>
    <EncodingType>url</EncodingType>
    <KeyMarker/>
    <UploadIdMarker/>
    <MaxUploads>1000</MaxUploads>
    <Prefix>classes/</Prefix>
    <Delimiter/>
    <IsTruncated>{truncated}</IsTruncated>
    {next}
    <Upload>
        <Key>classes/1/l0/%E8%AF%BE%20a%26b.pdf</Key>
        <UploadId>1484727270323ddb949d528c629235314a9ead80f0ba5d993a3d76b460e6a9cceb9633b08e</UploadId>
        <StorageClass>STANDARD</StorageClass>
        <Initiator><ID>qcs::cam::uin/1:uin/1</ID><DisplayName>1</DisplayName></Initiator>
        <Owner><ID>qcs::cam::uin/1:uin/1</ID><DisplayName>1</DisplayName></Owner>
        <Initiated>2026-09-01T08:00:00.000Z</Initiated>
    </Upload>
</ListMultipartUploadsResult>"""
UPLOAD = UnfinishedUpload(
    "classes/1/l0/课 a&b.pdf",
    "1484727270323ddb949d528c629235314a9ead80f0ba5d993a3d76b460e6a9cceb9633b08e",
)
NEXT = """<NextKeyMarker>classes/1/l0/%E8%AF%BE</NextKeyMarker>
    <NextUploadIdMarker>7</NextUploadIdMarker>"""


def page(truncated: str = "false", following: str = "") -> bytes:
    return PAGE.format(truncated=truncated, next=following).encode()


def test_page_is_read_with_its_keys_decoded() -> None:
    assert parse_listing(page()) == ListingPage([UPLOAD], None)


def test_page_that_is_not_the_last_names_where_the_next_begins() -> None:
    assert parse_listing(page("true", NEXT)).next_marker == ("classes/1/l0/课", "7")


def test_keys_are_taken_as_they_are_when_the_answer_is_not_encoded() -> None:
    plain = page().replace(b"<EncodingType>url</EncodingType>", b"")
    assert parse_listing(plain).uploads[0].object_key == "classes/1/l0/%E8%AF%BE%20a%26b.pdf"


def test_namespace_does_not_matter() -> None:
    root = b'<ListMultipartUploadsResult xmlns="http://www.qcloud.com/document/product/436/7751">'
    named = page().replace(b"<ListMultipartUploadsResult>", root)
    assert parse_listing(named).uploads == [UPLOAD]


def test_empty_list_is_a_list() -> None:
    body = (
        b"<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
    )
    assert parse_listing(body) == ListingPage([], None)


BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<ListMultipartUploadsResult><Bucket>&b;</Bucket></ListMultipartUploadsResult>"""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>log in</body></html>",
        b"<ListBucketResult/>",
        b"<ListMultipartUploadsResult>",
        b"\xff\xfe",
        BOMB,
        BOMB.decode().encode("utf-16"),
        b'{"Upload": []}',
        page("true"),
        page().replace(UPLOAD.upload_id.encode(), b""),
        page().replace(b"classes/1/l0/%E8%AF%BE%20a%26b.pdf", b""),
    ],
    ids=lambda body: repr(body)[:40],
)
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedListing):
        parse_listing(body)
