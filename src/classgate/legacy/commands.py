"""Every command of the legacy protocol, by `svc` and `cmd`."""

from collections.abc import Mapping

from classgate.legacy import (
    account_commands,
    callback_commands,
    class_commands,
    cloud_commands,
    file_commands,
)
from classgate.legacy.calls import AuthMode, Command
from classgate.legacy.protocol import IndexAnswer, RecordingAnswer

COMMANDS: Mapping[tuple[str, str], Command] = {
    ("account", "regist"): Command(AuthMode.ANONYMOUS, account_commands.register),
    ("account", "login"): Command(AuthMode.ANONYMOUS, account_commands.log_in),
    ("account", "logout"): Command(AuthMode.ANONYMOUS, account_commands.log_out),
    ("live", "create"): Command(AuthMode.TOKEN, class_commands.create),
    ("live", "startcourse"): Command(AuthMode.TOKEN, class_commands.start),
    ("live", "exitroom"): Command(AuthMode.TOKEN, class_commands.end),
    ("live", "heartbeat"): Command(AuthMode.CACHED_TOKEN, class_commands.record_heartbeat),
    ("live", "reportmemid"): Command(AuthMode.TOKEN, class_commands.report_member),
    ("live", "roomidlist"): Command(AuthMode.TOKEN, class_commands.list_members),
    ("live", "roomlist"): Command(AuthMode.TOKEN, class_commands.list_classes),
    ("live", "reportbind"): Command(AuthMode.TOKEN, file_commands.report_binding),
    ("live", "querybind"): Command(AuthMode.TOKEN, file_commands.list_bindings),
    ("live", "makereplayidx"): Command(AuthMode.CUSTOM, class_commands.request_replay),
    ("live", "reccall"): Command(
        AuthMode.CUSTOM,
        callback_commands.receive_recording,
        lambda code, _info: RecordingAnswer(code),
    ),
    ("live", "idxfileendcall"): Command(
        AuthMode.CUSTOM, callback_commands.receive_index, IndexAnswer
    ),
    ("cos", "get_sign"): Command(AuthMode.TOKEN, cloud_commands.sign_storage),
    ("vod", "get_sign"): Command(AuthMode.TOKEN, cloud_commands.sign_video_query),
    ("vod", "get_client_sign"): Command(AuthMode.TOKEN, cloud_commands.sign_video_upload),
    ("vod", "cmd_proxy"): Command(AuthMode.TOKEN, cloud_commands.forward_video_query),
}
