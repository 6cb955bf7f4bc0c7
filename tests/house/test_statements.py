"""Every statement of a repository compiles for both databases before anybody needs it."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import classgate
from classgate.storage import postgresql_transactions, sqlite_connections
from classgate.storage.statements import Statement

DIALECTS = {"sqlite": sqlite_connections.DIALECT, "postgresql": postgresql_transactions.DIALECT}


def _statements() -> Iterator[tuple[str, Statement]]:
    for module in pkgutil.walk_packages(classgate.__path__, "classgate."):
        if "repository" not in module.name:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            for statement in value if isinstance(value, tuple) else (value,):
                if isinstance(statement, Statement):
                    yield f"{module.name}.{name}", statement


@pytest.mark.parametrize("database", DIALECTS)
def test_every_statement_compiles(database: str) -> None:
    texts = {name: statement.compiled(DIALECTS[database]).text for name, statement in _statements()}
    assert len(texts) > 100
    assert all(texts.values())


def _makers_that_are_not_cached(module: ast.Module) -> Iterator[str]:
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        decorators = {each.id for each in function.decorator_list if isinstance(each, ast.Name)}
        calls = (each.func for each in ast.walk(function) if isinstance(each, ast.Call))
        makes = any(isinstance(each, ast.Name) and each.id == "Statement" for each in calls)
        if makes and "cache" not in decorators:
            yield function.name


def test_only_a_cached_function_makes_statements() -> None:
    """A statement that is made at each call would be compiled at each call."""
    package = Path(classgate.__file__).parent
    makers = {
        f"{path.relative_to(package)}: {name}"
        for path in package.rglob("*.py")
        if "repository" in path.name
        for name in _makers_that_are_not_cached(ast.parse(path.read_text("utf-8")))
    }
    # The modules call them, at their import.
    assert makers == {
        "classrooms/presence/repository.py: end_at",
        "classrooms/presence/repository.py: select_sorted",
        "classrooms/access_repository.py: select_access",
        "courseware/repository.py: _claim_expired",
        "legacy/classroom_list/repository.py: _count",
    }
