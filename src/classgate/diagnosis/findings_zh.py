"""What doctor says, in Chinese: `findings_zh.toml` has the sentences.

English sentences are written where the check is. What has no translation is shown in English.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from classgate.diagnosis.cloud_codes import english_phrase
from classgate.diagnosis.findings import Finding
from classgate.explain.causes import load_cause_texts
from classgate.explain.codes.catalogue import load_codes


@dataclass(frozen=True)
class _Texts:
    checks: Mapping[str, str]
    # Whole sentences of the catalogue of codes, by the English as doctor says it.
    known: Mapping[str, str]
    patterns: tuple[tuple[re.Pattern[str], str], ...]


@cache
def _load() -> _Texts:
    data = tomllib.loads((files(__package__) / "findings_zh.toml").read_text("utf-8"))
    pairs = [cause.fix for cause in load_cause_texts().values()]
    for entry in load_codes():
        pairs += [entry.meaning, *([entry.fix] if entry.fix else [])]
    return _Texts(
        checks=data["checks"],
        known={english_phrase(english): chinese.removesuffix("。") for english, chinese in pairs},
        patterns=tuple((re.compile(english), zh) for english, zh in data["sentences"].items()),
    )


def in_chinese(finding: Finding) -> Finding:
    """Return the finding in Chinese."""
    return replace(
        finding,
        check=_load().checks.get(finding.check, finding.check),
        what=translate(finding.what),
        fix=translate(finding.fix),
    )


def translate(sentence: str) -> str:
    """Return the sentence in Chinese, or as it is if it has no translation."""
    texts = _load()
    known = texts.known.get(sentence) or _translate_refusal(sentence, texts.known)
    if known is not None:
        return known
    for english, chinese in texts.patterns:
        found = english.fullmatch(sentence)
        if found is not None:
            return _filled(chinese, [translate(part or "") for part in found.groups()])
    return sentence


_REFUSAL = re.compile(r"(.+) \(([\w. -]+)\)")


def _translate_refusal(sentence: str, known: Mapping[str, str]) -> str | None:
    """Return a refusal in Chinese: the request, if named, what its code means, and the code."""
    found = _REFUSAL.fullmatch(sentence)
    if found is None:
        return None
    words, code = found.groups()
    if words in known:
        return f"{known[words]}（{code}）"
    for colon in re.finditer(": ", words):
        request, meaning = words[: colon.start()], words[colon.end() :]
        if meaning in known:
            return f"{translate(request)}：{known[meaning]}（{code}）"
    return None


def _filled(text: str, parts: list[str]) -> str:
    return re.sub(r"\\(\d)", lambda each: parts[int(each[1]) - 1], text)
