"""Folding an identifier: the rule comes first, so no other letter becomes one of it."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classgate.accounts.identifiers import find_folded, fold, fold_listed
from classgate.errors import InvalidIdentifier

# The rule, and what case is, said again without the code under test.
LETTERS = frozenset(string.ascii_letters + string.digits + "_-")
LOWER = dict(zip(string.ascii_uppercase, string.ascii_lowercase, strict=True))


def keeps_the_rule(text: str) -> bool:
    return 1 <= len(text) <= 32 and set(text) <= LETTERS


def in_lower_case(text: str) -> str:
    return "".join(LOWER.get(letter, letter) for letter in text)


# Letters that some folding, or some normal form, turns into one of the rule.
LOOKALIKES = [
    letter
    for letter in map(chr, range(0x80, 0x110000))
    if any(
        set(turned) & LETTERS
        for turned in (
            letter.casefold(),
            letter.lower(),
            letter.upper(),
            unicodedata.normalize("NFKC", letter),
        )
    )
]
names = st.text(st.sampled_from(sorted(LETTERS)), min_size=1, max_size=32)
near_names = st.text(st.sampled_from([*sorted(LETTERS), *LOOKALIKES, "\0", "\n", " "]), max_size=34)


@given(st.one_of(st.text(), names, near_names))
def test_what_is_folded_kept_the_rule(text: str) -> None:
    if keeps_the_rule(text):
        assert fold(text) == find_folded(text) == in_lower_case(text)
    else:
        assert find_folded(text) is None
        with pytest.raises(InvalidIdentifier):
            fold(text)


@given(names, st.one_of(names, near_names))
def test_names_are_one_only_when_they_differ_in_case_alone(name: str, other: str) -> None:
    assert (find_folded(other) == fold(name)) is (in_lower_case(other) == in_lower_case(name))


@given(names, st.data())
def test_one_letter_that_only_looks_alike_makes_it_nobodys(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    alike = data.draw(st.sampled_from(LOOKALIKES))
    assert find_folded(name[:place] + alike + name[place + 1 :]) is None


def test_only_the_letters_of_the_rule_are_names_of_one_letter() -> None:
    assert {each for each in map(chr, range(0x110000)) if find_folded(each) is not None} == LETTERS


@pytest.mark.parametrize("known", ["ſ", "\u212a", "İ", "ｓ", "𝐬", "ﬁ", "ⅷ", "ª"])
def test_known_lookalikes_are_among_those_that_are_tried(known: str) -> None:
    assert known in LOOKALIKES


@given(st.one_of(st.text(), near_names))
def test_name_of_a_list_becomes_no_other_ascii_name(text: str) -> None:
    folded = fold_listed(text)
    assert folded == (in_lower_case(text) if text.isascii() else text)
