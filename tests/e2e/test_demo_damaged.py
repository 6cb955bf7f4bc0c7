"""A data directory of the demo that is damaged is named in a sentence, and nothing starts."""

import json
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.program import CLASSGATE, Run, clean_environment


def _start_on_free_ports(folder: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [CLASSGATE, "demo", "--no-story", "--json", "--port", "0", "--data-dir", "demo", *options],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=clean_environment(),
    )


def test_second_demo_over_a_directory_is_refused_and_harms_nothing(
    run: Run, tmp_path: Path
) -> None:
    with _start_on_free_ports(tmp_path) as process:
        assert process.stdout is not None
        described = json.loads(process.stdout.readline())
        try:
            second = run("demo", "--once", "--fresh", "--port", "0", "--data-dir", "demo")
            assert second.returncode == 2
            assert "another demo uses demo; stop it" in second.stderr
            with urllib.request.urlopen(f"{described['operations']}/readyz", timeout=30) as answer:
                assert answer.status == 200
            assert (tmp_path / "demo" / "classgate.db").is_file()
        finally:
            process.terminate()


def test_fresh_demo_has_nothing_of_the_one_before_and_leaves_other_files(
    run: Run, demo: Path, tmp_path: Path
) -> None:
    subprocess.run(["cp", "-r", demo, tmp_path / "demo"], check=True)
    (tmp_path / "demo" / "mine.txt").write_text("mine")
    before = (demo / "demo.json").read_text()
    with _start_on_free_ports(tmp_path, "--fresh") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
    assert (tmp_path / "demo" / "demo.json").read_text() != before
    assert (tmp_path / "demo" / "mine.txt").read_text() == "mine"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a demo leaves, that took free ports and served on them."""
    folder = tmp_path_factory.mktemp("demo")
    with _start_on_free_ports(folder) as process:
        assert process.stdout is not None
        described = json.loads(process.stdout.readline())
        urls = [described[name] for name in ("api", "emulator", "operations")]
        assert len(set(urls)) == 3
        with urllib.request.urlopen(f"{described['operations']}/readyz", timeout=30) as answer:
            assert answer.status == 200
        looked = subprocess.run(
            [CLASSGATE, "doctor", "--json", "--config", "demo/classgate.toml"],
            capture_output=True,
            text=True,
            cwd=folder,
            env=clean_environment(),
            timeout=120,
            check=False,
        )
        process.terminate()
    # Settings of the demo are a file that other commands take; all is well with it.
    assert looked.returncode == 0, looked.stdout
    assert (folder / "demo" / "classgate.toml").stat().st_mode & 0o777 == 0o600
    return folder / "demo"


def _remember(folder: Path, **changed: object) -> None:
    path = folder / "demo.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def _junk(path: Path) -> None:
    path.unlink()
    path.write_bytes(b"junk " * 1000)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "database": (lambda at: _junk(at / "classgate.db"), "classgate.db cannot be used"),
    "log": (lambda at: _folder(at / "classgate.log"), "classgate.log cannot be written"),
    "key": (lambda at: _remember(at, private_key="no key"), "private_key is not a valid key"),
    "passwords": (lambda at: _remember(at, passwords={}), "the password of admin is missing"),
    "state": (lambda at: _junk(at / "demo.json"), "demo.json cannot be read"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_named(run: Run, demo: Path, tmp_path: Path, name: str) -> None:
    subprocess.run(["cp", "-r", demo, tmp_path / "demo"], check=True)
    damage, words = DAMAGES[name]
    damage(tmp_path / "demo")
    done = run("demo", "--no-story", "--json", "--port", "0", "--data-dir", "demo")
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
