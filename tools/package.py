"""Build `dist/`: the wheel, the source distribution and the bill of materials of the runtime lock.

The same commit makes the same bytes: `SOURCE_DATE_EPOCH` is the time of the commit, unless it is
set. No network is needed; the build tools are among the locked packages.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
RUNTIME_LOCK = ROOT / "locks" / "runtime.txt"
ZIP_EPOCH = 315532800  # 1980-01-01, the earliest time that a wheel can hold


def source_date() -> str:
    """Return the time of the commit in seconds, or the earliest one outside of a clone."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return given
    command = ("git", "log", "-1", "--format=%ct")
    shown = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    return shown.stdout.strip() or str(ZIP_EPOCH)


def build(folder: Path) -> None:
    """Write the wheel and the source distribution."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": source_date()}
    command = (BIN / "hatchling", "build", "--directory", folder)
    subprocess.run(command, check=True, cwd=ROOT, env=environment)


def write_bill_of_materials(folder: Path) -> None:
    """Write every locked package with its version and hashes, as CycloneDX 1.6."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    bill = folder / f"classgate-{version}.cdx.json"
    command: list[str | Path] = [BIN / "cyclonedx-py", "requirements", RUNTIME_LOCK]
    command += ["--pyproject", ROOT / "pyproject.toml", "--mc-type", "application"]
    command += ["--spec-version", "1.6", "--output-format", "JSON", "--output-reproducible"]
    subprocess.run([*command, "--output-file", bill], check=True, cwd=ROOT)
    print(bill)


def main() -> None:
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "dist"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build(folder)
    write_bill_of_materials(folder)


if __name__ == "__main__":
    main()
