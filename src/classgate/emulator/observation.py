"""What a test may look at: `GET /_emulator/calls`, `/groups` and `/messages`."""

from typing import Any

from classgate.emulator.call_log import CallLog
from classgate.emulator.faults import SERVICES
from classgate.emulator.http import Request, Response, json_response
from classgate.emulator.im.groups import Group, GroupMessage, Groups
from classgate.signing.encoding import to_epoch


class ObservationRoutes:
    """Handlers of the calls that read. Each answers `{"items": […]}`."""

    def __init__(self, calls: CallLog, groups: Groups) -> None:
        self._calls = calls
        self._groups = groups

    async def calls(self, request: Request) -> Response:
        """Return the calls that the services received: `?service=&since=` (Unix seconds)."""
        service, since = request.parameter("service") or None, request.parameter("since") or "0"
        if service not in (None, *SERVICES):
            return _refusal(f"service must be one of {', '.join(SERVICES)}")
        if not (since.isascii() and since.isdigit() and len(since) <= 12):
            return _refusal("since must be Unix seconds")
        return json_response({"items": self._calls.since(service, int(since))})

    async def groups(self, _request: Request) -> Response:
        """Return the groups of the IM application with their members."""
        return json_response({"items": [self._group(each) for each in self._groups.all()]})

    async def messages(self, request: Request) -> Response:
        """Return the messages in order, those of destroyed groups included: `?group_id=`."""
        found = self._groups.all_messages(request.parameter("group_id") or None)
        return json_response({"items": [_message(each) for each in found]})

    def _group(self, group: Group) -> dict[str, Any]:
        return {
            "group_id": group.group_id,
            "type": group.kind,
            "name": group.name,
            "owner": group.owner,
            "members": list(group.members),
            "muted": list(self._groups.current(group.muted_until)),
            "banned": list(self._groups.current(group.banned_until)),
        }


def _message(message: GroupMessage) -> dict[str, Any]:
    return {
        "group_id": message.group_id,
        "sequence": message.sequence,
        "random": message.random,
        "from": message.sender,
        "body": message.body,
        "at": to_epoch(message.sent_at),
    }


def _refusal(message: str) -> Response:
    return json_response({"error": message}, 400)
