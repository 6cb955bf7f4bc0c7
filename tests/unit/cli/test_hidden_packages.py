"""A package is not found in the block, and is afterwards."""

import sys

import pytest

from classgate.cli.hidden_packages import hidden


def test_package_is_not_found_in_the_block_alone() -> None:
    sys.modules.pop("antigravity", None)
    with hidden("antigravity"), pytest.raises(ImportError):
        import antigravity  # noqa: F401, PLC0415
    assert "antigravity" not in sys.modules


def test_package_that_is_imported_stays() -> None:
    with hidden("pytest"):
        assert sys.modules["pytest"] is pytest
    assert sys.modules["pytest"] is pytest


def _fail() -> None:
    with hidden("antigravity"):
        raise ImportError("no such module")


def test_block_that_fails_hides_nothing_any_more() -> None:
    with pytest.raises(ImportError, match="no such"):
        _fail()
    assert "antigravity" not in sys.modules
