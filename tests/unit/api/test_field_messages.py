"""Every message about a field has its Chinese, wherever in the source it is written."""

import ast
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

import classgate
from classgate.accounts.passwords import require_acceptable
from classgate.api.field_messages_zh import translate_field_message
from classgate.api.problems import to_fault
from classgate.refusals import UnacceptablePassword

SOURCE = Path(classgate.__file__).parent
# Clients of these get English, or codes: no problem of the HTTP API has them.
OTHERS = ("legacy", "emulator", "cli", "explain", "settings", "signing/sts", "signing/cos_policy")
FILES = [
    path
    for path in sorted(SOURCE.rglob("*.py"))
    if not str(path.relative_to(SOURCE)).startswith(OTHERS)
]
WRITERS = {"field_error", "FieldFault", "LineFault", "InvalidObjectPath"}


def texts_of(node: ast.expr, names: dict[str, list[ast.expr]]) -> Iterator[str]:
    """The texts that an expression may be: 7 stands for whatever is put in."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(
                str(each.value) if isinstance(each, ast.Constant) else "7" for each in parts
            )
        case ast.Name(id=name):
            for value in names.pop(name, []):
                yield from texts_of(value, names)


def messages_in(path: Path) -> Iterator[str]:
    """The messages about fields that a file writes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names.setdefault(node.targets[0].id, []).append(node.value)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[*_, last]) if name in WRITERS:
                yield from texts_of(last, dict(names))


WRITTEN = sorted({message for path in FILES for message in messages_in(path)})


def is_chinese(text: str) -> bool:
    return re.search(r"[\u4e00-\u9fff]", text) is not None


@pytest.mark.parametrize("message", WRITTEN)
def test_what_the_source_writes_is_translated(message: str) -> None:
    assert is_chinese(translate_field_message(message))


def test_the_messages_are_found() -> None:
    assert "the end has to be in the future" in WRITTEN  # a literal
    assert "at most 7 members at once; add the others with PUT" in WRITTEN  # with a value
    assert "the host is a member already" in WRITTEN  # by a name


@pytest.mark.parametrize("password", ["short", "a" * 12, "password123", "li-lei-li_lei", "\0" * 11])
def test_what_is_wrong_with_a_password_is_translated(password: str) -> None:
    with pytest.raises(UnacceptablePassword) as refused:
        require_acceptable(password, "li_lei")
    assert is_chinese(translate_field_message(refused.value.fields[0].message))


class Colour(Enum):
    RED = "red"


class Body(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=2, max_length=3, pattern="^[a-z]*$")]
    number: Annotated[int, Meta(ge=1, le=9)] = 1
    several: Annotated[list[int], Meta(min_length=1, max_length=2)] = msgspec.field(
        default_factory=lambda: [1]
    )
    colour: Colour = Colour.RED
    small: int = 0


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        '{"text": "a"}',
        '{"text": "abcd"}',
        '{"text": "A-"}',
        '{"text": 1}',
        '{"text": null}',
        '{"text": "ab", "number": 0}',
        '{"text": "ab", "number": 10}',
        '{"text": "ab", "number": 1.5}',
        '{"text": "ab", "number": 99999999999999999999999}',
        '{"text": "ab", "several": []}',
        '{"text": "ab", "several": [1, 2, 3]}',
        '{"text": "ab", "colour": "blue"}',
        '{"text": "ab", "other": 1}',
    ],
)
def test_what_the_parser_says_is_translated(body: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(body, type=Body)
    message, _, _ = str(refused.value).partition(" - at `$")
    assert is_chinese(translate_field_message(to_fault("", message).message)), message


def test_a_value_stays_as_it_was_written() -> None:
    assert translate_field_message("there is no account 'li_lei'") == "没有账号 'li_lei'"
    assert translate_field_message("expected at most 128 characters") == "最多 128 个字符"
