"""The server API of TRTC, called by the official SDK, and the rooms that it changes."""

import json

import pytest
from tests.support.contract_cloud import SDK_APP_ID, settings_for
from tests.support.private_map_keys import make_private_map_key
from tests.support.running_emulator import Emulator, running_emulator, stopped_clock
from tests.support.trtc_client import call, enter, events, leave, switch_role, user, users


def key_of(name: str, room: int = 7, privileges: int = 255, seconds: int = 300) -> str:
    return make_private_map_key(room, privileges, name=name, outer=name, seconds=seconds)


@pytest.mark.parametrize(
    ("room", "action"), [(7, "RemoveUser"), ("7", "RemoveUserByStrRoomId")], ids=["number", "text"]
)
def test_removed_user_is_out_and_comes_back(
    emulator: Emulator, room: int | str, action: str
) -> None:
    for name in ("tom", "amy"):
        assert enter(emulator, name, room) == 0
    assert call(emulator, action, {"RoomId": room, "UserIds": ["tom", "eve"]}) == ""
    assert users(emulator) == {room: ["amy"]}
    assert (
        104, {"RoomId": room, "UserId": "tom", "Role": 20, "Reason": 3}
    ) == events(emulator)[-1]  # fmt: skip
    assert enter(emulator, "tom", room) == 0
    assert users(emulator) == {room: ["amy", "tom"]}


@pytest.mark.parametrize(
    ("room", "action"),
    [(7, "DismissRoom"), ("7", "DismissRoomByStrRoomId")], ids=["number", "text"],
)  # fmt: skip
def test_dismissed_room_is_empty(emulator: Emulator, room: int | str, action: str) -> None:
    other: int | str = "7" if room == 7 else 7
    enter(emulator, "tom", room)
    enter(emulator, "amy", room)
    enter(emulator, "eve", other)
    assert call(emulator, action, {"RoomId": room}) == ""
    assert users(emulator) == {other: ["eve"]}
    assert [kind for kind, _ in events(emulator)][-3:] == [104, 104, 102]
    assert call(emulator, action, {"RoomId": room}) == "FailedOperation.RoomNotExist"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"RoomId": 8}, "FailedOperation.RoomNotExist"),
        ({"RoomId": "7"}, "InvalidParameter.RoomId"),
        ({"RoomId": 2**32}, "InvalidParameter.RoomId"),
        ({"RoomId": None}, "MissingParameter.RoomId"),
        ({"UserIds": []}, "InvalidParameter.UserIds"),
        ({"UserIds": ["u"] * 11}, "InvalidParameter.UserIds"),
        ({"UserIds": [7]}, "InvalidParameter.UserIds"),
        ({"UserIds": None}, "MissingParameter.UserIds"),
        ({"SdkAppId": SDK_APP_ID + 1}, "FailedOperation.SdkAppIdNotExist"),
        ({"SdkAppId": str(SDK_APP_ID)}, "InvalidParameter.SdkAppId"),
        ({"SdkAppId": None}, "MissingParameter.SdkAppId"),
    ],
)
def test_wrong_parameters_are_refused(
    emulator: Emulator, changed: dict[str, object], code: str
) -> None:
    enter(emulator, "tom")
    assert call(emulator, "RemoveUser", {"RoomId": 7, "UserIds": ["tom"], **changed}) == code
    assert users(emulator) == {7: ["tom"]}


def test_wrong_calls_are_refused(emulator: Emulator) -> None:
    enter(emulator, "tom")
    room: dict[str, object] = {"RoomId": 7}
    assert call(emulator, "DismissRoom", room, region="") == "MissingParameter"
    assert call(emulator, "DismissRoom", room, region="ap-singapore") == "UnsupportedRegion"
    assert call(emulator, "DismissRoom", room, version="2020-01-01") == "NoSuchVersion"
    assert call(emulator, "SetUserBlocked", room) == "InvalidAction"
    assert call(emulator, "DismissRoom", room, secret_key="0") == "AuthFailure.SignatureFailure"
    emulator.set_clock(400)
    assert call(emulator, "DismissRoom", room) == "AuthFailure.SignatureExpire"
    emulator.set_clock(0)
    assert users(emulator) == {7: ["tom"]}
    assert call(emulator, "DismissRoom", room, region="ap-beijing") == ""


def test_international_host_blocks_audio_and_video() -> None:
    with running_emulator(settings_for(rtc_is_international=True)) as emulator:
        enter(emulator, "tom")
        given: dict[str, object] = {"RoomId": 7, "UserId": "tom"}
        for block, audio, video in ((1, True, True), (2, True, False), (3, False, True)):
            answer = call(
                emulator, "SetUserBlocked", given | {"IsMute": block}, region="ap-singapore"
            )
            shown = user(emulator, "tom")
            assert (answer, shown["audio_blocked"], shown["video_blocked"]) == ("", audio, video)
        enter(emulator, "tom")
        assert user(emulator, "tom")["video_blocked"] is True
        assert call(emulator, "SetUserBlocked", given | {"IsMute": 0}) == ""
        assert user(emulator, "tom")["video_blocked"] is False
        assert call(emulator, "SetUserBlocked", given | {"IsMute": 4}) == "InvalidParameter"
        text: dict[str, object] = {"StrRoomId": "7", "UserId": "tom", "IsMute": 1}
        refused = call(emulator, "SetUserBlockedByStrRoomId", text)
        assert refused == "FailedOperation.RoomNotExist"


