"""The REST API of IM: who may call it, accounts, and injected faults."""

import json
from urllib.parse import urlencode

import pytest
from tests.support.contract_cloud import SDK_APP_ID, settings_for
from tests.support.im_rest import ADMIN, OFFICIAL, accounts, call, groups, import_accounts, query
from tests.support.running_emulator import Emulator, running_emulator, stopped_clock

IMPORT = "im_open_login_svc/account_import"


TOM = b'{"UserID":"tom"}'


def code_of(emulator: Emulator, changed: dict[str, object], body: bytes = TOM) -> int:
    answer = emulator.call("POST", f"/v4/{IMPORT}?{urlencode(query(**changed))}", body)
    assert answer.status == 200
    found = answer.json["ErrorCode"]
    assert isinstance(found, int)
    return found


def test_admin_is_answered(emulator: Emulator) -> None:
    answer = emulator.call("POST", f"/v4/{IMPORT}?{urlencode(query())}", b'{"UserID":"tom"}')
    assert answer.json == {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"sdkappid": None}, 60012), ({"sdkappid": "x"}, 60006),
        ({"sdkappid": SDK_APP_ID + 1}, 60006), ({"identifier": None}, 60004),
        ({"usersig": None}, 60005), ({"usersig": "x"}, 70003),
        ({"random": None}, 60002), ({"random": 2**32}, 60002), ({"contenttype": "xml"}, 60002),
        ({"identifier": "amy"}, 70013),
        ({"identifier": "amy", "usersig": OFFICIAL.gen_sig("amy", 3600)}, 60010),
    ],
)  # fmt: skip
def test_wrong_url_is_refused(emulator: Emulator, changed: dict[str, object], code: int) -> None:
    assert code_of(emulator, changed) == code
    assert accounts(emulator, "kick", UserID="tom")["ErrorCode"] == 70107


def test_user_sig_expires_by_the_clock_of_the_cloud(emulator: Emulator) -> None:
    short = OFFICIAL.gen_sig(ADMIN, 60)
    assert code_of(emulator, {"usersig": short}) == 0
    emulator.set_clock(62)
    assert code_of(emulator, {"usersig": short}) == 70001


DEEP = b'{"UserID":"tom","More":' + b"[" * 30 + b"]" * 30 + b"}"


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"UserID":"\\ud800"}', DEEP,
     b'{"UserID":"tom","More":"' + b"x" * (1 << 20) + b'"}'],
)  # fmt: skip
def test_body_that_is_no_object_is_60003(emulator: Emulator, body: bytes) -> None:
    assert code_of(emulator, {}, body) == 60003


def test_unknown_command_is_60002(emulator: Emulator) -> None:
    assert call(emulator, "im_open_login_svc/nothing")["ErrorCode"] == 60002
    assert call(emulator, "nothing/account_import", UserID="tom")["ErrorCode"] == 60002


def test_admin_of_another_name() -> None:
    with running_emulator(settings_for(im_admin="root")) as other:
        sig = OFFICIAL.gen_sig("root", 3600)
        assert code_of(other, {"identifier": "root", "usersig": sig}) == 0
        assert code_of(other, {}) == 60010


def test_import_twice_is_one_account(emulator: Emulator) -> None:
    import_accounts(emulator, "tom", "tom")
    assert accounts(emulator, "kick", UserID="tom")["ErrorCode"] == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"Identifier": "tom"}, 70402), ({"UserID": ""}, 70402), ({"UserID": 7}, 70402),
        ({"UserID": "t" * 33}, 70402), ({"UserID": "课" * 11}, 70402),
        ({"UserID": "tom", "Nick": "n" * 501}, 40601),
    ],
)  # fmt: skip
def test_wrong_import_is_refused(emulator: Emulator, body: dict[str, object], code: int) -> None:
    assert accounts(emulator, "account_import", **body)["ErrorCode"] == code


def test_import_of_many_names_those_that_failed(emulator: Emulator) -> None:
    people = [{"UserID": "tom"}, {"UserID": "amy", "Nick": "n" * 501}]
    answer = accounts(emulator, "multiaccount_import", AccountList=people)
    assert (answer["ErrorCode"], answer["FailAccounts"]) == (0, ["amy"])
    answer = accounts(emulator, "multiaccount_import", Accounts=["amy"])
    assert answer["FailAccounts"] == []
    many = [{"UserID": f"u{number}"} for number in range(101)]
    assert accounts(emulator, "multiaccount_import", AccountList=many)["ErrorCode"] == 10005


def test_free_plan_has_100_accounts(emulator: Emulator) -> None:
    assert emulator.control("/_emulator/plan", plan="free").status == 200
    many = [{"UserID": f"u{number}"} for number in range(100)]
    assert accounts(emulator, "multiaccount_import", AccountList=many)["FailAccounts"] == []
    assert accounts(emulator, "account_import", UserID="u7")["ErrorCode"] == 0
    assert accounts(emulator, "account_import", UserID="tom")["ErrorCode"] == 70398


def test_kick_ends_earlier_user_sigs_and_no_later_one(emulator: Emulator) -> None:
    import_accounts(emulator, "tom", "amy")
    early = {name: OFFICIAL.gen_sig(name, 86_400) for name in ("tom", "amy")}
    emulator.set_clock(10)
    assert emulator.log_in(SDK_APP_ID, "tom", early["tom"]) == 0
    assert accounts(emulator, "kick", UserID="tom")["ErrorCode"] == 0
    assert emulator.log_in(SDK_APP_ID, "tom", early["tom"]) == 70001
    assert emulator.log_in(SDK_APP_ID, "amy", early["amy"]) == 0


