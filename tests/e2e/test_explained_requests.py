"""`classgate explain` with requests and policies of object storage, from stdin."""

import json
import subprocess
from pathlib import Path

from tests.support.pasted_requests import as_curl
from tests.support.program import CLASSGATE, clean_environment
from tests.support.sdk_requests import (
    APP_ID,
    BUCKET,
    CALLS,
    REGION,
    SECRET_ID,
    SECRET_KEY,
    client,
    sent_by,
)
from tests.support.storage_cases import sdk_policy

SETTINGS = {
    "CLASSGATE_CLOUD__SECRET_ID": SECRET_ID,
    "CLASSGATE_CLOUD__SECRET_KEY": SECRET_KEY,
    "CLASSGATE_COS__APP_ID": APP_ID,
    "CLASSGATE_COS__BUCKET": BUCKET,
    "CLASSGATE_COS__REGION": REGION,
}


def explain(folder: Path, stdin: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [CLASSGATE, "explain", "-", *arguments],
        input=stdin.encode(),
        capture_output=True,
        env=clean_environment(SETTINGS),
        cwd=folder,
        timeout=120,
        check=False,
    )


def test_request_is_explained_with_the_key_of_the_settings(tmp_path: Path) -> None:
    good = explain(tmp_path, as_curl(sent_by(CALLS["put"])), "--json")
    assert (good.returncode, json.loads(good.stdout)["valid"]) == (0, True)
    sent = sent_by(CALLS["put"], client(secret_key=f"{SECRET_KEY}\n"))
    bad = explain(tmp_path, as_curl(sent))
    assert bad.returncode == 1
    assert b"1. white_space_around_key: tried: " in bad.stdout
    assert b"FormatString: " in bad.stdout
    assert SECRET_KEY.encode() not in bad.stdout + bad.stderr


def test_question_about_a_grant(tmp_path: Path) -> None:
    allowed = explain(tmp_path, sdk_policy(), "--method", "PUT", "--key", "classes/7/a.pdf")
    assert allowed.returncode == 0, allowed.stdout
    assert b"ok    grant: allowed by statement 1" in allowed.stdout
    part = ("--method", "PUT", "--query", "partNumber", "--query", "uploadId")
    asked = (*part, "--key", "classes/8/a", "--bucket", BUCKET, "--json")
    refused = json.loads(explain(tmp_path, sdk_policy(), *asked).stdout)
    assert refused["first_failure"] == "grant"
    assert refused["content"]["request"]["action"] == "name/cos:UploadPart"
    form = ("--method", "POST", "--key", "classes/7/a", "--form", "--json")
    answer = json.loads(explain(tmp_path, sdk_policy(), *form).stdout)
    assert answer["content"]["request"]["action"] == "name/cos:PostObject"


def test_incomplete_question_is_refused(tmp_path: Path) -> None:
    answer = explain(tmp_path, sdk_policy(), "--method", "PUT")
    assert answer.returncode == 2
    assert b"--key" in answer.stderr
