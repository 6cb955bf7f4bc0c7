"""One version number, in the program, in the package and in the changelog."""

import re
import tomllib
from pathlib import Path

from tests.support.databases import KINDS
from tests.support.released_school import RELEASES

import classgate

ROOT = Path(__file__).parents[2]
RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", re.MULTILINE)


def test_program_and_package_have_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == classgate.__version__


def test_version_is_the_newest_of_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## \[.*$", text, re.MULTILINE)
    assert headings[0] == "## [Unreleased]"
    released = RELEASE.findall(text)
    assert len(released) == len(headings) - 1
    assert released[0][0] == classgate.__version__
    numbers = [tuple(map(int, number.split("."))) for number, _ in released]
    assert numbers == sorted(numbers, reverse=True)


def test_database_of_each_released_version_is_kept() -> None:
    released = {number for number, _ in RELEASE.findall((ROOT / "CHANGELOG.md").read_text())}
    kept = {path.name for path in RELEASES.glob("*.sql")}
    assert kept == {f"{each}.{kind}.sql" for each in released for kind in KINDS}
