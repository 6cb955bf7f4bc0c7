"""How each kind of message for IM is sent, and what makes sending it twice harmless.

A marker keeps its number and its bytes, and IM drops the second one for 5 minutes. A group has our
own id. Kicks, mutes and the end of a group are the second time what they were the first.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from classgate.cloud.ports import CloudAnswer, ImService, Treatment
from classgate.outbox.delivery_repository import StoredMessage
from classgate.outbox.models import GroupKind, MessageKind

MAX_NAME_BYTES = 30
"""IM's limit on the name of a group: ten Chinese characters."""

_MUTED_FOR_EVER = 4_294_967_295
_TYPES = {GroupKind.CHAT: "AVChatRoom", GroupKind.REPLAY: "Private"}
_MISSING_GROUP = ("im_10010", "im_10015")
_DONE = CloudAnswer(Treatment.DONE)


class Names(Protocol):
    """Resolves what messages name by number."""

    async def find_title(self, classroom_id: int) -> str | None:
        """Return the title of a class."""

    async def find_identifier(self, account_id: int) -> str | None:
        """Return the identifier of an account that was not deleted."""


def group_id(classroom_id: int, kind: GroupKind) -> str:
    """Return the id of a class's group, as entry credentials name it."""
    return str(classroom_id) if kind is GroupKind.CHAT else f"{classroom_id}_replay"


def cut_name(name: str, limit: int = MAX_NAME_BYTES) -> str:
    """Return as much of the name as fits, without a part of a character."""
    return name.encode()[:limit].decode(errors="ignore").strip()


_Payload = Mapping[str, Any]
_Send = Callable[[StoredMessage, _Payload], Awaitable[CloudAnswer]]


@dataclass(frozen=True)
class _FoundOwner:
    answer: CloudAnswer
    owner: str


class ImSender:
    """Sends messages of one kind and one class, as one call where IM takes several."""

    def __init__(self, im: ImService, names: Names) -> None:
        self._im = im
        self._names = names
        self._senders: Mapping[MessageKind, _Send] = {
            MessageKind.MARKER: self._send_marker,
            MessageKind.GROUP: self._create_group,
            MessageKind.GROUP_END: self._destroy_group,
            MessageKind.KICK: self._kick,
            MessageKind.REPLAY_REQUEST: self._request_replay,
        }

    async def send(self, batch: Sequence[StoredMessage]) -> Sequence[CloudAnswer]:
        """Return an answer for each message. CloudUnavailable."""
        first = batch[0]
        send_one = self._senders.get(first.kind)
        if send_one is not None:
            return [await send_one(first, first.read_payload())]
        if first.kind is MessageKind.CHAT_MUTE:
            return await self._mute(first.class_number, [each.read_payload() for each in batch])
        identifiers = [str(each.read_payload()["identifier"]) for each in batch]
        if first.kind is MessageKind.GROUP_MEMBER:
            return await self._add_members(first.class_number, identifiers)
        body = {
            "GroupId": group_id(first.class_number, GroupKind.REPLAY),
            "Silence": 1,
            "MemberToDel_Account": identifiers,
        }
        return [await self._im.call("delete_group_member", body)] * len(batch)

    async def _kick(self, _message: StoredMessage, payload: _Payload) -> CloudAnswer:
        return await self._im.call("kick", {"UserID": payload["identifier"]})

    async def _request_replay(self, _message: StoredMessage, _payload: _Payload) -> CloudAnswer:
        # The service that built the indexes has no documentation any more.
        return CloudAnswer(Treatment.FINAL, "no_replay_service")

    # ── groups ─────────────────────────────────────────────────────────────────────────────────

    async def _create_group(self, message: StoredMessage, payload: _Payload) -> CloudAnswer:
        kind = GroupKind(payload["group"])
        classroom_id = message.class_number
        title = await self._names.find_title(classroom_id) or ""
        group = group_id(classroom_id, kind)
        body = {
            "Owner_Account": self._im.admin_identifier,
            "Type": _TYPES[kind],
            "GroupId": group,
            "Name": cut_name(title) or group,
        }
        answer = await self._im.call("create_group", body)
        if answer.code == "im_10021":  # in use: ours after all, or somebody else's
            found = await self._find_owner(group)
            if found.owner == self._im.admin_identifier:
                return _DONE
        return answer

    async def _destroy_group(self, message: StoredMessage, payload: _Payload) -> CloudAnswer:
        """Destroy a group of ours. A client of the legacy API made its own, and keeps it."""
        group = group_id(message.class_number, GroupKind(payload["group"]))
        found = await self._find_owner(group)
        if found.answer.treatment is not Treatment.DONE:
            return found.answer
        if found.owner != self._im.admin_identifier:
            return _DONE
        return await self._im.call("destroy_group", {"GroupId": group})

    async def _find_owner(self, group: str) -> _FoundOwner:
        """Return the owner of a group; "": it does not exist, or has none."""
        answer = await self._im.call("get_group_info", {"GroupIdList": [group]})
        listed = answer.content.get("GroupInfo")
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, dict) and each.get("GroupId") == group:
                return _FoundOwner(answer, str(each.get("Owner_Account", "")))
        return _FoundOwner(answer, "")

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
        answers = await asyncio.gather(
            *(self._im.call("account_import", {"UserID": each}) for each in identifiers)
        )
        return next((each for each in answers if each.treatment is not Treatment.DONE), None)

    async def _mute(self, classroom_id: int, payloads: Sequence[_Payload]) -> Sequence[CloudAnswer]:
        """Mute some and unmute the others: one call each."""
        answers: dict[bool, CloudAnswer] = {}
        for muted in dict.fromkeys(bool(each["muted"]) for each in payloads):
            identifiers = [str(each["identifier"]) for each in payloads if each["muted"] is muted]
            answers[muted] = await self._set_mute(classroom_id, identifiers, muted=muted)
        return [answers[bool(each["muted"])] for each in payloads]

    async def _set_mute(
        self, classroom_id: int, identifiers: Sequence[str], *, muted: bool
    ) -> CloudAnswer:
        body = {
            "GroupId": group_id(classroom_id, GroupKind.CHAT),
            "Members_Account": identifiers,
            "MuteTime": _MUTED_FOR_EVER if muted else 0,
        }
        answer = await self._im.call("forbid_send_msg", body)
        if answer.treatment is Treatment.IMPORT:
            imported = await self._import(identifiers)
            if imported is not None:
                return imported
            answer = _after_import(await self._im.call("forbid_send_msg", body))
        return answer

    # ── markers ────────────────────────────────────────────────────────────────────────────────

    async def _send_marker(self, message: StoredMessage, payload: _Payload) -> CloudAnswer:
        """Send a marker to the replay group, or to the group that an old client made itself."""
        identifier = await self._names.find_identifier(message.account_id or 0)
        if identifier is None:
            return CloudAnswer(Treatment.FINAL, "account_deleted")
        body = marker_body(payload, identifier, self._im.admin_identifier)
        for kind in (GroupKind.REPLAY, GroupKind.CHAT):
            group = {"GroupId": group_id(message.class_number, kind)}
            answer = await self._im.call("send_group_msg", {**group, **body})
            if answer.code not in _MISSING_GROUP:
                break
        if answer.treatment is Treatment.DONE and answer.content.get("MsgDropReason"):
            return CloudAnswer(Treatment.RETRY, "im_message_dropped")
        return answer


def marker_body(payload: _Payload, identifier: str, admin_identifier: str) -> dict[str, object]:
    """Return the message of a marker: the same bytes at each attempt."""
    data = {**payload, "value": {"uid": identifier, **payload["value"]}}
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
