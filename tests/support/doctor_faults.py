"""What can be wrong with an installation, as settings and cloud show it, and what is said."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.school_settings import APP_ID

from classgate.settings.loading import SettingsTree

ORIGIN = "https://class.school.example"
WRONG = "Wr0ngQz7mK2xVb9LpT4cHsN6yJ1dFgAe"


@dataclass(frozen=True)
class ForgedAnswer:
    """Answers requests whose head matches `to`, in the cloud's place."""

    to: str
    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """What is wrong; the check that says so; words of its sentence, and words of its fix."""

    check: str
    says: str
    fix: str
    settings: SettingsTree = field(default_factory=dict)
    forged: tuple[ForgedAnswer, ...] = ()
    ordered: tuple[str, str, str] | None = None  # from the emulator


def cos_error(code: str) -> str:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"


def _sts_refuses(code: str) -> tuple[ForgedAnswer, ...]:
    body = f'{{"Response":{{"Error":{{"Code":"{code}","Message":"no"}},"RequestId":"r"}}}}'
    return (ForgedAnswer("^POST / .*x-tc-action", 200, body),)


def _cos_refuses(to: str, code: str = "AccessDenied") -> tuple[ForgedAnswer, ...]:
    return (ForgedAnswer(to, 403, cos_error(code)),)


def _rule(*exposed: str) -> str:
    methods = "".join(f"<AllowedMethod>{each}</AllowedMethod>" for each in METHODS)
    shown = "".join(f"<ExposeHeader>{each}</ExposeHeader>" for each in exposed)
    return (
        "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>"
        f"{methods}<AllowedHeader>*</AllowedHeader>{shown}</CORSRule></CORSConfiguration>"
    )


METHODS = ("PUT", "POST", "GET", "HEAD", "DELETE")
PREFLIGHT = {
    "Access_Control_Allow_Origin": ORIGIN,
    "Access_Control_Allow_Methods": ", ".join(METHODS),
    "Access_Control_Allow_Headers": "authorization, content-type, content-md5",
}
_GUIDE = "docs/how-to/first-hour.md"
_RIGHTS = "Associate policy"
_UNSIGNED = "(?!.*authorization)"

