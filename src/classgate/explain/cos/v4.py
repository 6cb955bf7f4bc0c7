"""Explains a v4 signature, that of the JSON API: reusable or single-use."""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, unquote

from classgate.explain.cos.findings import Finding, check_of, to_causes
from classgate.explain.cos.key_check import own_key
from classgate.explain.cos.secret_mistakes import possible_secrets
from classgate.explain.cos.v4_claims import V4Claims
from classgate.explain.models import CauseCode, Check, ExplainContext, Explanation, Kind
from classgate.explain.requests.models import PastedRequest
from classgate.signing.cos_hosts import find_bucket_host
from classgate.signing.encoding import EPOCH

_ORDERS: Final = ("abketrf", "akertfb", "aketrfb", "abktefr", "abkterf", "abekrtf")
_MILLISECONDS: Final = 10**12
_MAX_TIME: Final = 2**33
_LONGEST_DURATION: Final = 10**8


def explain_v4(
    claims: V4Claims, context: ExplainContext, pasted: PastedRequest | None = None
) -> Explanation:
    """Explain a signature: form, SecretId, account, bucket, time, signature, object."""
    key = own_key(context, claims.fields.get("k", ""))
    findings = {
        "format": [*claims.faults, *_wrong_version(pasted)],
        "app_id": _app_id(claims, context),
        "bucket": _bucket(claims, context),
    }
    checks = [check_of(context, "format", findings["format"])]
    if key is None:
        detail = context.say("it is not configured here", "这里没有配置")
        checks.append(Check("key_id", None, detail))
    else:
        checks.append(Check("key_id", True, context.say(f"of {key.name}", f"属于 {key.name}")))
    checks += [check_of(context, name, findings[name]) for name in ("app_id", "bucket")]
    time, findings["time"] = _time(claims, context)
    signature, findings["signature"] = _signature(claims, context)
    checks += [time, signature]
    if (fault := _object_fault(claims, pasted)) is not None:
        findings["object"] = [fault]
        checks.append(check_of(context, "object", [fault]))
    failed = [each.name for each in checks if each.ok is False]
    ranked = [each for name in failed for each in findings.get(name, ())]
    if key is None and signature.ok is None:
        ranked.append(Finding(CauseCode.KEY_NOT_CONFIGURED))
    return Explanation(
        kind=Kind.COS_V4,
        content=_content(claims),
        checks=checks,
        causes=to_causes(context, ranked),
    )


def _content(claims: V4Claims) -> dict[str, object]:
    fields = claims.fields
    expires = _moment(fields.get("e", ""))
    issued = _moment(fields.get("t", ""))
    content: dict[str, object] = {
        "cloud_app_id": fields.get("a"),
        "bucket_name": fields.get("b"),
        "secret_id": fields.get("k"),
        "single_use": fields.get("e") == "0",
        "issued_at": None if issued is None else _iso(issued),
        "expires_at": None if expires is None or fields.get("e") == "0" else _iso(expires),
        "file_id": fields.get("f"),
    }
    return {name: value for name, value in content.items() if value is not None}


def _wrong_version(pasted: PastedRequest | None) -> list[Finding]:
    if pasted is None:
        return []
    is_json_api = pasted.url.path.startswith("/files/v2/")
    if find_bucket_host(pasted.host) is not None and not is_json_api:
        return [
            Finding(
                CauseCode.WRONG_SIGNATURE_VERSION,
                f"a v4 signature was sent to {pasted.host}, a host of the XML API (v5)",
                f"v4 签名发给了 XML API（v5）的域名 {pasted.host}",
            )
        ]
    return []


def _app_id(claims: V4Claims, context: ExplainContext) -> list[Finding]:
    given, wanted = claims.fields.get("a"), context.cloud_app_id
    if given is None or wanted is None or given == wanted:
        return []
    if given == str(context.sdk_app_id):
        return [
            Finding(
                CauseCode.WRONG_APP_ID,
                f"a={given} is the SDKAppID; the APPID is {wanted}",
                f"a={given} 是 SDKAppID，APPID 应为 {wanted}",
            )
        ]
    return [
        Finding(
            CauseCode.WRONG_APP_ID,
            f"a={given} is not the configured APPID {wanted}",
            f"a={given} 不是配置的 APPID {wanted}",
        )
    ]


def _bucket(claims: V4Claims, context: ExplainContext) -> list[Finding]:
    given, app_id = claims.fields.get("b"), claims.fields.get("a", "")
    if given is None:
        return []
    if app_id and given.endswith(f"-{app_id}"):
        short = given.removesuffix(f"-{app_id}")
        return [
            Finding(
                CauseCode.WRONG_RESOURCE,
                f"b={given} ends with the APPID; v4 takes the bucket without it, as {short}",
                f"b={given} 带了 APPID；v4 的存储桶名不带 APPID，应为 {short}",
            )
        ]
    wanted = (context.bucket or "").rpartition("-")[0]
    if wanted and given != wanted and given.strip().lower() == wanted:
        return [
            Finding(
                CauseCode.WRONG_RESOURCE,
                f"b={given} differs from the configured bucket {wanted} in case or white space",
                f"b={given} 与配置的存储桶 {wanted} 大小写或空白不同",
            )
        ]
    return []


