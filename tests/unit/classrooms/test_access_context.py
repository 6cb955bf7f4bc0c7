"""What an account is in a class: whether it lost host permissions, and its role in the audit."""

from dataclasses import replace

import pytest
from tests.support.classrooms import NOW, access

from classgate.accounts.models import AccountRole
from classgate.classrooms.models import ClassroomRole

ADMIN, TEACHER, STUDENT = AccountRole.ADMIN, AccountRole.TEACHER, AccountRole.STUDENT


@pytest.mark.parametrize(
    ("account_role", "role", "lost"),
    [
        (TEACHER, ClassroomRole.HOST, False),
        (ADMIN, ClassroomRole.HOST, True),
        (STUDENT, ClassroomRole.HOST, True),
        (TEACHER, ClassroomRole.ASSISTANT, False),
        (ADMIN, ClassroomRole.ASSISTANT, False),
        (STUDENT, ClassroomRole.ASSISTANT, False),
        (TEACHER, ClassroomRole.STUDENT, False),
        (ADMIN, ClassroomRole.STUDENT, False),
        (STUDENT, ClassroomRole.STUDENT, False),
        (TEACHER, None, False),
        (ADMIN, None, False),
        (STUDENT, None, False),
    ],
)
def test_only_a_host_who_is_no_teacher_has_lost_host_permissions(
    account_role: AccountRole, role: ClassroomRole | None, lost: bool
) -> None:
    assert access(role, account_role=account_role).lost_host_rights is lost


def test_disabled_teacher_keeps_the_place_of_the_host() -> None:
    """A disabled account has no session; enabled again, it is host as before."""
    host = access(ClassroomRole.HOST, account_role=TEACHER)
    disabled = replace(host, account=replace(host.account, disabled=True))
    assert not disabled.lost_host_rights


@pytest.mark.parametrize(
    ("account_role", "role", "name"),
    [
        (TEACHER, ClassroomRole.HOST, "host"),
        (TEACHER, ClassroomRole.ASSISTANT, "assistant"),
        (STUDENT, ClassroomRole.ASSISTANT, "assistant"),
        (STUDENT, ClassroomRole.STUDENT, "student"),
        (TEACHER, ClassroomRole.STUDENT, "student"),
        (ADMIN, ClassroomRole.ASSISTANT, "assistant"),
        (ADMIN, ClassroomRole.HOST, "admin"),
        (ADMIN, None, "admin"),
        (TEACHER, None, "teacher"),
        (STUDENT, None, "student"),
    ],
)
def test_audit_names_the_role_in_the_class_or_else_that_of_the_account(
    account_role: AccountRole, role: ClassroomRole | None, name: str
) -> None:
    assert access(role, account_role=account_role).role_name == name


def test_kicked_member_keeps_the_role_in_the_audit() -> None:
    kicked = access(ClassroomRole.STUDENT, account_role=STUDENT, kicked=True)
    assert kicked.membership is not None
    assert kicked.membership.kicked_at == NOW
    assert kicked.role_name == "student"
