"""The settings that `classgate emulator` prints, in each form, are the same and are taken."""

import json
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.program import CLASSGATE, SETTINGS, Run, clean_environment

LAST = ("CLASSGATE_IM__SECRET_KEY=", "secret_key = ", '{"emulator"')
KEYS = {
    "CLASSGATE_CLOUD__SECRET_ID": 'AKID"quoted"\\and课',
    "CLASSGATE_CLOUD__SECRET_KEY": "5f1c" * 8,
    "CLASSGATE_IM__SDK_APP_ID": "1400000001",
    "CLASSGATE_IM__SECRET_KEY": "9a2e6c70d4" * 6,
}


@contextmanager
def printed(folder: Path, *options: str, keys: dict[str, str] | None = None) -> Iterator[str]:
    """What a running emulator printed."""
    command = [str(CLASSGATE), "emulator", "--port", "0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=folder, env=clean_environment(keys)
    ) as process:
        try:
            assert process.stdout is not None
            lines = []
            in_last_group = "--toml" not in options
            for line in process.stdout:
                lines.append(line)
                in_last_group = in_last_group or line == "[im]\n"
                if in_last_group and line.startswith(LAST):
                    break
            yield "".join(lines)
        finally:
            process.terminate()


def variables(text: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in text.splitlines() if not line.startswith("#")]
    return {name: value for name, _, value in pairs}


def from_toml(text: str) -> dict[str, str]:
    return {
        f"CLASSGATE_{group}__{name}".upper(): str(value)
        for group, values in tomllib.loads(text).items()
        for name, value in values.items()
    }


def without_address(settings: dict[str, str]) -> dict[str, str]:
    return {name: "" if name.endswith("_ENDPOINT") else each for name, each in settings.items()}


def test_forms_say_the_same(tmp_path: Path) -> None:
    with (
        printed(tmp_path, keys=KEYS) as lines,
        printed(tmp_path, "--toml", keys=KEYS) as toml,
    ):
        expected = without_address(variables(lines))
        assert expected.items() >= KEYS.items()
        assert without_address(from_toml(toml)) == expected
        assert tomllib.loads(toml)["im"]["sdk_app_id"] == 1400000001
    with printed(tmp_path, "--json", keys=KEYS) as text:
        assert without_address(json.loads(text)["settings"]) == expected


def test_printed_file_is_one_for_config(run: Run, tmp_path: Path) -> None:
    audit = {"CLASSGATE_AUDIT__KEY": SETTINGS["CLASSGATE_AUDIT__KEY"]}
    file = tmp_path / "settings.toml"
    with printed(tmp_path, "--toml") as text:
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        assert run("db", "upgrade", "--config", file, environment=audit).returncode == 0
        report = run("doctor", "--json", "--config", file, environment=audit)
    assert report.returncode == 0, report.stdout
    assert json.loads(report.stdout)["healthy"] is True


def test_two_forms_at_once_are_wrong_usage(run: Run) -> None:
    both = run("emulator", "--json", "--toml")
    assert both.returncode == 2
    assert "use either --json or --toml" in both.stderr


def test_unknown_plan_is_refused(run: Run) -> None:
    refused = run("emulator", "--port", "0", "--im-plan", "gold")
    assert refused.returncode == 2
    assert "the emulator's plan must be one of free, pro, flagship" in refused.stderr


def test_events_need_a_key(run: Run) -> None:
    refused = run("emulator", "--port", "0", "--rtc-callback-url", "http://127.0.0.1/")
    assert refused.returncode == 2
    assert "the key of TRTC's events must be 1 to 32 letters or digits" in refused.stderr


def test_options_of_im_and_trtc_are_taken(tmp_path: Path) -> None:
    options = ("--im-plan", "free", "--rtc-international", "--enforce-rates")
    events = ("--rtc-callback-url", "http://127.0.0.1/", "--rtc-callback-key", "key4events")
    with printed(tmp_path, *options, *events, keys=KEYS) as lines:
        assert variables(lines).items() >= KEYS.items()
        assert "key4events" not in lines
