"""`classgate explain`, with the settings that there are, from an argument and from stdin."""

import json
import subprocess
from pathlib import Path

import pytest
import TLSSigAPIv2
from tests.support.program import CLASSGATE, SETTINGS, Run, clean_environment

APP = int(SETTINGS["CLASSGATE_IM__SDK_APP_ID"])
SECRET = SETTINGS["CLASSGATE_IM__SECRET_KEY"]
# Only what the signature needs: no database, no store, no audit key.
PARTIAL = {"CLASSGATE_IM__SDK_APP_ID": str(APP), "CLASSGATE_IM__SECRET_KEY": SECRET}


def explain(
    *arguments: str,
    settings: dict[str, str] | None = None,
    stdin: bytes = b"",
    folder: Path | None = None,
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [CLASSGATE, "explain", *arguments],
        input=stdin,
        capture_output=True,
        env=clean_environment(settings),
        cwd=folder,
        timeout=120,
        check=False,
    )


def official_token(identifier: str = "tom", secret: str = SECRET) -> str:
    token = TLSSigAPIv2.TLSSigAPIv2(APP, secret).gen_sig(identifier, 3600)
    assert isinstance(token, str)
    return token


def test_a_whole_configuration_is_used(run: Run) -> None:
    valid = run("explain", "--json", official_token(), environment=SETTINGS)
    assert valid.returncode == 0, valid.stdout
    assert json.loads(valid.stdout)["valid"] is True


def test_a_partial_configuration_is_enough(tmp_path: Path) -> None:
    valid = explain(official_token(), "--json", settings=PARTIAL, folder=tmp_path)
    assert (valid.returncode, valid.stderr) == (0, b"")
    of_stdin = explain(settings=PARTIAL, stdin=official_token().encode() + b"\n", folder=tmp_path)
    assert of_stdin.returncode == 0
    assert b"user_sig" in of_stdin.stdout


def test_no_configuration_judges_what_needs_no_key(tmp_path: Path) -> None:
    unknown = explain("--json", official_token(), folder=tmp_path)
    answer = json.loads(unknown.stdout)
    assert (unknown.returncode, answer["valid"]) == (1, None)
    assert answer["causes"][0]["code"] == "key_not_configured"


def test_what_cannot_be_read_of_the_settings_is_said_and_left_out(tmp_path: Path) -> None:
    missing = {"CLASSGATE_IM__SECRET_KEY_FILE": str(tmp_path / "missing")}
    answer = explain("70003", settings=missing, folder=tmp_path)
    assert answer.returncode == 0
    assert b"im.secret_key" in answer.stderr
    assert b"explained without it" in answer.stderr


def test_identifier_and_time_are_options(tmp_path: Path) -> None:
    token = official_token()
    other = explain(token, "--identifier", "amy", "--json", settings=PARTIAL, folder=tmp_path)
    assert json.loads(other.stdout)["first_failure"] == "identifier"
    late = explain(token, "--at", "4102444800", "--json", settings=PARTIAL, folder=tmp_path)
    assert json.loads(late.stdout)["causes"][0]["code"] == "expired"


@pytest.mark.parametrize("code", ["70003", "-100018", "AuthFailure.SignatureFailure"])
def test_a_known_code_is_an_answer_and_a_negative_one_is_no_option(
    code: str, tmp_path: Path
) -> None:
    known = explain(code, "--json", folder=tmp_path)
    assert known.returncode == 0, known.stderr
    assert json.loads(known.stdout)["kind"] == "code"


def test_chinese_is_an_option_and_an_unknown_option_is_refused(tmp_path: Path) -> None:
    chinese = explain("70001", "--zh", folder=tmp_path)
    assert "已过有效期" in chinese.stdout.decode()
    assert explain("--jsn", "70001", folder=tmp_path).returncode == 2


@pytest.mark.parametrize("stdin", [b"", b"\x00\xff\xfe" * 1000, b"\xed\xa0\x80", b"[" * 70_000])
def test_garbage_on_stdin_has_a_clear_answer(stdin: bytes, tmp_path: Path) -> None:
    answer = explain("-", "--json", stdin=stdin, folder=tmp_path)
    assert (answer.returncode, answer.stderr) == (1, b"")
    assert json.loads(answer.stdout)["kind"] == "unknown"


def test_an_endless_stdin_is_read_to_the_bound_only(tmp_path: Path) -> None:
    with Path("/dev/zero").open("rb") as endless:
        answer = subprocess.run(
            [CLASSGATE, "explain", "--json"],
            stdin=endless,
            capture_output=True,
            env=clean_environment(),
            cwd=tmp_path,
            timeout=120,
            check=False,
        )
    assert answer.returncode == 1
    assert json.loads(answer.stdout)["causes"][0]["code"] == "too_long"


def test_a_terminal_is_not_sent_control_characters(tmp_path: Path) -> None:
    error = json.dumps({"code": "AccessDenied", "message": "\x1b[2J\x07"})
    answer = explain(error, folder=tmp_path)
    assert answer.returncode == 0
    assert b"\x1b" not in answer.stdout
