"""What `why` says of a person is what the real call of that person answers, in every combination
of account, roster, class, time and limit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import timedelta
from itertools import combinations, product

import pytest
from tests.support.harness import ADDRESS, World
from tests.support.school import LIVE, PASSWORD, School

from classgate.accounts.models import Caller
from classgate.admission.models import Action
from classgate.courseware.models import NewUpload
from classgate.errors import ClassgateError

MINUTE = 60_000_000
HOUR = 60 * MINUTE
FILE = NewUpload("lesson.pdf", 5, "application/pdf")

PLACES = (None, "student", "assistant", "host")
KICKS = ("no", "for ever", "until later", "until then")
ROLES = ("student", "teacher", "admin")
# State, start and end of the class, beside now.
CLASSES: dict[str, tuple[str, int | None, int | None]] = {
    "without a plan": ("created", None, None),
    "too early for all": ("created", 2 * HOUR, 3 * HOUR),
    "open to the staff": ("created", 20 * MINUTE, None),
    "open to all": ("created", 5 * MINUTE, HOUR),
    "never started": ("created", -2 * HOUR, -HOUR),
    "live": ("live", HOUR, 2 * HOUR),
    "overrunning": ("live", -HOUR, -5 * MINUTE),
    "overrun": ("live", -2 * HOUR, -HOUR),
    "ended": ("ended", -HOUR, HOUR),
    "replayable": ("replayable", None, None),
}


@dataclass(frozen=True)
class Case:
    """A person and a class."""

    place: str | None
    kick: str
    role: str
    open: bool
    disabled: bool
    plan: str


def cases(plan: str) -> Iterator[Case]:
    """Every combination for a class of this plan."""
    for place, kick, role, is_open, disabled in product(
        PLACES, KICKS, ROLES, (False, True), (False, True)
    ):
        if place is None and kick != "no":
            continue
        if kick != "no" and (disabled or is_open):
            continue  # the kick, and the log-in, refuse first: fewer of them are enough
        yield Case(place, kick, role, is_open, disabled, plan)


async def arrange(world: World, account_id: int, case: Case) -> None:
    """Write the case into the tables."""
    await world.settle()
    change = world.raw_database.change
    now = int(world.clock().timestamp() * 1_000_000)
    state, starts, ends = CLASSES[case.plan]
    change(
        "UPDATE classrooms SET state = ?, open = ?, starts_at = ?, ends_at = ?"
        " WHERE classroom_id = ?",
        state, case.open,
        None if starts is None else now + starts, None if ends is None else now + ends, LIVE,
    )  # fmt: skip
    change(
        "UPDATE accounts SET role = ?, disabled = ? WHERE account_id = ?",
        case.role, case.disabled, account_id,
    )  # fmt: skip
    change("DELETE FROM memberships WHERE classroom_id = ? AND account_id = ?", LIVE, account_id)
    if case.place is not None:
        until = {"until later": now + MINUTE, "until then": now}.get(case.kick)
        change(
            "INSERT INTO memberships (classroom_id, account_id, role, on_stage, kicked_at,"
            " kicked_until, added_at, muted) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            LIVE, account_id, case.place, False,
            None if case.kick == "no" else now - MINUTE, until, now - HOUR,
        )  # fmt: skip


async def real_answer(world: World, caller: Caller, case: Case, action: Action) -> str | None:
    """What the person is refused with; None: they got it."""
    application = world.application
    try:
        if case.disabled:
            identifier = caller.account.identifier
            await application.accounts.log_in.log_in(identifier, PASSWORD, ADDRESS)
        if action is Action.ENTER:
            await application.classrooms.entry.issue_entry(caller, LIVE)
        elif action is Action.UPLOAD:
            await application.courseware.courseware.open_upload(caller, LIVE, FILE)
        else:
            await application.courseware.courseware.list_courseware(caller, LIVE, None, 10)
    except ClassgateError as error:
        return error.reason.value
    return None


async def callers(world: World, school: School) -> tuple[Caller, Caller]:
    """An admin, and the person of the cases, whose session outlives all of them."""
    accounts = world.application.accounts.accounts
    root = await accounts.authenticate(school.tokens["root"])
    amy = await accounts.authenticate(school.tokens["amy"])
    return root, amy


def add_a_file(world: World, school: School) -> None:
    """Without a file, a download issues nothing and is not limited."""
    arrived = "UPDATE uploads SET state = 'complete', completed_at = created_at"
    world.raw_database.change(f"{arrived} WHERE upload_id = ?", school.uploads[LIVE, "tom"])


# Times decide of entering, less of uploading, and not of downloading.
PLANNED = [
    *((Action.ENTER, plan) for plan in CLASSES),
    *((Action.UPLOAD, plan) for plan in ("without a plan", "never started", "live", "overrun",
                                         "ended")),
    *((Action.DOWNLOAD, plan) for plan in ("too early for all", "replayable")),
]  # fmt: skip


def pairwise(action: Action) -> Sequence[Case]:
    """Cases with each pair of values at least once. The rules are the same on each database: there
    only the reading differs.
    """
    possible = [case for each, plan in PLANNED if each is action for case in cases(plan)]
    missing = {pair for case in possible for pair in pairs(case)}
    chosen = []
    while missing:
        best = max(possible, key=lambda case: len(pairs(case) & missing))
        chosen.append(best)
        missing -= pairs(best)
    return chosen


def pairs(case: Case) -> frozenset[object]:
    """Every two values of the case, with their places."""
    return frozenset(combinations(enumerate(astuple(case)), 2))


@pytest.mark.parametrize(("action", "plan"), PLANNED)
@pytest.mark.on_sqlite
async def test_why_says_what_the_real_call_answers(
    world: World, school: School, action: Action, plan: str
) -> None:
    await compare(world, school, action, list(cases(plan)))


@pytest.mark.parametrize("action", Action)
@pytest.mark.on_postgresql
async def test_why_says_it_of_each_pair_of_values(
    world: World, school: School, action: Action
) -> None:
    await compare(world, school, action, pairwise(action))


def test_pairs_are_few_and_complete() -> None:
    chosen = pairwise(Action.ENTER)
    assert len(chosen) < 100
    seen = {(case.kick, case.plan) for case in chosen}
    assert seen == set(product(KICKS, CLASSES))


async def compare(world: World, school: School, action: Action, compared: Sequence[Case]) -> None:
    """Compare what `why` says in each case with what the person is answered."""
    root, amy = await callers(world, school)
    add_a_file(world, school)
    for case in compared:
        world.clock.advance(seconds=11)  # so that no limit is reached
        await arrange(world, amy.account_id, case)
        said = await world.application.admission.explain(root, "amy", LIVE, action)
        answered = await real_answer(world, amy, case, action)
        assert said.reason == answered, case
        assert said.allowed is (answered is None), case


KINDS = {Action.ENTER: "entry", Action.UPLOAD: "upload", Action.DOWNLOAD: "download"}
FREE = Case("assistant", "no", "student", False, False, "live")
SOME = [
    FREE,
    replace(FREE, kick="for ever"),
    replace(FREE, place="student"),
    replace(FREE, place=None),
    replace(FREE, place=None, open=True),
    replace(FREE, place="host"),
    replace(FREE, plan="ended"),
    replace(FREE, role="admin", place=None),
]


@pytest.mark.parametrize("action", Action)
@pytest.mark.on_sqlite  # the limits are in memory
async def test_why_says_it_with_a_limit_reached_too(
    world: World, school: School, action: Action
) -> None:
    root, amy = await callers(world, school)
    add_a_file(world, school)
    await arrange(world, amy.account_id, FREE)
    explain = world.application.admission.explain
    issued = 0
    while (await explain(root, "amy", LIVE, action)).allowed:
        assert await real_answer(world, amy, FREE, action) is None
        issued += 1
    assert issued == 120, "the limit as documented"
    for case in SOME:
        await arrange(world, amy.account_id, case)
        said = await explain(root, "amy", LIVE, action)
        assert said.reason == await real_answer(world, amy, case, action), case
    await arrange(world, amy.account_id, FREE)
    found = await explain(root, "amy", LIVE, action)
    assert (found.reason, found.until) == (
        "too_many_grants", world.clock() + timedelta(seconds=1),
    )  # fmt: skip


async def test_download_without_a_file_is_not_limited(world: World, school: School) -> None:
    root, amy = await callers(world, school)
    found = await world.application.admission.explain(root, "amy", LIVE, Action.DOWNLOAD)
    (limit,) = [each for each in found.checks if each.name == "grants_below_limit"]
    assert (found.allowed, limit.ok) == (True, None)
    assert await real_answer(world, amy, FREE, Action.DOWNLOAD) is None


@pytest.mark.parametrize("known", [False, True])
async def test_limit_of_log_ins_is_that_of_the_next_log_in(
    world: World, school: School, known: bool
) -> None:
    """At the address of the failures. From another one, a person may still get in."""
    root, _ = await callers(world, school)
    address = ADDRESS if known else "203.0.113.9"
    log_in = world.application.accounts.log_in
    reasons = []
    for _ in range(12):
        said = await world.application.admission.explain(root, "amy", LIVE, Action.ENTER)
        try:
            await log_in.log_in("amy", "not her password", address)
        except ClassgateError as error:
            limited = None if error.reason.value == "wrong_credentials" else error.reason.value
            assert said.reason == limited
            reasons.append(error.reason.value)
    assert reasons == ["wrong_credentials"] * 10 + ["too_many_logins"] * 2
