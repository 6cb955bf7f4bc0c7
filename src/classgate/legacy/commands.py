"""Every command of the legacy protocol, by `svc` and `cmd`."""

from collections.abc import Mapping
from functools import partial

from classgate.classrooms.permissions import DESCRIPTIONS, Permission
from classgate.legacy import (
    account_commands,
    callback_commands,
    class_commands,
    cloud_commands,
    file_commands,
)
from classgate.legacy.calls import AuthMode, Command
from classgate.legacy.protocol import IndexAnswer, RecordingAnswer
from classgate.legacy.services import LegacyApiServices
from classgate.metrics import RequestClass


def commands_of(services: LegacyApiServices) -> Mapping[tuple[str, str], Command]:
    """Return the command of each `svc` and `cmd`."""
    return {
        ("account", "regist"): Command(
            AuthMode.ANONYMOUS,
            partial(account_commands.register, services.accounts),
            "register",
            request_class=RequestClass.LOG_IN,
        ),
        ("account", "login"): Command(
            AuthMode.ANONYMOUS,
            partial(account_commands.log_in, services.accounts),
            "log in",
            request_class=RequestClass.LOG_IN,
        ),
        ("account", "logout"): Command(
            AuthMode.ANONYMOUS, partial(account_commands.log_out, services.accounts), "log out"
        ),
        ("live", "create"): Command(
            AuthMode.CACHED_TOKEN,
            partial(class_commands.create, services.classrooms),
            "make a class",
        ),
        ("live", "startcourse"): Command(
            AuthMode.TOKEN,
            partial(class_commands.start, services.classrooms),
            DESCRIPTIONS[Permission.START],
            request_class=RequestClass.RUNNING,
        ),
        ("live", "exitroom"): Command(
            AuthMode.TOKEN,
            partial(class_commands.end, services.classrooms),
            DESCRIPTIONS[Permission.END],
            request_class=RequestClass.RUNNING,
        ),
        ("live", "heartbeat"): Command(
            AuthMode.CACHED_TOKEN,
            partial(class_commands.record_heartbeat, services.presence),
            DESCRIPTIONS[Permission.SEND_HEARTBEAT],
            request_class=RequestClass.RUNNING,
            is_in_class=True,
            is_heartbeat=True,
        ),
        ("live", "reportmemid"): Command(
            AuthMode.TOKEN,
            partial(class_commands.report_member, services.presence, services.entry),
            "enter or leave the class",
            request_class=RequestClass.RUNNING,
            is_in_class=True,
        ),
        ("live", "roomidlist"): Command(
            AuthMode.TOKEN,
            partial(class_commands.list_members, services.presence),
            DESCRIPTIONS[Permission.READ_ROSTER],
            request_class=RequestClass.LIST,
        ),
        ("live", "roomlist"): Command(
            AuthMode.TOKEN,
            partial(class_commands.list_classes, services.classroom_list),
            "list classes",
            request_class=RequestClass.LIST,
        ),
        ("live", "reportbind"): Command(
            AuthMode.TOKEN,
            partial(file_commands.report_binding, services.file_bindings),
            DESCRIPTIONS[Permission.BIND_FILES],
        ),
        ("live", "querybind"): Command(
            AuthMode.TOKEN,
            partial(file_commands.list_bindings, services.file_bindings),
            "list the files of the class",
            request_class=RequestClass.LIST,
        ),
        ("live", "makereplayidx"): Command(
            AuthMode.CUSTOM,
            partial(class_commands.request_replay, services.accounts, services.replays),
            DESCRIPTIONS[Permission.REQUEST_REPLAY],
        ),
        ("live", "reccall"): Command(
            AuthMode.CUSTOM,
            partial(callback_commands.receive_recording, services.replays),
            "report a recording, as the cloud",
            lambda code, _info: RecordingAnswer(code),
            request_class=RequestClass.ENTRY,  # the cloud does not call again
        ),
        ("live", "idxfileendcall"): Command(
            AuthMode.CUSTOM,
            partial(callback_commands.receive_index, services.replays),
            "report an index, as the cloud",
            IndexAnswer,
            request_class=RequestClass.ENTRY,  # the cloud does not call again
        ),
        ("cos", "get_sign"): Command(
            AuthMode.CACHED_TOKEN,
            partial(cloud_commands.sign_storage, services.signatures),
            "sign for storage",
            request_class=RequestClass.RUNNING,
        ),
        ("vod", "get_sign"): Command(
            AuthMode.TOKEN,
            partial(cloud_commands.sign_video_query, services.videos),
            "sign a query of videos",
        ),
        ("vod", "get_client_sign"): Command(
            AuthMode.TOKEN,
            partial(cloud_commands.sign_video_upload, services.videos),
            "sign the upload of a video",
        ),
        ("vod", "cmd_proxy"): Command(
            AuthMode.TOKEN,
            partial(cloud_commands.forward_video_query, services.videos),
            "query videos",
            request_class=RequestClass.CLOUD,
        ),
    }
