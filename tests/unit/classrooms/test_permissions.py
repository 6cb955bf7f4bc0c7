"""Who may do what in a class, and when: the decisions alone, without any entrance or database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.classrooms import NOW, access, account, classroom, membership

from classgate.accounts.models import AccountRole
from classgate.classrooms.access_times import closes_at, require_entry_window, require_not_ended
from classgate.classrooms.media_privileges import privileges_of
from classgate.classrooms.models import (
    AccessContext,
    AccessWindows,
    ClassroomRole,
    ClassroomState,
)
from classgate.classrooms.permissions import (
    Permission,
    is_active_member,
    may_host,
    require_may_assign_role,
    require_may_change_member,
    require_may_host,
    require_permission,
)
from classgate.errors import ClassroomNotFound, Conflict, OutsideAccessWindow, PermissionDenied

MINUTE = timedelta(minutes=1)
WINDOWS = AccessWindows()
HOST, ASSISTANT, STUDENT = ClassroomRole.HOST, ClassroomRole.ASSISTANT, ClassroomRole.STUDENT


def allowed(who: AccessContext) -> set[Permission]:
    """Every right that is not refused."""
    found = set()
    for right in Permission:
        try:
            require_permission(right, who, NOW)
        except (ClassroomNotFound, PermissionDenied):
            continue
        found.add(right)
    return found


READING = {Permission.READ, Permission.READ_ROSTER, Permission.READ_COURSEWARE}
BEING_THERE = {Permission.ENTER, Permission.SEND_HEARTBEAT, Permission.LEAVE}
UPLOADING = {Permission.UPLOAD, Permission.DELETE_COURSEWARE, Permission.BIND_FILES}
TEACHING = {
    Permission.CHANGE_ROSTER,
    Permission.KICK,
    Permission.MUTE,
    Permission.READ_ATTENDANCE,
    Permission.READ_REFUSALS,
    *BEING_THERE,
    *UPLOADING,
}
BY_ADMIN = {
    *READING,
    Permission.READ_ATTENDANCE,
    Permission.READ_REFUSALS,
    Permission.EDIT,
    Permission.END,
    Permission.CHANGE_ROSTER,
    Permission.KICK,
    Permission.CHANGE_HOST,
}
OF_A_HOST = set(Permission) - {Permission.CHANGE_HOST}


def test_host_may_everything_but_hand_the_class_on() -> None:
    assert allowed(access(HOST)) == OF_A_HOST


def test_assistant_teaches_and_does_not_run_the_class() -> None:
    assert allowed(access(ASSISTANT)) == READING | TEACHING


def test_student_reads_and_enters() -> None:
    assert allowed(access(STUDENT)) == READING | BEING_THERE


@pytest.mark.parametrize("right", Permission)
def test_stranger_gets_class_not_found(right: Permission) -> None:
    with pytest.raises(ClassroomNotFound):
        require_permission(right, access(None), NOW)


def test_anybody_reads_and_enters_an_open_class() -> None:
    who = access(None, open=True, account_role=AccountRole.STUDENT)
    assert allowed(who) == {Permission.READ, *BEING_THERE}


@pytest.mark.parametrize("right", sorted(set(Permission) - {Permission.READ, *BEING_THERE}))
def test_rest_of_an_open_class_is_denied_and_not_hidden(right: Permission) -> None:
    with pytest.raises(PermissionDenied):
        require_permission(right, access(None, open=True), NOW)


@pytest.mark.parametrize("open_class", [True, False])
def test_admin_administers_and_gets_nothing_for_themselves(open_class: bool) -> None:
    who = access(None, open=open_class, account_role=AccountRole.ADMIN)
    assert allowed(who) == BY_ADMIN


# Everything that there is to decide, written out: what the account is, what the roster says, and
# who may do it. `t` a teacher, `a` an admin, `s` a student; `-` nobody.
RIGHTS_BY_PLACE = """
                     host  assistant  student  no member  no member, open class