FAULTS = {
    # ── STS ──
    "another SecretKey": Fault(
        "STS",
        "SecretKey does not belong to the SecretId",
        "both from the same row",
        {"cloud": {"secret_key": WRONG}},
    ),
    "unknown SecretId": Fault(
        "STS",
        "does not know the SecretId",
        "both from the same row",
        {"cloud": {"secret_id": f"AKID{WRONG}"}},
    ),
    "sub-account may not ask STS": Fault(
        "STS",
        "the sub-account may not call this action",
        _GUIDE,
        forged=_sts_refuses("AuthFailure.UnauthorizedOperation"),
    ),
    "sub-account may not ask STS, in other words": Fault(
        "STS",
        "the sub-account may not call this action",
        _GUIDE,
        forged=_sts_refuses("UnauthorizedOperation.CamNoAuth"),
    ),
    "bucket of another account": Fault(
        "STS",
        "not in the account of this key",
        "cos.app_id",
        forged=_sts_refuses("InvalidParameter.GrantOtherResource"),
    ),
    "no STS in the region": Fault(
        "STS",
        "not available in this region",
        "cloud.region",
        forged=_sts_refuses("UnsupportedRegion"),
    ),
    "new word of STS": Fault(
        "STS",
        "AuthFailure.BrandNew",
        "both from the same row",
        forged=_sts_refuses("AuthFailure.BrandNew"),
    ),
    "STS finds the time off": Fault(
        "STS",
        "by more than five minutes",
        "NTP",
        ordered=("sts", "GetFederationToken", "skewed_clock"),
    ),
    "a web page instead of STS": Fault(
        "STS",
        "does not answer as STS does",
        "proxy",
        forged=(ForgedAnswer("^POST / ", 200, "<html>"),),
    ),
    # ── the bucket and its objects ──
    "another SecretKey, says COS": Fault(
        "bucket",
        "SecretKey does not belong to the SecretId",
        "both from the same row",
        {"cloud": {"secret_key": WRONG}},
    ),
    "no such bucket in the region": Fault(
        "bucket",
        "does not exist in this region",
        "compare cos.bucket and cos.region",
        forged=(
            ForgedAnswer("^HEAD ", 404),
            ForgedAnswer("^GET /classes/", 404, cos_error("NoSuchBucket")),
        ),
    ),
    "temporary keys may not put": Fault(
        "upload",
        "the sub-account may not call this action",
        _RIGHTS,
        forged=_cos_refuses("^PUT .*x-cos-security"),
    ),
    "temporary keys may not upload in parts": Fault(
        "upload in parts", "InitiateMultipart", _RIGHTS, forged=_cos_refuses("^POST /classes/")
    ),
    "service may not look at objects": Fault(
        "object",
        "HEAD with the service's key",
        _RIGHTS,
        forged=(ForgedAnswer("^HEAD /classes/", 403),),
    ),
    "service may not read objects": Fault(
        "download",
        "GET with the service's key",
        _RIGHTS,
        forged=_cos_refuses("^GET /classes/.*authorization"),
    ),
    "service may not remove objects": Fault(
        "removal", "still exists", _RIGHTS, forged=_cos_refuses("^DELETE /classes/[^? ]* ")
    ),
    "keys for one object put another": Fault(
        "other object",
        "can upload ANOTHER object",
        "do not let anyone upload",
        forged=(ForgedAnswer("^PUT /classes/0/[^/]*-other/", 200),),
    ),
    # ── privacy ──
    "public read": Fault(
        "private bucket",
        "anyone may read objects",
        "Private Read/Write",
        forged=(ForgedAnswer(f"^GET /classes/{_UNSIGNED}", 200, "x"),),
    ),
    "public read of what is not there": Fault(
        "private bucket",
        "anyone may read objects",
        "Private Read/Write",
        forged=(ForgedAnswer(f"^GET /classes/{_UNSIGNED}", 404, cos_error("NoSuchKey")),),
    ),
    "public write": Fault(
        "private bucket",
        "anyone may write objects",
        "Private Read/Write",
        forged=(ForgedAnswer(f"^PUT /classes/{_UNSIGNED}", 200),),
    ),
    # ── pages of other origins ──
    "no CORS rule": Fault(
        "CORS",
        f"for pages of {ORIGIN} the bucket lacks any rule",
        _GUIDE,
        forged=(
            ForgedAnswer("^OPTIONS ", 403, cos_error("AccessForbidden")),
            ForgedAnswer("^GET /.cors", 404, cos_error("NoSuchCORSConfiguration")),
        ),
    ),
    "CORS without PUT": Fault(
        "CORS",
        "lacks the method PUT",
        "as the first one",
        forged=(ForgedAnswer("^OPTIONS .*request-method: PUT", 403),),
    ),
    "CORS without a header": Fault(
        "CORS",
        "lacks the header x-cos-security-token",
        "as the first one",
        forged=(ForgedAnswer("^OPTIONS ", 200, "", PREFLIGHT),),
    ),
    "CORS without ETag": Fault(
        "CORS",
        "lacks ETag exposed",
        "as the first one",
        forged=(
            ForgedAnswer(
                "^GET /classes/.*origin: ",
                403,
                "",
                {**PREFLIGHT, "Access_Control_Expose_Headers": "x-cos-request-id"},
            ),
        ),
    ),
    "CORS rule that hides the request's id": Fault(
        "CORS",
        "lacks x-cos-request-id exposed",
        "as the first one",
        forged=(ForgedAnswer("^GET /.cors", 200, _rule("ETag")),),
    ),
    # ── without the cloud ──
    "SDKAppID and APPID mixed up": Fault(
        "SDKAppID",
        "is the APPID of the account",
        "TRTC console",
        {"im": {"sdk_app_id": int(APP_ID)}},
    ),
}
