"""Runs the suite callbacks: how the cloud's own calls prove that they are the cloud's."""

import json

from classgate.signing.callback_signatures import (
    sign_im_callback,
    sign_live_callback,
    sign_rtc_callback,
    verify_im_callback,
    verify_live_callback,
    verify_rtc_callback,
)
from classgate.signing.encoding import from_epoch

from .cases import Case, judge


def generate_live(case: Case) -> None:
    given = case.inputs
    sign = sign_live_callback(from_epoch(given["t"]), key=given["key"])
    assert sign == case.expect["sign"]


def verify_live(case: Case) -> None:
    _verify_live(case, case.inputs["t"])
    _verify_live(case, str(case.inputs["t"]))  # as the older document has it


def _verify_live(case: Case, t: int | str) -> None:
    given = case.inputs
    sent = {"event_type": 100, "t": t, "sign": given["sign"]}
    body, at = json.dumps(sent).encode(), from_epoch(given["now"])
    members = judge(case, lambda: verify_live_callback(body, key=given["key"], at=at))
    assert members in (None, sent)


def generate_rtc(case: Case) -> None:
    given = case.inputs
    assert sign_rtc_callback(given["body"].encode(), key=given["key"]) == case.expect["sign"]


def verify_rtc(case: Case) -> None:
    given = case.inputs
    body = given["body"].encode()
    judge(case, lambda: verify_rtc_callback(body, sign=given["sign_header"], key=given["key"]))


def generate_im(case: Case) -> None:
    given = case.inputs
    sign = sign_im_callback(from_epoch(given["request_time"]), token=given["token"])
    assert sign == case.expect["sign"]


def verify_im(case: Case) -> None:
    given = case.inputs
    requested_at = judge(
        case,
        lambda: verify_im_callback(
            request_time=str(given["request_time"]),
            sign=given["sign"],
            token=given["token"],
            at=from_epoch(given["now"]),
        ),
    )
    assert requested_at in (None, from_epoch(given["request_time"]))


HANDLERS = {
    "im.generate": generate_im,
    "im.published": verify_im,
    "im.verify.expired": verify_im,
    "im.verify.tampered": verify_im,
    "im.verify.valid": verify_im,
    "im.verify.wrong_key": verify_im,
    "live.generate": generate_live,
    "live.verify.expired": verify_live,
    "live.verify.format": verify_live,
    "live.verify.tampered": verify_live,
    "live.verify.valid": verify_live,
    "live.verify.wrong_key": verify_live,
    "trtc.generate": generate_rtc,
    "trtc.published": verify_rtc,
    "trtc.verify.format": verify_rtc,
    "trtc.verify.tampered": verify_rtc,
    "trtc.verify.valid": verify_rtc,
    "trtc.verify.wrong_key": verify_rtc,
}
