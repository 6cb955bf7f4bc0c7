"""Passwords: which are taken, and what hashing and checking promise."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator

import pytest

from classgate.accounts.passwords import HashingCost, PasswordPool, normalize, require_acceptable
from classgate.errors import InvalidRequest, TooManyAttempts

CHEAP = HashingCost(time_cost=1, memory_kib=8, parallelism=1)


@pytest.fixture
def pool() -> Iterator[PasswordPool]:
    pool = PasswordPool(CHEAP)
    yield pool
    pool.close()


@pytest.mark.parametrize(
    "password",
    [
        "correct horse",
        "一二三四五六七八九十",
        "ten chars!",
        "x" * 64 + "y" * 63 + "z",
        "   blanks   inside   ",
        "emoji 😀😀😀😀",
    ],
)
def test_long_enough_password_is_taken(password: str) -> None:
    assert require_acceptable(password, "amy") == normalize(password)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("ninechars", "10 to 128"),
        ("x" * 128 + "y", "10 to 128"),
        ("\uff50" * 9, "10 to 128"),  # full-width letters are counted as what they become
        ("password123", "among the first"),
        ("PASSWORD123", "among the first"),
        ("aaaaaaaaaaaa", "among the first"),
        ("ababababab", "among the first"),
        ("0123456789", "among the first"),
        ("9876543210", "among the first"),
        ("abcdefghijkl", "among the first"),
        ("i am amanda99", "identifier"),
        ("i am AMANDA99", "identifier"),
        ("tab\tin the middle", "control"),
        ("nul\x00in the middle", "control"),
        ("half \ud800 character", "control"),
    ],
)
def test_weak_password_is_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        require_acceptable(password, "amanda99")
    assert why in raised.value.message
    assert password not in raised.value.message
    assert [fault.field for fault in raised.value.fields] == ["password"]


def test_short_identifier_may_stand_in_a_password() -> None:
    assert require_acceptable("may amy have it", "amy")


async def test_password_matches_its_own_hash_alone(pool: PasswordPool) -> None:
    stored = await pool.hash("correct horse")
    assert await pool.check(stored, "correct horse")
    assert not await pool.check(stored, "correct horsE")
    assert stored.startswith("$argon2id$")


@pytest.mark.parametrize(
    "stored",
    [
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
    ],
)
async def test_hash_of_the_reference_implementation_is_checked(
    pool: PasswordPool, stored: str
) -> None:
    """Of "P-H-C/phc-winner-argon2", src/test.c."""
    assert await pool.check(stored, "password")
    assert not await pool.check(stored, "passwore")


@pytest.mark.parametrize("lanes", range(1, 9))
async def test_hash_with_any_number_of_lanes_is_checked(lanes: int) -> None:
    pool = PasswordPool(HashingCost(time_cost=1, memory_kib=1024, parallelism=lanes))
    try:
        stored = await pool.hash("正确的马 correct horse")
        assert f",p={lanes}$" in stored
        assert await pool.check(stored, "正确的马 correct horse")
        assert not await pool.check(stored, "正确的马 correct horsE")
    finally:
        pool.close()


async def test_same_text_in_another_unicode_form_matches(pool: PasswordPool) -> None:
    stored = await pool.hash("caf\u00e9 \uff11\uff12\uff13")
    assert await pool.check(stored, "cafe\u0301 123")


async def test_nobody_has_any_password(pool: PasswordPool) -> None:
    for password in ("", "nobody has this password", "x"):
        assert not await pool.check(None, password)


@pytest.mark.parametrize("stored", ["", "plain", "$argon2id$v=19$broken", "$2b$12$bcrypt"])
async def test_hash_that_is_none_matches_nothing(pool: PasswordPool, stored: str) -> None:
    assert not await pool.check(stored, "anything at all")


async def test_unknown_account_takes_the_same_work(pool: PasswordPool) -> None:
    """Counted, not timed: both go through one verification."""
    done: list[str] = []
    original = pool._verify

    def counting(stored: str, password: str) -> bool:
        done.append(stored)
        return original(stored, password)

    pool._verify = counting  # type: ignore[method-assign]
    await pool.check(None, "x")
    await pool.check(await pool.hash("correct horse"), "x")
    parameters = [stored.rsplit("$", 2)[0] for stored in done]
    assert len(parameters) == 2
    assert parameters[0] == parameters[1]


async def test_hash_of_other_parameters_is_outdated(pool: PasswordPool) -> None:
    stored = await pool.hash("correct horse")
    assert not pool.is_outdated(stored)
    dearer = PasswordPool(HashingCost(time_cost=2, memory_kib=8, parallelism=1))
    assert dearer.is_outdated(stored)
    dearer.close()


async def test_line_is_bounded_and_free_again_afterwards() -> None:
    proxy = threading.Event()
    pool = PasswordPool(CHEAP, threads=1, max_waiting=3)
    pool._verify = lambda *_: proxy.wait(10)  # type: ignore[method-assign]
    waiting = [asyncio.create_task(pool.check("x", "y")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyAttempts) as raised:
        await pool.check("x", "y")
    assert raised.value.retry_after.total_seconds() > 0
    proxy.set()
    assert all(await asyncio.gather(*waiting))
    assert await pool.check("x", "y")
    pool.close()


async def test_loop_goes_on_while_passwords_are_hashed() -> None:
    pool = PasswordPool(HashingCost(time_cost=20, memory_kib=8 * 1024, parallelism=1))
    hashing = asyncio.create_task(pool.hash("correct horse"))
    turns = 0
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0.001)
    assert turns > 3
    pool.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
async def test_the_threads_yield_the_processor_to_the_event_loop() -> None:
    pool = PasswordPool(CHEAP, threads=1)

    def niceness(_password: str) -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    try:
        assert await pool._run(niceness, "") == min(niceness("") + 10, 19)
    finally:
        pool.close()
