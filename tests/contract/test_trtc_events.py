"""The signed events of rooms, sent in the background."""

import base64
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Iterator

import pytest
from tests.support.contract_cloud import SDK_APP_ID, settings_for
from tests.support.event_receiver import WAIT, Receiver, running_receiver
from tests.support.running_emulator import Emulator, running_emulator
from tests.support.trtc_client import enter, leave

from classgate.emulator.trtc.events import sign
from classgate.errors import ConfigurationError

KEY = "Key4events"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


def direct(emulator: Emulator, receiver: Receiver, **more: object) -> None:
    """Send the events of the emulator to the receiver."""
    values: dict[str, object] = {"url": receiver.url, "key": KEY, "retry_seconds": 0.01}
    assert emulator.control("/_emulator/callbacks", **(values | more)).status == 200


def types(receiver: Receiver, number: int) -> list[int]:
    return [json.loads(receiver.next().body)["EventType"] for _ in range(number)]


def wait_for_states(emulator: Emulator, expected: list[tuple[str, int]]) -> None:
    """Wait until the events of the rooms have these states and numbers of attempts."""
    deadline = time.monotonic() + WAIT  # it only ends what hangs
    while True:
        items = emulator.call("GET", "/_emulator/events").json["items"]
        found = [(each["state"], each["attempts"]) for each in items]
        if found == expected:
            return
        assert time.monotonic() < deadline, found
        time.sleep(0.01)


def test_signature_is_that_of_the_document() -> None:
    body = (
        b'{\n\t"EventGroupId":\t2,\n\t"EventType":\t204,\n\t"CallbackTs":\t1664209748188,'
        b'\n\t"EventInfo":\t{\n\t\t"RoomId":\t8489,\n\t\t"EventTs":\t1664209748,'
        b'\n\t\t"EventMsTs":\t1664209748180,\n\t\t"UserId":\t"user_85034614",'
        b'\n\t\t"Reason":\t0\n\t}\n}'
    )
    assert sign("123654", body) == "kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA="


def test_event_is_signed_over_its_bytes(emulator: Emulator, receiver: Receiver) -> None:
    direct(emulator, receiver)
    enter(emulator, "tom")
    created, entered = receiver.next(), receiver.next()
    for each in (created, entered):
        digest = hmac.new(KEY.encode(), each.body, hashlib.sha256).digest()
        assert each.headers["sign"] == base64.b64encode(digest).decode()
        assert each.headers["sdkappid"] == str(SDK_APP_ID)
        assert each.headers["content-type"] == "application/json"
    assert created.body.startswith(b'{\n\t"EventGroupId":\t1,\n\t"EventType":\t101,')
    event = json.loads(entered.body)
    information = event["EventInfo"]
    assert (event["EventType"], information["RoomId"], information["UserId"]) == (103, 7, "tom")
    assert information["EventTs"] == information["EventMsTs"] // 1000


def test_target_of_the_settings(receiver: Receiver) -> None:
    settings = settings_for(rtc_callback_url=receiver.url, rtc_callback_key=KEY)
    with running_emulator(settings) as emulator:
        enter(emulator, "tom", "7")
        leave(emulator, "tom", "7")
        assert types(receiver, 4) == [101, 103, 104, 102]


def test_without_a_url_events_are_only_recorded(emulator: Emulator) -> None:
    enter(emulator, "tom")
    wait_for_states(emulator, [("unsent", 0), ("unsent", 0)])


def test_refused_event_is_sent_again(emulator: Emulator, receiver: Receiver) -> None:
    direct(emulator, receiver)
    for status in (500, 302):
        receiver.statuses.put(status)
    enter(emulator, "tom")
    assert sorted(types(receiver, 4)) == [101, 101, 101, 103]
    wait_for_states(emulator, [("accepted", 3), ("accepted", 1)])


def test_long_answer_is_no_acceptance(emulator: Emulator, receiver: Receiver) -> None:
    receiver.answer = b"x" * 2001
    direct(emulator, receiver, retry_seconds=60)
    enter(emulator, "tom")
    wait_for_states(emulator, [("refused", 2), ("refused", 2)])


def test_receiver_that_is_away_delays_no_call(emulator: Emulator) -> None:
    with socket.socket() as away:  # its port is taken, and nobody listens
        away.bind(("127.0.0.1", 0))
        gone = Receiver(port=away.getsockname()[1])
        direct(emulator, gone, retry_seconds=60)
        assert enter(emulator, "tom") == 0
        wait_for_states(emulator, [("refused", 2), ("refused", 2)])


def test_event_can_be_sent_twice(emulator: Emulator, receiver: Receiver) -> None:
    direct(emulator, receiver, copies=2)
    enter(emulator, "tom")
    assert types(receiver, 4) == [101, 101, 103, 103]


def test_events_can_be_kept_back_and_sent_out_of_order(
    emulator: Emulator, receiver: Receiver
) -> None:
    direct(emulator, receiver, held=True)
    enter(emulator, "tom")
    leave(emulator, "tom")
    wait_for_states(emulator, [("held", 0)] * 4)
    assert emulator.control("/_emulator/callbacks", held=False, reversed=True).status == 200
    assert types(receiver, 4) == [102, 104, 103, 101]
    enter(emulator, "tom")
    assert types(receiver, 2) == [101, 103]


def test_reset_forgets_events_and_their_target(emulator: Emulator, receiver: Receiver) -> None:
    direct(emulator, receiver, held=True)
    enter(emulator, "tom")
    emulator.reset()
    enter(emulator, "tom")
    wait_for_states(emulator, [("unsent", 0), ("unsent", 0)])


@pytest.mark.parametrize(
    "wrong",
    [{"url": "ftp://127.0.0.1/"}, {"url": "http://127.0.0.1/", "key": ""}, {"url": 7},
     {"url": "http://127.0.0.1/", "key": "k" * 33}, {"copies": 0}, {"copies": True},
     {"retry_seconds": 0}, {"held": 1}, {"reversed": "yes"}],
)  # fmt: skip
def test_wrong_target_is_refused(emulator: Emulator, wrong: dict[str, object]) -> None:
    assert emulator.control("/_emulator/callbacks", **wrong).status == 400


def test_wrong_key_of_the_settings_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        settings_for(rtc_callback_url="http://127.0.0.1/", rtc_callback_key="no-hyphens")
