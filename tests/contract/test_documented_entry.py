"""The snippet of docs/how-to/enter-from-a-client.md: against the types of Tencent's packages, and
played in Node with SDKs that only note what they are told.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.documented_snippets import helper, module
from tests.support.lying_gate import LyingGate, Said, lying_gate, refused, said
from tests.support.node_clients import install_packages, require_node

TYPES = Path(__file__).parent / "snippet_types"
ENTER = module("how-to/enter-from-a-client.md", "enter.js")
HEARTBEAT = "/v1/classrooms/7/heartbeat"
ENTRY = {
    "sdk_app_id": 1400000001, "identifier": "amy", "user_sig": "sig", "room_id": 7,
    "private_map_key": "first", "privilege_map": 170, "role": "student", "lease_id": "l1",
    "groups": {"chat": "7", "replay": "7_replay"}, "refresh_after": 240, "server_time": 0,
}  # fmt: skip
ON_STAGE = ENTRY | {"private_map_key": "second", "privilege_map": 190}
LEFT = ["exitRoom", "destroy chat", "destroy room"]

_SDKS = """
export const noted = [];
const failing = %s; // by method: codes of its next refusals
const note = (name) => async (...given) => {
  noted.push(given.length ? [name, ...given] : name);
  const code = failing[name]?.shift();
  if (code) throw Object.assign(new Error(name), {code});
};
const TYPE = {ROLE_ANCHOR: 'anchor', ROLE_AUDIENCE: 'audience', SCENE_LIVE: 'live'};
export const TRTC = {TYPE, create: () => ({
  enterRoom: note('enterRoom'), switchRole: note('switchRole'), exitRoom: note('exitRoom'),
  destroy: () => { noted.push('destroy room'); },
})};
export const Chat = {
  EVENT: {SDK_READY: 'ready', MESSAGE_RECEIVED: 'message'},
  TYPES: {GRP_AVCHATROOM: 'AVChatRoom'},
  create: (options) => {
    noted.push(['create', options]);
    const heard = {};
    return {
      on: (event, listener) => { heard[event] = listener; },
      login: async (options) => { await note('login')(options); setTimeout(heard.ready); },
      createGroup: note('createGroup'), joinGroup: note('joinGroup'),
      destroy: async () => { noted.push('destroy chat'); },
    };
  },
};
"""
_PROGRAM = """
const setTimer = globalThis.setTimeout;
globalThis.setTimeout = (run, wait, ...rest) => setTimer(run, wait >= 500 ? 0 : wait, ...rest);
const {noted} = await import('./sdks.mjs');
const {session} = await import('./classgate.mjs');
const {enter} = await import('./enter.mjs');
session.accessToken = 'token';
const stages = [];
const say = (event) => fetch('%s' + event, {method: 'POST'});
const over = await new Promise((onOver, onRefused) => {
  const onStage = (maySend) => {
    if (stages.push(maySend) > 1) say('/stage-changed');
  };
  enter(7, {onOver, onStage, onAbsent() {}, onMessage() {}})
    .then(({joined}) => joined)
    .then(() => say('/joined'))
    .catch(onRefused);
}).catch((error) => ({refused: error.reason ?? error.code}));
console.log(JSON.stringify({noted, stages, over}));
"""


@pytest.fixture
def gate() -> Iterator[LyingGate]:
    with lying_gate() as gate:
        gate.answer("/v1/classrooms/7/leave", Said(204))
        gate.answer("/joined", Said(204))
        yield gate


def play(
    gate: LyingGate, folder: Path, refusals: dict[str, list[int]] | None = None
) -> dict[str, Any]:
    """Enter class 7: what the SDKs were told, and how it ended."""
    require_node()
    code = helper(f"http://127.0.0.1:{gate.port}")
    (folder / "classgate.mjs").write_text(code.replace("import COS from 'cos-js-sdk-v5';", ""))
    (folder / "sdks.mjs").write_text(_SDKS % json.dumps(refusals or {}))
    imports = {
        "import TRTC from 'trtc-sdk-v5';": "import {TRTC} from './sdks.mjs';",
        "import TencentCloudChat from '@tencentcloud/chat';": (
            "import {Chat as TencentCloudChat} from './sdks.mjs';"
        ),
        "'./classgate.js'": "'./classgate.mjs'",
    }
    code = ENTER
    for written, used in imports.items():
        assert code.count(written) == 1
        code = code.replace(written, used)
    (folder / "enter.mjs").write_text(code)
    (folder / "program.mjs").write_text(_PROGRAM % f"http://127.0.0.1:{gate.port}")
    done = subprocess.run(
        ["node", "program.mjs"], cwd=folder, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def heartbeat(state: str = "live", **changed: object) -> Said:
    return said({"present": True, "state": state, "role": "student", "on_stage": False,
                 "privilege_map": 170} | changed)  # fmt: skip


def entering(role: str = "audience") -> list[Any]:
    """What the SDKs are told until one is in the room and logged in to the chat."""
    room = {
        "sdkAppId": 1400000001, "userId": "amy", "userSig": "sig", "roomId": 7,
        "privateMapKey": "first", "scene": "live", "role": role,
    }  # fmt: skip
    return [
        ["enterRoom", room],
        ["create", {"SDKAppID": 1400000001}],
        ["login", {"userID": "amy", "userSig": "sig"}],
    ]


JOIN = ["joinGroup", {"groupID": "7", "type": "AVChatRoom"}]


def test_student_enters_room_and_chat_and_leaves_at_the_end(
    gate: LyingGate, tmp_path: Path
) -> None:
    gate.answer("/v1/classrooms/7/entry", said(ENTRY))
    gate.answer(HEARTBEAT, heartbeat(), heartbeat("ended"))
    found = play(gate, tmp_path)
    assert found == {"noted": [*entering(), JOIN, *LEFT], "stages": [False], "over": "class_ended"}
    assert "POST /v1/classrooms/7/leave" in gate.lines()


def test_student_goes_on_stage_with_a_renewed_key(gate: LyingGate, tmp_path: Path) -> None:
    """First the renewal, then the role: the key of the entry does not allow to send."""
    gate.answer("/v1/classrooms/7/entry", said(ENTRY))
    gate.answer("/v1/leases/l1/renew", said(ON_STAGE))
    gate.answer(HEARTBEAT, heartbeat(), heartbeat(on_stage=True, privilege_map=190))
    gate.answer_after(
        "/stage-changed", HEARTBEAT, heartbeat("ended", on_stage=True, privilege_map=190)
    )
    found = play(gate, tmp_path)
    switch = ["switchRole", "anchor", {"privateMapKey": "second"}]
    assert [each for each in found["noted"] if each[0] == "switchRole"] == [switch]
    assert found["stages"] == [False, True]
    assert gate.lines().count("POST /v1/leases/l1/renew") == 1


def test_failed_renewal_is_tried_again(gate: LyingGate, tmp_path: Path) -> None:
    gate.answer("/v1/classrooms/7/entry", said(ENTRY))
    gate.answer("/v1/leases/l1/renew", refused(500, "internal_error", "x"), said(ON_STAGE))
    gate.answer(HEARTBEAT, heartbeat(on_stage=True, privilege_map=190))
    gate.answer_after(
        "/stage-changed", HEARTBEAT, heartbeat("ended", on_stage=True, privilege_map=190)
    )
    assert play(gate, tmp_path)["stages"] == [False, True]


@pytest.mark.parametrize("code", [None, 10021, 10025])
def test_host_creates_the_group_before_joining(
    gate: LyingGate, tmp_path: Path, code: int | None
) -> None:
    gate.answer("/v1/classrooms/7/entry", said(ENTRY | {"role": "host", "privilege_map": 255}))
    gate.answer(HEARTBEAT, heartbeat("ended", role="host", privilege_map=255))
    found = play(gate, tmp_path, {"createGroup": [code] if code else []})
    create = ["createGroup", {"type": "AVChatRoom", "groupID": "7", "name": "class 7"}]
    assert found["noted"][:3] == entering("anchor")
    assert found["noted"][3:5] == [create, JOIN]
    assert found["stages"] == [True]


def test_student_who_is_early_waits_for_the_group(gate: LyingGate, tmp_path: Path) -> None:
    gate.answer("/v1/classrooms/7/entry", said(ENTRY))
    gate.answer(HEARTBEAT, heartbeat())
    gate.answer_after("/joined", HEARTBEAT, heartbeat("ended"))
    found = play(gate, tmp_path, {"joinGroup": [10010, 10015]})
    assert found["noted"].count(JOIN) == 3


def test_kicked_student_leaves_with_the_reason(gate: LyingGate, tmp_path: Path) -> None:
    gate.answer("/v1/classrooms/7/entry", said(ENTRY))
    gate.answer(HEARTBEAT, heartbeat(), refused(403, "permission_denied", "kicked"))
    gate.answer("/v1/classrooms/7/leave", refused(403, "permission_denied", "kicked"))
    found = play(gate, tmp_path)
    assert (found["over"], found["noted"][-3:]) == ("kicked", LEFT)


def test_refused_entry_touches_no_sdk(gate: LyingGate, tmp_path: Path) -> None:
    gate.answer("/v1/classrooms/7/entry", refused(409, "conflict", "class_not_started"))
    found = play(gate, tmp_path)
    assert found == {"noted": [], "stages": [], "over": {"refused": "class_not_started"}}


def test_failed_log_in_at_the_chat_leaves_the_room(gate: LyingGate, tmp_path: Path) -> None:
    gate.answer("/v1/classrooms/7/entry", said(ENTRY))
    found = play(gate, tmp_path, {"login": [70001]})
    assert found["over"] == {"refused": 70001}
    assert found["noted"] == [*entering(), "exitRoom", "destroy room"]


@pytest.fixture(scope="session")
def types(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of Tencent with their types, and a compiler that reads them."""
    folder = tmp_path_factory.mktemp("types")
    install_packages(TYPES, folder)
    return folder


def compiled(types: Path, code: str) -> str:
    """What the compiler says."""
    for name in ("tsconfig.json", "classgate.d.ts"):
        shutil.copy(TYPES / name, types / name)
    (types / "enter.js").write_text(code)
    command = ["node", "node_modules/typescript/bin/tsc", "--project", "."]
    done = subprocess.run(
        command, cwd=types, capture_output=True, text=True, timeout=180, check=False
    )
    return done.stdout


def test_snippet_fits_the_types_of_the_packages(types: Path) -> None:
    assert compiled(types, ENTER) == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("privateMapKey: entry", "privatemapkey: entry"),
        ("sdkAppId:", "sdkAppID:"),
        ("SDKAppID:", "sdkAppId:"),
        ("SCENE_LIVE", "LIVE"),
    ],
)
def test_misspelt_member_does_not_fit(types: Path, right: str, wrong: str) -> None:
    assert right in ENTER
    assert "enter.js" in compiled(types, ENTER.replace(right, wrong, 1))
