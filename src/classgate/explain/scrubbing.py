"""Hides secrets in an explanation: the last defence, whatever was pasted and wherever it stands."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from classgate.explain.models import Explanation

HIDDEN: Final = "(hidden)"
_MIN_LENGTH: Final = 8
"""Shorter texts are no secrets, and would hide parts of words."""


def scrub(explanation: Explanation, secrets: Iterable[str]) -> Explanation:
    """Return the explanation with every occurrence of a secret hidden."""
    texts = [each for each in secrets if len(each) >= _MIN_LENGTH]
    spelt = {*texts, *(quote(each, safe="", errors="replace") for each in texts)}
    # The longest first: one may be a part of another.
    hidden = sorted(spelt, key=len, reverse=True)

    def clean(text: str) -> str:
        for each in hidden:
            text = text.replace(each, HIDDEN)
        return text

    def clean_value(value: object) -> object:
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, Mapping):
            return {name: clean_value(each) for name, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [clean_value(each) for each in value]
        return value

    return replace(
        explanation,
        content={name: clean_value(each) for name, each in explanation.content.items()},
        checks=[replace(each, detail=clean(each.detail)) for each in explanation.checks],
        causes=[
            replace(each, evidence=clean(each.evidence), fix=clean(each.fix))
            for each in explanation.causes
        ],
        comparison=[clean(each) for each in explanation.comparison],
    )
