"""The calls that the cloud received, as `GET /_emulator/calls` lists it."""

import json
from datetime import UTC, datetime

from tests.support.contract_cloud import BUCKET, SECRET_ID, SECRET_KEY, settings_for
from tests.support.im_rest import accounts, groups, import_accounts
from tests.support.json_api_signatures import reusable
from tests.support.running_emulator import Emulator, running_emulator
from tests.support.sts_client import grant_for

from classgate.emulator.call_log import MAX_CALLS, CallLog
from classgate.emulator.clock import Clock

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
_SECRETS = ("usersig", "signature", "sign=", "secret", SECRET_ID, SECRET_KEY)


def calls(emulator: Emulator, query: str = "") -> list[dict[str, object]]:
    answer = emulator.call("GET", f"/_emulator/calls{query}")
    assert answer.status == 200
    assert not [each for each in _SECRETS if each.lower() in answer.body.decode().lower()]
    items = answer.json["items"]
    assert isinstance(items, list)
    return items


def test_calls_are_listed_in_order_with_their_codes() -> None:
    with running_emulator(settings_for(), clock=lambda: NOW) as emulator:
        emulator.fail_next("im", "account_import", "unavailable")
        path = "/v4/im_open_login_svc/account_import"
        emulator.call("POST", path, b'{"UserID":"tom","UserSig":"x"}')
        emulator.call("POST", path, b'{"UserID":"tom"}')
        at = int(NOW.timestamp())
        expected = {
            "at": at, "service": "im", "action": "account_import", "parameters": {"UserID": "tom"},
        }  # fmt: skip
        assert calls(emulator) == [expected | {"code": 502}, expected | {"code": 60012}]


def test_calls_of_every_service_are_listed(emulator: Emulator) -> None:
    import_accounts(emulator, "tom")
    groups(emulator, "destroy_group", GroupId="7")
    emulator.cos_client().put_object(Bucket=BUCKET, Key="a", Body=b"x")
    grant_for(emulator, "a")
    emulator.call("GET", "/v2/index.php?Action=DescribeVodInfo&Signature=abc")
    emulator.call("GET", f"/files/v2/1250000000/courseware/a?op=stat&sign={reusable()}")
    found = [(each["service"], each["action"], each["code"]) for each in calls(emulator)]
    assert found == [
        ("im", "account_import", 0),
        ("im", "destroy_group", 10010),
        ("cos", "PutObject", 0),
        ("sts", "GetFederationToken", 0),
        ("vod", "DescribeVodInfo", 4100),
        ("cos", "JsonApi", 0),
    ]
    assert [each["action"] for each in calls(emulator, "?service=sts")] == ["GetFederationToken"]


def test_calls_since_a_time(emulator: Emulator) -> None:
    accounts(emulator, "account_import", UserID="tom")
    emulator.set_clock(3600)
    accounts(emulator, "account_import", UserID="amy")
    last = calls(emulator)[-1]["at"]
    assert [each["parameters"] for each in calls(emulator, f"?since={last}&service=im")] == [
        {"UserID": "amy"}
    ]
    emulator.reset()
    assert calls(emulator) == []


def test_wrong_questions_are_refused(emulator: Emulator) -> None:
    for query in ("?service=live", "?since=yesterday", "?since=-1"):
        assert emulator.call("GET", f"/_emulator/calls{query}").status == 400
    assert emulator.call("POST", "/_emulator/calls").status == 405


def test_log_is_bounded_and_without_secrets() -> None:
    log = CallLog(Clock(lambda: NOW))
    log.record("im", "first", {}, 0)
    deep = {"List": [{"UserSig": "s", "PrivateMapKey": "s", "SecretKey": "s", "Name": "n"}]}
    for _ in range(MAX_CALLS - 1):
        log.record("im", "later", deep, 0)
    assert log.since(None, 0)[0]["action"] == "first"
    log.record("im", "large", {"Data": "x" * 40_000}, 0)
    found = log.since(None, 0)
    assert (len(found), found[0]["action"]) == (MAX_CALLS, "later")
    assert found[0]["parameters"] == {"List": [{"Name": "n"}]}
    assert json.dumps(found[-1]["parameters"]) == '{"omitted_bytes": 40012}'
