"""The same examples in every run, so that a change is what makes a test fail.

Not quite: Hypothesis also tries the constants that stand in the modules loaded so far. What fails
for such a number fails rightly, and was there before.

`pytest tests/property --hypothesis-profile=default` looks at new ones.
"""

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True, database=None)


def pytest_configure(config: pytest.Config) -> None:
    # Before the modules are read: their settings begin with those that hold then.
    if config.getoption("--hypothesis-profile") is None:
        settings.load_profile("steady")
