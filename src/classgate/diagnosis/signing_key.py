"""The SDKAppID and the key that signs UserSigs: all that can be said without the cloud."""

import re
from datetime import timedelta

from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.findings import Finding, fail, ok, skipped, warn
from classgate.errors import ClassgateError
from classgate.signing.keys import EcdsaPrivateKey, SdkSecretKey
from classgate.signing.user_sig import issue_user_sig, verify_user_sig

CHECK = "UserSig key"
_PLACE = (
    "TRTC console, Application management, the application: SDKAppID and key stand side by side"
)


async def check_signing_key(context: CheckContext) -> list[Finding]:
    """The key signs and verifies itself, the SDKAppID looks like one; more only Tencent knows."""
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
        fix = f"copy the key anew: {_PLACE}"
        return fail(CHECK, f"a UserSig cannot be signed and verified: {error.message}", fix)
    return ok(CHECK, f"{_version(key)} signs, and verifies what it signed{_other_key(context)}")


def _version(key: EcdsaPrivateKey | SdkSecretKey) -> str:
    if isinstance(key, EcdsaPrivateKey):
        return f"version 1 (key file, {key.public_key().curve})"
    return "version 2 (secret key, HMAC)"


def _other_key(context: CheckContext) -> str:
    im = context.settings.im
    if im.secret_key is None or im.private_key is None:
        return ""
    return f"; both keys are set, im.sign_with says {im.sign_with}"


def _check_app_id(context: CheckContext) -> list[Finding]:
    sdk_app_id, app_id = str(context.settings.im.sdk_app_id), context.settings.cos.app_id
    if sdk_app_id == app_id:
        what = "im.sdk_app_id is the APPID of the account, not that of an application"
        return [fail("SDKAppID", what, f"set the SDKAppID: {_PLACE}")]
    if not re.fullmatch(r"(14|16|17|20)[0-9]{8}", sdk_app_id):
        what = f"{sdk_app_id} does not look like one: they have ten digits, as 1400000000"
        return [warn("SDKAppID", what, f"compare it: {_PLACE}")]
    return [ok("SDKAppID", f"{sdk_app_id} looks like one")]


def _needs_the_cloud(context: CheckContext) -> Finding:
    what = "that the key is this SDKAppID's, only Tencent can say (70009, 70014: it is not)"
    which = context.settings.im.sdk_app_id
    fix = (
        f"once: paste what `classgate user-sig issue --sdk-app-id {which} …` prints into "
        "TRTC console, Development assistance, UserSig verification"
    )
    return skipped("key and SDKAppID", what, fix)
