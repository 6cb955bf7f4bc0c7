"""The snippets for clients are the same code in English and in Chinese."""

import pytest
from tests.support.documented_snippets import module, without_comments


@pytest.mark.parametrize(
    ("page", "name"),
    [("upload-from-a-client.md", "classgate.js"), ("enter-from-a-client.md", "enter.js")],
)
def test_both_languages_show_the_same_code(page: str, name: str) -> None:
    english, chinese = module(f"how-to/{page}", name), module(f"zh-CN/{page}", name)
    assert without_comments(english) == without_comments(chinese)


def test_comments_are_what_is_left_out() -> None:
    code = "// a.js\nlet a = 1; // one\n\n// two\nfetch('http://a');\n"
    assert without_comments(code) == ["let a = 1;", "fetch('http://a');"]
