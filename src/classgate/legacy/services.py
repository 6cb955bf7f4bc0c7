"""The services that the legacy API calls. Each command is given the one that it needs."""

from dataclasses import dataclass

from classgate.classrooms.entry import EntryService
from classgate.classrooms.presence.service import PresenceService
from classgate.classrooms.replays.service import ReplayService
from classgate.classrooms.service import ClassroomService
from classgate.legacy.accounts import LegacyAccountService
from classgate.legacy.classroom_list.service import LegacyClassroomList
from classgate.legacy.file_bindings.service import FileBindingService
from classgate.legacy.storage_signatures import LegacySignatureService
from classgate.legacy.videos.service import VideoService
from classgate.refusal_log.service import RefusalLog
from classgate.request_queues import RequestQueues


@dataclass(frozen=True, kw_only=True)
class LegacyApiServices:
    """Every service of the legacy API."""

    queues: RequestQueues
    refusals: RefusalLog
    accounts: LegacyAccountService
    classrooms: ClassroomService
    classroom_list: LegacyClassroomList
    entry: EntryService
    presence: PresenceService
    replays: ReplayService
    file_bindings: FileBindingService
    signatures: LegacySignatureService
    videos: VideoService
