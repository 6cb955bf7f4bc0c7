"""Well-known mistakes with a SecretKey: another one, or the right one with a changed text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from classgate.explain.cos.findings import Finding
from classgate.explain.models import CauseCode, CloudKey, is_previous

_WHITE_SPACE: Final = (" ", "\n", "\r\n", "\r", "\t", "  ", "\n\n")
# Zero-width space, byte order mark, no-break space, zero-width joiners, word joiner.
_INVISIBLE: Final = ("\u200b", "\ufeff", "\u00a0", "\u200c", "\u200d", "\u2060", "\u00ad", "\0")


@dataclass(frozen=True)
class Secret:
    """A text that may have been used as the SecretKey. `finding` is None for the right one."""

    text: str = field(repr=False)
    finding: Finding | None = None


def possible_secrets(keys: Sequence[CloudKey], secret_id: str) -> Iterator[Secret]:
    """Yield the SecretKey of the SecretId, then texts that are used by mistake."""
    own = [key for key in keys if key.secret_id == secret_id]
    others = [key for key in keys if key.secret_id != secret_id]
    for key in own:
        yield Secret(key.secret_key)
    for key in others:
        yield Secret(key.secret_key, _other(key, has_own=bool(own)))
    for key in [*own, *others]:
        yield from _changed(key)


def _other(key: CloudKey, *, has_own: bool) -> Finding:
    if is_previous(key.name):
        return Finding(
            CauseCode.PREVIOUS_KEY,
            f"it is signed with {key.name}, under another SecretId",
            f"签名用的是 {key.name}，但 SecretId 是另一个",
        )
    known = "another configured SecretId" if has_own else "a SecretId that is not configured"
    known_zh = "另一个已配置的 SecretId" if has_own else "未配置的 SecretId"
    return Finding(
        CauseCode.WRONG_KEY,
        f"it is signed with {key.name}, under {known}",
        f"签名用的是 {key.name}，但 SecretId 是{known_zh}",
    )


def _changed(key: CloudKey) -> Iterator[Secret]:
    text, name = key.secret_key, key.name
    for white in _WHITE_SPACE:
        yield Secret(text + white, _around(name, white, after=True))
        yield Secret(white + text, _around(name, white, after=False))
    if text != text.strip():
        yield Secret(text.strip(), _around(name, " ", after=True))
    for character in _INVISIBLE:
        shown = f"U+{ord(character):04X}"
        finding = Finding(
            CauseCode.INVISIBLE_CHARACTER,
            f"{name} was used with the invisible character {shown}",
            f"使用 {name} 时带了不可见字符 {shown}",
        )
        yield Secret(text + character, finding)
        yield Secret(character + text, finding)
        yield Secret(text.replace(character, ""), finding)
    for quoted in (f'"{text}"', f"'{text}'", f"<{text}>"):
        yield Secret(quoted, Finding(CauseCode.QUOTES_AROUND_KEY))
    for changed in (text.lower(), text.upper()):
        yield Secret(changed, Finding(CauseCode.KEY_CASE_CHANGED))
    for cut in (text[:-1], text[1:], text[:-2]):
        yield Secret(cut, Finding(CauseCode.KEY_CUT))
    finding = Finding(
        CauseCode.WRONG_KEY,
        "the SecretId was used as the SecretKey",
        "把 SecretId 当成了 SecretKey",
    )
    yield Secret(key.secret_id, finding)
    yield Secret("", Finding(CauseCode.WRONG_KEY, "the SecretKey was empty", "SecretKey 为空"))


def _around(name: str, white: str, *, after: bool) -> Finding:
    shown = {" ": "a space", "\t": "a tab"}.get(white, "a line end" if "\n" in white else "spaces")
    shown_zh = {" ": "空格", "\t": "制表符"}.get(white, "换行" if "\n" in white else "空白")
    return Finding(
        CauseCode.WHITE_SPACE_AROUND_KEY,
        f"{name} was used with {shown} {'after' if after else 'before'} it",
        f"使用 {name} 时{'末尾' if after else '开头'}带了{shown_zh}",
    )
