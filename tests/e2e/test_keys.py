"""`classgate keys` as its user runs it, before and after a rotation."""

import json
import secrets
import subprocess
from pathlib import Path

from tests.support.program import CLASSGATE, PASSWORD, SETTINGS, clean_environment


def test_keys_are_shown_without_what_they_are(tmp_path: Path) -> None:
    settings = dict(SETTINGS)

    def run(*words: str, given: str | None = None) -> str:
        done = subprocess.run(
            [CLASSGATE, *words],
            env=clean_environment(settings),
            cwd=tmp_path,
            input=given,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("db", "upgrade")
    run("accounts", "add", "root", "--role", "admin", given=f"{PASSWORD}\n")
    settings["CLASSGATE_AUDIT__PREVIOUS_KEY"] = settings["CLASSGATE_AUDIT__KEY"]
    settings["CLASSGATE_AUDIT__KEY"] = secrets.token_hex(32)
    text = run("keys")
    assert "im.secret_key sdk-" in text
    assert "keep it: without it 1 chains would not verify" in text
    shown = run("keys", "--json")
    found = {each["setting"]: each for each in json.loads(shown)["keys"]}
    assert set(found) == {"im.secret_key", "cloud.secret_id", "audit.key", "audit.previous_key"}
    assert found["audit.previous_key"]["chains"] == 1
    assert not found["audit.previous_key"]["may_be_dropped"]
    for name, value in settings.items():
        if name.endswith(("KEY", "ID")) and "SDK_APP" not in name:
            assert value not in text + shown
    assert "unbroken: 1 chains" in run("audit", "verify")
