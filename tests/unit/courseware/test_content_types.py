"""The media type of courseware: what browsers of schools announce for real files."""

import pytest

from classgate.courseware.content_types import content_type_of, describe
from classgate.settings.groups import CosSettings

ALLOWED = CosSettings.model_fields["allowed_types"].default
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


@pytest.mark.parametrize(
    ("file_name", "announced", "expected"),
    [
        # as it is
        ("a.pdf", "application/pdf", "application/pdf"),
        ("a.docx", DOCX, DOCX),
        ("a", "image/png", "image/png"),
        # no Office, no registration: empty or generic
        ("教案.docx", "", DOCX),
        ("成绩.XLSX", "application/octet-stream", XLSX),
        ("a.ppt", "binary/octet-stream", "application/vnd.ms-powerpoint"),
        ("a.pdf", "application/force-download", "application/pdf"),
        ("笔记.md", "", "text/markdown"),
        ("a.mov", "", "video/quicktime"),
        ("a.rar", "", "application/vnd.rar"),
        ("a.m4a", "", "audio/mp4"),
        ("a.wps", "", "application/wps-office.wps"),
        ("a.dps", "application/octet-stream", "application/wps-office.dps"),
        ("a.et", "application/kset", "application/wps-office.et"),
        # Kylin, WPS
        ("a.doc", "application/vnd.ms-office", "application/msword"),
        ("a.xls", "application/vnd.ms-office", "application/vnd.ms-excel"),
        ("a.docx", "application/wps-office.docx", DOCX),
        ("a.pptx", "application/wps-office.pptx", PPTX),
        ("a.wps", "application/vnd.ms-works", "application/wps-office.wps"),
        # Windows, macOS, old browsers
        ("a.zip", "application/x-zip-compressed", "application/zip"),
        ("a.rar", "application/x-rar-compressed", "application/vnd.rar"),
        ("a.jpg", "image/jpg", "image/jpeg"),
        ("a.jpg", "image/pjpeg", "image/jpeg"),
        ("a.png", "image/x-png", "image/png"),
        ("a.mp3", "audio/mp3", "audio/mpeg"),
        ("a.m4a", "audio/x-m4a", "audio/mp4"),
        ("a.wav", "audio/x-wav", "audio/wav"),
        # a program's or the container's: the name says more
        ("a.csv", "application/vnd.ms-excel", "text/csv"),
        ("a.docx", "application/zip", DOCX),
        ("a.docx", "application/x-zip-compressed", DOCX),
        ("a.ppt", "application/x-ole-storage", "application/vnd.ms-powerpoint"),
        ("a.ppt", "application/CDFV2", "application/vnd.ms-powerpoint"),
        ("a.docx", "application/wps-writer", DOCX),
        ("a.pdf", "application/save", "application/pdf"),
        ("a", "application/zip", "application/zip"),
        ("a.own", "application/vnd.ms-excel", "application/vnd.ms-excel"),
        # phones and recordings of the browser
        ("a.jfif", "", "image/jpeg"),
        ("a.heif", "", "image/heic"),
        ("a.3gp", "video/3gpp", "video/3gpp"),
        ("a.webm", "audio/webm;codecs=opus", "audio/webm"),
        ("a.mp3", "audio/mpg", "audio/mpeg"),
        ("a.csv", "application/csv", "text/csv"),
        ("a.mp4", "video/mpeg4", "video/mp4"),
        # parameters, case, blanks
        ("a.txt", "text/plain;charset=utf-8", "text/plain"),
        ("a.txt", " Text/Plain ; charset=GBK", "text/plain"),
        ("a.pdf", "APPLICATION/PDF", "application/pdf"),
        # refused
        ("a.pdf", "text/html", None),
        ("a.png", "image/svg+xml", None),
        ("a.pdf", "text/javascript", None),
        ("a.exe", "", None),
        ("a.exe", "application/x-msdownload", None),
        ("a.html", "application/octet-stream", None),
        ("a", "", None),
        ("pdf", "", None),
        ("a.pdf.exe", "", None),
        ("a.pdf", "pdf", None),
        ("a.mkv", "application/pd\u017f", None),
        ("a.docx", "application/\u212ad", None),
    ],
)
def test_type_of(file_name: str, announced: str, expected: str | None) -> None:
    assert content_type_of(file_name, announced, ALLOWED) == expected


def test_a_school_may_take_less() -> None:
    assert content_type_of("a.docx", "application/zip", [DOCX]) == DOCX
    assert content_type_of("a.docx", "", ["application/pdf"]) is None
    assert content_type_of("a.pdf", "", ["application/pdf"]) == "application/pdf"


def test_a_school_may_take_other_types() -> None:
    allowed = ["application/octet-stream", "application/x-own"]
    assert content_type_of("a.bin", "application/octet-stream", allowed) == allowed[0]
    assert content_type_of("a.own", "application/x-own", allowed) == "application/x-own"


def test_error_lists_extensions() -> None:
    assert describe(["image/jpeg", "application/pdf", "x-own/type"]) == (
        ".jfif, .jpe, .jpeg, .jpg, .pdf, x-own/type"
    )


SCHOOLS_USE = (
    "pdf", "doc", "docx", "ppt", "pptx", "xls", "xlsx", "wps", "dps", "et", "zip", "rar", "7z",
    "mp3", "m4a", "wav", "mp4", "mov", "webm", "png", "jpg", "jpeg", "gif", "bmp", "webp", "txt",
    "md", "csv", "tif", "tiff", "heif", "jfif", "3gp", "swf", "xmind", "rmvb", "ts", "wpt", "dpt",
    "ett", "dotx", "potx", "vsdx", "caj", "opus", "mid", "flipchart", "notebook", "gz",
)  # fmt: skip


@pytest.mark.parametrize("extension", SCHOOLS_USE)
def test_defaults_take_what_schools_use(extension: str) -> None:
    assert content_type_of(f"a.{extension}", "", ALLOWED) is not None
