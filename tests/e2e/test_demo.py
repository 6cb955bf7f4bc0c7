"""`classgate demo`, as `make demo` runs it."""

import json
import os
import signal
import subprocess
import urllib.request
from pathlib import Path

from .conftest import CLASSGATE, Run, clean_environment, three_free_ports

STEPS = 25


def test_the_story_comes_out_as_expected_and_prints_each_step(run: Run, tmp_path: Path) -> None:
    done = run("demo", "--once", "--port", str(three_free_ports()), "--data-dir", tmp_path / "data")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("[ok]") == STEPS
    assert "FAILED" not in done.stdout
    assert "the room check reads 255" in done.stdout


def test_the_story_fails_when_a_setting_makes_a_step_come_out_otherwise(run: Run) -> None:
    # Files of 20 MiB are not taken any more, so the step that uploads one must fail.
    too_small = {"CLASSGATE_COS__MAX_SIZE": "1000"}
    done = run("demo", "--once", "--port", str(three_free_ports()), environment=too_small)
    assert done.returncode == 1
    assert "[FAILED] tom uploads" in done.stdout


def test_a_public_listener_is_refused_in_demo_mode(run: Run) -> None:
    done = run("demo", "--once", environment={"CLASSGATE_HTTP__HOST": "192.0.2.1"})
    assert done.returncode == 2
    assert "http.host: the demo listens on loopback only" in done.stderr


def _first_line(port: int, data_dir: Path) -> str:
    """What `--no-story --json` prints once both programs answer; then it is ended by SIGTERM."""
    process = subprocess.Popen(
        [CLASSGATE, "demo", "--no-story", "--json", "--port", str(port), "--data-dir", data_dir],
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(),
        cwd=data_dir.parent,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        urls = json.loads(line)
        with urllib.request.urlopen(urls["operations"] + "/readyz", timeout=10) as ready:
            assert ready.read() == b"ready\n"
        with urllib.request.urlopen(urls["api"] + "/openapi.json", timeout=10) as described:
            assert json.load(described)["openapi"].startswith("3.1")
        return line
    finally:
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        process.stdout and process.stdout.close()


def test_without_the_story_it_says_where_it_serves_and_a_restart_says_the_same(
    tmp_path: Path,
) -> None:
    port = three_free_ports()
    first = _first_line(port, tmp_path / "data")
    described = json.loads(first)
    assert described["api"] == f"http://127.0.0.1:{port}"
    assert described["standin"] == f"http://127.0.0.1:{port + 1}"
    assert set(described["cos"]) == {"bucket", "region", "app_id"}
    roles = {each["identifier"]: each["role"] for each in described["accounts"]}
    assert roles == {"admin": "admin", "tom": "teacher", "amy": "student", "bob": "student"}
    assert all(len(each["password"]) >= 10 for each in described["accounts"])
    assert _first_line(port, tmp_path / "data") == first
