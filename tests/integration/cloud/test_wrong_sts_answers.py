"""An STS that lies, stalls or is somebody else: a clear error, nothing given, in bounded time.

Straight against `cloud.sts`, with a server that says whatever a test wants it to.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.cloud_proxy import read_request
from tests.support.tcp_streams import listening

from classgate.cloud.call_rate import CallRate
from classgate.cloud.http import CloudHttpClient
from classgate.cloud.resilient_client import ResilientClient, Runtime, TimeoutPolicy
from classgate.cloud.sts import StsClient, StsEndpoint
from classgate.errors import CloudRejected, CloudUnavailable
from classgate.signing.cos_policy import policy_for_object
from classgate.signing.sts_messages import TemporaryCredentials

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
LIFETIME = timedelta(minutes=30)
SECRET_ID = "AKIDzqserviceszqown"
SECRET_KEY = "zqthezqservicezqownzqkey"
POLICY = policy_for_object(
    region="ap-guangzhou",
    cloud_app_id="1250000000",
    bucket="courseware-1250000000",
    object_key="classes/1/u/a.pdf",
)

Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Impostor:
    """Answers each call as given, and counts them."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self.calls = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        self.calls += 1
        await self._answering(writer)


async def ask(answering: Answering, one_try: float = 20.0) -> tuple[Any, int]:
    """What comes of asking that one for keys, and how often it was asked."""
    impostor = Impostor(answering)
    async with listening(impostor.serve) as port, _sts(f"127.0.0.1:{port}", one_try) as sts:
        try:
            async with asyncio.timeout(60):
                return await sts.issue_credentials(POLICY, LIFETIME), impostor.calls
        except (CloudRejected, CloudUnavailable) as error:
            return error, impostor.calls


@asynccontextmanager
async def _sts(address: str, one_try: float) -> AsyncIterator[StsClient]:
    http = CloudHttpClient()
    calls = ResilientClient(
        "STS",
        CallRate(per_second=1e6, burst=10),
        TimeoutPolicy(total=60.0, per_attempt=one_try),
        Runtime(jitter=lambda: 0.0),
    )
    where = StsEndpoint("http", address, "ap-guangzhou", SECRET_ID, SECRET_KEY)
    try:
        yield StsClient(where, http, lambda: NOW, calls)
    finally:
        await http.close()


