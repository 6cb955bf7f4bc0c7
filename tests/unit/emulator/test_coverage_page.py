"""The emulator coverage page says what the docstrings say, all of it and nothing else."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TOOL = ROOT / "tools" / "emulator_coverage.py"


def test_page_is_what_the_docstrings_say() -> None:
    done = subprocess.run(
        [sys.executable, TOOL, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_page_has_a_line_for_every_mark() -> None:
    sources = (ROOT / "src" / "classgate" / "emulator").rglob("*.py")
    text = "".join(file.read_text() for file in sources)
    marks = text.count("Differs: ") + text.count("Unknown: ")
    page = (ROOT / "docs/reference/emulator-coverage.md").read_text()
    assert sum(line.startswith("- ") for line in page.splitlines()) == marks
