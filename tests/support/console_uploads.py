"""Uploads in the console: the page of the courseware, and what it sends to the bucket."""

import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, Request, Response, Route, expect
from tests.support.console import Demo
from tests.support.console_api import School

MEGABYTE = 1 << 20  # the SDK's parts


def open_class(page: Page, classroom_id: int) -> None:
    page.goto(page.url.partition("#")[0] + f"#/classes/{classroom_id}/courseware")
    expect(page.get_by_role("heading", name="Courseware")).to_be_visible()


def choose(page: Page, *paths: Path) -> None:
    page.locator("#upload-files").set_input_files(list(paths))


def drop(page: Page, *paths: Path) -> None:
    """Drag files and folders over the page with the mouse, and drop them."""
    zone = page.locator(".drop-zone")
    zone.scroll_into_view_if_needed()
    box = zone.bounding_box()
    assert box
    browser = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(each) for each in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 10}
        browser.send("Input.dispatchDragEvent", {"type": kind, "data": data, **place})
    browser.detach()


def upload_of(page: Page, name: str) -> Locator:
    return page.locator(".upload").filter(has_text=name)


def files(page: Page) -> Locator:
    return page.locator("table.courseware tbody tr")


def write(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.write_bytes(os.urandom(size))
    return path


class Parts:
    """The parts of multipart uploads that a page sends, each as (object key, number)."""

    def __init__(self, page: Page) -> None:
        self.sent: list[tuple[str, int]] = []
        self.stored: set[tuple[str, int]] = set()
        self.refused: list[int] = []  # the statuses
        page.on("request", self._on_request)
        page.on("response", self._on_response)

    def _on_request(self, request: Request) -> None:
        if part := part_of(request):
            self.sent.append(part)

    def _on_response(self, response: Response) -> None:
        part = part_of(response.request)
        if part and response.ok:
            self.stored.add(part)
        elif part:
            self.refused.append(response.status)

    def were_sent_once(self, parts: set[tuple[str, int]]) -> bool:
        """Whether each of these was sent once, and all parts are of one upload."""
        keys = {key for key, _ in self.sent}
        return len(keys) == 1 and all(self.sent.count(each) == 1 for each in parts)


def part_of(request: Request) -> tuple[str, int] | None:
    address = urlsplit(request.url)
    number = parse_qs(address.query).get("partNumber")
    return (address.path, int(number[0])) if request.method == "PUT" and number else None


def upload_three_parts(page: Page, demo: Demo, path: Path) -> None:
    """Choose a file of more parts, and pause when the first three are stored."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        part = part_of(route.request)
        if part and part[1] > 3:
            held.append(route)
        else:
            route.continue_()

    page.route(f"{demo.emulator}/**", hold)
    choose(page, path)
    while len(held) < 3:  # the SDK sends three at once, so the first three are stored
        page.wait_for_timeout(50)
    page.get_by_role("button", name=f"Pause {path.name}").click()
    expect(upload_of(page, path.name)).to_contain_text("paused")
    page.unroute(f"{demo.emulator}/**")


class ShortCredentials:
    """Makes a page's first credentials for an upload expire after three parts, for real.

    The emulator issues them in the past, for the shortest time, which the demo has to be set to:
    classgate takes credentials that are valid for more than a fifth of it.
    """

    def __init__(self, page: Page, school: School) -> None:
        self._page = page
        self._school = school
        self._expire_at = math.inf
        self._held: list[Route] = []
        page.route("**/v1/classrooms/*/uploads", self._issue)
        page.route(f"{school.demo.emulator}/**", self._hold)

    def _issue(self, route: Route) -> None:
        self._school.control_emulator("clock", {"offset": -30})
        issued = route.fetch()
        self._school.control_emulator("clock", {"offset": 0})
        grant = issued.json()
        self._expire_at = grant["expiredTime"]
        # The page does not renew them before the store refuses them.
        route.fulfill(response=issued, json={**grant, "refresh_after": grant["server_time"] + 3600})

    def _hold(self, route: Route) -> None:
        part = part_of(route.request)
        if part and part[1] > 3 and time.time() <= self._expire_at:
            self._held.append(route)
        else:
            route.continue_()

    def expire(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Let the other parts arrive when they have expired, and something has happened."""
        while time.time() <= self._expire_at or not self._held:
            self._page.wait_for_timeout(50)
        meanwhile()
        for route in self._held:
            route.continue_()
