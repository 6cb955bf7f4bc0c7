"""Checks the SDKAppID and the UserSig key as far as possible without the cloud."""

import re
from datetime import timedelta

from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.findings import Finding, fail, ok, skipped, warn
from classgate.errors import ClassgateError
from classgate.signing.keys import EcdsaPrivateKey, SdkSecretKey
from classgate.signing.user_sig import issue_user_sig, verify_user_sig

CHECK = "UserSig key"
_PLACE = "TRTC console, Application management, the application, which shows both SDKAppID and key"


async def check_signing_key(context: CheckContext) -> list[Finding]:
    """Sign and verify a UserSig, and check the form of the SDKAppID."""
    return [_self_test(context), *_check_app_id(context), _needs_the_cloud(context)]


def _self_test(context: CheckContext) -> Finding:
    im, now = context.settings.im, context.clock()
    try:
        key = im.signing_key()
        public = key.public_key() if isinstance(key, EcdsaPrivateKey) else key
        lifetime = timedelta(minutes=1)
        token = issue_user_sig(
            key, sdk_app_id=im.sdk_app_id, identifier="doctor", issued_at=now, lifetime=lifetime
        )
        verify_user_sig(token, public, sdk_app_id=im.sdk_app_id, identifier="doctor", at=now)
    except ClassgateError as error:
        fix = f"copy the key again: {_PLACE}"
        return fail(CHECK, f"a UserSig cannot be signed and verified: {error.message}", fix)
    return ok(CHECK, f"{_version(key)} signs and verifies a UserSig{_other_key(context)}")


def _version(key: EcdsaPrivateKey | SdkSecretKey) -> str:
    if isinstance(key, EcdsaPrivateKey):
        return f"version 1 (key file, {key.public_key().curve})"
    return "version 2 (secret key, HMAC)"


def _other_key(context: CheckContext) -> str:
    im = context.settings.im
    if im.secret_key is None or im.private_key is None:
        return ""
    return f"; both keys are set, im.sign_with is {im.sign_with}"


def _check_app_id(context: CheckContext) -> list[Finding]:
    sdk_app_id, app_id = str(context.settings.im.sdk_app_id), context.settings.cos.app_id
    if sdk_app_id == app_id:
        what = "im.sdk_app_id is the APPID of the account, not the SDKAppID of an application"
        return [fail("SDKAppID", what, f"set the SDKAppID: {_PLACE}")]
    if not re.fullmatch(r"(14|16|17|20)[0-9]{8}", sdk_app_id):
        what = f"{sdk_app_id} does not look like an SDKAppID of ten digits, such as 1400000000"
        return [warn("SDKAppID", what, f"compare it: {_PLACE}")]
    return [ok("SDKAppID", f"{sdk_app_id} looks like an SDKAppID")]


def _needs_the_cloud(context: CheckContext) -> Finding:
    what = "only Tencent can check that the key belongs to this SDKAppID (if not: 70009, 70014)"
    which = context.settings.im.sdk_app_id
    fix = (
        f"once, paste the output of `classgate user-sig issue --sdk-app-id {which} …` into "
        "TRTC console, Development assistance, UserSig verification"
    )
    return skipped("key and SDKAppID", what, fix)
