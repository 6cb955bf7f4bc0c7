"""What pytest has to know before it looks into any folder of tests."""

from pathlib import Path

import pytest

# Their functions assert, but are in no test file.
pytest.register_assert_rewrite("tests.support", "tests.vectors")

# A hook in tests/vectors/conftest.py would not be seen by the controller of a parallel run.
from .vectors.summary import pytest_terminal_summary  # noqa: E402

__all__ = ["pytest_addoption", "pytest_configure", "pytest_terminal_summary"]

DEFAULT_VECTORS = Path(__file__).parent / "vectors" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--vectors",
        metavar="DIR",
        default=str(DEFAULT_VECTORS),
        help="folder of golden vectors to run instead of tests/vectors/data",
    )


def pytest_configure(config: pytest.Config) -> None:
    # Absolute, because the workers of a parallel run are given it.
    folder = Path(config.getoption("vectors")).resolve()
    if not folder.is_dir():
        raise pytest.UsageError(f"--vectors: there is no folder {folder}")
    config.option.vectors = str(folder)
