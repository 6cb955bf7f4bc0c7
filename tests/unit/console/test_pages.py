"""The pages are served to browsers, and the API to everybody else."""

import gzip
from pathlib import Path
from typing import Any

import httpx
import pytest

from classgate.console.bundle_files import load_bundle
from classgate.console.pages import content_security_policy, with_console

PAGE = b"<!doctype html><title>classgate</title>"
SCRIPT = b"export const answer = 42;\n" * 40
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
BUCKET = "https://courseware-1250000000.cos.ap-guangzhou.myqcloud.com"


async def api(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"the API"})


@pytest.fixture
def client(tmp_path: Path) -> httpx.AsyncClient:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(PAGE)
    (tmp_path / "icon.svg").write_bytes(b"<svg/>")
    (tmp_path / "assets" / "app-1a2b.js").write_bytes(SCRIPT)
    app: Any = with_console(api, load_bundle(tmp_path), [BUCKET])
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://classgate.test")


async def test_browser_gets_the_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers=BROWSER)
    assert (answer.status_code, answer.content) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_page_may_load_and_reach_nothing_but_what_it_needs(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/", headers=BROWSER)
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self' {BUCKET} data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_policy_without_a_bucket_names_the_page_itself() -> None:
    assert "connect-src 'self' data:;" in content_security_policy([])


async def test_script_is_compressed_and_kept_for_a_year(client: httpx.AsyncClient) -> None:
    headers = {"accept-encoding": "gzip"}
    async with client.stream("GET", "/assets/app-1a2b.js", headers=headers) as answer:
        sent = b"".join([piece async for piece in answer.aiter_raw()])
    assert gzip.decompress(sent) == SCRIPT
    assert len(sent) == int(answer.headers["content-length"]) < len(SCRIPT)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


async def test_client_without_gzip_gets_it_plain(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/app-1a2b.js", headers={"accept-encoding": "identity"})
    assert answer.content == SCRIPT
    assert "content-encoding" not in answer.headers


async def test_known_file_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/icon.svg")
    again = await client.get("/icon.svg", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_head_has_the_headers_alone(client: httpx.AsyncClient) -> None:
    answer = await client.head("/icon.svg", headers={"accept-encoding": "identity"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "6"


@pytest.mark.parametrize(
    ("method", "path", "accept"),
    [
        ("GET", "/", "application/json"),
        ("POST", "/", "text/html"),
        ("GET", "/v1/me", "text/html"),
        ("GET", "/assets/", "text/html"),
        ("GET", "/assets/../index.html", "text/html"),
        ("GET", "/assets/other.js", "text/html"),
        ("GET", "/index.html", "text/html"),
        ("POST", "/assets/app-1a2b.js", "*/*"),
    ],
)
async def test_everything_else_is_the_apis(
    client: httpx.AsyncClient, method: str, path: str, accept: str
) -> None:
    answer = await client.request(method, path, headers={"accept": accept})
    assert answer.content == b"the API"


async def test_without_pages_everything_is_the_apis(tmp_path: Path) -> None:
    app: Any = with_console(api, load_bundle(tmp_path / "not-built"), [])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://classgate.test") as client:
        assert (await client.get("/", headers=BROWSER)).content == b"the API"
