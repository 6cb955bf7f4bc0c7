"""`classgate doctor` as its user runs it: lines, the fix, and the exit code."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.program import CLASSGATE, SETTINGS, Run, clean_environment


@pytest.fixture
def emulator_settings(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings with which a running emulator is reached."""
    with subprocess.Popen(
        [CLASSGATE, "emulator", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=clean_environment(),
    ) as process:
        assert process.stdout is not None
        yield {
            **json.loads(process.stdout.readline())["settings"],
            "CLASSGATE_AUDIT__KEY": SETTINGS["CLASSGATE_AUDIT__KEY"],
        }
        process.terminate()


def test_installation_is_looked_at_before_and_after_its_first_upgrade(
    run: Run, emulator_settings: dict[str, str]
) -> None:
    before = run("doctor", environment=emulator_settings)
    assert before.returncode == 1
    assert before.stderr == ""
    lines = before.stdout.splitlines()
    (index,) = [number for number, line in enumerate(lines) if line.startswith("FAIL ")]
    assert "database: sqlite:///classgate.db is empty or missing" in lines[index]
    assert lines[index + 1].strip().startswith("→ classgate db upgrade")
    assert any(line.startswith("warn ") and "an emulator" in line for line in lines)

    assert run("db", "upgrade", environment=emulator_settings).returncode == 0
    after = run("doctor", "--json", environment=emulator_settings)
    assert after.returncode == 0, after.stdout
    report = json.loads(after.stdout)
    assert report.keys() == {"healthy", "checks"}
    assert report["healthy"] is True
    assert all(each.keys() == {"check", "status", "what", "fix"} for each in report["checks"])
    assert {each["status"] for each in report["checks"]} <= {"ok", "warn", "skipped"}
    everything = before.stdout + after.stdout + after.stderr
    for name, value in emulator_settings.items():
        if name.endswith(("SECRET_ID", "SECRET_KEY", "AUDIT__KEY")):
            assert value not in everything


def test_settings_that_cannot_be_run_with_are_findings_too(run: Run, tmp_path: Path) -> None:
    settings = SETTINGS | {"CLASSGATE_COS__BUCKET": "courseware"}
    del settings["CLASSGATE_AUDIT__KEY"]
    done = run("doctor", environment=settings)
    assert done.returncode == 1
    assert "FAIL     configuration: audit.key: is missing" in done.stdout
    assert "FAIL     configuration: cos.bucket: must end with the APPID" in done.stdout
    as_json = json.loads(run("doctor", "--json", environment=settings).stdout)
    assert as_json["healthy"] is False
    assert [each["status"] for each in as_json["checks"]] == ["fail", "fail"]


def test_missing_configuration_file_is_a_finding(run: Run) -> None:
    done = run("doctor", "--config", "nowhere.toml", environment=SETTINGS)
    assert done.returncode == 1
    assert "nowhere.toml: cannot be read" in done.stdout
    assert "Traceback" not in done.stderr
