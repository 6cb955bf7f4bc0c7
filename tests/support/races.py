"""Many calls at once: started in a given order, and how they ended."""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import httpx
from tests.support.harness import World

RACERS = int(os.environ.get("RACERS", "60"))

Call = Callable[[], Awaitable[httpx.Response]]


async def race(calls: Sequence[Call], last: Call, after: int) -> list[httpx.Response]:
    """All of them at once; `last` is started behind so many of the others. Its answer is last."""
    tasks = [asyncio.ensure_future(call()) for call in calls[:after]]
    ending = asyncio.ensure_future(last())
    tasks += [asyncio.ensure_future(call()) for call in calls[after:]]
    answers = await asyncio.gather(*tasks)
    return [*answers, await ending]


def posting(world: World, path: str, token: str, body: object = None) -> Call:
    return lambda: world.call("POST", path, token, body)


def active_leases(world: World, identifier: str, condition: str = "1 = 1") -> int:
    ((count,),) = world.raw_database.query(
        "SELECT count(*) FROM leases JOIN accounts ON accounts.account_id = leases.account_id"  # noqa: S608
        f" WHERE leases.state != 'ended' AND accounts.identifier = ? AND {condition}",
        identifier,
    )
    assert isinstance(count, int)
    return count


async def outcomes(calls: Iterable[Awaitable[Any]]) -> Counter[str]:
    """How many of these, all at once, ended how: `done`, or the error's name."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    return Counter(
        type(each).__name__ if isinstance(each, BaseException) else "done" for each in found
    )