def _time(claims: V4Claims, context: ExplainContext) -> tuple[Check, list[Finding]]:
    fault = _time_fault(claims, context)
    if fault is not None:
        return Check("time", False, fault.detail(context)), [fault]
    text = claims.fields.get("e", "")
    if text == "0":
        return Check("time", True, context.say("single-use", "单次有效")), []
    expires = _moment(text)
    if expires is None:
        return Check("time", None, context.say("e is no time", "e 不是时间")), []
    until = context.say(f"valid until {_iso(expires)}", f"有效期至 {_iso(expires)}")
    return Check("time", True, until), []


def _time_fault(claims: V4Claims, context: ExplainContext) -> Finding | None:
    text = claims.fields.get("e", "")
    if text == "0" and not claims.fields.get("f"):
        return Finding(
            CauseCode.INCOMPLETE,
            "a single-use signature (e=0) must name one object in f",
            "单次签名（e=0）必须在 f 中写明对象",
        )
    if text.isdecimal() and int(text[:20]) >= _MILLISECONDS:
        return Finding(CauseCode.TIME_IN_MILLISECONDS)
    expires, issued = _moment(text), _moment(claims.fields.get("t", ""))
    if expires is None or text == "0":
        return None
    if issued is not None and expires <= issued and int(text) < _LONGEST_DURATION:
        return Finding(
            CauseCode.EXPIRED,
            "e is a duration; it must be the time at which the signature ends",
            "e 写成了时长，应为到期时刻",
        )
    if context.now > expires:
        return Finding(
            CauseCode.EXPIRED, f"it ended at {_iso(expires)}", f"已于 {_iso(expires)} 到期"
        )
    return None


def _signature(claims: V4Claims, context: ExplainContext) -> tuple[Check, list[Finding]]:
    key = own_key(context, claims.fields.get("k", ""))
    if not context.cloud_keys or not claims.digest:
        detail = context.say("no API key is configured here", "这里没有配置 API 密钥")
        return Check("signature", None, detail), []
    for secret in possible_secrets(context.cloud_keys, claims.fields.get("k", "")):
        for text, finding in _texts(claims):
            if not _fits(claims.digest, secret.text, text):
                continue
            findings = [each.proven() for each in (secret.finding, finding) if each is not None]
            return check_of(context, "signature", findings), findings
    if key is None:
        detail = context.say("its SecretKey is not configured here", "这里没有配置它的 SecretKey")
        return Check("signature", None, detail), []
    code = CauseCode.TRUNCATED if claims.faults else CauseCode.WRONG_KEY
    guesses = [
        Finding(
            code,
            f"neither {key.name} nor a well-known mistake reproduces the signature",
            f"{key.name} 和各种常见错误都得不到这个签名",
        ),
        Finding(CauseCode.ALTERED),
    ]
    return Check("signature", False, guesses[0].detail(context)), guesses


def _fits(digest: bytes, secret: str, text: bytes) -> bool:
    key = secret.encode(errors="replace")
    whole = hmac.digest(key, text, hashlib.sha1)
    candidates: Sequence[bytes] = (
        whole,
        whole.hex().encode(),
        hmac.digest(key, text, hashlib.sha256),
        hmac.digest(key, text, hashlib.sha256).hex().encode(),
    )
    return any(hmac.compare_digest(digest, each) for each in candidates)


def _texts(claims: V4Claims) -> Iterator[tuple[bytes, Finding | None]]:
    """Yield the text that should be signed, then those that are signed by mistake."""
    yield claims.plaintext, None
    text = claims.plaintext.decode(errors="replace")
    finding = Finding(
        CauseCode.SIGNED_TEXT_DIFFERS,
        "the fields were signed in another order or encoding than they are sent",
        "签名的字段顺序或编码与发送的不同",
    )
    file_id = claims.fields.get("f", "")
    for spelt in (unquote(file_id), quote(file_id, safe="/"), quote(file_id, safe="")):
        fields = {**claims.fields, "f": spelt}
        if fields.keys() >= set(_ORDERS[0]):
            for order in _ORDERS:
                yield "&".join(f"{name}={fields[name]}" for name in order).encode(), finding
    yield quote(text, safe="").encode(), finding
    yield text.strip().encode() + b"\n", finding


def _object_fault(claims: V4Claims, pasted: PastedRequest | None) -> Finding | None:
    """Return the fault of a signature for another object than that of the request."""
    file_id = claims.fields.get("f", "")
    if pasted is None or not pasted.url.path.startswith("/files/v2/") or not file_id:
        return None
    path = pasted.url.decoded_path.removeprefix("/files/v2")
    named = unquote(file_id)
    own = f"/{claims.fields.get('a')}/{claims.fields.get('b')}"
    whole = named if named.startswith(f"{own}/") else f"{own}{named}"
    if whole == path or (whole.endswith("/") and path.startswith(whole)):
        return None
    return Finding(
        CauseCode.WRONG_PATH,
        f"the signature is for {whole}, and the request is for {path}",
        f"签名对应 {whole}，请求的是 {path}",
    )


def _moment(text: str) -> datetime | None:
    if not text.isdecimal() or not text.isascii() or len(text) > 10 or int(text) > _MAX_TIME:
        return None
    return EPOCH + timedelta(seconds=int(text))


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
