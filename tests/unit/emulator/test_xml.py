"""The XML of the store: nothing in a key breaks it, nothing in a body expands."""

import pytest

from classgate.emulator.cos import xml

ETAG = "d41d8cd98f00b204e9800998ecf8427e"


def test_parts_are_read_with_quoted_and_bare_etags() -> None:
    text = (
        f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;{ETAG}&quot;</ETag>"
        f"</Part><Part><ETag>{ETAG.upper()}</ETag><PartNumber>20</PartNumber></Part>"
        "</CompleteMultipartUpload>"
    )
    assert xml.read_parts(text.encode()) == [(1, ETAG), (20, ETAG)]


def test_namespace_does_not_matter() -> None:
    text = f'<CompleteMultipartUpload xmlns="x"><Part><PartNumber>1</PartNumber><ETag>{ETAG}</ETag>'
    assert xml.read_parts((text + "</Part></CompleteMultipartUpload>").encode()) == [(1, ETAG)]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\0",
        b"\xff",
        b"<a",
        b"<Other/>",
        b"<CompleteMultipartUpload><Part/></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Part><PartNumber>x</PartNumber><ETag/></Part>"
        b"</CompleteMultipartUpload>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><CompleteMultipartUpload/>',
        '<!DOCTYPE a [<!ENTITY b "c">]><CompleteMultipartUpload/>'.encode("utf-16"),
        b"<a>" * 100_000,
    ],
)
def test_other_documents_are_malformed(text: bytes) -> None:
    with pytest.raises(xml.MalformedXml):
        xml.read_parts(text)


def test_text_is_escaped_and_what_xml_cannot_hold_is_left_out() -> None:
    written = xml.write(
        "Error", [("Key", "a<b>&\x00\x0b\uffff课"), ("Size", 3), ("L", [("M", "")])]
    )
    assert written == (
        b"<?xml version='1.0' encoding='UTF-8'?>\n"
        + "<Error><Key>a&lt;b&gt;&amp;课</Key><Size>3</Size><L><M /></L></Error>".encode()
    )


def test_keys_to_delete_are_read_as_they_stand() -> None:
    text = "<Delete><Quiet>true</Quiet><Object><Key> a&amp;b 课 </Key></Object></Delete>"
    assert xml.read_deletion(text.encode()) == ([(" a&b 课 ", "")], True)
    text = "<Delete><Object><Key>a</Key><VersionId>1</VersionId></Object></Delete>"
    assert xml.read_deletion(text.encode()) == ([("a", "1")], False)


@pytest.mark.parametrize(
    "inner",
    ["", "<Object/>", "<Object><Key/></Object>", "<Object><VersionId>1</VersionId></Object>"],
)
def test_deletion_without_a_key_is_malformed(inner: str) -> None:
    with pytest.raises(xml.MalformedXml):
        xml.read_deletion(f"<Delete>{inner}</Delete>".encode())
