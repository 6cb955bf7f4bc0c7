"""The members that a new class is created with."""

from classgate.accounts import repository as accounts_repository
from classgate.accounts.identifiers import find_folded
from classgate.accounts.models import Account
from classgate.classrooms.models import ClassroomRole, Membership, NewMember
from classgate.errors import FieldFault
from classgate.refusals import MembersNotAddable
from classgate.storage.database import DatabaseConnection
from classgate.validation import field_error

MAX_MEMBERS = 500


async def resolve_members(
    connection: DatabaseConnection, host: Account, members: tuple[NewMember, ...]
) -> list[Membership]:
    """Resolve identifiers to accounts. InvalidRequest names each unknown, repeated or host."""
    if len(members) > MAX_MEMBERS:
        raise field_error(
            "members", f"at most {MAX_MEMBERS} members at once; add the others with PUT"
        )
    names = [find_folded(each.identifier) for each in members]
    known = await accounts_repository.find_by_identifiers(
        connection, {each for each in names if each}
    )
    faults: list[FieldFault] = []
    found: dict[int, Membership] = {}
    for index, (member, name) in enumerate(zip(members, names, strict=True)):
        account = None if name is None else known.get(name)
        reason = None
        if account is None:
            reason = f"there is no account {member.identifier!r}"
        elif account.account_id == host.account_id:
            reason = "the host is a member already"
        elif account.account_id in found:
            reason = f"{member.identifier!r} is listed twice"
        elif member.role is ClassroomRole.HOST:
            reason = "a class has one host, its teacher"
        else:
            found[account.account_id] = Membership(
                account_id=account.account_id,
                role=member.role,
                on_stage=member.on_stage,
                kicked_at=None,
            )
        if reason is not None:
            faults.append(FieldFault(f"members[{index}].identifier", reason))
    if faults:
        raise MembersNotAddable(faults)
    return list(found.values())
