"""Causes with the sentence and the fix of the catalogue, in both languages."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from classgate.explain.models import Cause, CauseCode, ExplainContext


@dataclass(frozen=True)
class CauseText:
    """What a cause means and what to do about it, in English and in Chinese."""

    meaning: tuple[str, str]
    fix: tuple[str, str]


@cache
def load_cause_texts() -> dict[str, CauseText]:
    """Return the texts of all causes by their code. They are data of the package."""
    data = files("classgate.explain").joinpath("catalogue/causes.toml").read_text(encoding="utf-8")
    return {
        code: CauseText((row["meaning"], row["meaning_zh"]), (row["fix"], row["fix_zh"]))
        for code, row in tomllib.loads(data).items()
    }


def cause(context: ExplainContext, code: CauseCode, evidence: str = "", fix: str = "") -> Cause:
    """Return a cause. Without evidence it has the sentence of the catalogue, and so for the fix."""
    text = load_cause_texts()[code.value]
    return Cause(code.value, evidence or context.say(*text.meaning), fix or context.say(*text.fix))
