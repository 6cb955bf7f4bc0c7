"""docs/reference/settings.md lists every setting with its default, and no other."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from classgate.settings.loading import Settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
ROW = re.compile(
    r"^\| `(?P<name>CLASSGATE_[A-Z0-9_]+)` \| (?P<default>.+?) \| (?P<unit>.+?) \| .+ \|$",
    re.MULTILINE,
)


def fields() -> dict[str, FieldInfo]:
    """Every setting there is, by its environment name."""
    found = {}
    for group, field in Settings.model_fields.items():
        model = field.annotation
        assert isinstance(model, type)
        for name, each in model.model_fields.items():
            found[f"CLASSGATE_{group}__{name}".upper()] = each
    return found


def documented() -> dict[str, re.Match[str]]:
    """Every row of the page, by its environment name."""
    rows = list(ROW.finditer(PAGE.read_text(encoding="utf-8")))
    names = [row["name"] for row in rows]
    assert len(names) == len(set(names)), "a setting is documented twice"
    return {row["name"]: row for row in rows}


def default_in_words(field: FieldInfo) -> str:
    """A default as the page writes it."""
    if field.is_required():
        return "required"
    match field.default:
        case None:
            return "not set"
        case () | "":
            return "empty"
        case tuple() as words:
            text = ", ".join(words)
        case timedelta() as duration:
            text = str(int(duration.total_seconds()))
        case SecretStr() as address:
            text = address.get_secret_value()
        case bool() as switch:
            text = str(switch).lower()
        case value:
            text = str(value)
    return f"`{text}`"


def is_secret(field: FieldInfo) -> bool:
    return SecretStr.__name__ in str(field.annotation)


def test_every_setting_is_documented_and_no_other() -> None:
    assert set(documented()) == set(fields())


@pytest.mark.parametrize("name", sorted(fields()))
def test_setting_is_documented_with_its_default(name: str) -> None:
    assert documented()[name]["default"] == default_in_words(fields()[name])


@pytest.mark.parametrize("name", sorted(fields()))
def test_secrets_and_only_they_are_documented_as_secret(name: str) -> None:
    assert (documented()[name]["unit"] == "secret") is is_secret(fields()[name])


@pytest.mark.parametrize("name", sorted(fields()))
def test_durations_and_only_they_are_documented_in_seconds(name: str) -> None:
    is_duration = isinstance(fields()[name].default, timedelta)
    assert (documented()[name]["unit"] == "seconds") is is_duration


def test_page_names_no_setting_outside_of_its_tables_that_does_not_exist() -> None:
    text = PAGE.read_text(encoding="utf-8")
    named = {name.removesuffix("_FILE") for name in re.findall(r"CLASSGATE_[A-Z0-9_]+__\w+", text)}
    assert named <= set(fields())
