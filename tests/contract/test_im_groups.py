"""The REST API of IM: groups, their members and messages, with the limits of the plans."""

from typing import Any

import pytest
from tests.support.contract_cloud import settings_for
from tests.support.im_rest import custom, groups, import_accounts
from tests.support.running_emulator import Emulator, running_emulator, stopped_clock


def create(emulator: Emulator, group_id: str = "7", kind: str = "Private", **more: object) -> int:
    values: dict[str, object] = {"GroupId": group_id, "Type": kind, "Name": "class"}
    found = groups(emulator, "create_group", **(values | more))["ErrorCode"]
    assert isinstance(found, int)
    return found


def add(emulator: Emulator, *names: str, group_id: str = "7") -> dict[str, Any]:
    members = [{"Member_Account": name} for name in names]
    return groups(emulator, "add_group_member", GroupId=group_id, MemberList=members)


def send(emulator: Emulator, random: int, data: str = "x", **more: object) -> dict[str, Any]:
    values: dict[str, object] = {"GroupId": "7", "Random": random, "MsgBody": custom(data)}
    return groups(emulator, "send_group_msg", **(values | more))


def read_messages(emulator: Emulator) -> list[tuple[int, str]]:
    """The sequence and the content of the messages of the group, as a test reads them."""
    items = emulator.call("GET", "/_emulator/messages?group_id=7").json["items"]
    return [(each["sequence"], each["body"][0]["MsgContent"]["Data"]) for each in items]


def test_group_is_created_once(emulator: Emulator) -> None:
    import_accounts(emulator, "amy")
    assert create(emulator) == 0
    assert create(emulator) == 10025
    assert create(emulator, "8", Owner_Account="amy") == 0
    assert create(emulator, "8") == 10021
    assert create(emulator, "8", Owner_Account="amy") == 10025


def test_group_without_an_id_is_given_one(emulator: Emulator) -> None:
    answer = groups(emulator, "create_group", Type="Public", Name="n")
    assert answer["GroupId"].startswith("@TGS#")
    shown = groups(emulator, "get_group_info", GroupIdList=[answer["GroupId"], "none"])
    assert [each["ErrorCode"] for each in shown["GroupInfo"]] == [0, 10010]
    assert (shown["GroupInfo"][0]["Type"], shown["GroupInfo"][0]["Owner_Account"]) == ("Public", "")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Type": "Work"}, 10004), ({"Type": None}, 10004), ({"Name": ""}, 10004),
        ({"Name": "课" * 11}, 10004), ({"Introduction": "i" * 241}, 10004),
        ({"GroupId": "@TGS#1"}, 10004), ({"GroupId": "课"}, 10004), ({"GroupId": "g" * 49}, 10004),
        ({"GroupId": 7}, 10004), ({"Owner_Account": "eve"}, 10019),
        ({"Type": "AVChatRoom", "MemberList": [{"Member_Account": "amy"}]}, 10007),
        ({"MemberList": [{"Member_Account": "eve"}]}, 10019),
        ({"MemberList": [{"Member_Account": "amy"}] * 21}, 10005),
    ],
)  # fmt: skip
def test_wrong_group_is_refused(emulator: Emulator, changed: dict[str, Any], code: int) -> None:
    import_accounts(emulator, "amy")
    assert create(emulator, **{"Name": "课" * 10, **changed}) == code
    assert emulator.call("GET", "/_emulator/groups").json == {"items": []}


def test_plan_limits_the_live_rooms(emulator: Emulator) -> None:
    codes = [create(emulator, str(number), "AVChatRoom") for number in range(51)]
    assert codes == [0] * 50 + [10036]
    assert create(emulator, "other", "ChatRoom") == 0
    assert groups(emulator, "destroy_group", GroupId="3")["ErrorCode"] == 0
    assert create(emulator, "50", "AVChatRoom") == 0
    emulator.control("/_emulator/plan", plan="flagship")
    assert create(emulator, "51", "AVChatRoom") == 0


