"""`classgate demo`, as `make demo` runs it."""

import contextlib
import json
import random
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest
from tests.support.program import CLASSGATE, Run, clean_environment

STEPS = 26


def test_the_story_comes_out_as_expected_and_prints_each_step(run: Run, tmp_path: Path) -> None:
    done = run("demo", "--once", "--port", "0", "--data-dir", tmp_path / "data")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("[ok]") == STEPS
    assert "FAILED" not in done.stdout
    assert "the privilege map is 255" in done.stdout


def test_the_story_fails_when_a_setting_makes_a_step_come_out_otherwise(run: Run) -> None:
    # Files of 20 MiB are not taken any more, so the step that uploads one must fail.
    too_small = {"CLASSGATE_COS__MAX_SIZE": "1000"}
    done = run("demo", "--once", "--port", "0", environment=too_small)
    assert done.returncode == 1
    assert "[FAILED] tom uploads" in done.stdout


def test_a_public_listener_is_refused_in_demo_mode(run: Run) -> None:
    done = run("demo", "--once", environment={"CLASSGATE_HTTP__HOST": "192.0.2.1"})
    assert done.returncode == 2
    assert "http.host: the demo listens on loopback only" in done.stderr


# The system gives these to nobody that asks for any port, so no other test takes one meanwhile.
FIRST_PORTS = range(20_000, 32_000, 3)


def _three_free_ports() -> int:
    """The first of three ports in a row that nobody listens on now."""
    for first in random.sample(FIRST_PORTS, 100):
        with contextlib.suppress(OSError), contextlib.ExitStack() as probes:
            for port in (first, first + 1, first + 2):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    pytest.fail("no three free ports in a row")


def _first_line(port: int, data_dir: Path) -> str:
    """What `--no-story --json` prints once both programs answer; then it is ended by SIGTERM."""
    with subprocess.Popen(
        [CLASSGATE, "demo", "--no-story", "--json", "--port", str(port), "--data-dir", data_dir],
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(),
        cwd=data_dir.parent,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"it ended instead of serving: {process.wait(timeout=30)}"
        try:
            urls = json.loads(line)
            with urllib.request.urlopen(urls["operations"] + "/readyz", timeout=10) as ready:
                assert json.load(ready) == {"ready": True}
            with urllib.request.urlopen(urls["api"] + "/openapi.json", timeout=10) as described:
                assert json.load(described)["openapi"].startswith("3.1")
        finally:
            process.terminate()
    assert process.returncode == 0
    return line


def test_without_the_story_it_says_where_it_serves_and_a_restart_says_the_same(
    tmp_path: Path,
) -> None:
    port = _three_free_ports()
    first = _first_line(port, tmp_path / "data")
    described = json.loads(first)
    assert described["api"] == f"http://127.0.0.1:{port}"
    assert described["emulator"] == f"http://127.0.0.1:{port + 1}"
    assert set(described["cos"]) == {"bucket", "region", "app_id"}
    roles = {each["identifier"]: each["role"] for each in described["accounts"]}
    assert roles == {"admin": "admin", "tom": "teacher", "amy": "student", "bob": "student"}
    assert all(len(each["password"]) >= 10 for each in described["accounts"])
    assert _first_line(port, tmp_path / "data") == first
