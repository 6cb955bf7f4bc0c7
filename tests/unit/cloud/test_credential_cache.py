"""Keys are asked for once by all who ask together, and kept for the first half of their life."""

import asyncio
import gc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from classgate.cloud.credential_cache import CredentialCache
from classgate.errors import CloudUnavailable
from classgate.leases.models import refresh_after
from classgate.signing.cos_policy import Policy, policy_for_object
from classgate.signing.sts_messages import TemporaryCredentials

HALF_AN_HOUR = timedelta(minutes=30)


class Time:
    """Both clocks. `pass_by` moves both, `jump` only the one on the wall."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 9, 1, 8, tzinfo=UTC)
        self.seconds = 5.0

    def __call__(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def pass_by(self, **duration: float) -> None:
        self.wall += timedelta(**duration)
        self.seconds += timedelta(**duration).total_seconds()

    def jump(self, **duration: float) -> None:
        self.wall += timedelta(**duration)


class Source:
    """Gives other keys each time, when it is released."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.open = asyncio.Event()
        self.open.set()
        self.error: Exception | None = None
        self.calls = 0
        self.cancelled = 0

    async def issue_credentials(self, policy: Policy, lifetime: timedelta) -> TemporaryCredentials:
        self.calls += 1
        number = self.calls
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error
        return TemporaryCredentials(
            secret_id=f"AKIDzq{number}",
            secret_key="zqkey",
            session_token="zqtoken",
            starts_at=self._time.wall,
            expires_at=self._time.wall + lifetime,
        )


def policy(name: str = "a") -> Policy:
    return policy_for_object(
        region="ap-guangzhou",
        cloud_app_id="1250000000",
        bucket="courseware-1250000000",
        object_key=f"classes/1/u/{name}",
    )


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def source(time: Time) -> Source:
    return Source(time)


@pytest.fixture
def cache(time: Time, source: Source) -> CredentialCache:
    return CredentialCache(source, time, time.monotonic, max_entries=3)


async def test_three_hundred_who_ask_together_are_one_call(
    cache: CredentialCache, source: Source
) -> None:
    source.open.clear()
    asking = [
        asyncio.create_task(cache.issue_credentials(policy(), HALF_AN_HOUR)) for _ in range(300)
    ]
    await asyncio.sleep(0)
    source.open.set()
    given = await asyncio.gather(*asking)
    assert source.calls == 1
    assert {each.secret_id for each in given} == {"AKIDzq1"}


async def test_another_policy_or_lifetime_is_another_call(
    cache: CredentialCache, source: Source
) -> None:
    first = await cache.issue_credentials(policy("a"), HALF_AN_HOUR)
    second = await cache.issue_credentials(policy("b"), HALF_AN_HOUR)
    third = await cache.issue_credentials(policy("a"), HALF_AN_HOUR * 2)
    assert len({first.secret_id, second.secret_id, third.secret_id}) == 3


async def test_kept_for_the_first_half_of_their_life(
    cache: CredentialCache, source: Source, time: Time
) -> None:
    await cache.issue_credentials(policy(), HALF_AN_HOUR)
    time.pass_by(minutes=14, seconds=59)
    assert (await cache.issue_credentials(policy(), HALF_AN_HOUR)).secret_id == "AKIDzq1"
    time.pass_by(seconds=1)
    assert (await cache.issue_credentials(policy(), HALF_AN_HOUR)).secret_id == "AKIDzq2"


@pytest.mark.parametrize("asked_after", range(0, 30, 1))
async def test_who_renews_at_refresh_after_always_gets_newer_keys(
    cache: CredentialCache, time: Time, asked_after: int
) -> None:
    """Whenever somebody else asked first, and whenever the client came in."""
    await cache.issue_credentials(policy(), HALF_AN_HOUR)
    time.pass_by(minutes=asked_after)
    mine = await cache.issue_credentials(policy(), HALF_AN_HOUR)
    renew_at = refresh_after(mine.starts_at, mine.expires_at)
    time.pass_by(seconds=(renew_at - time.wall).total_seconds())
    renewed = await cache.issue_credentials(policy(), HALF_AN_HOUR)
    assert renewed.expires_at > mine.expires_at


