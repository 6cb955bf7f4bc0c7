"""Authenticates the callbacks of the cloud that have a route here: room events and IM's webhooks.

TRTC signs the body. IM signs the time only, so that whoever has seen one signature can send any
content for a minute; what IM's callbacks decide must be harmless to forge.
"""

import structlog

from classgate.clock import Clock
from classgate.errors import VerificationFailed
from classgate.refusals import CallbackUnproven
from classgate.signing.callback_signatures import verify_im_callback, verify_rtc_callback

log = structlog.get_logger("classgate.callbacks")


class CallbackAuthenticator:
    """Verifies signatures and the application of callbacks. Every refusal is logged."""

    def __init__(
        self, *, sdk_app_id: int, rtc_key: str | None, im_token: str | None, clock: Clock
    ) -> None:
        self._sdk_app_id = str(sdk_app_id)
        self._rtc_key = rtc_key
        self._im_token = im_token
        self._clock = clock

    def require_rtc(self, body: bytes, *, sign: str, sdk_app_id: str) -> None:
        """Require a callback of TRTC for this application. CallbackUnproven."""
        if self._rtc_key is None:
            raise _unproven("room", "callbacks.rtc_key is not set")
        try:
            verify_rtc_callback(body, sign=sign, key=self._rtc_key)
        except VerificationFailed as error:
            raise _unproven("room", error.failed_check) from error
        self._require_application("room", sdk_app_id)

    def require_im(self, *, request_time: str, sign: str, sdk_app_id: str) -> None:
        """Require a callback of IM for this application. CallbackUnproven."""
        if self._im_token is None:
            raise _unproven("im", "callbacks.im_token is not set")
        try:
            verify_im_callback(
                request_time=request_time, sign=sign, token=self._im_token, at=self._clock()
            )
        except VerificationFailed as error:
            raise _unproven("im", error.failed_check) from error
        self._require_application("im", sdk_app_id)

    def _require_application(self, callback: str, sdk_app_id: str) -> None:
        if sdk_app_id != self._sdk_app_id:
            raise _unproven(callback, "sdkappid")


def _unproven(callback: str, failed_check: str) -> CallbackUnproven:
    log.warning("callback refused", callback=callback, failed_check=failed_check)
    return CallbackUnproven(f"the callback is not from the cloud, or not for here: {failed_check}")
