"""What is explained of texts that are nothing, or too long; and the texts of causes."""

import re
from datetime import UTC, datetime

import pytest

from classgate.explain.causes import load_cause_texts
from classgate.explain.explanation import explain
from classgate.explain.models import CauseCode, Check, ExplainContext, Explanation, Kind

_CHINESE = re.compile("[\u4e00-\u9fff]")
NOTHING_CONFIGURED = ExplainContext(now=datetime(2026, 11, 29, tzinfo=UTC))


@pytest.mark.parametrize("text", ["", " \n\t", "hello", "\0\0", "\ud800", "{" * 5000, "{}", "[]"])
def test_text_that_is_nothing_is_unknown_and_not_valid(text: str) -> None:
    explanation = explain(text, NOTHING_CONFIGURED)
    assert explanation.kind is Kind.UNKNOWN
    assert explanation.valid is False
    assert explanation.first_failure == "format"
    assert [each.code for each in explanation.causes] == ["not_recognized"]


@pytest.mark.parametrize("length", [64 * 1024 + 1, 1024 * 1024 + 1])
def test_text_that_is_too_long_is_refused(length: int) -> None:
    explanation = explain("a" * length, NOTHING_CONFIGURED)
    assert [each.code for each in explanation.causes] == ["too_long"]
    assert not explanation.is_answered


@pytest.mark.parametrize(
    ("outcomes", "valid"),
    [([], None), ([True], True), ([True, None], None), ([None, False], False), ([False], False)],
)
def test_one_failed_check_is_enough(outcomes: list[bool | None], valid: bool | None) -> None:
    checks = [Check("time", ok) for ok in outcomes]
    assert Explanation(kind=Kind.COS_V5, checks=checks).valid is valid


def test_every_cause_has_a_meaning_and_a_fix_in_both_languages() -> None:
    texts = load_cause_texts()
    assert set(texts) == {each.value for each in CauseCode}
    for text in texts.values():
        for english, chinese in (text.meaning, text.fix):
            assert english.endswith(".")
            assert not _CHINESE.search(english)
            assert chinese.endswith("。")


def test_an_answer_is_in_the_language_of_the_asker() -> None:
    chinese = ExplainContext(now=NOTHING_CONFIGURED.now, chinese=True)
    assert explain("hello", chinese).fix.startswith("请粘贴")
