"""CPU time of rounds."""

from bench.load import Result
from bench.targets import to_rounds


def result(answers: int) -> Result:
    return Result(answers=answers, errors=0, seconds=2.0, p50=1.0, p99=2.0)


def test_cpu_of_a_round_counts_until_the_next_begins() -> None:
    rounds = to_rounds([result(10), result(20), result(50)], [1.0, 1.5, 2.5, 3.0])
    assert [each.cpu_ms for each in rounds] == [50.0, 50.0, 10.0]


def test_answers_a_second_are_those_of_the_load() -> None:
    assert to_rounds([result(10)], [0.0, 1.0])[0].per_second == 5.0
