"""Waits for what has to happen, however long a busy machine takes."""

import asyncio
from collections.abc import Awaitable, Callable

_AT_MOST = 60.0  # seconds; a test that needs them fails


async def eventually(is_so: Callable[[], bool | Awaitable[bool]]) -> None:
    """Ask again and again until the answer is yes."""
    async with asyncio.timeout(_AT_MOST):
        while True:
            answer = is_so()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.01)
