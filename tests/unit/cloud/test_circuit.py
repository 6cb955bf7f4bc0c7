"""A circuit opens after failures in a row, lets one find out, and forgets what began before."""

import pytest

from classgate.cloud.circuit import Circuit, CircuitOpen, CircuitState


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
def circuit(seconds: Seconds) -> Circuit:
    return Circuit("STS", seconds, failures_in_a_row=3, open_seconds=10.0)


def fail(circuit: Circuit, times: int) -> None:
    for _ in range(times):
        circuit.failed(circuit.enter())


def test_opens_after_failures_in_a_row_and_says_for_how_long(
    circuit: Circuit, seconds: Seconds
) -> None:
    fail(circuit, 2)
    circuit.enter()
    circuit.failed(circuit.enter())
    seconds.now += 4
    with pytest.raises(CircuitOpen) as refused:
        circuit.enter()
    assert refused.value.retry_after == 6.0


def test_a_success_between_starts_the_count_again(circuit: Circuit) -> None:
    fail(circuit, 2)
    circuit.succeeded(circuit.enter())
    fail(circuit, 2)
    assert circuit.state is CircuitState.CLOSED


def test_one_finds_out_while_the_others_wait(circuit: Circuit, seconds: Seconds) -> None:
    fail(circuit, 3)
    seconds.now += 10
    probe = circuit.enter()
    with pytest.raises(CircuitOpen):
        circuit.enter()
    circuit.succeeded(probe)
    circuit.succeeded(circuit.enter())
    assert circuit.state is CircuitState.CLOSED


def test_a_failed_probe_opens_it_for_as_long_again(circuit: Circuit, seconds: Seconds) -> None:
    fail(circuit, 3)
    seconds.now += 10
    circuit.failed(circuit.enter())
    with pytest.raises(CircuitOpen) as refused:
        circuit.enter()
    assert refused.value.retry_after == 10.0


def test_a_probe_that_was_given_up_leaves_the_place_to_the_next(
    circuit: Circuit, seconds: Seconds
) -> None:
    fail(circuit, 3)
    seconds.now += 10
    circuit.gave_up(circuit.enter())
    circuit.succeeded(circuit.enter())
    assert circuit.state is CircuitState.CLOSED


def test_what_began_before_it_opened_neither_closes_nor_prolongs_it(
    circuit: Circuit, seconds: Seconds
) -> None:
    early = [circuit.enter() for _ in range(5)]
    for each in early[:3]:
        circuit.failed(each)
    seconds.now += 9
    circuit.succeeded(early[3])
    circuit.failed(early[4])
    with pytest.raises(CircuitOpen) as refused:
        circuit.enter()
    assert refused.value.retry_after == 1.0