def test_rate_is_enforced_when_asked_for() -> None:
    with running_emulator(settings_for(enforces_rates=True), clock=stopped_clock()) as emulator:
        enter(emulator, "tom")
        given: dict[str, object] = {"RoomId": 7, "UserIds": ["amy"]}
        codes = [call(emulator, "RemoveUser", given) for _ in range(21)]
        assert codes == [""] * 20 + ["RequestLimitExceeded"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [("throttled", "RequestLimitExceeded"), ("InternalError.MethodErr", "InternalError.MethodErr"),
     ("expired", "AuthFailure.TokenFailure"), ("skewed_clock", "AuthFailure.SignatureExpire")],
)  # fmt: skip
def test_injected_fault_happens_once(emulator: Emulator, fault: str, code: str) -> None:
    enter(emulator, "tom")
    emulator.fail_next("trtc", "DismissRoom", fault)
    assert call(emulator, "DismissRoom", {"RoomId": 7}) == code
    assert users(emulator) == {7: ["tom"]}
    assert call(emulator, "DismissRoom", {"RoomId": 7}) == ""


@pytest.mark.parametrize(("fault", "remain"), [("unavailable", {7: ["tom"]}), ("lost", {})])
def test_lost_answer_takes_effect(
    emulator: Emulator, fault: str, remain: dict[int | str, list[str]]
) -> None:
    enter(emulator, "tom")
    emulator.fail_next("trtc", "DismissRoom", fault)
    assert call(emulator, "DismissRoom", {"RoomId": 7}) == "ServerNetworkError"
    assert users(emulator) == remain


def test_calls_are_listed(emulator: Emulator) -> None:
    call(emulator, "RemoveUser", {"RoomId": 7, "UserIds": ["tom"]})
    (found,) = emulator.call("GET", "/_emulator/calls?service=trtc").json["items"]
    del found["at"]
    assert found == {
        "service": "trtc", "action": "RemoveUser", "code": "FailedOperation.RoomNotExist",
        "parameters": {"SdkAppId": SDK_APP_ID, "RoomId": 7, "UserIds": ["tom"]},
    }  # fmt: skip


# ── a client in a room ──────────────────────────────────────────────────────────────────────────


def test_room_tells_of_a_visit(emulator: Emulator) -> None:
    enter(emulator, "tom", privileges=170)
    assert leave(emulator, "tom") == 0
    assert users(emulator) == {}
    assert events(emulator) == [
        (101, {"RoomId": 7, "UserId": "tom"}),
        (103, {"RoomId": 7, "UserId": "tom", "Role": 21, "TerminalType": 100, "UserType": 1,
               "Reason": 1}),
        (104, {"RoomId": 7, "UserId": "tom", "Role": 21, "Reason": 1}),
        (102, {"RoomId": 7}),
    ]  # fmt: skip
    assert leave(emulator, "tom") == -1


def test_refused_entry_is_no_entry(emulator: Emulator) -> None:
    assert enter(emulator, "tom", private_map_key="x") == -100006
    assert enter(emulator, "tom", privileges=253) == -102011
    assert enter(emulator, "tom", privileges=170, role=20) == -100006
    assert enter(emulator, "tom", role=22) == 70402
    assert (users(emulator), events(emulator)) == ({}, [])


def test_entry_elsewhere_ends_the_earlier_one(emulator: Emulator) -> None:
    enter(emulator, "tom", 7)
    enter(emulator, "tom", 8)
    assert users(emulator) == {8: ["tom"]}


def test_viewer_goes_on_stage_with_a_new_key(emulator: Emulator) -> None:
    assert enter(emulator, "amy", privileges=170) == 0
    assert switch_role(emulator, "amy", 20) == -100006
    assert switch_role(emulator, "amy", 20, private_map_key=key_of("tom")) == -100006
    assert switch_role(emulator, "amy", 20, private_map_key=key_of("amy", 8)) == -100006
    assert switch_role(emulator, "amy", 20, private_map_key=key_of("amy")) == 0
    assert user(emulator, "amy")["role"] == 20
    assert switch_role(emulator, "amy", 21) == 0
    # The key that allows to send is still good, so nothing keeps her from the stage.
    assert switch_role(emulator, "amy", 20) == 0
    assert events(emulator)[-1] == (105, {"RoomId": 7, "UserId": "amy", "Role": 20})


def test_viewer_with_an_expired_key_is_removed_from_the_stage(emulator: Emulator) -> None:
    enter(emulator, "tom")
    enter(emulator, "amy", role=21)
    emulator.set_clock(302)
    fresh = key_of("tom", seconds=600)
    assert switch_role(emulator, "tom", 20, private_map_key=fresh) == 0
    assert switch_role(emulator, "amy", 20) == -100006
    assert users(emulator) == {7: ["tom"]}
    assert events(emulator)[-1] == (104, {"RoomId": 7, "UserId": "amy", "Role": 21, "Reason": 3})


def test_wrong_room_calls_are_refused(emulator: Emulator) -> None:
    enter(emulator, "tom")
    assert switch_role(emulator, "amy", 20) == -1
    assert switch_role(emulator, "tom", 20, "7") == -1
    assert switch_role(emulator, "tom", 19) == 70402
    assert leave(emulator, "tom", reason=3) == 70402
    assert leave(emulator, "tom", reason=2) == 0


def test_reset_empties_the_rooms(emulator: Emulator) -> None:
    enter(emulator, "tom")
    emulator.reset()
    assert (users(emulator), events(emulator)) == ({}, [])


def test_times_of_events_grow(emulator: Emulator) -> None:
    clock = stopped_clock()
    with running_emulator(settings_for(), clock=clock) as still:
        for _ in range(3):
            enter(still, "tom")
        answer = still.call("GET", "/_emulator/events").json["items"]
        times = [each["event_info"]["EventMsTs"] for each in answer]
        first = int(clock().timestamp() * 1000)
        assert times == [first, first + 1, first + 2, first + 3], json.dumps(answer)
