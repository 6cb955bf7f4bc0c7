"""The official Node clients, installed outside the working tree and run as a program."""

import base64
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.contract_cloud import BUCKET, REGION, SECRET_ID, SECRET_KEY
from tests.support.running_emulator import Emulator
from tests.support.sts_client import Granted

_SOURCE = Path(__file__).parents[1] / "contract" / "node"
_OLDEST = 20


@dataclass(frozen=True)
class NodeClients:
    """An installation of cos-nodejs-sdk-v5, cos-wx-sdk-v5 and qcloud-cos-sts."""

    folder: Path

    def play(
        self,
        address: str,
        *steps: dict[str, Any],
        secret_id: str = SECRET_ID,
        secret_key: str = SECRET_KEY,
        token: str | None = None,
        program: str = "run.js",
        **options: Any,
    ) -> list[dict[str, Any]]:
        """One outcome for each step: `data`, or `error` with status, code and message."""
        cos = {
            "SecretId": secret_id,
            "SecretKey": secret_key,
            # As in production the host names the bucket; only the connection goes elsewhere.
            "Protocol": "http:",
            "Ip": address,
        }
        if token is not None:
            cos["SecurityToken"] = token
        done = subprocess.run(
            ["node", program],
            cwd=self.folder,
            input=json.dumps({"cos": cos | options, "steps": steps}),
            env=os.environ | {"XDG_CONFIG_HOME": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        outcomes = json.loads(done.stdout.splitlines()[-1])
        assert isinstance(outcomes, list)
        return outcomes

    def play_one(self, emulator: Emulator, step: dict[str, Any], **options: Any) -> dict[str, Any]:
        """The data of a single step, which must succeed."""
        (outcome,) = self.play(emulator.address, step, **options)
        assert "error" not in outcome, outcome["error"]
        data = outcome["data"]
        return data if isinstance(data, dict) else {"Url": data}


def step(call: str, key: str | None = None, body: bytes | None = None, **params: Any) -> Any:
    """A call about the configured bucket."""
    where = {"Bucket": BUCKET, "Region": REGION} | ({} if key is None else {"Key": key})
    written: dict[str, Any] = {"call": call, "params": where | params}
    if body is not None:
        written["body"] = base64.b64encode(body).decode()
    return written


def keys_of(granted: Granted) -> dict[str, str]:
    return {
        "secret_id": granted.secret_id,
        "secret_key": granted.secret_key,
        "token": granted.token,
    }


def install(folder: Path) -> NodeClients:
    """Put the clients into an empty folder, or skip the test."""
    install_packages(_SOURCE, folder)
    for name in ("run.js", "client.js", "mini_program.js"):
        shutil.copy(_SOURCE / name, folder / name)
    return NodeClients(folder)


def install_packages(source: Path, folder: Path) -> None:
    """Install the locked packages of a folder into an empty one; skips the test, with the reason,
    where that cannot be done.
    """
    require_node()
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(source / name, folder / name)
    command = ["npm", "ci", "--ignore-scripts", "--prefer-offline", "--fetch-retries=1"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=180, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm ci took longer than three minutes")
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        pytest.skip(f"npm ci failed: {last}")


def require_node() -> None:
    """Skip the test, with the reason, where no Node is new enough."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node or npm is not installed")
    done = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    version = done.stdout.strip().removeprefix("v").partition(".")[0]
    if not version.isdigit() or int(version) < _OLDEST:
        pytest.skip(f"node is older than {_OLDEST}")
