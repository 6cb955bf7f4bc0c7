"""What `make package` builds: it installs beside the locked packages alone, and runs.

No network: the locked packages are copied from this environment, file by file as each one's record
lists them, and nothing else is. So a package that is missing in `locks/runtime.txt` is missed here.
What a package index serves is checked by its hash, where the service is installed.
"""

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from tests.support.program import SETTINGS, clean_environment

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
WHEEL = f"classgate-{VERSION}-py3-none-any.whl"


def package(folder: Path) -> Path:
    command = (sys.executable, ROOT / "tools" / "package.py", folder)
    subprocess.run(command, check=True, capture_output=True, env=clean_environment(), timeout=300)
    return folder


@dataclass(frozen=True)
class Locked:
    """One entry of the lock."""

    requirement: Requirement
    hashes: frozenset[str]

    @property
    def version(self) -> str:
        (specifier,) = self.requirement.specifier
        return specifier.version


def locked_packages() -> Iterator[Locked]:
    text = (ROOT / "locks" / "runtime.txt").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        requirement, *hashes = line.split("--hash=sha256:")
        yield Locked(Requirement(requirement), frozenset(each.strip() for each in hashes))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package(tmp_path_factory.mktemp("package") / "dist")


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment: the locked packages and the wheel."""
    environment = tmp_path_factory.mktemp("fresh") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    for locked in locked_packages():
        marker = locked.requirement.marker
        if marker is None or marker.evaluate():
            copy_installed(locked, site)
    command = (BIN / "uv", "pip", "install", "--quiet", "--offline", "--no-deps")
    python = environment / "bin" / "python"
    subprocess.run([*command, "--python", python, built / WHEEL], check=True)
    return environment / "bin"


def copy_installed(locked: Locked, site: Path) -> None:
    found = distribution(locked.requirement.name)
    assert found.version == locked.version
    for file in found.files or ():
        if ".." not in file.parts:  # programs and manual pages
            target = site / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(found.locate_file(file)), target)


def run(
    installed: Path, folder: Path, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [installed / "classgate", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=folder,
        env=clean_environment(SETTINGS),
        timeout=120,
        check=False,
    )


def test_same_commit_makes_the_same_bytes(built: Path, tmp_path: Path) -> None:
    again = package(tmp_path / "dist")
    names = sorted(path.name for path in built.iterdir())
    assert names == [WHEEL, f"classgate-{VERSION}.cdx.json", f"classgate-{VERSION}.tar.gz"]
    assert {name: (built / name).read_bytes() for name in names} == {
        path.name: path.read_bytes() for path in again.iterdir()
    }


def test_wheel_holds_every_file_of_the_program_and_no_test(built: Path) -> None:
    source = ROOT / "src"
    program = {
        str(path.relative_to(source))
        for path in (source / "classgate").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "classgate/accounts/common_passwords.txt" in program
    with zipfile.ZipFile(built / WHEEL) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == program


def test_wheel_runs_beside_the_locked_packages_alone(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [installed / "python", "-c", "import classgate; print(classgate.__file__)"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert Path(where.stdout).is_relative_to(installed.parent)
    assert run(installed, tmp_path, "--version").stdout == f"{VERSION}\n"
    shown = run(installed, tmp_path, "--help")
    assert shown.returncode == 0
    assert "serve" in shown.stdout
    upgraded = run(installed, tmp_path, "db", "upgrade")
    assert upgraded.returncode == 0, upgraded.stderr
    add = ("accounts", "add", "tom", "--role", "teacher")
    common = run(installed, tmp_path, *add, stdin="1234567890\n")
    assert common.returncode == 1
    assert "this password is among the first that are tried" in common.stderr
    assert run(installed, tmp_path, *add, stdin="a long enough sentence\n").returncode == 0
    assert run(installed, tmp_path, "audit", "verify").returncode == 0


def test_bill_of_materials_names_every_locked_package(built: Path) -> None:
    bill = json.loads((built / f"classgate-{VERSION}.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    about = bill["metadata"]["component"]
    assert (about["name"], about["version"]) == ("classgate", VERSION)
    listed = {
        (each["name"], each["version"], each["purl"]): frozenset(
            digest["content"]
            for reference in each["externalReferences"]
            for digest in reference["hashes"]
            if digest["alg"] == "SHA-256"
        )
        for each in bill["components"]
    }
    assert len(bill["components"]) == len(listed)
    assert listed == {
        (name, each.version, f"pkg:pypi/{name}@{each.version}"): each.hashes
        for each in locked_packages()
        for name in [each.requirement.name]
    }
    hosts = set(re.findall(r"https?://([^/\"]+)", json.dumps(bill["components"])))
    assert hosts == {"pypi.org"}
