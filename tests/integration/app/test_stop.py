"""The service stops within a bounded time, also while its database does not answer."""

import asyncio
from dataclasses import replace
from typing import cast

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import World

from classgate.app import application as stopping
from classgate.processes.registry import ProcessRegistry

LIMIT = 60  # seconds; it only ends what hangs


class Silent:
    """A step of stopping that waits for an answer for ever."""

    async def leave(self) -> None:
        await asyncio.Event().wait()


async def test_service_stops_without_the_last_writes_when_the_database_is_silent(
    world: World, captured_log: CapturedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "_LAST_WRITES", 0.01)
    silent = replace(world.application, processes=cast("ProcessRegistry", Silent()))
    async with asyncio.timeout(LIMIT):
        await silent.stop()
    assert "stopped without the last writes" in captured_log.getvalue()
