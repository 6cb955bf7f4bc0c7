"""Tests are found from the source: the same folders, and helpers in one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SOURCE = TESTS.parent / "src" / "classgate"
MIRRORS = ("unit", "integration")
# The helpers of the tests and the benchmark have tests as well.
NOT_IN_SOURCE = {"integration/support", "integration/bench", "unit/bench"}


def folders_with_tests() -> Iterator[str]:
    for name in MIRRORS:
        found = {path.parent.relative_to(TESTS) for path in (TESTS / name).rglob("test_*.py")}
        yield from sorted(folder.as_posix() for folder in found)


@pytest.mark.parametrize("folder", sorted(set(folders_with_tests()) - NOT_IN_SOURCE))
def test_folder_of_tests_has_the_name_of_what_it_tests(folder: str) -> None:
    _, _, tested = folder.partition("/")
    assert (SOURCE / tested).is_dir() or (SOURCE / f"{tested}.py").is_file()


def test_integration_tests_are_in_folders() -> None:
    assert list((TESTS / "integration").glob("test_*.py")) == []


@pytest.mark.parametrize("name", ["unit", "integration", "contract", "e2e", "house"])
def test_helpers_are_in_the_folder_of_helpers(name: str) -> None:
    """Beside tests there is only the `conftest.py` of pytest."""
    others = {
        path.relative_to(TESTS).as_posix()
        for path in (TESTS / name).rglob("*.py")
        if not path.name.startswith("test_") and path.name != "conftest.py"
    }
    assert others == set()


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = f"{'tests.' * bool(node.level)}{node.module or ''}"
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_no_test_module_is_imported() -> None:
    """What two test modules need is a helper."""
    found = {
        (path.relative_to(TESTS).as_posix(), module)
        for path in TESTS.rglob("*.py")
        for module in imported_modules(path)
        if module.startswith("tests") and module.rpartition(".")[2].startswith("test_")
    }
    assert found == set()
