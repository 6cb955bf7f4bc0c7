"""Rules of the source that a reader relies on: its size, its words, and who imports whom."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "classgate"
FILES = sorted(SOURCE.rglob("*.py"))
EVERY_FILE = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
LONGEST = 400

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def public(tree: ast.Module) -> Iterator[Definition]:
    """What others may use: functions and classes, and the methods of those classes."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                for member in node.body:
                    if isinstance(member, Function) and not member.name.startswith("_"):
                        yield member


def own_raises(function: Function) -> bool:
    """Whether it raises by itself, in so many words."""
    return any(isinstance(node, ast.Raise) and node.exc is not None for node in ast.walk(function))


def promised_by_protocols() -> set[str]:
    """Methods whose promise stands in a protocol; who keeps it need not repeat it."""
    return {
        member.name
        for path in FILES
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)
        for member in node.body
        if isinstance(member, Function) and ast.get_docstring(member)
    }


PROMISED = promised_by_protocols()


@EVERY_FILE
def test_file_is_short_enough_to_be_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@EVERY_FILE
def test_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(tree_of(path))


@EVERY_FILE
def test_what_raises_says_so(path: Path) -> None:
    silent = [
        node.name
        for node in public(tree_of(path))
        if isinstance(node, Function)
        and own_raises(node)
        and not ast.get_docstring(node)
        and node.name not in PROMISED
    ]
    assert silent == []


@EVERY_FILE
def test_class_with_behaviour_says_what_it_is(path: Path) -> None:
    silent = [
        node.name
        for node in public(tree_of(path))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(each, Function) and each.name[0] != "_" for each in node.body)
        and not ast.get_docstring(node)
    ]
    assert silent == []


@EVERY_FILE
def test_nothing_is_left_to_do(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [word for word in ("TODO", "FIXME", "XXX", "NotImplementedError") if word in text]


FOLDING = {"casefold", "lower", "upper", "swapcase", "ilike", "icontains", "collate"}
# Where something else than an identifier is folded: column names, passwords, content types, words
# of HTTP, languages.
FOLDS_SOMETHING_ELSE = {
    "legacy/account_import/table.py": {"lower"},
    "accounts/imports/csv_file.py": {"lower"},
    "accounts/list_repository.py": {"lower"},
    "accounts/passwords.py": {"casefold"},
    "api/authentication.py": {"lower"},
    "api/documentation_pages.py": {"upper"},
    "api/languages.py": {"lower"},
    "api/openapi.py": {"lower"},
    "courseware/content_types.py": {"lower"},
    "legacy/videos/parameters.py": {"lower"},
}
KNOW_IDENTIFIERS = {
    *("accounts", "api", "audit", "backups", "classrooms", "courseware", "leases", "legacy"),
    *("account_deletion.py", "outbox", "storage"),
}


def folding_in(path: Path) -> set[str]:
    """By which names something is folded there, in Python or in SQL."""
    return {
        node.attr
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in FOLDING
    }


def test_identifiers_are_folded_in_one_place_behind_the_rule() -> None:
    found = {
        path.relative_to(SOURCE).as_posix(): folding_in(path)
        for path in FILES
        if path.relative_to(SOURCE).parts[0] in KNOW_IDENTIFIERS and folding_in(path)
    }
    assert found == {**FOLDS_SOMETHING_ELSE, "accounts/identifiers.py": {"lower"}}


def test_nothing_but_secrets_is_folded_beyond_ascii() -> None:
    found = {
        path.relative_to(SOURCE).as_posix() for path in FILES if "casefold" in folding_in(path)
    }
    assert found == {"accounts/passwords.py", "secret_strength.py"}


IMPURE = {"time", "random", "secrets", "os", "socket", "asyncio", "pathlib", "sqlite3", "logging"}
PURE = {"classgate", "cryptography", "coincurve", "msgspec"} | (sys.stdlib_module_names - IMPURE)


def imports_of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


@pytest.mark.parametrize("path", [p for p in FILES if "signing" in p.parts], ids=lambda p: p.name)
def test_signing_is_given_time_and_randomness_and_does_no_input_or_output(path: Path) -> None:
    names = set(imports_of(tree_of(path)))
    assert {name.partition(".")[0] for name in names} <= PURE
    assert all(
        name.startswith(("classgate.signing", "classgate.errors", "classgate.input_bounds"))
        for name in names
        if name.startswith("classgate")
    )
    called = {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
    assert not called & {"now", "utcnow", "today"}


def test_imports_point_down() -> None:
    """The contracts of pyproject.toml, as `make check` asks for them."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
