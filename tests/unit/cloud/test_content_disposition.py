"""The name under which a download is saved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classgate.cloud.content_disposition import attachment


@pytest.mark.parametrize(
    ("file_name", "header"),
    [
        ("a.pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
        (
            "期末复习.pdf",
            'attachment; filename="QiMoFuXi.pdf"; '
            "filename*=UTF-8''%E6%9C%9F%E6%9C%AB%E5%A4%8D%E4%B9%A0.pdf",
        ),
        (
            "lesson 1 (new).pdf",
            'attachment; filename="lesson 1 (new).pdf"; '
            "filename*=UTF-8''lesson%201%20%28new%29.pdf",
        ),
        (
            'a"b\\c;d%41.pdf',
            "attachment; filename=\"a_b_c_d_41.pdf\"; filename*=UTF-8''a%22b%5Cc%3Bd%2541.pdf",
        ),
        ("Café", "attachment; filename=\"Cafe\"; filename*=UTF-8''Caf%C3%A9"),
    ],
)
def test_attachment(file_name: str, header: str) -> None:
    assert attachment(file_name) == header


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=255))
def test_header_of_any_name_is_one_line_of_ascii_with_two_names(file_name: str) -> None:
    header = attachment(file_name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
