"""Medians, spreads, ratios and percentiles of the benchmark."""

import pytest
from bench.measured import Measured, percentile, ratios, short


def test_measurement_is_the_median_between_lowest_and_highest() -> None:
    assert Measured.of([9.0, 1.0, 4.0]) == Measured(4.0, 1.0, 9.0)
    assert Measured.of([1.0, 2.0, 4.0, 8.0]) == Measured(3.0, 1.0, 8.0)


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        Measured.of([])


def test_ratio_is_taken_round_by_round() -> None:
    # Of the medians it would be 2 / 4.
    assert ratios([1.0, 2.0, 30.0], [4.0, 2.0, 10.0]) == Measured(1.0, 0.25, 3.0)


def test_rounds_without_a_partner_are_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 50.0), (0.99, 99.0), (0.991, 100.0), (1.0, 100.0), (0.0, 1.0)]
)
def test_percentile_is_one_of_the_values(share: float, expected: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], share) == expected


def test_percentile_of_few_values_is_the_slowest() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0


@pytest.mark.parametrize(
    ("value", "text"),
    [(12345.6, "12,346"), (45.67, "45.7"), (4.567, "4.57"), (0.17, "0.17"), (0.0256, "0.026")],
)
def test_numbers_for_people_have_few_digits(value: float, text: str) -> None:
    assert short(value) == text


def test_spread_is_shown_when_there_is_one() -> None:
    assert str(Measured(0.17, 0.16, 0.2)) == "0.17 (0.16–0.20)"
    assert str(Measured(8.0, 8.0, 8.0)) == "8.00"
