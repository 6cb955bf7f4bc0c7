"""Every command of the old protocol, by `svc` and `cmd`."""

from collections.abc import Mapping

from classgate.legacy import (
    account_commands,
    callback_commands,
    class_commands,
    cloud_commands,
    file_commands,
)
from classgate.legacy.calls import Command, Family
from classgate.legacy.protocol import IndexAnswer, RecordingAnswer

COMMANDS: Mapping[tuple[str, str], Command] = {
    ("account", "regist"): Command(Family.PLAIN, account_commands.register),
    ("account", "login"): Command(Family.PLAIN, account_commands.log_in),
    ("account", "logout"): Command(Family.PLAIN, account_commands.log_out),
    ("live", "create"): Command(Family.TOKEN, class_commands.create),
    ("live", "startcourse"): Command(Family.TOKEN, class_commands.start),
    ("live", "exitroom"): Command(Family.TOKEN, class_commands.end),
    ("live", "heartbeat"): Command(Family.BEAT, class_commands.beat),
    ("live", "reportmemid"): Command(Family.TOKEN, class_commands.report_member),
    ("live", "roomidlist"): Command(Family.TOKEN, class_commands.list_members),
    ("live", "roomlist"): Command(Family.TOKEN, class_commands.list_classes),
    ("live", "reportbind"): Command(Family.TOKEN, file_commands.report_binding),
    ("live", "querybind"): Command(Family.TOKEN, file_commands.list_bindings),
    ("live", "makereplayidx"): Command(Family.BARE, class_commands.request_replay),
    ("live", "reccall"): Command(
        Family.BARE, callback_commands.take_recording, lambda code, _info: RecordingAnswer(code)
    ),
    ("live", "idxfileendcall"): Command(Family.BARE, callback_commands.take_index, IndexAnswer),
    ("cos", "get_sign"): Command(Family.TOKEN, cloud_commands.sign_storage),
    ("vod", "get_sign"): Command(Family.TOKEN, cloud_commands.sign_video_query),
    ("vod", "get_client_sign"): Command(Family.TOKEN, cloud_commands.sign_video_upload),
    ("vod", "cmd_proxy"): Command(Family.TOKEN, cloud_commands.forward_video_query),
}