JUMPS: list[Callable[[Time], None]] = [
    lambda time: time.jump(hours=1),
    lambda time: time.jump(hours=-1),
    lambda time: time.jump(seconds=-1),
    lambda time: time.jump(days=365),
]


@pytest.mark.parametrize("jump", JUMPS)
async def test_after_a_clock_jump_the_source_is_asked_again(
    cache: CredentialCache, source: Source, time: Time, jump: Callable[[Time], None]
) -> None:
    await cache.issue_credentials(policy(), HALF_AN_HOUR)
    jump(time)
    await cache.issue_credentials(policy(), HALF_AN_HOUR)
    assert source.calls == 2


async def test_clock_that_stands_still_keeps_nothing_longer(
    cache: CredentialCache, source: Source, time: Time
) -> None:
    """As one that is set back again and again does."""
    await cache.issue_credentials(policy(), HALF_AN_HOUR)
    time.pass_by(minutes=15)
    time.jump(minutes=-15)
    await cache.issue_credentials(policy(), HALF_AN_HOUR)
    assert source.calls == 2


async def test_one_who_hangs_up_does_not_take_the_others_along(
    cache: CredentialCache, source: Source
) -> None:
    source.open.clear()
    first, second = (
        asyncio.create_task(cache.issue_credentials(policy(), HALF_AN_HOUR)) for _ in range(2)
    )
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    source.open.set()
    assert (await second).secret_id == "AKIDzq1"
    assert source.calls == 1


async def test_when_all_have_hung_up_the_call_ends_and_the_next_one_begins_anew(
    cache: CredentialCache, source: Source
) -> None:
    source.open.clear()
    asking = [
        asyncio.create_task(cache.issue_credentials(policy(), HALF_AN_HOUR)) for _ in range(2)
    ]
    await asyncio.sleep(0)
    for each in asking:
        each.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    again = asyncio.create_task(cache.issue_credentials(policy(), HALF_AN_HOUR))
    await asyncio.sleep(0)
    source.open.set()
    assert (await again).secret_id == "AKIDzq2"
    assert source.cancelled == 1
    assert len(cache) == 1


async def test_a_failure_is_reported_to_all_and_not_kept(
    cache: CredentialCache, source: Source
) -> None:
    source.error = CloudUnavailable("STS")
    source.open.clear()
    asking = [
        asyncio.create_task(cache.issue_credentials(policy(), HALF_AN_HOUR)) for _ in range(3)
    ]
    await asyncio.sleep(0)
    source.open.set()
    reported = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(each) for each in reported] == [CloudUnavailable] * 3
    source.error = None
    assert (await cache.issue_credentials(policy(), HALF_AN_HOUR)).secret_id == "AKIDzq2"


async def test_no_more_are_kept_than_the_bound_the_oldest_go_first(
    cache: CredentialCache, source: Source
) -> None:
    for name in "abcd":
        await cache.issue_credentials(policy(name), HALF_AN_HOUR)
    assert len(cache) == 3
    await cache.issue_credentials(policy("d"), HALF_AN_HOUR)
    assert source.calls == 4
    await cache.issue_credentials(policy("a"), HALF_AN_HOUR)
    assert source.calls == 5


async def test_what_is_not_handed_on_any_more_is_not_kept_either(
    cache: CredentialCache, time: Time
) -> None:
    for name in "abc":
        await cache.issue_credentials(policy(name), HALF_AN_HOUR)
    time.pass_by(minutes=20)
    await cache.issue_credentials(policy("d"), HALF_AN_HOUR)
    assert len(cache) == 1


async def test_nothing_of_it_prints_a_key(cache: CredentialCache) -> None:
    await cache.issue_credentials(policy(), HALF_AN_HOUR)
    kept = (each for each in gc.get_objects() if type(each).__name__ == "_CachedCredentials")
    held = [cache, *kept]
    assert len(held) >= 2
    assert not any("zq" in repr(each) for each in held)