READ                 ta    tas        tas      a          tas
READ_ROSTER          ta    tas        tas      a          a
READ_COURSEWARE      ta    tas        tas      a          a
READ_ATTENDANCE      ta    tas        a        a          a
READ_REFUSALS        ta    tas        a        a          a
SEND_HEARTBEAT       t     tas        tas      -          ts
LEAVE                t     tas        tas      -          ts
BIND_FILES           t     tas        -        -          -
REQUEST_REPLAY       t     -          -        -          -
EDIT                 ta    a          a        a          a
START                t     -          -        -          -
END                  ta    a          a        a          a
CHANGE_ROSTER        ta    tas        a        a          a
KICK                 ta    tas        a        a          a
MUTE                 t     tas        -        -          -
ENTER                t     tas        tas      -          ts
UPLOAD               t     tas        -        -          -
DELETE_COURSEWARE    t     tas        -        -          -
CHANGE_HOST          a     a          a        a          a
"""
ACCOUNT_ROLES = {"t": AccountRole.TEACHER, "a": AccountRole.ADMIN, "s": AccountRole.STUDENT}
PLACES = ((HOST, False), (ASSISTANT, False), (STUDENT, False), (None, False), (None, True))


def rights_by_place() -> dict[tuple[str, ClassroomRole | None, bool], set[Permission]]:
    """The table by account role, role in the class, and whether the class is open."""
    found = {(letter, *place): set[Permission]() for letter in ACCOUNT_ROLES for place in PLACES}
    for line in RIGHTS_BY_PLACE.strip("\n").splitlines()[1:]:
        name, *columns = line.split()
        for place, letters in zip(PLACES, columns, strict=True):
            for letter in letters.strip("-"):
                found[letter, *place].add(Permission[name])
    return found


@pytest.mark.parametrize("open_class", [True, False])
@pytest.mark.parametrize(("role", "open_to_strangers"), PLACES)
@pytest.mark.parametrize("letter", ACCOUNT_ROLES)
def test_account_and_membership_together_decide_every_permission(
    letter: str, role: ClassroomRole | None, open_to_strangers: bool, open_class: bool
) -> None:
    if role is None and open_class is not open_to_strangers:
        return  # the other column's case
    who = access(role, open=open_class, account_role=ACCOUNT_ROLES[letter])
    assert allowed(who) == rights_by_place()[letter, role, open_to_strangers]


def test_table_names_every_permission() -> None:
    named = {line.split()[0] for line in RIGHTS_BY_PLACE.strip("\n").splitlines()[1:]}
    assert named == {right.name for right in Permission}


@pytest.mark.parametrize("role", [AccountRole.ADMIN, AccountRole.STUDENT])
def test_record_does_not_call_host_who_acts_without_host_permissions(role: AccountRole) -> None:
    assert access(HOST, account_role=role).role_name == role.value
    assert access(HOST).role_name == "host"


@pytest.mark.parametrize(
    ("role", "disabled", "may"),
    [
        (AccountRole.TEACHER, False, True),
        (AccountRole.TEACHER, True, False),
        (AccountRole.ADMIN, False, False),
        (AccountRole.STUDENT, False, False),
    ],
)
def test_only_an_enabled_teacher_may_host(role: AccountRole, disabled: bool, may: bool) -> None:
    candidate = replace(account(role), disabled=disabled)
    assert may_host(candidate) is may
    if may:
        require_may_host(candidate)
    else:
        with pytest.raises(Conflict):
            require_may_host(candidate)


@pytest.mark.parametrize("role", ClassroomRole)
@pytest.mark.parametrize("open_class", [True, False])
@pytest.mark.parametrize("right", Permission)
def test_kicked_member_may_nothing_even_in_an_open_class(
    role: ClassroomRole, open_class: bool, right: Permission
) -> None:
    with pytest.raises(PermissionDenied):
        require_permission(right, access(role, kicked=True, open=open_class), NOW)


@pytest.mark.parametrize("role", [AccountRole.ADMIN, AccountRole.STUDENT])
@pytest.mark.parametrize("right", sorted(set(Permission) - BY_ADMIN))
def test_host_has_to_be_a_teacher_still(right: Permission, role: AccountRole) -> None:
    with pytest.raises(PermissionDenied):
        require_permission(right, access(HOST, account_role=role), NOW)


@pytest.mark.parametrize("role", [AccountRole.ADMIN, AccountRole.STUDENT])
@pytest.mark.parametrize("open_class", [True, False])
def test_host_who_is_no_teacher_is_no_active_member(role: AccountRole, open_class: bool) -> None:
    assert not is_active_member(access(HOST, open=open_class, account_role=role), NOW)
    assert is_active_member(access(HOST, open=open_class), NOW)
    assert is_active_member(access(ASSISTANT, account_role=role), NOW)
    assert not is_active_member(access(ASSISTANT, kicked=True, account_role=role), NOW)
    assert not is_active_member(access(None, open=open_class, account_role=role), NOW)


# ── over whom ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("actor", "target", "kicked", "may"),
    [
        (HOST, ASSISTANT, False, True),
        (HOST, STUDENT, False, True),
        (HOST, STUDENT, True, True),
        (HOST, HOST, False, False),
        (ASSISTANT, STUDENT, False, True),
        (ASSISTANT, STUDENT, True, False),
        (ASSISTANT, ASSISTANT, False, False),
        (ASSISTANT, HOST, False, False),
        (ASSISTANT, None, False, True),
        (HOST, None, False, True),
    ],
)
def test_place_of_a_member_is_changed_by_who_stands_above(
    actor: ClassroomRole, target: ClassroomRole | None, kicked: bool, may: bool
) -> None:
    place = None if target is None else membership(target, kicked=kicked)
    if may:
        require_may_change_member(access(actor), place, NOW)
    else:
        with pytest.raises(PermissionDenied):
            require_may_change_member(access(actor), place, NOW)


@pytest.mark.parametrize(
    ("actor", "given", "may"),
    [
        (HOST, ASSISTANT, True),
        (HOST, STUDENT, True),
        (HOST, HOST, False),
        (ASSISTANT, STUDENT, True),
        (ASSISTANT, ASSISTANT, False),
        (ASSISTANT, HOST, False),
    ],
)
def test_nobody_gives_a_role_that_is_not_below_their_own(
    actor: ClassroomRole, given: ClassroomRole, may: bool
) -> None:
    if may:
        require_may_assign_role(access(actor), given)
    else:
        with pytest.raises(PermissionDenied):
            require_may_assign_role(access(actor), given)


def test_admin_who_is_an_assistant_acts_as_admin() -> None:
    who = access(ASSISTANT, account_role=AccountRole.ADMIN)
    require_may_change_member(who, membership(ASSISTANT), NOW)
    require_may_assign_role(who, ASSISTANT)


# ── time ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("role", "minutes", "opens"),
    [
        (HOST, -30, True),
        (HOST, -31, False),
        (ASSISTANT, -30, True),
        (ASSISTANT, -31, False),
        (STUDENT, -10, True),
        (STUDENT, -11, False),
        (STUDENT, 0, True),
        (STUDENT, 30, True),
    ],
)
def test_planned_class_opens_for_each_role_at_its_time(
    role: ClassroomRole, minutes: int, opens: bool
) -> None:
    planned = classroom(ClassroomState.CREATED, starts_at=NOW, ends_at=NOW + 60 * MINUTE)
    if opens:
        require_entry_window(planned, role, NOW + minutes * MINUTE, WINDOWS)
        return
    with pytest.raises(OutsideAccessWindow) as raised:
        require_entry_window(planned, role, NOW + minutes * MINUTE, WINDOWS)
    assert raised.value.opens_at == NOW - (10 if role is STUDENT else 30) * MINUTE


@pytest.mark.parametrize("role", [HOST, ASSISTANT])
def test_without_a_plan_staff_may_enter_any_time(role: ClassroomRole) -> None:
    require_entry_window(classroom(ClassroomState.CREATED), role, NOW, WINDOWS)


def test_without_a_plan_students_wait_for_the_start_of_which_nobody_knows() -> None:
    with pytest.raises(OutsideAccessWindow) as raised:
        require_entry_window(classroom(ClassroomState.CREATED), STUDENT, NOW, WINDOWS)
    assert raised.value.opens_at is None


@pytest.mark.parametrize("role", ClassroomRole)
def test_live_class_is_open_whatever_the_plan(role: ClassroomRole) -> None:
    live = classroom(ClassroomState.LIVE, starts_at=NOW + timedelta(days=1))
    require_entry_window(live, role, NOW, WINDOWS)


@pytest.mark.parametrize("state", [ClassroomState.ENDED, ClassroomState.REPLAYABLE])
@pytest.mark.parametrize("role", ClassroomRole)
def test_ended_class_is_closed_to_all(state: ClassroomState, role: ClassroomRole) -> None:
    over = classroom(state, starts_at=NOW - 60 * MINUTE, ends_at=NOW + 60 * MINUTE)
    with pytest.raises(OutsideAccessWindow):
        require_not_ended(over, NOW, WINDOWS)
    with pytest.raises(OutsideAccessWindow) as raised:
        require_entry_window(over, role, NOW, WINDOWS)
    assert raised.value.opens_at is None


@pytest.mark.parametrize(
    ("state", "closes"),
    [(ClassroomState.CREATED, NOW), (ClassroomState.LIVE, NOW + 30 * MINUTE)],
)
def test_class_closes_at_its_planned_end_and_a_live_one_half_an_hour_later(
    state: ClassroomState, closes: datetime
) -> None:
    planned = classroom(state, starts_at=NOW - 60 * MINUTE, ends_at=NOW)
    assert closes_at(planned, WINDOWS) == closes
    require_not_ended(planned, closes - timedelta(microseconds=1), WINDOWS)
    with pytest.raises(OutsideAccessWindow):
        require_not_ended(planned, closes, WINDOWS)


def test_class_without_a_planned_end_does_not_close_by_itself() -> None:
    assert closes_at(classroom(), WINDOWS) is None
    require_not_ended(classroom(), datetime.max.replace(tzinfo=UTC), WINDOWS)


# ── privileges ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("role", "on_stage", "privileges"),
    [
        (HOST, False, 255),
        (HOST, True, 255),
        (ASSISTANT, False, 254),
        (ASSISTANT, True, 254),
        (STUDENT, False, 170),
        (STUDENT, True, 190),
    ],
)
def test_privilege_map_is_that_of_the_contract(
    role: ClassroomRole, on_stage: bool, privileges: int
) -> None:
    assert int(privileges_of(role, on_stage)) == privileges
