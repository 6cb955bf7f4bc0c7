"""Undoes what logs, programs and displays put around a whole text, so that it can be recognized."""

import base64
import binascii
import json
import re
from typing import Final
from urllib.parse import unquote

from classgate.explain.pasted_text import MAX_SHOWN, MAX_TEXT_CHARACTERS
from classgate.input_bounds import JsonBounds

_BOUNDS: Final = JsonBounds(size=4 * MAX_TEXT_CHARACTERS, values=2000)
_LEVELS: Final = 4
_ENTITY: Final = re.compile(r"&(?:amp|lt|gt|quot|apos|#39|#x27|#34|#43|#47|#61|#x2[BbFf]|#x3[Dd]);")
_CHARACTERS: Final = {
    "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&#39;": "'",
    "&#x27;": "'", "&#34;": '"', "&#43;": "+", "&#47;": "/", "&#61;": "=", "&#x2b;": "+",
    "&#x2f;": "/", "&#x3d;": "=",
}  # fmt: skip
_ESCAPE: Final = re.compile(r"\\u00(26|2[BbFf]|3[CcDdEe])")
_PYTHON_WORD: Final = re.compile(r"(?<=[:,\[] )(True|False|None)(?=[,}\]])")
_PYTHON_WORDS: Final = {"True": "true", "False": "false", "None": "null"}
_OBJECT_IN_URL: Final = "%7B%22"
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]{40,}={0,2}\s*")


def readings(text: str) -> list[str]:
    """Return the ways to read a text, the best first."""
    if len(text) > MAX_TEXT_CHARACTERS:
        return [text]
    found = [_expanded(text), _undone(text), text]
    if _OBJECT_IN_URL in text.upper():
        found.append(unquote(text))
    return list(dict.fromkeys(each for each in found if each is not None))


def decoded(text: str) -> str | None:
    """Return the text that was encoded in base64 as a whole; None if it is none."""
    if len(text) > MAX_TEXT_CHARACTERS or _BASE64.fullmatch(text) is None:
        return None
    try:
        found = base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return found if found.isprintable() else None


def _undone(text: str) -> str:
    """Undo the escapes of HTML, and those that JSON writers of Go, Java and PHP add."""
    text = _ENTITY.sub(lambda found: _CHARACTERS[found[0].lower()], text)
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return text.replace("https:\\/\\/", "https://").replace("http:\\/\\/", "http://")


def _expanded(text: str) -> str | None:
    """Return the JSON of a text as one object, also that in its strings; None if there is none."""
    start = re.search(r"[{\[\"]", text[:MAX_SHOWN])
    end = max(text.rfind(each) for each in '}]"') + 1
    if start is None or len(text) - end > MAX_SHOWN:
        return None
    value = _read(text[start.start() : end])
    value = _deep(value, _LEVELS)
    if isinstance(value, list):
        value = {"items": value}
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else None


def _read(text: str) -> object:
    """Parse JSON, or what Python prints of it; the text itself if it is neither."""
    spellings = [text]
    if re.match(r"[{\[]\s*[{\[]?\s*'", text):
        spelt = _PYTHON_WORD.sub(lambda found: _PYTHON_WORDS[found[1]], text)
        spellings.append(spelt.replace("'", '"'))
    for each in spellings:
        if _BOUNDS.allows(each.encode(errors="replace")):
            try:
                return json.loads(each)
            except (ValueError, RecursionError):
                continue
    return text


def _deep(value: object, levels: int) -> object:
    """Return the value with the JSON that its strings hold in their place."""
    if isinstance(value, str):
        if levels == 0 or value.lstrip()[:1] not in {"{", "["}:
            return value
        read = _read(value)
        return value if isinstance(read, str) else _deep(read, levels - 1)
    if isinstance(value, dict):
        return {name: _deep(each, levels) for name, each in value.items()}
    if isinstance(value, list):
        return [_deep(each, levels) for each in value]
    return value
