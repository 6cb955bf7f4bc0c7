"""A migration only adds, or says that the replicas have to be stopped for it (`needs_stop`)."""

from pathlib import Path

import pytest
from tests.support.schemas import Column, Schema, Table, faults, history, schemas

SMALL = frozenset({"classrooms", "invitations"})
"""Tables whose indexes are built in less than a second, however large the school is."""
STEPS = history()[1:]


@pytest.fixture(scope="module")
def by_revision(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Schema]:
    folder: Path = tmp_path_factory.mktemp("history")
    return schemas(folder)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.revision)
def test_migration_only_adds_or_needs_a_stop(step: object, by_revision: dict[str, Schema]) -> None:
    script = next(each for each in STEPS if each is step)
    before, after = (by_revision[each] for each in (str(script.down_revision), script.revision))
    found = faults(before, after, SMALL)
    if getattr(script.module, "needs_stop", False):
        assert found
    else:
        assert found == []


def test_no_migration_after_the_next_release_needs_a_stop() -> None:
    """Whoever comes from 0.2.0 stops once; see the upgrade in docs/how-to/run-in-production.md."""
    stops = [each.revision for each in STEPS if getattr(each.module, "needs_stop", False)]
    assert stops == ["0002", "0003"]


TEXT = Column("VARCHAR(10)", is_required=False)
BEFORE = {"leases": Table({"kind": TEXT}, {}, frozenset())}


def leases(**changes: object) -> Schema:
    values = {**vars(BEFORE["leases"]), **changes}
    return {"leases": Table(**values)}


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        ({}, "leases is gone"),
        (leases(columns={}), "leases.kind is changed or gone"),
        (leases(columns={"kind": Column("TEXT", False)}), "leases.kind is changed or gone"),
        (leases(columns={"kind": TEXT, "key": Column("TEXT", True)}), "leases.key has to be"),
        (leases(indexes={"ix": False}), "ix is built while nobody may write to leases"),
        (leases(indexes={"uq": True}), "uq refuses what was allowed"),
        (leases(references=frozenset({("kind", "kinds")})), "leases has a new reference"),
    ],
)
def test_rule_finds_what_older_programs_notice(after: Schema, fault: str) -> None:
    (found,) = faults(BEFORE, after, SMALL)
    assert found.startswith(fault)


def test_rule_allows_what_older_programs_do_not_notice() -> None:
    more = {
        **leases(columns={"kind": TEXT, "key": TEXT}),
        "processes": Table({"host": Column("TEXT", True)}, {"ix": False, "uq": True}, frozenset()),
    }
    assert faults(BEFORE, more, SMALL) == []
    assert faults(BEFORE, leases(indexes={"ix": False}), frozenset({"leases"})) == []
