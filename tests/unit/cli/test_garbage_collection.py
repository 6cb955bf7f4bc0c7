"""Garbage is not collected while a command is imported, and is afterwards."""

import gc
from collections.abc import Iterator

import pytest

from classgate.cli.garbage_collection import exempt_existing_objects, paused_collection


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_nothing_is_collected_in_the_block() -> None:
    with paused_collection():
        assert not gc.isenabled()
    assert gc.isenabled()


def _import_what_is_missing() -> None:
    with paused_collection():
        raise ImportError("no such module")


def test_block_that_fails_ends_the_pause() -> None:
    with pytest.raises(ImportError):
        _import_what_is_missing()
    assert gc.isenabled()


def test_objects_that_exist_are_not_looked_at_again() -> None:
    kept: list[object] = [[]]
    exempt_existing_objects()
    assert not any(each is kept for each in gc.get_objects())
    later: list[object] = [[]]
    assert any(each is later for each in gc.get_objects())