def saying(body: bytes, status: int = 200, **headers: str) -> Answering:
    """A whole answer."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} OK", "Connection: close", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()

    return answer


def keys(lives: timedelta = LIFETIME, **changed: object) -> bytes:
    """An answer with keys, some of whose members are not what they should be."""
    given = {"Token": "t" * 40, "TmpSecretId": "AKIDtemporary", "TmpSecretKey": "k" * 40, **changed}
    expires_at = int((NOW + lives).timestamp())
    body = {"Credentials": given, "ExpiredTime": expires_at, "RequestId": "r"}
    return json.dumps({"Response": body}).encode()


def refusal(code: str) -> bytes:
    error = {"Code": code, "Message": "zqmessage"}
    return json.dumps({"Response": {"Error": error, "RequestId": "r"}}).encode()


async def test_sound_answer_is_taken() -> None:
    given, calls = await ask(saying(keys()))
    assert isinstance(given, TemporaryCredentials)
    assert (given.expires_at, calls) == (NOW + LIFETIME, 1)


FORGED_ANSWERS = {
    "a page": saying(b"<html>log in to this network</html>"),
    "nothing": saying(b""),
    "half": saying(keys()[:50]),
    "a list": saying(b"[]"),
    "deep": saying(b"[" * 200_000),
    "not text": saying(b"\xff\xfe\x00"),
    "a megabyte and more": saying(keys() + b" " * (1 << 20)),
    "empty id": saying(keys(TmpSecretId="")),
    "empty key": saying(keys(TmpSecretKey="")),
    "empty token": saying(keys(Token="")),
    "blank token": saying(keys(Token=" ")),
    "line break in a key": saying(keys(TmpSecretKey="k\r\nx-evil: 1")),
    "token of 5000": saying(keys(Token="t" * 5000)),
    "key of 2000": saying(keys(TmpSecretKey="k" * 2000)),
    "not ASCII": saying(keys(TmpSecretId="密钥")),
    "a number for a token": saying(keys(Token=7)),
    "no key at all": saying(keys(TmpSecretKey=None)),
    "the service's own id": saying(keys(TmpSecretId=SECRET_ID)),
    "the service's own key": saying(keys(TmpSecretKey=SECRET_KEY)),
    "expired": saying(keys(timedelta(0))),
    "expired long ago": saying(keys(timedelta(days=-400))),
    "nearly expired": saying(keys(timedelta(minutes=5))),
    "for much longer than asked": saying(keys(timedelta(minutes=36))),
    "for years": saying(keys(timedelta(days=3650))),
    "a redirect": saying(keys(), 302, Location="http://127.0.0.1:9/"),
    "not found, with keys": saying(keys(), 404),
}


@pytest.mark.parametrize("forged", FORGED_ANSWERS.values(), ids=FORGED_ANSWERS.keys())
async def test_forged_answer_gives_nothing_and_is_not_retried(forged: Answering) -> None:
    given, calls = await ask(forged)
    assert isinstance(given, CloudUnavailable)
    assert calls == 1


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    """Say nothing."""


async def _cut(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + keys())
    await writer.drain()


PASSING = {
    "hangs up": _hang_up,
    "cuts the answer": _cut,
    "500": saying(b"", 500),
    "502 with a page": saying(b"<html>", 502),
    "429": saying(b"", 429),
    "keys with a 503": saying(keys(), 503),
    "throttled": saying(refusal("RequestLimitExceeded")),
    "throttled by user": saying(refusal("RequestLimitExceeded.UinLimitExceeded")),
    "internal": saying(refusal("InternalError.SystemError")),
}


@pytest.mark.parametrize("failure", PASSING.values(), ids=PASSING.keys())
async def test_retryable_failure_is_tried_three_times(failure: Answering) -> None:
    given, calls = await ask(failure)
    assert isinstance(given, CloudUnavailable)
    assert calls == 3


async def test_sts_that_never_answers_is_given_up(captured_log: CapturedLog) -> None:
    async def never(_writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    given, calls = await ask(never, one_try=0.3)
    assert isinstance(given, CloudUnavailable)
    assert calls <= 3
    assert "no answer in time" in captured_log.getvalue()


async def test_slow_drip_is_given_up() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(100_000):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    given, _ = await ask(drip, one_try=0.5)
    assert isinstance(given, CloudUnavailable)


@pytest.mark.parametrize("code", ["AuthFailure.SecretIdNotFound", "InvalidParameter.PolicyTooLong"])
async def test_refusal_is_not_repeated_and_names_its_code(code: str) -> None:
    given, calls = await ask(saying(refusal(code)))
    assert isinstance(given, CloudRejected)
    assert code in given.message
    assert calls == 1


async def test_code_that_is_none_is_not_shown_to_anyone(captured_log: CapturedLog) -> None:
    given, _ = await ask(saying(refusal(f"<script>{SECRET_KEY}")))
    assert isinstance(given, CloudRejected)
    assert "unreadable code" in given.message
    assert "zq" not in given.message + captured_log.getvalue()


@pytest.mark.parametrize("ahead", [timedelta(minutes=7), timedelta(hours=-1)])
async def test_wrong_clock_is_named_with_its_error_and_what_to_do(
    captured_log: CapturedLog, ahead: timedelta
) -> None:
    answer = saying(
        refusal("AuthFailure.SignatureExpire"), Date=format_datetime(NOW - ahead, usegmt=True)
    )
    given, calls = await ask(answer)
    assert isinstance(given, CloudRejected)
    assert "clock" in given.message
    assert "NTP" in given.message
    assert calls == 1
    said = [json.loads(line) for line in captured_log.getvalue().splitlines()]
    (named,) = [each for each in said if "seconds_ahead" in each]
    assert named["seconds_ahead"] == ahead.total_seconds()


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Sep 2026 08:00:00 GMT"])
async def test_wrong_clock_is_named_without_a_usable_date_too(date: str) -> None:
    given, _ = await ask(saying(refusal("AuthFailure.SignatureExpire"), Date=date))
    assert isinstance(given, CloudRejected)
    assert "clock" in given.message
