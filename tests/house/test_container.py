"""The Containerfile and the compose file: what they promise, as far as no builder is needed.

Neither is run here. `tests/e2e/test_package.py` installs what the image holds.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import classgate
from classgate.settings.loading import Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "contrib" / "container"
CONTAINERFILE = (FOLDER / "Containerfile").read_text()
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICE = COMPOSE["services"]["classgate"]
INSTRUCTIONS = re.findall(
    r"^([A-Z]+) (.*)$",
    re.sub(r"^#.*\n", "", CONTAINERFILE.replace("\\\n", ""), flags=re.MULTILINE),
    re.MULTILINE,
)


def instructions(name: str) -> list[str]:
    return [words for each, words in INSTRUCTIONS if each == name]


@pytest.mark.skipif(sys.platform != "linux", reason="the linter is locked for Linux")
def test_linter_finds_nothing() -> None:
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert linter is not None
    command = (linter, "--failure-threshold", "style", FOLDER / "Containerfile")
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_image_runs_as_a_user_that_is_not_root() -> None:
    assert instructions("USER") == ["10001:10001"]
    names = [name for name, _ in INSTRUCTIONS]
    assert names.index("USER") > max(i for i, name in enumerate(names) if name == "RUN")
    assert "--uid 10001" in CONTAINERFILE


def test_packages_are_installed_by_their_hashes() -> None:
    installs = re.findall(r"pip install ([^&\n]*)", CONTAINERFILE.replace("\\\n", ""))
    assert len(installs) == 2
    assert "--require-hashes -r runtime.txt" in installs[0]
    assert "--no-deps classgate-" in installs[1]


def test_layers_hold_the_lock_and_the_wheel_and_nothing_else() -> None:
    copied = [words.split()[0] for words in instructions("COPY") if not words.startswith("--from")]
    assert copied == ["locks/runtime.txt", "dist/classgate-*-py3-none-any.whl"]
    assert (ROOT / ".dockerignore").read_text().split() == [
        "*",
        "!dist/*.whl",
        "!locks/runtime.txt",
    ]
    assert not re.search(r"CLASSGATE_\w+", CONTAINERFILE)


def test_health_is_asked_on_the_operations_listener() -> None:
    (check,) = instructions("HEALTHCHECK")
    program = json.loads(check.partition("CMD ")[2])
    assert program[:2] == ["python", "-c"]
    port = Settings.model_fields["operations"].annotation
    assert port is not None
    default = port.model_fields["port"].default
    assert f"http://127.0.0.1:{default}/healthz" in program[2]
    assert f"EXPOSE 8000 {default}" in CONTAINERFILE


def test_image_has_the_version_of_the_program() -> None:
    assert f"-t classgate:{classgate.__version__} " in CONTAINERFILE
    assert SERVICE["image"] == f"classgate:{classgate.__version__}"


@pytest.mark.parametrize("name", ["classgate", "upgrade"])
def test_service_can_write_nothing_and_has_no_capability(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "volumes" not in service


def known_settings() -> set[str]:
    return {
        f"CLASSGATE_{group}__{name}".upper()
        for group, field in Settings.model_fields.items()
        for name in getattr(field.annotation, "model_fields", {})
    }


def test_settings_exist_and_every_secret_is_a_file() -> None:
    given: dict[str, Any] = SERVICE["environment"]
    assert {name.removesuffix("_FILE") for name in given} <= known_settings()
    files = {value for name, value in given.items() if name.endswith("_FILE")}
    assert files == {f"/run/secrets/{each}" for each in SERVICE["secrets"]}
    secret = re.compile(r"KEY|SECRET|URL|TOKEN|PASSWORD")
    assert [name for name in given if secret.search(name) and not name.endswith("_FILE")] == []
    database = COMPOSE["services"]["database"]
    assert database["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/database-password"
    used = {each for service in COMPOSE["services"].values() for each in service["secrets"]}
    assert set(COMPOSE["secrets"]) == used
    for name, source in COMPOSE["secrets"].items():
        assert source == {"file": f"./secrets/{name}"}


def test_ports_are_open_on_this_machine_alone() -> None:
    assert [port for port in SERVICE["ports"] if not port.startswith("127.0.0.1:")] == []
    assert [name for name, each in COMPOSE["services"].items() if "ports" in each] == ["classgate"]


def test_service_waits_for_database_and_upgrade() -> None:
    assert SERVICE["depends_on"] == {
        "database": {"condition": "service_healthy"},
        "upgrade": {"condition": "service_completed_successfully"},
    }
    assert COMPOSE["services"]["upgrade"]["command"] == ["db", "upgrade"]


def test_proxy_is_trusted_at_the_gateway_of_the_network() -> None:
    (network,) = COMPOSE["networks"]["default"]["ipam"]["config"]
    assert SERVICE["environment"]["CLASSGATE_HTTP__TRUSTED_PROXIES"] == network["gateway"]
