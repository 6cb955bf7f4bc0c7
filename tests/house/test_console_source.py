"""Rules of the console's source: names that would silently replace each other, and its size."""

import re
from collections import Counter
from pathlib import Path
from unittest.mock import Mock

import pytest

from classgate.api import rules
from classgate.classrooms.permissions import DESCRIPTIONS
from classgate.legacy.commands import commands_of

SOURCE = Path(__file__).parents[2] / "console" / "src"
GENERATED = SOURCE / "api" / "schema.d.ts"
FILES = sorted(
    path for path in SOURCE.rglob("*") if path.suffix in {".ts", ".css"} and path != GENERATED
)
LONGEST = 400


def repeated(pattern: str, *files: Path) -> set[str]:
    """What the pattern finds more than once in these files."""
    found = (each for file in files for each in re.findall(pattern, file.read_text(), re.MULTILINE))
    return {name for name, times in Counter(found).items() if times > 1}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_file_is_short_enough_to_be_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("language", ["en", "zh"])
def test_text_has_one_dictionary(language: str) -> None:
    """The dictionaries are merged: a second text with the same key would replace the first."""
    texts = SOURCE / "i18n"
    files = [texts / f"{language}.ts", *(texts / language).glob("*.ts")]
    assert len(files) > 2
    assert repeated(r'^  "([^"]+)":', *files) == set()


def test_element_is_defined_once() -> None:
    assert repeated(r'^@customElement\("([^"]+)"\)', *FILES) == set()


def test_whatever_can_be_refused_has_words() -> None:
    """A rule without words would be listed among the refusals as the API writes it."""
    of_routes = {each.asked for each in vars(rules).values() if isinstance(each, rules.RouteRule)}
    of_commands = {each.asked for each in commands_of(Mock()).values()}
    asked = of_routes | of_commands | set(DESCRIPTIONS.values())
    words = (SOURCE / "i18n" / "en" / "refusals.ts").read_text(encoding="utf-8")
    assert set(re.findall(r'^  "rule\.([^"]+)":', words, re.MULTILINE)) == asked - {"nobody"}
