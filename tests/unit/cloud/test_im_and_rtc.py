"""The clients of IM and TRTC: what they send, and what they make of each answer."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from classgate.cloud.call_rate import CallRate
from classgate.cloud.group_rate import GroupRate
from classgate.cloud.http import CloudHttpClient, HttpResponse
from classgate.cloud.im import IM_TIMEOUTS, ImClient, ImEndpoint
from classgate.cloud.ports import CloudAnswer, Treatment
from classgate.cloud.resilient_client import ResilientClient, Runtime
from classgate.cloud.rtc import RTC_TIMEOUTS, RtcClient, RtcEndpoint
from classgate.cloud.treatment import im_treatment, rtc_treatment
from classgate.errors import CloudUnavailable
from classgate.signing.keys import SdkSecretKey
from classgate.signing.user_sig import verify_user_sig

RATE = CallRate(per_second=1e6, burst=100)
KEY = SdkSecretKey("5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e")
APP = 1400000001


class Cloud(CloudHttpClient):
    """Answers one call after the other, and remembers the calls."""

    def __init__(self, *answers: object) -> None:
        super().__init__()
        self._answers = list(answers)
        self.sent: list[tuple[str, Mapping[str, str], object]] = []

    async def send(
        self, service: str, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> HttpResponse:
        self.sent.append((url, headers, json.loads(body)))
        answer = self._answers.pop(0)
        if isinstance(answer, HttpResponse):
            return answer
        return HttpResponse(200, {}, json.dumps(answer).encode())


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def im(cloud: Cloud, clock: Clock) -> ImClient:
    endpoint = ImEndpoint("https", "im.example", APP, "administrator")
    calls = ResilientClient("IM", RATE, IM_TIMEOUTS)
    return ImClient(endpoint, KEY, cloud, clock, calls, GroupRate(RATE, Runtime()))


def rtc(cloud: Cloud, clock: Clock) -> RtcClient:
    endpoint = RtcEndpoint("https", "rtc.example", "ap-beijing", "AKIDx", "key", APP, True)
    return RtcClient(endpoint, cloud, clock, ResilientClient("TRTC", RATE, RTC_TIMEOUTS))


def fail(code: int) -> dict[str, object]:
    return {"ActionStatus": "FAIL", "ErrorCode": code, "ErrorInfo": "amy"}


DONE = {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": "", "MsgSeq": 3}


def user_sig_of(cloud: Cloud, number: int) -> str:
    query = parse_qs(urlsplit(cloud.sent[number][0]).query)
    return query["usersig"][0]


async def test_call_of_im_has_the_documented_form(clock: Clock) -> None:
    cloud = Cloud(DONE)
    answer = await im(cloud, clock).call("kick", {"UserID": "amy"})
    assert answer == CloudAnswer(Treatment.DONE, "", DONE)
    url, _, body = cloud.sent[0]
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("https", "im.example")
    assert parts.path == "/v4/im_open_login_svc/kick"
    query = parse_qs(parts.query)
    assert set(query) == {"sdkappid", "identifier", "usersig", "random", "contenttype"}
    assert (query["sdkappid"], query["identifier"]) == ([str(APP)], ["administrator"])
    assert 0 <= int(query["random"][0]) < 2**32
    assert body == {"UserID": "amy"}
    verify_user_sig(
        user_sig_of(cloud, 0), KEY, sdk_app_id=APP, identifier="administrator", at=clock()
    )


async def test_user_sig_of_the_administrator_is_renewed_in_time(clock: Clock) -> None:
    cloud = Cloud(DONE, DONE, DONE, DONE)
    client = im(cloud, clock)
    for minutes in (0, 44, 2, -600):
        clock.now += timedelta(minutes=minutes)
        await client.call("kick", {"UserID": "amy"})
    sigs = [user_sig_of(cloud, number) for number in range(4)]
    assert sigs[0] == sigs[1]
    assert len(set(sigs)) == 3


async def test_refused_user_sig_is_made_again_once(clock: Clock) -> None:
    cloud = Cloud(fail(70003), DONE)
    client = im(cloud, clock)
    assert (await client.call("kick", {"UserID": "amy"})).treatment is Treatment.DONE
    cloud = Cloud(fail(70014), fail(70014))
    answer = await im(cloud, clock).call("kick", {"UserID": "amy"})
    assert (answer.treatment, answer.code) == (Treatment.ALARM, "im_70014")
    assert len(cloud.sent) == 2


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse(502, {}, b""),
        HttpResponse(200, {}, b"<html>"),
        HttpResponse(200, {}, b'{"ErrorCode": 0, "ErrorCode": 1}'),
        {"ActionStatus": "OK"},
        {"ActionStatus": "OK", "ErrorCode": True},
        {"ActionStatus": "OK", "ErrorCode": 10010},
        {"ActionStatus": "FAIL", "ErrorCode": 0},
        {"ActionStatus": "FAIL", "ErrorCode": -1},
    ],
)
async def test_answer_of_im_that_is_none_is_no_answer(clock: Clock, answer: object) -> None:
    with pytest.raises(CloudUnavailable):
        await im(Cloud(answer), clock).call("kick", {"UserID": "amy"})


@pytest.mark.parametrize(
    ("command", "code", "treatment"),
    [
        ("create_group", 10025, Treatment.DONE),
        ("create_group", 10021, Treatment.FINAL),
        ("create_group", 10036, Treatment.ALARM),
        ("destroy_group", 10010, Treatment.DONE),
        ("send_group_msg", 10010, Treatment.FINAL),
        ("send_group_msg", 10023, Treatment.RETRY),
        ("add_group_member", 10013, Treatment.DONE),
        ("add_group_member", 10019, Treatment.IMPORT),
        ("add_group_member", 10007, Treatment.FINAL),
        ("kick", 70107, Treatment.DONE),
        ("kick", 60021, Treatment.ALARM),
        ("kick", 60007, Treatment.RETRY),
        ("account_import", 70399, Treatment.FINAL),
        ("account_import", 70402, Treatment.FINAL),
        ("account_import", 12345, Treatment.FINAL),
    ],
)
def test_code_of_im_has_its_treatment(command: str, code: int, treatment: Treatment) -> None:
    assert im_treatment(command, code) is treatment


async def test_call_of_trtc_has_the_documented_form(clock: Clock) -> None:
    cloud = Cloud(*[{"Response": {"RequestId": "r"}}] * 3)
    client = rtc(cloud, clock)
    assert (await client.remove_users(7, ["amy", "tom"])).treatment is Treatment.DONE
    await client.dismiss_room(7)
    await client.block_user(7, "amy", audio=True, video=False)
    actions = [
        (headers["X-TC-Action"], headers["X-TC-Version"], headers["X-TC-Region"], body)
        for _, headers, body in cloud.sent
    ]
    room = {"SdkAppId": APP, "RoomId": 7}
    version, region = "2019-07-22", "ap-beijing"
    assert actions == [
        ("RemoveUser", version, region, {**room, "UserIds": ["amy", "tom"]}),
        ("DismissRoom", version, region, room),
        ("SetUserBlocked", version, region, {**room, "UserId": "amy", "IsMute": 2}),
    ]


@pytest.mark.parametrize(
    ("code", "treatment"),
    [
        ("FailedOperation.RoomNotExist", Treatment.DONE),
        ("InvalidParameter.UserIds", Treatment.FINAL),
        ("InternalError.UserNotExist", Treatment.RETRY),
        ("RequestLimitExceeded", Treatment.RETRY),
        ("AuthFailure.SignatureFailure", Treatment.ALARM),
        ("UnauthorizedOperation.SdkAppId", Treatment.ALARM),
        ("SomethingNew", Treatment.FINAL),
    ],
)
async def test_code_of_trtc_has_its_treatment(
    clock: Clock, code: str, treatment: Treatment
) -> None:
    error = {"Response": {"RequestId": "r", "Error": {"Code": code, "Message": "amy"}}}
    answer = await rtc(Cloud(error), clock).dismiss_room(7)
    assert (answer.treatment, answer.code) == (treatment, code)
    assert rtc_treatment(code) is treatment


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse(503, {}, b""),
        HttpResponse(302, {}, b"{}"),
        {},
        {"Response": {}},
        {"Response": {"RequestId": "r", "Error": {}}},
        {"Response": {"RequestId": "r", "Error": {"Code": "amy\n"}}},
    ],
)
async def test_answer_of_trtc_that_is_none_is_no_answer(clock: Clock, answer: object) -> None:
    with pytest.raises(CloudUnavailable):
        await rtc(Cloud(answer), clock).dismiss_room(7)
