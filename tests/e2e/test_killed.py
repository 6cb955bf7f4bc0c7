"""What was acknowledged survives `kill -9`, and the audit stays whole."""

import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from .conftest import CLASSGATE, Run, clean_environment, three_free_ports

KILLS = 3


def _start(port: int, data_dir: Path) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    process = subprocess.Popen(
        [CLASSGATE, "demo", "--no-story", "--json", "--port", str(port), "--data-dir", data_dir],
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(),
        cwd=data_dir.parent,
    )
    assert process.stdout is not None
    described: dict[str, Any] = json.loads(process.stdout.readline())
    return process, described


def _call(url: str, token: str | None = None, body: object = None) -> Any:
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def _log_in(described: dict[str, Any], identifier: str) -> str:
    (password,) = [
        each["password"] for each in described["accounts"] if each["identifier"] == identifier
    ]
    body = {"identifier": identifier, "password": password}
    token = _call(described["api"] + "/v1/sessions", body=body)["access_token"]
    assert isinstance(token, str)
    return token


def _work_until_it_dies(described: dict[str, Any], token: str, acknowledged: set[str]) -> None:
    """Take UserSigs as fast as they come; remember the leases that were answered."""
    while True:
        try:
            grant = _call(described["api"] + "/v1/user-sig", token, {})
        except (OSError, urllib.error.URLError):
            return
        acknowledged.add(grant["lease_id"])


def _recorded(described: dict[str, Any], admin: str) -> set[str]:
    found, cursor = set(), ""
    while cursor is not None:
        url = f"{described['api']}/v1/admin/audit?limit=100{cursor and f'&cursor={cursor}'}"
        page = _call(url, admin)
        found |= {row["lease_id"] for row in page["items"] if row["event"] == "user_sig_issued"}
        cursor = page["next_cursor"]
    return found


def _settings_of(data_dir: Path) -> dict[str, str]:
    """The demo's own settings, for the command line."""
    state = json.loads((data_dir / "demo.json").read_text())
    pretence = state["pretence"]
    return {
        "CLASSGATE_DATABASE__URL": f"sqlite:///{data_dir / 'classgate.db'}",
        "CLASSGATE_IM__SDK_APP_ID": str(pretence["sdk_app_id"]),
        "CLASSGATE_IM__SECRET_KEY": pretence["sdk_secret_key"],
        "CLASSGATE_CLOUD__SECRET_ID": pretence["secret_id"],
        "CLASSGATE_CLOUD__SECRET_KEY": pretence["secret_key"],
        "CLASSGATE_COS__APP_ID": pretence["app_id"],
        "CLASSGATE_COS__BUCKET": pretence["bucket"],
        "CLASSGATE_COS__REGION": pretence["region"],
        "CLASSGATE_AUDIT__KEY": state["audit_key"],
    }


def test_what_was_answered_is_in_an_unbroken_audit_after_a_kill(run: Run, tmp_path: Path) -> None:
    port, data_dir = three_free_ports(), tmp_path / "data"
    acknowledged: set[str] = set()
    for _ in range(KILLS):
        process, described = _start(port, data_dir)
        token = _log_in(described, "tom")
        workers = [
            threading.Thread(target=_work_until_it_dies, args=(described, token, acknowledged))
            for _ in range(4)
        ]
        for worker in workers:
            worker.start()
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
        for worker in workers:
            worker.join(timeout=30)
        assert process.stdout is not None
        process.stdout.close()
    process, described = _start(port, data_dir)
    try:
        assert len(acknowledged) > KILLS
        assert acknowledged <= _recorded(described, _log_in(described, "admin"))
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0
        assert process.stdout is not None
        process.stdout.close()
    verified = run("audit", "verify", environment=_settings_of(data_dir))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert f"unbroken: {KILLS + 1} chains" in verified.stdout
