"""Every statement of a repository compiles for both databases before anybody needs it."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import classgate
from classgate.storage import postgresql, sqlite
from classgate.storage.statements import Statement

DIALECTS = {"sqlite": sqlite._DIALECT, "postgresql": postgresql._DIALECT}


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
    texts = {
        name: statement.compiled(DIALECTS[database]).text for name, statement in _statements()
    }
    assert len(texts) > 100
    assert all(texts.values())


def test_a_cached_function_is_the_only_other_maker_of_statements() -> None:
    """A statement that is made in a function that is not cached would be compiled each time."""
