"""The end of a run with vectors: what was there and not covered, a line each."""

from pathlib import Path

import pytest

from .cases import read_suites
from .suites import gaps_in


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    reports = [report for listed in terminalreporter.stats.values() for report in listed]
    if not any("tests/vectors/" in getattr(report, "nodeid", "") for report in reports):
        return
    try:
        gaps = gaps_in(read_suites(Path(config.getoption("vectors"))))
    except ValueError:
        return  # collecting has failed for the same reason
    terminalreporter.section("golden vectors not covered yet")
    for gap in gaps or ["none: every group was run"]:
        terminalreporter.write_line(gap)
