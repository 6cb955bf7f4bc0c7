"""Slowing down guessing: who is counted with whom, and for how long."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from classgate.accounts.attempt_limits import ADDRESS, AttemptLimiter
from classgate.accounts.identifiers import fold
from classgate.errors import PermissionDenied, ServiceUnavailable, TooManyAttempts, WrongCredentials
from classgate.storage.rate_limits import InProcessRateLimitStore, NamedLimit

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def attempts() -> AttemptLimiter:
    return AttemptLimiter(InProcessRateLimitStore(), digest=str)


async def fail(
    attempts: AttemptLimiter,
    identifier: str,
    address: str,
    times: int = 1,
    at: datetime = NOW,
    *,
    known: bool = False,
) -> None:
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            async with attempts.limit_login(identifier, address, at, known=known):
                raise WrongCredentials


async def succeed(attempts: AttemptLimiter, identifier: str, address: str) -> None:
    async with attempts.limit_login(identifier, address, NOW, known=False):
        pass


async def is_slowed(
    attempts: AttemptLimiter,
    identifier: str,
    address: str,
    at: datetime = NOW,
    *,
    known: bool = False,
) -> timedelta | None:
    """How long the next attempt, a wrong one, would have to wait."""
    try:
        await fail(attempts, identifier, address, at=at, known=known)
    except TooManyAttempts as error:
        return error.retry_after
    return None


async def test_eleventh_failure_of_an_account_from_an_address_waits(
    attempts: AttemptLimiter,
) -> None:
    await fail(attempts, "amy", "192.0.2.1", 10)
    assert await is_slowed(attempts, "amy", "192.0.2.1") == 10 * SECOND
    assert await is_slowed(attempts, "amy", "192.0.2.1", NOW + 9 * SECOND) == SECOND
    assert await is_slowed(attempts, "amy", "192.0.2.1", NOW + 10 * SECOND) is None
    assert await is_slowed(attempts, "amy", "192.0.2.1", NOW + 10 * SECOND) is not None


async def test_refused_attempt_does_not_make_the_wait_longer(attempts: AttemptLimiter) -> None:
    await fail(attempts, "amy", "192.0.2.1", 10)
    for _ in range(100):
        assert await is_slowed(attempts, "amy", "192.0.2.1") == 10 * SECOND


async def test_other_accounts_and_addresses_are_not_slowed(attempts: AttemptLimiter) -> None:
    await fail(attempts, "amy", "192.0.2.1", 10)
    assert await is_slowed(attempts, "bob", "192.0.2.1") is None
    assert await is_slowed(attempts, "amy", "192.0.2.2") is None


async def test_success_takes_its_own_count_back(attempts: AttemptLimiter) -> None:
    for _ in range(100):
        await succeed(attempts, "amy", "192.0.2.1")
    await fail(attempts, "amy", "192.0.2.1", 10)
    assert await is_slowed(attempts, "amy", "192.0.2.1") is not None


async def test_success_forgives_what_was_mistyped_there_before(attempts: AttemptLimiter) -> None:
    await fail(attempts, "amy", "192.0.2.1", 9)
    await fail(attempts, "amy", "192.0.2.2", 10)
    await fail(attempts, "bob", "192.0.2.1", 10)
    await succeed(attempts, "AMY", "192.0.2.1")
    await fail(attempts, "amy", "192.0.2.1", 9)
    assert await is_slowed(attempts, "amy", "192.0.2.1") is None
    assert await is_slowed(attempts, "amy", "192.0.2.1") is not None
    # Elsewhere, and of others, everything counts on.
    assert await is_slowed(attempts, "amy", "192.0.2.2") is not None
    assert await is_slowed(attempts, "bob", "192.0.2.1") is not None


@pytest.mark.parametrize(
    "error", [ServiceUnavailable("busy"), TooManyAttempts(SECOND), asyncio.CancelledError()]
)
async def test_attempt_that_nobody_judged_does_not_count(
    attempts: AttemptLimiter, error: BaseException
) -> None:
    for _ in range(20):
        with pytest.raises(type(error)):
            async with attempts.limit_login("amy", "192.0.2.1", NOW, known=False):
                raise error
    assert await is_slowed(attempts, "amy", "192.0.2.1") is None


async def test_wrong_current_password_counts_like_a_wrong_log_in(attempts: AttemptLimiter) -> None:
    for _ in range(10):
        with pytest.raises(PermissionDenied):
            async with attempts.limit_login("amy", "192.0.2.1", NOW, known=False):
                raise PermissionDenied("the current password is wrong")
    assert await is_slowed(attempts, "amy", "192.0.2.1") is not None


async def test_attempts_that_run_at_once_are_counted_at_once(attempts: AttemptLimiter) -> None:
    """Or a thousand at once would all be let through before the first was judged."""
    let_through = 0
    everybody = asyncio.Event()

    async def guess() -> None:
        nonlocal let_through
        async with attempts.limit_login("amy", "192.0.2.1", NOW, known=False):
            let_through += 1
            await everybody.wait()
            raise WrongCredentials

    guesses = [asyncio.create_task(guess()) for _ in range(20)]
    await asyncio.sleep(0.01)
    everybody.set()
    await asyncio.gather(*guesses, return_exceptions=True)
    assert let_through == 10


async def test_guessing_from_everywhere_is_slowed_for_strangers(attempts: AttemptLimiter) -> None:
    for number in range(50):
        await fail(attempts, "amy", f"192.0.2.{number}")
    assert await is_slowed(attempts, "amy", "198.51.100.1") is not None


async def test_known_address_is_not_slowed_by_guessing_elsewhere(attempts: AttemptLimiter) -> None:
    for number in range(50):
        await fail(attempts, "amy", f"192.0.2.{number}")
    assert await is_slowed(attempts, "amy", "203.0.113.5") is not None
    assert await is_slowed(attempts, "AMY", "203.0.113.5", known=True) is None


async def test_known_address_is_not_slowed_by_guessing_other_names_there(
    attempts: AttemptLimiter,
) -> None:
    for number in range(300):
        await fail(attempts, f"pupil{number}", "203.0.113.5")
    assert await is_slowed(attempts, "amy", "203.0.113.5") is not None
    assert await is_slowed(attempts, "amy", "203.0.113.5", known=True) is None


async def test_guessing_at_a_known_address_is_slowed(attempts: AttemptLimiter) -> None:
    await fail(attempts, "amy", "203.0.113.5", 10, known=True)
    assert await is_slowed(attempts, "amy", "203.0.113.5", known=True) == 10 * SECOND


async def test_whole_school_logs_in_from_one_address(attempts: AttemptLimiter) -> None:
    for number in range(300):
        await fail(attempts, f"pupil{number}", "203.0.113.5")
    assert await is_slowed(attempts, "pupil300", "203.0.113.5") is not None
    assert await is_slowed(attempts, "pupil300", "203.0.113.5", NOW + SECOND) is None


async def test_refusal_by_a_later_bucket_counts_in_no_earlier_one(attempts: AttemptLimiter) -> None:
    for number in range(300):
        await fail(attempts, f"pupil{number}", "203.0.113.5")
    for _ in range(10):  # refused by the address
        assert await is_slowed(attempts, "amy", "203.0.113.5") is not None
    # The account's own count is as it was.
    for _ in range(10):
        assert await is_slowed(attempts, "amy", "203.0.113.5", NOW + 100 * SECOND) is None


# ── asked without an attempt ────────────────────────────────────────────────────────────────────


async def wait_asked(
    attempts: AttemptLimiter, identifier: str, at: datetime = NOW
) -> timedelta | None:
    """What a log-in would have to wait, without one."""
    try:
        await attempts.require_not_limited(identifier, at)
    except TooManyAttempts as error:
        return error.retry_after
    return None


async def test_asking_knows_the_wait_of_the_next_attempt_and_counts_nothing(
    attempts: AttemptLimiter,
) -> None:
    await fail(attempts, "amy", "203.0.113.5", 9)
    assert [await wait_asked(attempts, "amy") for _ in range(20)] == [None] * 20
    await fail(attempts, "amy", "203.0.113.5")
    assert await wait_asked(attempts, "AMY") == 10 * SECOND
    assert await wait_asked(attempts, "amy", NOW + 10 * SECOND) is None
    assert await wait_asked(attempts, "tom") is None


async def test_asking_knows_a_school_that_is_slowed_once_the_person_tried(
    attempts: AttemptLimiter,
) -> None:
    for number in range(300):
        await fail(attempts, f"pupil{number}", "203.0.113.5")
    assert await wait_asked(attempts, "amy") is None, "nobody knows where she is"
    assert await is_slowed(attempts, "amy", "203.0.113.5") is not None
    assert await wait_asked(attempts, "amy") == timedelta(milliseconds=200)


async def test_right_password_ends_what_asking_knows(attempts: AttemptLimiter) -> None:
    await fail(attempts, "amy", "203.0.113.5", 10)
    async with attempts.limit_login("amy", "203.0.113.5", NOW + 10 * SECOND, known=False):
        pass
    assert await wait_asked(attempts, "amy", NOW + 10 * SECOND) is None


async def test_names_that_are_tried_do_not_fill_the_memory(attempts: AttemptLimiter) -> None:
    for number in range(10_001):
        attempts._remember(fold(f"n{number}"), [NamedLimit("log-in:@a", ADDRESS)])
    assert len(attempts._failed_at) == 10_000
    assert fold("n0") not in attempts._failed_at


# ── codes of a second factor ────────────────────────────────────────────────────────────────────


async def guess(attempts: AttemptLimiter, identifier: str, at: datetime = NOW) -> None:
    with pytest.raises(WrongCredentials):
        async with attempts.limit_codes(identifier, at):
            raise WrongCredentials


async def test_ten_codes_may_be_wrong_then_one_in_five_minutes(attempts: AttemptLimiter) -> None:
    for _ in range(10):
        await guess(attempts, "root")
    for minutes in (0, 5):
        at = NOW + timedelta(minutes=minutes)
        if minutes:
            await guess(attempts, "ROOT", at)
        with pytest.raises(TooManyAttempts) as caught:
            async with attempts.limit_codes("root", at):
                pytest.fail("a code was tried")
        assert caught.value.retry_after == timedelta(minutes=5)
    await guess(attempts, "ruth")


async def test_right_code_counts_nothing_and_resets_nothing(attempts: AttemptLimiter) -> None:
    for _ in range(9):
        await guess(attempts, "root")
    for _ in range(3):
        async with attempts.limit_codes("root", NOW):
            pass
        await succeed(attempts, "root", "198.51.100.7")
    await guess(attempts, "root")
    with pytest.raises(TooManyAttempts):
        await guess(attempts, "root")


async def test_undecided_code_does_not_count(attempts: AttemptLimiter) -> None:
    for _ in range(20):
        with pytest.raises(ServiceUnavailable):
            async with attempts.limit_codes("root", NOW):
                raise ServiceUnavailable("busy")
    await guess(attempts, "root")