def test_destroyed_group_is_gone(emulator: Emulator) -> None:
    create(emulator)
    assert groups(emulator, "destroy_group", GroupId="7")["ErrorCode"] == 0
    assert groups(emulator, "destroy_group", GroupId="7")["ErrorCode"] == 10010
    assert send(emulator, 1)["ErrorCode"] == 10010


def test_members_are_added_once(emulator: Emulator) -> None:
    import_accounts(emulator, "tom", "amy")
    create(emulator)
    assert [each["Result"] for each in add(emulator, "tom")["MemberList"]] == [1]
    assert [each["Result"] for each in add(emulator, "tom", "amy")["MemberList"]] == [2, 1]
    shown = groups(emulator, "get_group_member_info", GroupId="7", Limit=1, Offset=1)
    assert shown["MemberNum"] == 2
    assert [each["Member_Account"] for each in shown["MemberList"]] == ["amy"]
    removed = groups(emulator, "delete_group_member", GroupId="7", MemberToDel_Account=["tom"])
    assert removed["ErrorCode"] == 0
    assert groups(emulator, "get_group_member_info", GroupId="7")["MemberNum"] == 1


def test_wrong_members_are_refused(emulator: Emulator) -> None:
    import_accounts(emulator, "tom")
    create(emulator)
    create(emulator, "live", "AVChatRoom")
    assert add(emulator, "tom", "eve")["ErrorCode"] == 10019
    assert add(emulator, *["tom"] * 21)["ErrorCode"] == 10005
    assert add(emulator, "tom", group_id="none")["ErrorCode"] == 10010
    assert add(emulator, "tom", group_id="live")["ErrorCode"] == 10007
    removed = groups(emulator, "delete_group_member", GroupId="live", MemberToDel_Account=["tom"])
    assert removed["ErrorCode"] == 10007
    assert groups(emulator, "get_group_member_info", GroupId="7")["MemberNum"] == 0


def test_plan_limits_the_members(emulator: Emulator) -> None:
    emulator.control("/_emulator/plan", plan="free")
    names = [f"u{number}" for number in range(21)]
    import_accounts(emulator, *names)
    create(emulator)
    assert add(emulator, *names[:20])["ErrorCode"] == 0
    assert add(emulator, names[20])["ErrorCode"] == 10038
    assert add(emulator, names[0])["ErrorCode"] == 0


def test_messages_are_read_in_order(emulator: Emulator) -> None:
    create(emulator, kind="AVChatRoom")
    assert [send(emulator, each, f"m{each}")["MsgSeq"] for each in (5, 3, 9)] == [1, 2, 3]
    groups(emulator, "destroy_group", GroupId="7")
    assert read_messages(emulator) == [(1, "m5"), (2, "m3"), (3, "m9")]


def test_repeated_message_is_dropped_for_five_minutes(emulator: Emulator) -> None:
    create(emulator)
    first = send(emulator, 1, "a")
    assert send(emulator, 1, "a")["MsgSeq"] == first["MsgSeq"]
    assert send(emulator, 1, "b")["MsgSeq"] == 2
    assert send(emulator, 2, "a")["MsgSeq"] == 3
    emulator.set_clock(330)
    assert send(emulator, 1, "a")["MsgSeq"] == 4
    assert [content for _, content in read_messages(emulator)] == ["a", "b", "a", "a"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Random": 2**32}, 10004), ({"Random": None}, 10004), ({"MsgBody": []}, 90001),
        ({"MsgBody": [{"MsgType": "TIMCustomElem"}]}, 90001), ({"MsgBody": "x"}, 90001),
        ({"MsgBody": custom("课" * 4100)}, 80002), ({"From_Account": "eve"}, 10019),
        ({"MsgPriority": "Urgent"}, 10004),
    ],
)  # fmt: skip
def test_wrong_message_is_refused(emulator: Emulator, changed: dict[str, Any], code: int) -> None:
    create(emulator)
    assert send(emulator, 1, **changed)["ErrorCode"] == code
    assert read_messages(emulator) == []


def test_group_takes_40_messages_a_second() -> None:
    with running_emulator(settings_for(enforces_rates=True), clock=stopped_clock()) as emulator:
        create(emulator)
        codes = [send(emulator, each)["ErrorCode"] for each in range(41)]
        assert codes == [0] * 40 + [10023]


