"""Hundreds of tokens of Tencent's own tools, each broken in one known way.

The right check and cause come first in at least 95 of 100, and no whole one is called wrong.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.support.explained_tokens import (
    OfficialToken,
    official_context,
    official_tokens,
    standard,
)

from classgate.explain.explanation import explain
from classgate.explain.models import ExplainContext, Explanation, SdkSecret

TOKENS = list(official_tokens())
_DATA = Path(__file__).parents[3] / "vectors" / "data"


def _spaced(token: str) -> str | None:
    """As a form reads it; None: it has no sign that a form changes, or loses it at an end."""
    spelt = standard(token)
    return spelt.replace("+", " ") if "+" in spelt[10:-4] else None


def _url_safe(token: str) -> str | None:
    spelt = standard(token)
    changed = spelt.replace("+", "-").replace("/", "_")
    return changed if changed != spelt else None


def _other_character(token: str) -> str:
    place = len(token) // 2
    return f"{token[:place]}{'A' if token[place] != 'A' else 'B'}{token[place + 1 :]}"


WAYS: dict[str, tuple[str, str, Callable[[str], str | None]]] = {
    "cut by a column": ("format", "truncated", lambda token: token[:128]),
    "cut in the middle": ("format", "truncated", lambda token: token[: len(token) // 2]),
    "cut near the end": ("format", "truncated", lambda token: token.rstrip("_")[:-6]),
    "beginning lost": ("format", "cut_at_start", lambda token: token[1:]),
    "text behind it": ("format", "trailing_text", lambda token: f"{token}x7"),
    "a quotation mark behind it": ("format", "trailing_text", lambda token: f'{token}"'),
    "a scheme before it": ("format", "leading_text", lambda token: f"Bearer {token}"),
    "read from a form": ("format", "plus_became_space", _spaced),
    "base64url": ("format", "base64url_alphabet", _url_safe),
    "encoded twice": ("format", "percent_encoded", lambda token: quote(quote(standard(token)))),
    "another character": ("format", "altered", _other_character),
    "a character lost": ("format", "altered", lambda token: token[:60] + token[61:]),
    "an invisible character": (
        "format",
        "invisible_character",
        lambda token: f"{token[:30]}\u200b{token[30:]}",
    ),
}
CONTEXTS: dict[str, tuple[str, str, Callable[[ExplainContext], ExplainContext]]] = {
    "expired": ("time", "expired", lambda it: replace(it, now=it.now + timedelta(days=20_000))),
    "another account": (
        "identifier",
        "wrong_identifier",
        lambda it: replace(it, identifier="somebody_else"),
    ),
    "another application": (
        "sdk_app_id",
        "wrong_sdk_app_id",
        lambda it: replace(it, sdk_app_id=1600000001),
    ),
}


def _is_found(explanation: Explanation, check: str, cause: str) -> bool:
    first = explanation.causes[0].code if explanation.causes else None
    return (explanation.first_failure, first) == (check, cause) and explanation.valid is False


@pytest.mark.parametrize("official", TOKENS, ids=lambda each: each.id)
def test_a_whole_one_is_never_called_wrong(official: OfficialToken) -> None:
    for context in (official.context, replace(official.context, identifier=None)):
        explanation = explain(official.token, context)
        assert explanation.valid is True
        assert explanation.causes == []
    nothing = explain(official.token, ExplainContext(now=official.context.now))
    assert nothing.valid is None


@pytest.mark.parametrize("way", WAYS)
def test_what_was_broken_is_found(way: str) -> None:
    check, cause, damage = WAYS[way]
    tried = missed = 0
    for official in TOKENS:
        broken = damage(official.token)
        if broken is None:
            continue
        explanation = explain(broken, official.context)
        tried += 1
        missed += not _is_found(explanation, check, cause)
        assert explanation.valid is False
    assert tried >= 15
    assert missed <= tried * 5 // 100


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_whole_one_in_the_wrong_place_is_found(name: str) -> None:
    check, cause, move = CONTEXTS[name]
    for official in TOKENS:
        explanation = explain(official.token, move(official.context))
        assert _is_found(explanation, check, cause)


def test_another_key_is_found() -> None:
    of_version_2 = [each for each in TOKENS if each.context.sdk_secrets]
    assert of_version_2
    for official in of_version_2:
        other = replace(official.context, sdk_secrets=(SdkSecret("im.secret_key", "a1" * 32),))
        assert _is_found(explain(official.token, other), "signature", "wrong_key")


# Where the verdict of the vector and the explanation may differ, and why.
_MORE_THAN_A_VERIFIER_KNOWS = {
    "verify.unusual_identifier": "the tools take any identifier, the cloud does not",
    "verify.lenient": "some tools take the standard alphabet, others refuse it",
    "userbuf.verify.as_plain": "nothing says here that a plain UserSig is expected",
}


@pytest.mark.parametrize("name", ["usersig_v1", "usersig_v2", "private_map_key"])
def test_verdicts_of_the_official_verifiers_are_kept(name: str) -> None:
    compared = 0
    for case in json.loads((_DATA / f"{name}.json").read_text())["cases"]:
        group, given = case["group"], case["inputs"]
        if case["kind"] != "verify" or group in _MORE_THAN_A_VERIFIER_KNOWS:
            continue
        if "public_key_pem" not in given and "secret_key" not in given:
            continue
        explanation = explain(given["token"], official_context(given))
        is_valid = case["expect"].get("reason") is None
        if is_valid:
            unverified = [each for each in explanation.checks if each.ok is False]
            assert {each.name for each in unverified} <= {"identifier", "privileges", "record"}, (
                case["id"]
            )
        else:
            assert explanation.valid is False, case["id"]
        compared += 1
    assert compared >= 15
