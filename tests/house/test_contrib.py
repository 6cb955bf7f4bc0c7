"""The files of `contrib/` for the operator's machine."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRIB = ROOT / "contrib"
SERVICES = sorted((CONTRIB / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", SERVICES, ids=lambda each: each.name)
def test_service_may_do_little_on_its_machine(unit: Path) -> None:
    text = unit.read_text("utf-8")
    assert "CapabilityBoundingSet=\n" in text
    assert "NoNewPrivileges=yes\n" in text
    assert "ProtectSystem=strict\n" in text
    assert "SystemCallFilter=@system-service\n" in text
    assert "User=classgate\n" in text


@pytest.mark.parametrize("unit", SERVICES, ids=lambda each: each.name)
def test_service_has_a_security_score_of_at_most_3(unit: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    if found is None:
        pytest.skip("this systemd-analyze does not look at files")
    assert float(found[1]) <= 3


def test_proxy_of_the_guide_is_the_file() -> None:
    configuration = (CONTRIB / "nginx" / "classgate.conf").read_text("utf-8")
    assert configuration in (ROOT / "docs" / "how-to" / "run-in-production.md").read_text("utf-8")
    assert "@unavailable" in configuration
