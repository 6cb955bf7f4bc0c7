"""How each kind of message is sent, and what makes sending it twice harmless.

A marker keeps its number and its bytes, and IM drops the second one for 5 minutes. A group has our
own id. Removing, destroying and muting are so the second time as they were the first.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from classgate.cloud.ports import CloudAnswer, ImService, RoomService, Treatment
from classgate.outbox.delivery_repository import StoredMessage
from classgate.outbox.models import GroupKind, MessageKind

MAX_NAME_BYTES = 30
"""IM's limit on the name of a group: ten Chinese characters."""

_MUTED_FOR_EVER = 4_294_967_295
_TYPES = {GroupKind.CHAT: "AVChatRoom", GroupKind.REPLAY: "Private"}
_MISSING_GROUP = ("im_10010", "im_10015")
_DONE = CloudAnswer(Treatment.DONE)

BATCHES: Mapping[MessageKind, int] = {
    MessageKind.REMOVAL: 10,
    MessageKind.GROUP_MEMBER: 20,
    MessageKind.GROUP_REMOVAL: 20,
}
"""The kinds of which several messages of one class are one call, and how many."""


class Names(Protocol):
    """Resolves what messages name by number."""

    async def find_title(self, classroom_id: int) -> str | None:
        """Return the title of a class."""

    async def find_identifier(self, account_id: int) -> str | None:
        """Return the identifier of an account that was not deleted."""


@dataclass(frozen=True)
class CloudPorts:
    """The services that the settings name."""

    im: ImService | None
    rooms: RoomService | None


def group_id(classroom_id: int, kind: GroupKind) -> str:
    """Return the id of a class's group, as entry credentials name it."""
    return str(classroom_id) if kind is GroupKind.CHAT else f"{classroom_id}_replay"


def cut_name(name: str, limit: int = MAX_NAME_BYTES) -> str:
    """Return as much of the name as fits, without a part of a character."""
    return name.encode()[:limit].decode(errors="ignore").strip()


