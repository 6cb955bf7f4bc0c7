"""PURE: explanations of Tencent's error codes, for the operator, and the fix.

Sources of the codes: documents 1312/48195 (GetFederationToken), 1278/46710 (cloud API),
436/7730 (COS). Their meaning in practice: the issues of Tencent's SDKs.
"""

from dataclasses import dataclass

GUIDE = "docs/how-to/first-hour.md"
_POLICY = (
    f"attach the policy in {GUIDE} to the sub-account (CAM, Users, the user, Associate policy)"
)
_CLOCK = "synchronize this machine's clock with NTP: timedatectl set-ntp true"
_COPY_KEY = (
    "copy cloud.secret_id and cloud.secret_key again from CAM, Access keys; both from the same row"
)
_CHECK_RESOURCE = "check cos.app_id, cos.bucket and cos.region, which form the resource's name"


@dataclass(frozen=True)
class CodeExplanation:
    """The meaning of an error code, and the fix."""

    what: str
    fix: str


_STS = {
    "AuthFailure.SecretIdNotFound": CodeExplanation(
        "STS does not know the SecretId: it was deleted, disabled or copied incompletely",
        _COPY_KEY,
    ),
    "AuthFailure.InvalidSecretId": CodeExplanation(
        "the SecretId is not one of the cloud API",
        "set cloud.secret_id to an API key from CAM, Access keys; it begins with AKID",
    ),
    "AuthFailure.SignatureFailure": CodeExplanation(
        "the SecretKey does not belong to the SecretId", _COPY_KEY
    ),
    "AuthFailure.SignatureExpire": CodeExplanation(
        "the request's time differs from that of STS by more than five minutes", _CLOCK
    ),
    "AuthFailure.TokenFailure": CodeExplanation(
        "cloud.secret_id is a temporary key",
        "set a permanent API key of the sub-account: a temporary key cannot request others",
    ),
    "AuthFailure.UnauthorizedOperation": CodeExplanation(
        "the sub-account may not call GetFederationToken", _POLICY
    ),
    "UnauthorizedOperation": CodeExplanation(
        "the sub-account may not call GetFederationToken", _POLICY
    ),
    "InvalidParameter.GrantOtherResource": CodeExplanation(
        "the bucket is not in the account of this key",
        "set cos.app_id to the APPID of the account that owns the key (Account information); "
        "cos.bucket ends with it",
    ),
    "InvalidParameter.ResouceError": CodeExplanation(
        "STS does not accept the bucket's name as a resource", _CHECK_RESOURCE
    ),
    "InvalidParameter.OverTimeError": CodeExplanation(
        "STS does not issue keys of this lifetime",
        "set cos.credential_lifetime to a shorter time, such as 1800",
    ),
    "InvalidParameter.AccessKeyNotSupport": CodeExplanation(
        "a key of this type cannot request temporary keys",
        "set a permanent API key of a sub-account, made in CAM, Access keys",
    ),
    "UnsupportedRegion": CodeExplanation(
        "STS is not available in this region",
        "set cloud.region to a region that has STS, such as ap-guangzhou",
    ),
    "UnsupportedProtocol": CodeExplanation("STS requires https", "set cloud.scheme to https"),
}
# By prefix, tried in this order for codes that are not in the table above.
_STS_PREFIXES = {
    "AuthFailure.": CodeExplanation("STS does not accept the key or the signature", _COPY_KEY),
    "InvalidParameter.Strategy": CodeExplanation("STS does not accept the policy", _CHECK_RESOURCE),
    "UnauthorizedOperation.": CodeExplanation(
        "the sub-account may not call GetFederationToken", _POLICY
    ),
    "InvalidParameter": CodeExplanation(
        "STS does not accept the request", "check cloud.region, cos.region and cos.app_id"
    ),
}

_COS = {
    "NoSuchBucket": CodeExplanation(
        "the bucket does not exist in this region",
        "compare cos.bucket and cos.region with COS console, Bucket list",
    ),
    "InvalidAccessKeyId": CodeExplanation("COS does not know the SecretId", _COPY_KEY),
    "SignatureDoesNotMatch": CodeExplanation(
        "the SecretKey does not belong to the SecretId", _COPY_KEY
    ),
    "RequestTimeTooSkewed": CodeExplanation(
        "the request's time differs too much from that of COS", _CLOCK
    ),
    "RequestIsExpired": CodeExplanation(
        "the request's time differs too much from that of COS", _CLOCK
    ),
    "ExpiredToken": CodeExplanation("the temporary keys have expired, says COS", _CLOCK),
    "AccessDenied": CodeExplanation("the sub-account does not have the permission", _POLICY),
    "UnavailableRegion": CodeExplanation(
        "COS does not have this region", "compare cos.region with COS console, Bucket list"
    ),
}


def explain_sts(code: str) -> CodeExplanation:
    """Return why STS refused, and the fix."""
    if code in _STS:
        return _STS[code]
    for prefix, explanation in _STS_PREFIXES.items():
        if code.startswith(prefix):
            return explanation
    return CodeExplanation("STS refused", "look the code up in document 1312/48195")


def explain_cos(code: str) -> CodeExplanation:
    """Return why COS refused, and the fix."""
    if code in _COS:
        return _COS[code]
    if code == "HTTP 403":
        return _COS["AccessDenied"]
    if code == "HTTP 404":
        return _COS["NoSuchBucket"]
    return CodeExplanation("COS refused", "look the code up in document 436/7730")
