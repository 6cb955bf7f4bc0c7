"""A call is tried again when that helps, ends in time, and is not made when it cannot help."""

import asyncio
from datetime import timedelta

import pytest

from classgate.cloud.call_rate import CallRate
from classgate.cloud.resilient_client import ResilientClient, Runtime, TimeoutPolicy
from classgate.errors import CloudRejected, CloudUnavailable

PLENTY = CallRate(per_second=1e6, burst=1000)


class Time:
    """Passes only while somebody sleeps, or when a try takes time."""

    def __init__(self) -> None:
        self.now = 7.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds


class Service:
    """Does one after the other what it was given: raise, or answer. The last is done for ever."""

    def __init__(self, time: Time, *outcomes: object, takes: float = 0.0) -> None:
        self._time = time
        self._outcomes = list(outcomes)
        self._takes = takes
        self.calls = 0

    async def __call__(self) -> object:
        self.calls += 1
        self._time.now += self._takes
        outcome = self._outcomes[0] if len(self._outcomes) == 1 else self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


PASSING = CloudUnavailable("STS")
GARBLED = CloudUnavailable("STS", retryable=False)
REFUSED = CloudRejected("STS", "AuthFailure")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def calls(time: Time) -> ResilientClient:
    return careful(time)


def careful(
    time: Time, rate: CallRate = PLENTY, timeouts: TimeoutPolicy | None = None
) -> ResilientClient:
    runtime = Runtime(time.monotonic, time.sleep, jitter=lambda: 1.0)
    return ResilientClient("STS", rate, timeouts, runtime)


async def test_what_passes_is_tried_again_after_growing_pauses(
    time: Time, calls: ResilientClient
) -> None:
    service = Service(time, PASSING, PASSING, "keys")
    assert await calls.call(service) == "keys"
    assert time.slept == [0.2, 0.4]


async def test_three_tries_are_all(time: Time, calls: ResilientClient) -> None:
    service = Service(time, PASSING)
    with pytest.raises(CloudUnavailable):
        await calls.call(service)
    assert service.calls == 3


@pytest.mark.parametrize("error", [GARBLED, REFUSED], ids=["garbled", "refused"])
async def test_what_does_not_pass_is_tried_once(
    time: Time, calls: ResilientClient, error: Exception
) -> None:
    service = Service(time, error)
    with pytest.raises(type(error)):
        await calls.call(service)
    assert service.calls == 1


async def test_no_try_is_begun_when_too_little_time_is_left(
    time: Time, calls: ResilientClient
) -> None:
    service = Service(time, PASSING, takes=3.8)
    began = time.now
    with pytest.raises(CloudUnavailable):
        await calls.call(service)
    assert service.calls == 2
    assert time.now - began <= 8.0


async def test_one_try_that_never_answers_is_given_up(time: Time) -> None:
    calls = careful(time, timeouts=TimeoutPolicy(per_attempt=0.02, max_attempts=2))
    tries = 0

    async def never() -> None:
        nonlocal tries
        tries += 1
        await asyncio.Event().wait()

    async with asyncio.timeout(30):
        with pytest.raises(CloudUnavailable):
            await calls.call(never)
    assert tries == 2


async def test_after_five_failures_in_a_row_nobody_is_asked_until_ten_seconds_are_over(
    time: Time, calls: ResilientClient
) -> None:
    service = Service(time, PASSING)
    for _ in range(2):
        with pytest.raises(CloudUnavailable):
            await calls.call(service)
    assert service.calls == 5
    time.now += 4
    with pytest.raises(CloudUnavailable) as refused:
        await calls.call(service)
    assert service.calls == 5
    assert timedelta(seconds=5) < refused.value.retry_after <= timedelta(seconds=6)
    time.now += 6
    assert await calls.call(Service(time, "keys")) == "keys"
    assert await calls.call(Service(time, PASSING, "keys")) == "keys"


async def test_refusals_do_not_open_the_circuit(time: Time, calls: ResilientClient) -> None:
    service = Service(time, REFUSED)
    for _ in range(20):
        with pytest.raises(CloudRejected):
            await calls.call(service)
    assert service.calls == 20


async def test_a_probe_whose_caller_went_away_does_not_close_the_door(
    time: Time, calls: ResilientClient
) -> None:
    for _ in range(2):
        with pytest.raises(CloudUnavailable):
            await calls.call(Service(time, PASSING))
    time.now += 11
    began = asyncio.Event()

    async def hang() -> None:
        began.set()
        await asyncio.Event().wait()

    probe = asyncio.create_task(calls.call(hang))
    await began.wait()
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    assert await calls.call(Service(time, "keys")) == "keys"


async def test_over_the_budget_is_reported_at_once_with_the_wait(time: Time) -> None:
    calls = careful(time, CallRate(per_second=0.1, burst=1))
    service = Service(time, "keys")
    await calls.call(service)
    with pytest.raises(CloudUnavailable) as refused:
        await calls.call(service)
    assert refused.value.retry_after == timedelta(seconds=10)
    assert service.calls == 1


async def test_an_outage_is_not_multiplied_by_retries(time: Time) -> None:
    calls = careful(time)
    tries = 0
    for _ in range(300):
        time.now += 60  # the circuit lets each one find out
        service = Service(time, PASSING)
        with pytest.raises(CloudUnavailable):
            await calls.call(service)
        tries += service.calls
    assert tries <= 300 + 300 // 5 + 10


async def test_errors_of_our_own_are_not_tried_again(time: Time, calls: ResilientClient) -> None:
    service = Service(time, ValueError("a bug"))
    with pytest.raises(ValueError, match="a bug"):
        await calls.call(service)
    assert service.calls == 1