class Sender:
    """Sends messages of one kind and one class, as one call where the cloud takes several."""

    def __init__(self, ports: CloudPorts, names: Names) -> None:
        self._ports = ports
        self._names = names

    async def send(self, batch: Sequence[StoredMessage]) -> Sequence[CloudAnswer]:
        """Return an answer for each message. CloudUnavailable."""
        if len(batch) == 1:
            return [await self._send_one(batch[0])]
        answers = await self._send_together(batch)
        if any(each.treatment is Treatment.FINAL for each in answers):
            # One of them may spoil the call for the others.
            return await asyncio.gather(*(self._send_one(each) for each in batch))
        return answers

    async def _send_one(self, message: StoredMessage) -> CloudAnswer:
        payload = json.loads(message.payload)
        match message.kind:
            case MessageKind.MARKER:
                return await self._send_marker(message, payload)
            case MessageKind.GROUP:
                return await self._create_group(message, GroupKind(payload["group"]))
            case MessageKind.GROUP_END:
                group = group_id(_class_of(message), GroupKind(payload["group"]))
                return await self._im.call("destroy_group", {"GroupId": group})
            case MessageKind.CHAT_MUTE:
                return await self._mute(message, payload)
            case MessageKind.KICK:
                return await self._im.call("kick", {"UserID": payload["identifier"]})
            case MessageKind.DISMISSAL:
                return await self._rooms.dismiss_room(_class_of(message))
            case MessageKind.MEDIA_BLOCK:
                return await self._block(message, payload)
            case MessageKind.REPLAY_REQUEST:
                # The service that built the indexes has no documentation any more.
                return CloudAnswer(Treatment.FINAL, "no_replay_service")
            case _:
                return (await self._send_together([message]))[0]

    async def _send_together(self, batch: Sequence[StoredMessage]) -> Sequence[CloudAnswer]:
        classroom_id = _class_of(batch[0])
        identifiers = [str(json.loads(each.payload)["identifier"]) for each in batch]
        match batch[0].kind:
            case MessageKind.REMOVAL:
                answer = await self._rooms.remove_users(classroom_id, identifiers)
            case MessageKind.GROUP_REMOVAL:
                group = group_id(classroom_id, GroupKind.REPLAY)
                body = {"GroupId": group, "Silence": 1, "MemberToDel_Account": identifiers}
                answer = await self._im.call("delete_group_member", body)
            case _:
                return await self._add_members(classroom_id, identifiers)
        return [answer] * len(batch)

    # ── groups ─────────────────────────────────────────────────────────────────────────────────

    async def _create_group(self, message: StoredMessage, kind: GroupKind) -> CloudAnswer:
        classroom_id = _class_of(message)
        title = await self._names.find_title(classroom_id) or ""
        group = group_id(classroom_id, kind)
        body = {
            "Owner_Account": self._im.admin_identifier,
            "Type": _TYPES[kind],
            "GroupId": group,
            "Name": cut_name(title) or group,
        }
        answer = await self._im.call("create_group", body)
        if answer.code == "im_10021" and await self._owns(group):
            return _DONE
        return answer

    async def _owns(self, group: str) -> bool:
        """Return whether a group that exists is ours: an earlier call made it."""
        answer = await self._im.call("get_group_info", {"GroupIdList": [group]})
        listed = answer.content.get("GroupInfo")
        return answer.treatment is Treatment.DONE and any(
            isinstance(each, dict)
            and each.get("GroupId") == group
            and each.get("Owner_Account") == self._im.admin_identifier
            for each in (listed if isinstance(listed, list) else ())
        )

    async def _add_members(
        self, classroom_id: int, identifiers: Sequence[str]
    ) -> Sequence[CloudAnswer]:
        """Add members; those whom IM does not know are imported first."""
        body = {
            "GroupId": group_id(classroom_id, GroupKind.REPLAY),
            "Silence": 1,
            "MemberList": [{"Member_Account": each} for each in identifiers],
        }
        answer = await self._im.call("add_group_member", body)
        if answer.treatment is Treatment.IMPORT:
            imported = await self._import(identifiers)
            if imported is not None:
                return [imported] * len(identifiers)
            answer = await self._im.call("add_group_member", body)
        if answer.treatment is not Treatment.DONE:
            return [_after_import(answer)] * len(identifiers)
        refused = _refused_members(answer.content)
        return [
            CloudAnswer(Treatment.RETRY, "im_member_refused") if each in refused else answer
            for each in identifiers
        ]

    async def _import(self, identifiers: Sequence[str]) -> CloudAnswer | None:
        """Import accounts, which may exist. Return the first answer that is not done."""
        for identifier in identifiers:
            answer = await self._im.call("account_import", {"UserID": identifier})
            if answer.treatment is not Treatment.DONE:
                return answer
        return None

    async def _mute(self, message: StoredMessage, payload: Mapping[str, object]) -> CloudAnswer:
        identifier = str(payload["identifier"])
        body = {
            "GroupId": group_id(_class_of(message), GroupKind.CHAT),
            "Members_Account": [identifier],
            "MuteTime": _MUTED_FOR_EVER if payload["muted"] else 0,
        }
        answer = await self._im.call("forbid_send_msg", body)
        if answer.treatment is Treatment.IMPORT:
            imported = await self._import([identifier])
            if imported is not None:
                return imported
            answer = _after_import(await self._im.call("forbid_send_msg", body))
        return answer

    # ── markers ────────────────────────────────────────────────────────────────────────────────

    async def _send_marker(
        self, message: StoredMessage, payload: Mapping[str, object]
    ) -> CloudAnswer:
        """Send a marker to the replay group, or to the group that an old client made itself."""
        identifier = await self._names.find_identifier(message.account_id or 0)
        if identifier is None:
            return CloudAnswer(Treatment.FINAL, "account_deleted")
        body = marker_body(payload, identifier, self._im.admin_identifier)
        for kind in (GroupKind.REPLAY, GroupKind.CHAT):
            group = {"GroupId": group_id(_class_of(message), kind)}
            answer = await self._im.call("send_group_msg", {**group, **body})
            if answer.code not in _MISSING_GROUP:
                break
        if answer.treatment is Treatment.DONE and answer.content.get("MsgDropReason"):
            return CloudAnswer(Treatment.RETRY, "im_message_dropped")
        return answer

    # ── rooms ──────────────────────────────────────────────────────────────────────────────────

    async def _block(self, message: StoredMessage, payload: Mapping[str, object]) -> CloudAnswer:
        """Block the media; where the host cannot, remove whoever would be blocked."""
        identifier = str(payload["identifier"])
        audio, video = payload["audio"] is True, payload["video"] is True
        classroom_id = _class_of(message)
        if self._rooms.can_block:
            return await self._rooms.block_user(classroom_id, identifier, audio=audio, video=video)
        if audio or video:
            return await self._rooms.remove_users(classroom_id, [identifier])
        return _DONE

    @property
    def _im(self) -> ImService:
        assert self._ports.im is not None  # its lane runs only with it
        return self._ports.im

    @property
    def _rooms(self) -> RoomService:
        assert self._ports.rooms is not None  # its lane runs only with it
        return self._ports.rooms


def marker_body(
    payload: Mapping[str, object], identifier: str, admin_identifier: str
) -> dict[str, object]:
    """Return the message of a marker: the same bytes at each attempt."""
    value = payload["value"]
    assert isinstance(value, dict)
    data = {**payload, "value": {"uid": identifier, **value}}
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return {
        "From_Account": admin_identifier,
        "Random": payload["seq"],
        "MsgBody": [{"MsgType": "TIMCustomElem", "MsgContent": {"Data": text}}],
    }


def _after_import(answer: CloudAnswer) -> CloudAnswer:
    """Return the answer to a call after the import: an account still unknown is a fault."""
    if answer.treatment is Treatment.IMPORT:
        return CloudAnswer(Treatment.RETRY, answer.code)
    return answer


def _refused_members(content: Mapping[str, object]) -> set[object]:
    """Return the members that were not added. 1: added, 2: is a member, 3: waits for them."""
    listed = content.get("MemberList")
    return {
        each.get("Member_Account")
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and each.get("Result") == 0
    }


def _class_of(message: StoredMessage) -> int:
    assert message.classroom_id is not None  # only a kick is of no class
    return message.classroom_id
