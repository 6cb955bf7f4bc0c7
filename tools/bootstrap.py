"""Create `.venv` with the locked packages, with the standard library only.

The second run is fast: a stamp file holds the digest of everything that determines the environment.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "classgate-stamp"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "locks" / "development.txt"
INSTALLER_LOCK = ROOT / "locks" / "installer.txt"


def digest() -> str:
    """Return a digest of everything that determines the environment."""
    seen = hashlib.sha256(f"{sys.version}\n{ROOT}\n".encode())
    for path in (LOCK, INSTALLER_LOCK, ROOT / "pyproject.toml", Path(__file__)):
        seen.update(path.read_bytes())
    return seen.hexdigest()


def run(*command: str | Path, quiet: bool = False) -> bool:
    """Run a command; return whether it succeeded."""
    # Its output goes to stderr, because stdout belongs to the command that needs the environment.
    sink = subprocess.DEVNULL if quiet else sys.stderr
    done = subprocess.run(list(map(str, command)), check=False, stdout=sink, stderr=sink, cwd=ROOT)
    return done.returncode == 0


def make_venv() -> None:
    if not run(sys.executable, "-m", "venv", "--clear", VENV):
        sys.exit(
            "python3 could not make a virtual environment. On Debian and Ubuntu install the "
            "package python3-venv, then try again."
        )


def install_locked() -> None:
    """Install the locked packages by hash: with uv, which is fast, or else with pip."""
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet")
    uv = VENV / "bin" / "uv"
    # If uv cannot be installed or cannot reach the index, pip tries and reports the error.
    uv_options = ("--quiet", "--system-certs", "--python", PYTHON)
    with_uv = run(*pip, "install", "--require-hashes", "-r", INSTALLER_LOCK, quiet=True) and run(
        uv, "pip", "sync", *uv_options, "--require-hashes", LOCK, quiet=True
    )
    if not with_uv and not run(*pip, "install", "--require-hashes", "-r", LOCK):
        sys.exit("the locked packages could not be installed: is the package index reachable?")
    project = ("install", "--no-deps", "--no-build-isolation", "--editable", ROOT)
    if not (with_uv and run(uv, "pip", *project, *uv_options, quiet=True)) and not run(
        *pip, *project
    ):
        sys.exit("classgate itself could not be installed; the messages above say why.")


def main() -> None:
    if not (3, 11) <= sys.version_info < (3, 14):
        sys.exit(
            f"classgate needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}. "
            "Name another with: make PYTHON=python3.11 …"
        )
    wanted = digest()
    if not STAMP.is_file() or STAMP.read_text() != wanted:
        install(wanted)
    compile_modules(ROOT / "src")


def install(wanted: str) -> None:
    print("Installing the locked packages into .venv (once) …", file=sys.stderr)
    os.environ.pop("VIRTUAL_ENV", None)
    make_venv()
    install_locked()
    compile_modules(VENV / "lib")
    STAMP.write_text(wanted)


def compile_modules(folder: Path) -> None:
    """Compile what changed, if Python itself may not: each start would compile all modules."""
    if sys.dont_write_bytecode:
        run(PYTHON, "-m", "compileall", "-q", "-j", "0", folder, quiet=True)


if __name__ == "__main__":
    main()
