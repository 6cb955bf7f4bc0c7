"""PURE: what Tencent's codes mean for whoever sets classgate up, and the fix.

Sources of the codes: documents 1312/48195 (GetFederationToken), 1278/46710 (cloud API),
436/7730 (COS). What they mean in practice: the issues of Tencent's own SDKs.
"""

from dataclasses import dataclass

GUIDE = "docs/how-to/first-hour.md"
_POLICY = (
    f"attach the policy in {GUIDE} to the sub-user (CAM, Users, the sub-user, Associate policy)"
)
_CLOCK = "set this machine's clock right and keep it so (NTP: timedatectl set-ntp true)"


@dataclass(frozen=True)
class CodeExplanation:
    """A code in plain words."""

    what: str
    fix: str


_STS = {
    "AuthFailure.SecretIdNotFound": CodeExplanation(
        "STS knows no such SecretId: it was deleted, disabled, or copied in part",
        "copy cloud.secret_id and cloud.secret_key anew from CAM, Access keys, as a pair",
    ),
    "AuthFailure.InvalidSecretId": CodeExplanation(
        "the SecretId is not one for the cloud API",
        "cloud.secret_id is an API key from CAM, Access keys; it begins with AKID",
    ),
    "AuthFailure.SignatureFailure": CodeExplanation(
        "the SecretKey is not that of the SecretId",
        "copy cloud.secret_id and cloud.secret_key anew from CAM, Access keys, as a pair",
    ),
    "AuthFailure.SignatureExpire": CodeExplanation(
        "STS finds the time of the request more than five minutes off", _CLOCK
    ),
    "AuthFailure.TokenFailure": CodeExplanation(
        "the key in cloud.secret_id is a temporary one",
        "set a permanent API key of the sub-user: temporary ones cannot ask for others",
    ),
    "AuthFailure.UnauthorizedOperation": CodeExplanation(
        "the sub-user may not call GetFederationToken", _POLICY
    ),
    "UnauthorizedOperation": CodeExplanation(
        "the sub-user may not call GetFederationToken", _POLICY
    ),
    "InvalidParameter.GrantOtherResource": CodeExplanation(
        "the bucket is not in the account of this key",
        "cos.app_id is the APPID of the account that owns the key (Account information); "
        "cos.bucket ends with it",
    ),
    "InvalidParameter.ResouceError": CodeExplanation(
        "STS does not take the name of the bucket as a resource",
        "look at cos.app_id, cos.bucket and cos.region: they make up the resource's name",
    ),
    "InvalidParameter.OverTimeError": CodeExplanation(
        "STS gives no keys of this lifetime", "make cos.credential_lifetime shorter, as 1800"
    ),
    "InvalidParameter.AccessKeyNotSupport": CodeExplanation(
        "this kind of key cannot ask for temporary keys",
        "use a permanent API key of a sub-user, made in CAM, Access keys",
    ),
    "UnsupportedRegion": CodeExplanation(
        "STS is not asked in this region", "set cloud.region to one that has STS, as ap-guangzhou"
    ),
    "UnsupportedProtocol": CodeExplanation("STS wants https", "set cloud.scheme to https"),
}
# Tried in this order, for what the table does not name.
_STS_FAMILIES = {
    "AuthFailure.": CodeExplanation(
        "STS does not accept the key or the signature",
        "copy cloud.secret_id and cloud.secret_key anew from CAM, Access keys, as a pair",
    ),
    "InvalidParameter.Strategy": CodeExplanation(
        "STS does not take the policy",
        "look at cos.app_id, cos.bucket and cos.region: they make up the resource's name",
    ),
    "UnauthorizedOperation.": CodeExplanation(
        "the sub-user may not call GetFederationToken", _POLICY
    ),
    "InvalidParameter": CodeExplanation(
        "STS does not take the request", "look at cloud.region, cos.region and cos.app_id"
    ),
}

_COS = {
    "NoSuchBucket": CodeExplanation(
        "there is no such bucket in this region",
        "compare cos.bucket and cos.region with COS console, Bucket list",
    ),
    "InvalidAccessKeyId": CodeExplanation(
        "COS knows no such SecretId",
        "copy cloud.secret_id and cloud.secret_key anew from CAM, Access keys, as a pair",
    ),
    "SignatureDoesNotMatch": CodeExplanation(
        "the SecretKey is not that of the SecretId",
        "copy cloud.secret_id and cloud.secret_key anew from CAM, Access keys, as a pair",
    ),
    "RequestTimeTooSkewed": CodeExplanation(
        "COS finds the time of the request too far off", _CLOCK
    ),
    "RequestIsExpired": CodeExplanation("COS finds the time of the request too far off", _CLOCK),
    "ExpiredToken": CodeExplanation("COS finds the temporary keys expired", _CLOCK),
    "AccessDenied": CodeExplanation("the sub-user has not the right", _POLICY),
    "UnavailableRegion": CodeExplanation(
        "COS has no such region", "compare cos.region with COS console, Bucket list"
    ),
}


def explain_sts(code: str) -> CodeExplanation:
    """Why STS refused, and the fix."""
    if code in _STS:
        return _STS[code]
    for family, meaning in _STS_FAMILIES.items():
        if code.startswith(family):
            return meaning
    return CodeExplanation("STS refused", "look the code up in document 1312/48195")


def explain_cos(code: str) -> CodeExplanation:
    """Why COS refused, and the fix."""
    if code in _COS:
        return _COS[code]
    if code == "HTTP 403":
        return _COS["AccessDenied"]
    if code == "HTTP 404":
        return _COS["NoSuchBucket"]
    return CodeExplanation("COS refused", "look the code up in document 436/7730")
