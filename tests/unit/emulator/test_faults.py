"""Faults happen as often as they were ordered, to the operation they were ordered for."""

import time

import pytest

from classgate.emulator.faults import FaultInjector, UnknownFault


async def test_fault_happens_as_often_as_ordered() -> None:
    faults = FaultInjector()
    faults.inject("cos", "PutObject", "unavailable", 2)
    assert await faults.take("cos", "GetObject") is None
    assert await faults.take("sts", "PutObject") is None
    assert await faults.take("cos", "PutObject") == "unavailable"
    assert await faults.take("cos", "PutObject") == "unavailable"
    assert await faults.take("cos", "PutObject") is None


async def test_fault_without_an_operation_is_for_any() -> None:
    faults = FaultInjector()
    faults.inject("sts", "", "throttled", 1)
    assert await faults.take("sts", "GetFederationToken") == "throttled"
    assert await faults.take("sts", "GetFederationToken") is None


async def test_slow_call_is_late_and_then_works() -> None:
    faults = FaultInjector(slow_seconds=0.05)
    faults.inject("cos", "*", "slow", 1)
    started = time.monotonic()
    assert await faults.take("cos", "PutObject") is None
    assert time.monotonic() - started >= 0.05


async def test_cleared_faults_do_not_happen() -> None:
    faults = FaultInjector()
    faults.inject("cos", "", "expired", 3)
    faults.clear()
    assert await faults.take("cos", "PutObject") is None


@pytest.mark.parametrize(
    ("service", "fault", "times"),
    [
        ("live", "slow", 1), ("cos", "broken", 1), ("cos", "slow", -1), ("cos", "lost", 1),
        ("sts", "InternalError", 1), ("im", "InternalError", 1), ("trtc", "10002", 1),
    ],
)  # fmt: skip
def test_unknown_faults_are_refused(service: str, fault: str, times: int) -> None:
    with pytest.raises(UnknownFault):
        FaultInjector().inject(service, "", fault, times)
