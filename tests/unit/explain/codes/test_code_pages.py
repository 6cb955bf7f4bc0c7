"""The pages of the codes say what the catalogue says, in both languages."""

import subprocess
import sys
from pathlib import Path

import pytest

from classgate.explain.codes.catalogue import load_codes
from classgate.explain.models import CauseCode

ROOT = Path(__file__).resolve().parents[4]
TOOL = ROOT / "tools" / "cloud_codes.py"


def test_the_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, TOOL, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["docs/reference/cloud-codes.md", "docs/zh-CN/cloud-codes.md"])
def test_every_code_and_every_cause_has_a_row(page: str) -> None:
    rows = [line for line in (ROOT / page).read_text().splitlines() if line.startswith("| `")]
    assert len(rows) == len(load_codes()) + len(CauseCode)
