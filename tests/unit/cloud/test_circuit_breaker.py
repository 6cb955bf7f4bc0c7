"""A circuit opens after failures in a row, lets one find out, and forgets what began before."""

import pytest

from classgate.cloud.circuit_breaker import CircuitBreaker, CircuitOpen, CircuitState


class Seconds:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def circuit(seconds: Seconds) -> CircuitBreaker:
    return CircuitBreaker("STS", seconds, failures_in_a_row=3, open_seconds=10.0)


def fail(circuit: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        circuit.record_failure(circuit.begin_attempt())


def test_opens_after_failures_in_a_row_and_says_for_how_long(
    circuit: CircuitBreaker, seconds: Seconds
) -> None:
    fail(circuit, 2)
    circuit.begin_attempt()
    circuit.record_failure(circuit.begin_attempt())
    seconds.now += 4
    with pytest.raises(CircuitOpen) as refused:
        circuit.begin_attempt()
    assert refused.value.retry_after == 6.0


def test_a_success_between_starts_the_count_again(circuit: CircuitBreaker) -> None:
    fail(circuit, 2)
    circuit.record_success(circuit.begin_attempt())
    fail(circuit, 2)
    assert circuit.state is CircuitState.CLOSED


def test_failures_of_another_hour_do_not_count(circuit: CircuitBreaker, seconds: Seconds) -> None:
    fail(circuit, 2)
    seconds.now += 60
    fail(circuit, 2)
    circuit.require_closed()
    seconds.now += 59
    fail(circuit, 1)
    with pytest.raises(CircuitOpen):
        circuit.require_closed()


def test_one_finds_out_while_the_others_wait(circuit: CircuitBreaker, seconds: Seconds) -> None:
    fail(circuit, 3)
    seconds.now += 10
    probe = circuit.begin_attempt()
    with pytest.raises(CircuitOpen):
        circuit.begin_attempt()
    circuit.record_success(probe)
    circuit.record_success(circuit.begin_attempt())
    assert circuit.state is CircuitState.CLOSED


def test_a_failed_probe_opens_it_for_as_long_again(
    circuit: CircuitBreaker, seconds: Seconds
) -> None:
    fail(circuit, 3)
    seconds.now += 10
    circuit.record_failure(circuit.begin_attempt())
    with pytest.raises(CircuitOpen) as refused:
        circuit.begin_attempt()
    assert refused.value.retry_after == 10.0


def test_a_probe_that_was_given_up_leaves_the_place_to_the_next(
    circuit: CircuitBreaker, seconds: Seconds
) -> None:
    fail(circuit, 3)
    seconds.now += 10
    circuit.record_abandoned(circuit.begin_attempt())
    circuit.record_success(circuit.begin_attempt())
    assert circuit.state is CircuitState.CLOSED


def test_what_began_before_it_opened_neither_closes_nor_prolongs_it(
    circuit: CircuitBreaker, seconds: Seconds
) -> None:
    early = [circuit.begin_attempt() for _ in range(5)]
    for each in early[:3]:
        circuit.record_failure(each)
    seconds.now += 9
    circuit.record_success(early[3])
    circuit.record_failure(early[4])
    with pytest.raises(CircuitOpen) as refused:
        circuit.begin_attempt()
    assert refused.value.retry_after == 1.0
