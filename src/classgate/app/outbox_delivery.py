"""The delivery of the outbox, wired: the services that the settings name, and what it asks."""

from collections.abc import Mapping
from dataclasses import dataclass

from classgate.accounts import repository as accounts_repository
from classgate.app.setting_values import im_endpoint_of, rtc_endpoint_of
from classgate.classrooms import repository as classrooms_repository
from classgate.classrooms.models import ClassroomState
from classgate.clock import Clock
from classgate.cloud.call_rate import CallRate, Share
from classgate.cloud.group_rate import GroupRate
from classgate.cloud.http import CloudHttpClient
from classgate.cloud.im import IM_TIMEOUTS, ImClient
from classgate.cloud.resilient_client import ResilientClient, Runtime
from classgate.cloud.rtc import RTC_TIMEOUTS, RtcClient
from classgate.leases.service import LeaseService
from classgate.outbox.delivery import OutboxDelivery, Sender
from classgate.outbox.im_commands import ImSender
from classgate.outbox.policy import Lane
from classgate.outbox.retention import OutboxRetention
from classgate.outbox.room_commands import RoomSender
from classgate.outbox.service import CloudServices
from classgate.outbox.wake_up import WakeUp
from classgate.settings.loading import Settings
from classgate.storage.database import Database

# IM allows 200 calls a second of each command, TRTC 20 of each action, for the whole application:
# the rest is left to other users of the application. The budgets are of all processes together.
IM_RATE = CallRate(per_second=100, burst=40)
# IM takes 40 messages a second in a group: most are left to those who write on the board.
IM_GROUP_RATE = CallRate(per_second=10, burst=10)
RTC_RATE = CallRate(per_second=10, burst=10)


_OPEN_STATES = (ClassroomState.CREATED, ClassroomState.LIVE)


@dataclass(frozen=True)
class WiredDelivery:
    """The delivery, and the clean-up of what it leaves."""

    delivery: OutboxDelivery
    retention: OutboxRetention


def cloud_services_of(settings: Settings) -> CloudServices:
    """Return which services the settings name."""
    return CloudServices(
        im=settings.cloud.calls(settings.im.endpoint),
        rtc=settings.cloud.calls(settings.cloud.trtc_endpoint),
    )


def wire_delivery(
    *,
    settings: Settings,
    database: Database,
    leases: LeaseService,
    http: CloudHttpClient,
    wake_up: WakeUp,
    clock: Clock,
    runtime: Runtime,
    share: Share,
) -> WiredDelivery:
    """Return the delivery to the services that the settings name."""
    names = Names(database, leases)
    senders: dict[Lane, Sender] = {}
    services = cloud_services_of(settings)
    if services.rtc:
        rtc_calls = ResilientClient("TRTC", RTC_RATE, RTC_TIMEOUTS, runtime, share)
        rooms = RtcClient(rtc_endpoint_of(settings), http, clock, rtc_calls)
        senders[Lane.ROOMS] = RoomSender(rooms)
    if services.im:
        im_calls = ResilientClient("IM", IM_RATE, IM_TIMEOUTS, runtime, share)
        key = settings.im.signing_key()
        group_rate = GroupRate(IM_GROUP_RATE, runtime, share)
        im = ImClient(im_endpoint_of(settings), key, http, clock, im_calls, group_rate)
        senders[Lane.ACCOUNTS] = senders[Lane.GROUPS] = ImSender(im, names)
    return WiredDelivery(
        OutboxDelivery(
            database=database,
            senders=senders,
            gate_state=names,
            wake_up=wake_up,
            clock=clock,
            runtime=runtime,
            share=share,
        ),
        OutboxRetention(database, _lanes_without(senders), clock),
    )


def _lanes_without(senders: Mapping[Lane, Sender]) -> tuple[Lane, ...]:
    return tuple(lane for lane in Lane if lane not in senders)


class Names:
    """Answers the delivery's questions from the features that know."""

    def __init__(self, database: Database, leases: LeaseService) -> None:
        self._database = database
        self._leases = leases

    async def find_title(self, classroom_id: int) -> str | None:
        found = await classrooms_repository.find_classroom(self._database.reader, classroom_id)
        return None if found is None else found.title

    async def find_identifier(self, account_id: int) -> str | None:
        found = await accounts_repository.find_identifiers(self._database.reader, [account_id])
        return found.get(account_id)

    async def may_enter(self, account_id: int, classroom_id: int) -> bool:
        return await self._leases.has_renewable_entry(
            self._database.reader, account_id, classroom_id
        )

    async def is_open(self, classroom_id: int) -> bool:
        return await self._find_state(classroom_id) in _OPEN_STATES

    async def has_started(self, classroom_id: int) -> bool:
        return await self._find_state(classroom_id) not in {None, ClassroomState.CREATED}

    async def _find_state(self, classroom_id: int) -> ClassroomState | None:
        found = await classrooms_repository.find_classroom(self._database.reader, classroom_id)
        return None if found is None else found.state

    async def has_user_sig(self, account_id: int) -> bool:
        return await self._leases.has_active_user_sig(self._database.reader, account_id)
