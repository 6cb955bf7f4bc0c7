"""In which language a client is answered what went wrong."""

import pytest

from classgate.api.languages import MAX_HEADER_CHARACTERS, preferred_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("ZH-hant-TW", "zh"),
        ("en-GB,en;q=0.9", "en"),
        ("en, zh", "en"),
        ("zh, en", "zh"),
        ("en;q=0.5, zh;q=0.6", "zh"),
        ("en;q=0.6, zh;q=0.5", "en"),
        ("zh;q=0.001", "zh"),
        ("zh;q=0", "en"),
        ("en;q=0, zh;q=0", "en"),
        ("fr, de;q=0.9", "en"),
        ("fr, zh;q=0.1", "zh"),
        ("zh-CN;q=0.2, zh-TW;q=0.9, en;q=0.5", "zh"),
        ("*", "en"),
        ("*, en;q=0.5", "zh"),
        ("en;q=0, *", "zh"),
        ("zh;q=0, *", "en"),
        ("zh;q=0.3, *;q=0.5", "en"),
        (" zh ; Q=1.000 ,, ", "zh"),
        ("", "en"),
        # what cannot be read counts for nothing
        ("zh;q=2", "en"),
        ("zh;q=nan", "en"),
        ("zh;q=-1", "en"),
        ("zh;q=0.1234", "en"),
        ("zhong", "en"),
        ("zh_CN", "en"),
        ("中文", "en"),
        ("zh;q=2, en;q=0.1", "en"),
    ],
)
def test_language_of_a_header(header: str, language: str) -> None:
    assert preferred_language([header]) == language


def test_several_headers_are_one_list() -> None:
    assert preferred_language(["en;q=0.5", "zh"]) == "zh"


def test_without_a_header_it_is_english() -> None:
    assert preferred_language([]) == "en"


def test_header_that_is_too_long_is_not_read() -> None:
    longest = "zh," + " " * (MAX_HEADER_CHARACTERS - 3)
    assert preferred_language([longest]) == "zh"
    assert preferred_language([longest + " "]) == "en"
