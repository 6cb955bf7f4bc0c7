"""Every command of the legacy protocol, by `svc` and `cmd`."""

from collections.abc import Mapping
from functools import partial

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
            AuthMode.ANONYMOUS, partial(account_commands.register, services.accounts)
        ),
        ("account", "login"): Command(
            AuthMode.ANONYMOUS, partial(account_commands.log_in, services.accounts)
        ),
        ("account", "logout"): Command(
            AuthMode.ANONYMOUS, partial(account_commands.log_out, services.accounts)
        ),
        ("live", "create"): Command(
            AuthMode.CACHED_TOKEN, partial(class_commands.create, services.classrooms)
        ),
        ("live", "startcourse"): Command(
            AuthMode.TOKEN, partial(class_commands.start, services.classrooms)
        ),
        ("live", "exitroom"): Command(
            AuthMode.TOKEN, partial(class_commands.end, services.classrooms)
        ),
        ("live", "heartbeat"): Command(
            AuthMode.CACHED_TOKEN, partial(class_commands.record_heartbeat, services.presence)
        ),
        ("live", "reportmemid"): Command(
            AuthMode.TOKEN, partial(class_commands.report_member, services.presence, services.entry)
        ),
        ("live", "roomidlist"): Command(
            AuthMode.TOKEN, partial(class_commands.list_members, services.presence)
        ),
        ("live", "roomlist"): Command(
            AuthMode.TOKEN, partial(class_commands.list_classes, services.classroom_list)
        ),
        ("live", "reportbind"): Command(
            AuthMode.TOKEN, partial(file_commands.report_binding, services.file_bindings)
        ),
        ("live", "querybind"): Command(
            AuthMode.TOKEN, partial(file_commands.list_bindings, services.file_bindings)
        ),
        ("live", "makereplayidx"): Command(
            AuthMode.CUSTOM,
            partial(class_commands.request_replay, services.accounts, services.replays),
        ),
        ("live", "reccall"): Command(
            AuthMode.CUSTOM,
            partial(callback_commands.receive_recording, services.replays),
            lambda code, _info: RecordingAnswer(code),
        ),
        ("live", "idxfileendcall"): Command(
            AuthMode.CUSTOM, partial(callback_commands.receive_index, services.replays), IndexAnswer
        ),
        ("cos", "get_sign"): Command(
            AuthMode.CACHED_TOKEN, partial(cloud_commands.sign_storage, services.signatures)
        ),
        ("vod", "get_sign"): Command(
            AuthMode.TOKEN, partial(cloud_commands.sign_video_query, services.videos)
        ),
        ("vod", "get_client_sign"): Command(
            AuthMode.TOKEN, partial(cloud_commands.sign_video_upload, services.videos)
        ),
        ("vod", "cmd_proxy"): Command(
            AuthMode.TOKEN, partial(cloud_commands.forward_video_query, services.videos)
        ),
    }
