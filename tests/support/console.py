"""The console in a real browser, served by `classgate demo`."""

import json
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.support.chromium import find_chromium
from tests.support.program import CLASSGATE, clean_environment

from classgate.console.bundle_files import load_bundle

_AXE = Path(__file__).parents[2] / "console" / "node_modules" / "axe-core" / "axe.min.js"
_OPTIONS = ("--no-sandbox", "--disable-dev-shm-usage")
_PATIENCE = 60_000  # milliseconds; whoever waits longer has failed
expect.set_options(timeout=_PATIENCE)


@dataclass(frozen=True)
class Demo:
    """A running demo: addresses and passwords."""

    api: str
    emulator: str
    passwords: dict[str, str]
    folder: Path

    def change(self, statement: str, *values: int) -> None:
        """Change the database of the running service."""
        with closing(sqlite3.connect(self.folder / "classgate.db")) as connection, connection:
            connection.execute(statement, values)


@contextmanager
def running_demo(folder: Path, **environment: str) -> Iterator[Demo]:
    """Run the service and the emulator until the block ends. Settings come from the environment."""
    if not load_bundle():
        pytest.skip("the console is not built: make console")
    command: list[str | Path] = [
        CLASSGATE,
        "demo",
        "--no-story",
        "--json",
        "--port",
        "0",
        "--data-dir",
        folder,
    ]
    with (
        (folder / "stderr").open("w") as stderr,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=clean_environment() | environment,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, (folder / "stderr").read_text()
            said = json.loads(line)
            passwords = {each["identifier"]: each["password"] for each in said["accounts"]}
            yield Demo(said["api"], said["emulator"], passwords, folder)
        finally:
            process.terminate()


class ApiClient:
    """A client program of one person: it calls the API with a bearer token."""

    def __init__(self, demo: Demo, identifier: str, password: str | None = None) -> None:
        self._api = demo.api
        self._token = ""
        body = {"identifier": identifier, "password": password or demo.passwords[identifier]}
        self._token = self.call("POST", "/v1/sessions", body)["access_token"]

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the API. The answer; None for one without a body."""
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._api}{path}", data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run a headless Chromium until the block ends."""
    chromium = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_console(
    browser: Browser,
    demo: Demo,
    *,
    language: str = "en-GB",
    width: int = 1100,
    loses_line: bool = False,
    store_fails: bool = False,
) -> Iterator[Page]:
    """Open the console in a browser of its own; nothing may be logged as an error there.

    `loses_line`: the test aborts requests, which the browser logs. `store_fails`: the bucket
    answers with 503.
    """
    context = browser.new_context(locale=language, viewport={"width": width, "height": 800})
    context.set_default_timeout(_PATIENCE)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    try:
        page.goto(f"{demo.api}/")
        yield page
    finally:
        context.close()
    expected = ["Failed to load resource: the server responded with a status of 4"]
    if loses_line:
        expected.append("Failed to load resource: net::ERR_")
    if store_fails:
        expected.append("Failed to load resource: the server responded with a status of 503")
    assert [each for each in faults if not each.startswith(tuple(expected))] == []


def sign_in(page: Page, demo: Demo, identifier: str) -> None:
    """Sign in on the open page, which is in English."""
    page.get_by_label("User name").fill(identifier)
    page.get_by_label("Password", exact=True).fill(demo.passwords[identifier])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


# What fades in has too little contrast until it is there.
_FINISH_ANIMATIONS = """async () => {
  const shadows = (root) => [...root.querySelectorAll("*")].map((each) => each.shadowRoot);
  const roots = (root) => [root, ...shadows(root).filter(Boolean).flatMap(roots)];
  const running = roots(document)
    .flatMap((root) => root.getAnimations())
    .filter((each) => each.effect.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(running.map((each) => each.finished));
}"""


def serious_findings(page: Page) -> list[str]:
    """What the accessibility checker axe finds on the page, if it is serious or critical."""
    page.evaluate(_FINISH_ANIMATIONS)
    page.evaluate(_AXE.read_text())
    found = page.evaluate("axe.run().then(({ violations }) => violations)")
    return [
        f"{each['id']}: {node['html']}"
        for each in found
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]
