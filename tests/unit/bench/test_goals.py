"""Goals, and their summary."""

import pytest
from bench import summary
from bench.goals import GOALS, Goal, Verdict, judged
from bench.storm import lost_and_doubled


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.16, Verdict.MISSED), (0.17, Verdict.REACHED), (0.25, Verdict.STRETCH)],
)
def test_larger_is_better(value: float, verdict: Verdict) -> None:
    assert Goal(0.17, 0.25).judge(value) is verdict


@pytest.mark.parametrize(
    ("value", "verdict"), [(8.1, Verdict.MISSED), (8.0, Verdict.REACHED), (5.0, Verdict.STRETCH)]
)
def test_smaller_is_better_where_the_goal_says_so(value: float, verdict: Verdict) -> None:
    assert Goal(8, 5, "s", at_most=True).judge(value) is verdict


def test_cell_shows_both_bounds_and_the_verdict() -> None:
    assert judged("user-sig, SQLite", 0.2) == "≥ 0.17; 0.25: reached"
    assert judged("ready", 2.0) == "≤ 1.20; 0.80: missed"
    assert judged("no such goal", 1.0) == "–"


def test_summary_lists_measured_goals_in_their_order() -> None:
    value = {"median": 0.2, "low": 0.1, "high": 0.3}
    found = summary.document([{"goals": {"ready": value}}, {"goals": {"user-sig, SQLite": value}}])
    assert [row["goal"] for row in found["rows"]] == ["user-sig, SQLite", "ready"]
    assert [row["verdict"] for row in found["rows"]] == ["reached", "stretch"]


def test_no_goal_is_harder_to_reach_than_to_exceed() -> None:
    for goal in GOALS.values():
        assert goal.judge(goal.stretch) is Verdict.STRETCH
        assert goal.judge(goal.reach) is not Verdict.MISSED


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, (0, 0)),
        ({"present": 9}, (1, 0)),
        ({"memberships": 12}, (0, 1)),
        ({"audit rows": 13}, (0, 3)),
        ({"accounts with a lease": 9}, (1, 1)),
    ],
)
def test_storm_counts_what_is_lost_and_doubled(
    changed: dict[str, int], expected: tuple[int, int]
) -> None:
    names = ("leases", "accounts with a lease", "present", "audit rows")
    counts = {**dict.fromkeys(names, 10), "memberships": 11, **changed}
    assert lost_and_doubled(counts, entered=10, members=11) == expected
