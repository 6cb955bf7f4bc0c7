"""Reads an STS policy tolerantly: its statements as they stand, whatever is wrong with them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

from classgate.explain.cos.findings import Finding
from classgate.explain.models import CauseCode
from classgate.input_bounds import JsonBounds

BOUNDS: Final = JsonBounds(size=64 * 1024, values=5000, levels=16)
_NAMES: Final = ("effect", "action", "resource", "condition", "principal", "sid")
# A list of statements, or one statement alone.
_MEMBERS: Final = re.compile(
    r"""["']statement["']|["']effect["']\s{0,9}:\s{0,9}["'](?:allow|deny)["']""", re.IGNORECASE
)
_MAX_STATEMENTS: Final = 50
_MAX_TEXTS: Final = 200


@dataclass(frozen=True)
class StatementText:
    """A statement with the texts of its members. `number` counts from 1."""

    number: int
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Any]
    principal: object = None
    has_principal: bool = False


@dataclass(frozen=True)
class PolicyDocument:
    """A policy as far as it can be read. `text` is the JSON without any encoding around it."""

    text: str
    statements: tuple[StatementText, ...]
    faults: tuple[Finding, ...]
    version_faults: tuple[Finding, ...] = ()


def read_policy_document(text: str) -> PolicyDocument | None:
    """Return the policy of a text; None if it is none.

    It may be percent-encoded, as STS takes it, or stand in the member `Policy` of a call.
    """
    plain = _unwrapped(text.strip())
    if not plain.startswith("{") or _MEMBERS.search(plain) is None:
        return None
    if not BOUNDS.allows(plain.encode(errors="replace")):
        return PolicyDocument(plain, (), (Finding(CauseCode.TOO_LONG),))
    try:
        document = json.loads(plain)
    except (ValueError, RecursionError) as error:
        place = f"line {getattr(error, 'lineno', 1)}, column {getattr(error, 'colno', 1)}"
        fault = Finding(
            CauseCode.WRONG_POLICY_FORM,
            f"it is not JSON, see {place}: quotes, commas and brackets",
            f"不是 JSON，见 {place}：检查引号、逗号和括号",
        )
        return PolicyDocument(plain, (), (fault,))
    return _read(plain, document) if isinstance(document, dict) else None


def _unwrapped(text: str) -> str:
    for _ in range(3):
        if text.startswith(("%7B", "%7b", "%257B", "%257b")):
            text = unquote_plus(text) if "+" in text else unquote(text)
        inner = _member_policy(text)
        if inner is None:
            break
        text = inner
    if text.startswith('"{') and text.endswith('}"'):
        try:
            text = str(json.loads(text))
        except ValueError:
            return text
    return text.strip()


def _member_policy(text: str) -> str | None:
    """Return the member `Policy` of a call of STS, whose value is the policy as text."""
    if '"Policy"' not in text or not BOUNDS.allows(text.encode(errors="replace")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    policy = found.get("Policy") if isinstance(found, dict) else None
    return policy if isinstance(policy, str) else None


def _read(text: str, document: dict[str, Any]) -> PolicyDocument:
    faults = list(_name_faults(document, ("version", "statement")))
    members = {str(name).lower(): value for name, value in document.items()}
    version = members.get("version")
    wrong: tuple[Finding, ...] = ()
    if version != "2.0":
        shown = json.dumps(version, ensure_ascii=False)[:40]
        wrong = (
            Finding(
                CauseCode.WRONG_POLICY_VERSION,
                f'the version is {shown}, and must be the text "2.0"',
                f'version 是 {shown}，应为字符串 "2.0"',
            ),
        )
    listed = members.get("statement")
    items = listed if isinstance(listed, list) else [listed] if isinstance(listed, dict) else []
    if not items:
        faults.append(
            Finding(
                CauseCode.WRONG_POLICY_FORM, "the policy has no statement", "策略没有 statement"
            )
        )
    statements = []
    for number, item in enumerate(items[:_MAX_STATEMENTS], 1):
        if not isinstance(item, dict):
            faults.append(Finding(CauseCode.WRONG_POLICY_FORM))
            continue
        faults += _name_faults(item, _NAMES)
        statements.append(_statement(number, item))
    return PolicyDocument(text, tuple(statements), tuple(dict.fromkeys(faults)), wrong)


def _name_faults(members: Mapping[str, Any], known: tuple[str, ...]) -> Iterator[Finding]:
    for name in members:
        if name not in known and name.lower() in known:
            yield Finding(
                CauseCode.WRONG_POLICY_FORM,
                f"{name} is spelt as in AWS; write it in lower case: {name.lower()}",
                f"{name} 是 AWS 的写法，应写小写 {name.lower()}",
            )
        elif name not in known:
            shown = name[:60]
            yield Finding(
                CauseCode.WRONG_POLICY_FORM,
                f"a policy has no member {shown}; it has {', '.join(known[:4])}",
                f"策略没有字段 {shown}；字段为 {', '.join(known[:4])}",
            )


def _statement(number: int, item: Mapping[str, Any]) -> StatementText:
    members = {str(name).lower(): value for name, value in item.items()}
    effect = members.get("effect")
    condition = members.get("condition")
    return StatementText(
        number=number,
        effect=effect if isinstance(effect, str) else "",
        actions=_texts(members.get("action")),
        resources=_texts(members.get("resource")),
        condition=condition if isinstance(condition, dict) else {},
        principal=members.get("principal"),
        has_principal="principal" in members,
    )


def _texts(given: object) -> tuple[str, ...]:
    listed = given if isinstance(given, list) else [given]
    return tuple(each for each in listed[:_MAX_TEXTS] if isinstance(each, str))