def test_user_sig_of_after_the_kick_is_good(emulator: Emulator) -> None:
    import_accounts(emulator, "tom")
    emulator.set_clock(-60)
    assert accounts(emulator, "kick", UserID="tom")["ErrorCode"] == 0
    emulator.set_clock(0)
    assert emulator.log_in(SDK_APP_ID, "tom", OFFICIAL.gen_sig("tom", 3600)) == 0


def test_kick_of_an_account_that_is_not_imported_is_70107(emulator: Emulator) -> None:
    assert accounts(emulator, "kick", UserID="tom")["ErrorCode"] == 70107


def test_deleted_account_comes_back_after_three_months(emulator: Emulator) -> None:
    import_accounts(emulator, "tom")
    answer = accounts(emulator, "account_delete", DeleteItem=[{"UserID": "tom"}, {"UserID": "amy"}])
    assert [each["ResultCode"] for each in answer["ResultItem"]] == [0, 70107]
    assert accounts(emulator, "account_import", UserID="tom")["ErrorCode"] == 70399
    emulator.set_clock(91 * 86_400)
    assert accounts(emulator, "account_import", UserID="tom")["ErrorCode"] == 0


def test_free_plan_imports_a_deleted_account(emulator: Emulator) -> None:
    import_accounts(emulator, "tom")
    accounts(emulator, "account_delete", DeleteItem=[{"UserID": "tom"}])
    emulator.control("/_emulator/plan", plan="free")
    assert accounts(emulator, "account_import", UserID="tom")["ErrorCode"] == 0


def test_online_is_who_logged_in_and_was_not_kicked(emulator: Emulator) -> None:
    import_accounts(emulator, "tom", "amy")
    assert emulator.log_in(SDK_APP_ID, "tom", OFFICIAL.gen_sig("tom", 3600)) == 0
    asked = ["tom", "amy", "eve"]
    answer = call(emulator, "openim/query_online_status", To_Account=asked)
    assert [each["Status"] for each in answer["QueryResult"]] == ["Online", "Offline"]
    assert answer["ErrorList"] == [{"To_Account": "eve", "ErrorCode": 70107}]
    accounts(emulator, "kick", UserID="tom")
    answer = call(emulator, "openim/query_online_status", To_Account=["tom"])
    assert answer["QueryResult"] == [{"To_Account": "tom", "Status": "Offline"}]


@pytest.mark.parametrize(
    ("fault", "code"),
    [("throttled", 60007), ("skewed_clock", 70001), ("expired", 70001), ("10002", 10002)],
)
def test_injected_fault_happens_once(emulator: Emulator, fault: str, code: int) -> None:
    emulator.fail_next("im", "account_import", fault)
    assert accounts(emulator, "account_import", UserID="tom")["ErrorCode"] == code
    assert accounts(emulator, "kick", UserID="tom")["ErrorCode"] == 70107
    assert accounts(emulator, "account_import", UserID="tom")["ErrorCode"] == 0


@pytest.mark.parametrize(
    ("fault", "status", "takes_effect"),
    [("unavailable", 502, False), ("lost", 502, True), ("garbled", 200, True)],
)
def test_fault_of_the_network(
    emulator: Emulator, fault: str, status: int, takes_effect: bool
) -> None:
    emulator.fail_next("im", "account_import", fault)
    body = json.dumps({"UserID": "tom"}).encode()
    answer = emulator.call("POST", f"/v4/{IMPORT}?{urlencode(query())}", body)
    assert answer.status == status
    with pytest.raises(ValueError, match="Expecting value"):
        _ = answer.json
    expected = 0 if takes_effect else 70107
    assert accounts(emulator, "kick", UserID="tom")["ErrorCode"] == expected


@pytest.mark.parametrize("fault", ["broken", "7", "InternalError"])
def test_unknown_fault_is_refused(emulator: Emulator, fault: str) -> None:
    answer = emulator.control("/_emulator/faults", service="im", fault=fault)
    assert answer.status == 400


def test_rate_is_enforced_when_asked_for() -> None:
    with running_emulator(settings_for(enforces_rates=True), clock=stopped_clock()) as limited:
        codes = [accounts(limited, "account_import", UserID="tom")["ErrorCode"] for _ in range(201)]
        assert codes == [0] * 200 + [60007]
        assert groups(limited, "destroy_group", GroupId="g")["ErrorCode"] == 10010
        assert limited.control("/_emulator/rates", enforced=False).status == 200
        assert accounts(limited, "account_import", UserID="tom")["ErrorCode"] == 0


def test_reset_forgets_accounts_and_the_plan(emulator: Emulator) -> None:
    import_accounts(emulator, "tom")
    emulator.control("/_emulator/plan", plan="flagship")
    emulator.reset()
    assert accounts(emulator, "kick", UserID="tom")["ErrorCode"] == 70107
    assert groups(emulator, "ban_group_member", Duration=1)["ErrorCode"] == 10026


@pytest.mark.parametrize(
    ("path", "body"),
    [("plan", {"plan": "gold"}), ("plan", {}), ("rates", {"enforced": 1}), ("rates", {})],
)
def test_wrong_control_call_is_refused(
    emulator: Emulator, path: str, body: dict[str, object]
) -> None:
    assert emulator.control(f"/_emulator/{path}", **body).status == 400