def test_history_is_read_backwards_in_pages(emulator: Emulator) -> None:
    create(emulator)
    for number in range(5):
        send(emulator, number, f"m{number}")
    page = groups(emulator, "group_msg_get_simple", GroupId="7", ReqMsgNumber=3)
    assert [each["MsgSeq"] for each in page["RspMsgList"]] == [5, 4, 3]
    assert page["IsFinished"] == 0
    page = groups(emulator, "group_msg_get_simple", GroupId="7", ReqMsgNumber=3, ReqMsgSeq=2)
    assert [each["MsgSeq"] for each in page["RspMsgList"]] == [2, 1]
    assert page["IsFinished"] == 1
    create(emulator, "live", "AVChatRoom")
    refused = groups(emulator, "group_msg_get_simple", GroupId="live", ReqMsgNumber=3)
    assert refused["ErrorCode"] == 10007


def test_muted_member_cannot_send(emulator: Emulator) -> None:
    import_accounts(emulator, "tom")
    create(emulator, kind="AVChatRoom")
    muting = {"GroupId": "7", "Members_Account": ["tom"]}
    assert groups(emulator, "forbid_send_msg", **muting, MuteTime=60)["ErrorCode"] == 0
    assert send(emulator, 1, From_Account="tom")["ErrorCode"] == 10017
    listed = groups(emulator, "get_group_muted_account", GroupId="7")["MutedAccountList"]
    assert [each["Member_Account"] for each in listed] == ["tom"]
    assert groups(emulator, "forbid_send_msg", **muting, MuteTime=0)["ErrorCode"] == 0
    assert send(emulator, 1, From_Account="tom")["ErrorCode"] == 0
    groups(emulator, "forbid_send_msg", **muting, MuteTime=60)
    emulator.set_clock(90)
    assert send(emulator, 2, From_Account="tom")["ErrorCode"] == 0
    groups(emulator, "forbid_send_msg", **muting, MuteTime=4294967295)
    emulator.set_clock(86_400 * 300)
    assert send(emulator, 3, From_Account="tom")["ErrorCode"] == 10017


def test_private_group_cannot_be_muted(emulator: Emulator) -> None:
    import_accounts(emulator, "tom")
    create(emulator)
    muting = {"GroupId": "7", "Members_Account": ["tom"], "MuteTime": 60}
    assert groups(emulator, "forbid_send_msg", **muting)["ErrorCode"] == 10007


def test_banned_member_is_out_until_the_ban_ends(emulator: Emulator) -> None:
    import_accounts(emulator, "tom")
    create(emulator)
    add(emulator, "tom")
    banning = {"GroupId": "7", "Members_Account": ["tom"]}
    assert groups(emulator, "ban_group_member", **banning, Duration=60)["ErrorCode"] == 10026
    emulator.control("/_emulator/plan", plan="flagship")
    assert groups(emulator, "ban_group_member", **banning, Duration=60)["ErrorCode"] == 0
    assert [each["Result"] for each in add(emulator, "tom")["MemberList"]] == [0]
    assert groups(emulator, "unban_group_member", **banning)["ErrorCode"] == 0
    assert [each["Result"] for each in add(emulator, "tom")["MemberList"]] == [1]


def test_groups_are_shown_with_their_members(emulator: Emulator) -> None:
    import_accounts(emulator, "tom", "amy")
    create(emulator, kind="Public", Owner_Account="tom")
    add(emulator, "amy")
    muting = {"GroupId": "7", "Members_Account": ["amy"], "MuteTime": 60}
    groups(emulator, "forbid_send_msg", **muting)
    assert emulator.call("GET", "/_emulator/groups").json == {
        "items": [
            {
                "group_id": "7", "type": "Public", "name": "class", "owner": "tom",
                "members": ["tom", "amy"], "muted": ["amy"], "banned": [],
            }
        ]
    }  # fmt: skip
    emulator.reset()
    assert emulator.call("GET", "/_emulator/groups").json == {"items": []}
