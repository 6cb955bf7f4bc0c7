"""The commands about groups: `group_open_http_svc/…`.

Sources: documents 269/1615, 269/1621, 269/9346, 269/79249, 269/2738 and 1047/34959.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from classgate.emulator.im import errors as codes
from classgate.emulator.im.accounts import Accounts
from classgate.emulator.im.errors import ImError
from classgate.emulator.im.groups import LIVE_ROOM, PRIVATE, TYPES, Group, GroupMessage, Groups
from classgate.emulator.im.parameters import UINT32, Parameters
from classgate.emulator.im.plans import Plan
from classgate.signing.encoding import to_epoch

_MAX_GROUP_ID_BYTES: Final = 48
_MAX_MEMBERS: Final = 20
_MAX_MUTED: Final = 500
_MAX_GROUPS: Final = 50
_MAX_READ: Final = 20
_MAX_LISTED: Final = 6000
_MAX_ELEMENTS: Final = 1000
_PRIORITIES: Final = ("High", "Normal", "Low", "Lowest")
_OWN_GROUP_ID = re.compile(r"(?!@TGS#)[\x20-\x7e]+")


class GroupCommands:
    """Answers the commands. Each raises `ImError`."""

    def __init__(
        self, groups: Groups, accounts: Accounts, admin: str, plan: Callable[[], Plan]
    ) -> None:
        self._groups = groups
        self._accounts = accounts
        self._admin = admin
        self._plan = plan

    def create_group(self, given: Parameters) -> dict[str, Any]:
        """Create a group.

        Unknown: how many members `MemberList` may have; here it is 20, as of `add_group_member`.
        Differs: `MaxMemberCount`, the options of joining and the data of the app are ignored.
        """
        kind = given.choice("Type", TYPES)
        name = given.text("Name", 30)
        for member, most_bytes in (("Introduction", 240), ("Notification", 300), ("FaceUrl", 100)):
            given.text(member, most_bytes, "")
        group_id = given.text("GroupId", _MAX_GROUP_ID_BYTES, "")
        if group_id and _OWN_GROUP_ID.fullmatch(group_id) is None:
            raise ImError(codes.WRONG_PARAMETER, "GroupId must be printable ASCII, without @TGS#")
        owner = given.identifier("Owner_Account", "")
        members = []
        if given.has("MemberList"):
            if kind == LIVE_ROOM:
                raise ImError(codes.NOT_PERMITTED, "an AVChatRoom is created without members")
            members = given.members("MemberList", "Member_Account", _MAX_MEMBERS)
        self._require_accounts([owner] * bool(owner) + members)
        group = self._groups.create(group_id, kind, name, owner, self._plan())
        self._groups.add_members(group, members, self._plan())
        return {"GroupId": group.group_id, "Type": kind}

    def destroy_group(self, given: Parameters) -> dict[str, Any]:
        self._groups.destroy(self._group(given).group_id)
        return {}

    def add_group_member(self, given: Parameters) -> dict[str, Any]:
        """Add up to 20 members.

        Unknown: whether an account that is not imported fails alone, with Result 0, or the whole
        call; here it is the call.
        """
        group = self._group(given)
        group.require_kind_other_than(LIVE_ROOM)
        members = given.members("MemberList", "Member_Account", _MAX_MEMBERS)
        self._require_accounts(members)
        barred = self._groups.current(group.banned_until)
        added = [each for each in members if each not in barred]
        results = self._groups.add_members(group, added, self._plan())
        return {
            "MemberList": [
                {"Member_Account": each, "Result": results.get(each, 0)} for each in members
            ]
        }

    def delete_group_member(self, given: Parameters) -> dict[str, Any]:
        """Remove up to 20 members.

        Unknown: what the cloud answers about somebody who is not a member; here it is success.
        """
        group = self._group(given)
        group.require_kind_other_than(LIVE_ROOM)
        for each in given.identifiers("MemberToDel_Account", _MAX_MEMBERS):
            group.members.pop(each, None)
        return {}

    def send_group_msg(self, given: Parameters) -> dict[str, Any]:
        group = self._group(given)
        sender = given.identifier("From_Account", self._admin)
        self._require_accounts([sender])
        message = self._groups.send(
            group,
            sender=sender,
            random=given.number("Random", UINT32),
            priority=given.choice("MsgPriority", _PRIORITIES, "Normal"),
            body=_body(given),
        )
        return {"MsgTime": to_epoch(message.sent_at), "MsgSeq": message.sequence}

    def forbid_send_msg(self, given: Parameters) -> dict[str, Any]:
        """Mute up to 500 members.

        Unknown: whether the older name `ShutUpTime` still works; here it does not. Unknown: whether
        the cloud refuses somebody who is not a member; here it does not.
        """
        group = self._group(given)
        group.require_kind_other_than(PRIVATE)
        members = given.identifiers("Members_Account", _MAX_MUTED)
        self._require_accounts(members)
        self._groups.mute(group, members, given.number("MuteTime", UINT32))
        return {}

    def get_group_muted_account(self, given: Parameters) -> dict[str, Any]:
        """Return the muted members.

        Unknown: the names of the members of the answer; here they are those of a public client.
        """
        group = self._group(given)
        muted = self._groups.current(group.muted_until)
        return {
            "GroupId": group.group_id,
            "MutedAccountList": [
                {"Member_Account": each, "MutedUntil": end} for each, end in muted.items()
            ],
        }

    def ban_group_member(self, given: Parameters) -> dict[str, Any]:
        """Remove up to 20 members and keep them out for a time.

        Unknown: the code of a plan without this command; here it is 10026.
        """
        self._ban(given, given.number("Duration", UINT32))
        return {}

    def unban_group_member(self, given: Parameters) -> dict[str, Any]:
        self._ban(given, 0)
        return {}

    def get_group_info(self, given: Parameters) -> dict[str, Any]:
        """Return groups; one that does not exist has an ErrorCode of its own."""
        asked = given.items("GroupIdList", _MAX_GROUPS)
        if not all(isinstance(each, str) for each in asked):
            raise ImError(codes.WRONG_PARAMETER, "GroupIdList must be a list of texts")
        held = {each.group_id: each for each in self._groups.all()}
        return {"GroupInfo": [_information(each, held.get(each)) for each in asked]}

    def get_group_member_info(self, given: Parameters) -> dict[str, Any]:
        """Return the members, page by page."""
        group = self._group(given)
        first = given.number("Offset", UINT32, 0)
        size = given.number("Limit", _MAX_LISTED, _MAX_LISTED)
        shown = list(group.members.items())[first : first + size]
        return {
            "MemberNum": len(group.members),
            "MemberList": [
                {
                    "Member_Account": name,
                    "Role": "Owner" if name == group.owner else "Member",
                    "JoinTime": to_epoch(joined_at),
                    "MuteUntil": self._groups.muted_until(group, name),
                }
                for name, joined_at in shown
            ],
        }

    def group_msg_get_simple(self, given: Parameters) -> dict[str, Any]:
        """Return the newest messages first, up to `ReqMsgSeq`.

        Differs: messages do not expire.
        """
        group = self._group(given)
        group.require_kind_other_than(LIVE_ROOM)
        size = given.number("ReqMsgNumber", _MAX_READ)
        last = given.number("ReqMsgSeq", UINT32, UINT32)
        found = [each for each in self._groups.messages(group) if each.sequence <= last]
        shown = found[::-1][:size]
        return {
            "GroupId": group.group_id,
            "IsFinished": 1 if len(shown) == len(found) else 0,
            "RspMsgList": [_written(each) for each in shown],
        }

    def _group(self, given: Parameters) -> Group:
        return self._groups.get(given.text("GroupId", _MAX_GROUP_ID_BYTES))

    def _ban(self, given: Parameters, seconds: int) -> None:
        if not self._plan().can_ban:
            raise ImError(codes.COMMAND_DISABLED, "the plan does not include this command")
        group = self._group(given)
        members = given.identifiers("Members_Account", _MAX_MEMBERS)
        self._require_accounts(members)
        self._groups.ban(group, members, seconds)

    def _require_accounts(self, identifiers: Iterable[str]) -> None:
        for each in identifiers:
            if not self._accounts.has(each):
                raise ImError(codes.NO_SUCH_MEMBER, f"the account {each} does not exist")


def _body(given: Parameters) -> list[Any]:
    """Return the elements of a message. Raises `ImError`."""
    elements = Parameters({"MsgBody": given.raw("MsgBody")}, codes.WRONG_MESSAGE).objects(
        "MsgBody", _MAX_ELEMENTS
    )
    for each in elements:
        each.text("MsgType", 64)
        if not isinstance(each.raw("MsgContent"), dict):
            raise ImError(codes.WRONG_MESSAGE, "MsgContent must be an object")
    return list(given.raw("MsgBody"))


def _information(group_id: str, group: Group | None) -> dict[str, Any]:
    if group is None:
        return {
            "GroupId": group_id,
            "ErrorCode": codes.NO_SUCH_GROUP,
            "ErrorInfo": "the group does not exist",
        }
    return {
        "GroupId": group_id,
        "ErrorCode": 0,
        "ErrorInfo": "",
        "Type": group.kind,
        "Name": group.name,
        "Owner_Account": group.owner,
        "CreateTime": to_epoch(group.created_at),
        "MemberNum": len(group.members),
        "NextMsgSeq": group.next_sequence,
    }


def _written(message: GroupMessage) -> dict[str, Any]:
    return {
        "From_Account": message.sender,
        "IsPlaceMsg": 0,
        "IsSystemMsg": 0,
        "MsgBody": message.body,
        "MsgPriority": _PRIORITIES.index(message.priority) + 1,
        "MsgRandom": message.random,
        "MsgSeq": message.sequence,
        "MsgTimeStamp": to_epoch(message.sent_at),
    }
