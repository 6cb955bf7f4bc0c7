"""Repeated measurements of one value, and percentiles."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """The median of repeated measurements, and the lowest and the highest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Measured":
        """Return the median with the spread around it. ValueError for no values."""
        if not values:
            raise ValueError("nothing was measured")
        return cls(
            _rounded(statistics.median(values)), _rounded(min(values)), _rounded(max(values))
        )

    def __str__(self) -> str:
        if self.low == self.high:
            return short(self.median)
        return f"{short(self.median)} ({short(self.low)}–{short(self.high)})"


def _rounded(value: float) -> float:
    """Keep five significant digits."""
    return float(f"{value:.5g}")


def short(value: float) -> str:
    """Write a number with three digits for people, with commas in thousands."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.095 or value == 0 else f"{value:.3f}"


def ratios(above: Sequence[float], below: Sequence[float]) -> Measured:
    """Return the ratio of two values that were measured side by side, round by round."""
    return Measured.of([one / other for one, other in zip(above, below, strict=True)])


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    at = -(-len(ordered) * share // 1)  # rounded up
    return ordered[max(0, int(at) - 1)]
