"""What the page on moving has an operator type, typed against the demo."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.program import CLASSGATE, clean_environment

pytestmark = pytest.mark.skipif(
    shutil.which("curl") is None, reason="there is no curl, which the page has people type"
)

ROOT = Path(__file__).parents[2]
PAGES = ("docs/how-to/move-from-the-old-backend.md", "docs/zh-CN/move-from-the-old-backend.md")

# What differs from run to run.
VARYING = re.compile(
    r'(?<="roomnum": )\d+|(?<="groupid": ")\d+|(?<="begin_time": )\d+|(?<="sign": ")[^"]+'
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the demo says of itself, while it runs."""
    folder = tmp_path_factory.mktemp("demo")
    with subprocess.Popen(
        [CLASSGATE, "demo", "--no-story", "--json", "--port", "0", "--data-dir", folder / "data"],
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(),
        cwd=folder,
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def blocks_of(page: str, number: int) -> list[str]:
    """Those of one section: what is typed, and what is answered."""
    text = (ROOT / page).read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {number}\. .*?(?=^## )", text, re.DOTALL | re.MULTILINE)
    return re.findall(r"^ *```(?:sh)?\n(.*?)^ *```$", section, re.DOTALL | re.MULTILINE)


def type_in(demo: dict[str, Any], commands: str, password: str) -> tuple[str, str]:
    """What they print and complain of, with the demo's address and number put in."""
    commands, count = re.subn(
        r"^OLD=.*\nAPPID=.*$",
        f"OLD={demo['api']}/index.php\nAPPID={demo['sdk_app_id']}\nPASSWORD={shlex.quote(password)}",
        commands,
        flags=re.MULTILINE,
    )
    assert count == 1
    commands = re.sub(r"^ *API=.*$", f"API={demo['api']}", commands, flags=re.MULTILINE)
    done = subprocess.run(
        ["sh"],
        input=commands,
        capture_output=True,
        text=True,
        env=clean_environment({"no_proxy": "127.0.0.1"}),
        timeout=60,
        check=False,
    )
    return done.stdout, done.stderr


def password_of(demo: dict[str, Any], identifier: str) -> str:
    (password,) = [
        each["password"] for each in demo["accounts"] if each["identifier"] == identifier
    ]
    assert isinstance(password, str)
    return password


@pytest.mark.parametrize("page", PAGES)
def test_check_is_answered_as_the_page_says(demo: dict[str, Any], page: str) -> None:
    commands, answers = blocks_of(page, 9)
    printed, complaints = type_in(demo, commands, password_of(demo, "tom"))
    assert complaints == ""
    assert VARYING.sub("…", printed).strip() == VARYING.sub("…", answers).strip()


@pytest.mark.parametrize("page", PAGES)
def test_check_shows_the_answer_and_stops_when_nobody_is_logged_in(
    demo: dict[str, Any], page: str
) -> None:
    commands, _ = blocks_of(page, 9)
    printed, complaints = type_in(demo, commands, "not the password")
    assert printed == ""
    assert complaints.startswith("there is no token in this answer: {")
    assert "10006" in complaints
    assert "Traceback" not in complaints


@pytest.mark.parametrize("page", PAGES)
def test_class_of_an_old_client_is_closed_as_the_page_says(demo: dict[str, Any], page: str) -> None:
    check, _ = blocks_of(page, 9)
    (closing,) = blocks_of(page, 10)
    printed, complaints = type_in(demo, check + "\n" + closing, password_of(demo, "tom"))
    assert "Traceback" not in complaints
    assert '"open":false' in printed.replace(" ", "")
    assert '"identifier":"amy"' in printed.replace(" ", "")
