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


def commands_of(services: LegacyApiServices) -> Mapping[tuple[str, str], Command]:
    """Return the command of each `svc` and `cmd`."""
    return {
        ("account", "regist"): Command(
            AuthMode.ANONYMOUS, partial(account_commands.register, services.accounts), "register"
        ),
        ("account", "login"): Command(
            AuthMode.ANONYMOUS, partial(account_commands.log_in, services.accounts), "log in"
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
        ),
        ("live", "exitroom"): Command(
            AuthMode.TOKEN,
            partial(class_commands.end, services.classrooms),
            DESCRIPTIONS[Permission.END],
        ),
        ("live", "heartbeat"): Command(
            AuthMode.CACHED_TOKEN,
            partial(class_commands.record_heartbeat, services.presence),
            DESCRIPTIONS[Permission.SEND_HEARTBEAT],
        ),
        ("live", "reportmemid"): Command(
            AuthMode.TOKEN,
            partial(class_commands.report_member, services.presence, services.entry),
            "enter or leave the class",
        ),
        ("live", "roomidlist"): Command(
            AuthMode.TOKEN,
            partial(class_commands.list_members, services.presence),
            DESCRIPTIONS[Permission.READ_ROSTER],
        ),
        ("live", "roomlist"): Command(
            AuthMode.TOKEN,
            partial(class_commands.list_classes, services.classroom_list),
            "list classes",
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
        ),
        ("live", "idxfileendcall"): Command(
            AuthMode.CUSTOM,
            partial(callback_commands.receive_index, services.replays),
            "report an index, as the cloud",
            IndexAnswer,
        ),
        ("cos", "get_sign"): Command(
            AuthMode.CACHED_TOKEN,
            partial(cloud_commands.sign_storage, services.signatures),
            "sign for storage",
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
        ),
    }
