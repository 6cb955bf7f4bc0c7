"""Explains the policy of an upload form (POST Object), alone or with the fields of its form."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from classgate.errors import VerificationFailed
from classgate.explain.cos.answers import Refusal
from classgate.explain.cos.derivations import RIGHT, derivations
from classgate.explain.cos.findings import Finding, check_of, to_causes
from classgate.explain.cos.key_check import own_key
from classgate.explain.cos.secret_mistakes import possible_secrets
from classgate.explain.cos.subject import NOT_ANSWERED
from classgate.explain.cos.time_check import Times, check_time
from classgate.explain.models import CauseCode, Check, ExplainContext, Explanation, Kind
from classgate.input_bounds import JsonBounds
from classgate.signing.cos_request import KeyTime
from classgate.signing.post_conditions import PostPolicy

BOUNDS: Final = JsonBounds(size=64 * 1024, values=2000)
_HEX: Final = re.compile(r"[0-9a-f]{40}")
_AGREED: Final = ("q-sign-algorithm", "q-ak", "q-sign-time")
_FORM_FIELDS: Final = frozenset({"policy", "q-signature"})


@dataclass(frozen=True)
class Form:
    """A policy, and the fields of its form in lower case if they were pasted."""

    policy: bytes = field(repr=False)
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    was_encoded: bool = True


def read_policy(text: str) -> Form | None:
    """Return the policy of a text: as JSON or as base64 of it. None if the text is none."""
    given = text.strip()
    if _is_policy(given.encode(errors="replace")):
        return Form(given.encode(errors="replace"), was_encoded=False)
    decoded = _decoded(given)
    return Form(decoded) if decoded is not None and _is_policy(decoded) else None


def read_form(fields: Mapping[str, str]) -> Form | None:
    """Return the policy of the fields of a form; None if they have none."""
    lowered = {name.lower(): value for name, value in fields.items()}
    if "policy" not in lowered:
        return None
    policy = _decoded(lowered["policy"])
    if policy is None:
        policy = lowered["policy"].encode(errors="replace")
    return Form(policy, lowered)


def _is_policy(text: bytes) -> bool:
    return text.lstrip().startswith(b"{") and b'"conditions"' in text and b'"expiration"' in text


def _decoded(text: str) -> bytes | None:
    compact = "".join(text.split())
    if len(compact) < 16 or re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", compact) is None:
        return None
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except binascii.Error:
        return None


def explain_form(
    form: Form, context: ExplainContext, bucket: str | None = None, refusal: Refusal = NOT_ANSWERED
) -> Explanation:
    """Explain a policy: form, expiration, names, signature, and whether the fields meet it."""
    document, faults = _document(form)
    checks = [check_of(context, "format", faults)]
    findings: dict[str, list[Finding]] = {"format": faults}
    exact = _exact_values(document)
    if not faults:
        findings["names"] = list(_name_faults(document, exact, form.fields))
        checks.append(check_of(context, "names", findings["names"]))
        secret_id = form.fields.get("q-ak") or exact.get("q-ak", "")
        checks.append(_key_id(context, secret_id))
        time, findings["time"] = _time(context, document, exact, form, refusal)
        checks.append(time)
        if form.fields.keys() >= _FORM_FIELDS:
            signature, findings["signature"] = _signature(context, form, secret_id)
            checks.append(signature)
        if form.fields:
            findings["policy"] = list(_unmet(form, bucket or context.bucket or ""))
            checks.append(check_of(context, "policy", findings["policy"]))
    failed = [each.name for each in checks if each.ok is False]
    ranked = [each for name in failed for each in findings.get(name, ())]
    if any(each.ok is None and each.name in {"key_id", "signature"} for each in checks):
        ranked.append(Finding(CauseCode.KEY_NOT_CONFIGURED))
    return Explanation(
        kind=Kind.POST_POLICY,
        content=_content(document, exact, form),
        checks=checks,
        causes=to_causes(context, ranked),
    )


def _document(form: Form) -> tuple[dict[str, Any], list[Finding]]:
    if not BOUNDS.allows(form.policy):
        return {}, [Finding(CauseCode.TOO_LONG)]
    try:
        document = json.loads(form.policy)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        fault = Finding(
            CauseCode.WRONG_POLICY_FORM,
            f"the policy is not JSON: see line {line}",
            f"策略不是 JSON：见第 {line} 行",
        )
        return {}, [fault]
    if not isinstance(document, dict) or not isinstance(document.get("conditions"), list):
        fault = Finding(
            CauseCode.WRONG_POLICY_FORM,
            "a policy of a form has the members expiration and conditions, a list",
            "表单策略应有 expiration 和 conditions（列表）两个字段",
        )
        return {}, [fault]
    return document, []


def _exact_values(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that conditions require exactly, by the name of the field."""
    values: dict[str, str] = {}
    for name, operator, value in _conditions(document):
        if operator == "eq":
            values.setdefault(name, value)
    return values


def _conditions(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for each in document.get("conditions", []):
        if isinstance(each, dict) and len(each) == 1:
            (name, value), operator = next(iter(each.items())), "eq"
        elif isinstance(each, list) and len(each) == 3 and isinstance(each[1], str):
            operator, name, value = each
        else:
            continue
        if isinstance(name, str) and isinstance(value, str) and isinstance(operator, str):
            yield name.removeprefix("$").lower(), operator.lower(), value


def _name_faults(
    document: Mapping[str, Any], exact: Mapping[str, str], fields: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield the faults of the three conditions that every policy must have."""
    missing = [name for name in _AGREED if name not in exact]
    if missing:
        names = ", ".join(missing)
        has_key_time = "q-key-time" in {name for name, _, _ in _conditions(document)}
        hint = "; it has q-key-time, which only the form has" if has_key_time else ""
        hint_zh = "；写成了 q-key-time，那是表单字段的名字" if has_key_time else ""
        yield Finding(
            CauseCode.SIGN_TIME_MISSING,
            f"the policy lacks the condition {names}{hint}",
            f"策略缺少条件 {names}{hint_zh}",
        )
    for name, field_name in (("q-ak", "q-ak"), ("q-sign-time", "q-key-time")):
        wanted, given = exact.get(name), fields.get(field_name)
        if wanted is not None and given is not None and wanted != given:
            yield Finding(
                CauseCode.TIMES_DIFFER if name == "q-sign-time" else CauseCode.FORM_VIOLATES_POLICY,
                f"{name} of the policy is {wanted}, and {field_name} of the form is {given}",
                f"策略中的 {name} 是 {wanted}，表单中的 {field_name} 是 {given}",
            )


def _key_id(context: ExplainContext, secret_id: str) -> Check:
    key = own_key(context, secret_id)
    if key is not None:
        return Check("key_id", True, context.say(f"of {key.name}", f"属于 {key.name}"))
    return Check("key_id", None, context.say("it is not configured here", "这里没有配置"))


def _time(
    context: ExplainContext,
    document: Mapping[str, Any],
    exact: Mapping[str, str],
    form: Form,
    refusal: Refusal,
) -> tuple[Check, list[Finding]]:
    text = form.fields.get("q-key-time") or exact.get("q-sign-time", "")
    if re.fullmatch(r"[0-9]{13};[0-9]{13}", text):
        finding = Finding(CauseCode.TIME_IN_MILLISECONDS)
        return Check("time", False, finding.detail(context)), [finding]
    expires = _moment(document.get("expiration"))
    if expires is None:
        finding = Finding(
            CauseCode.WRONG_POLICY_FORM,
            "the expiration must be a UTC time such as 2030-01-31T12:00:00.000Z",
            "expiration 应为 UTC 时间，例如 2030-01-31T12:00:00.000Z",
        )
        return Check("time", False, finding.detail(context)), [finding]
    at = refusal.server_time or context.now
    if at > expires:
        finding = Finding(
            CauseCode.EXPIRED,
            f"the policy expired at {expires:%Y-%m-%dT%H:%M:%SZ}",
            f"策略已于 {expires:%Y-%m-%dT%H:%M:%SZ} 过期",
        )
        return Check("time", False, finding.detail(context)), [finding]
    try:
        period = KeyTime.from_wire(text)
    except VerificationFailed:
        detail = context.say("q-key-time is not start;end", "q-key-time 不是 开始;结束")
        return Check("time", None, detail), []
    return check_time(context, Times((("q-key-time", period),), refusal.server_time), refusal.check)


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if moment is None or moment.tzinfo is None else moment.astimezone(UTC)


def _signature(context: ExplainContext, form: Form, secret_id: str) -> tuple[Check, list[Finding]]:
    """Try the right way, then well-known mistakes. A match is a proof."""
    given = form.fields["q-signature"].strip()
    key_time = form.fields.get("q-key-time", "")
    if _HEX.fullmatch(given.lower()) is None:
        finding = Finding(
            CauseCode.TRUNCATED if len(given) < 40 else CauseCode.ALTERED,
            f"q-signature has {len(given)} characters; it must be 40 hex digits",
            f"q-signature 有 {len(given)} 个字符，应为 40 位十六进制",
        )
        return Check("signature", False, finding.detail(context)), [finding]
    digest = bytes.fromhex(given)
    for secret in possible_secrets(context.cloud_keys, secret_id):
        for derivation in (RIGHT, *derivations(key_time)):
            made = derivation.make_key(secret.text, key_time)
            for text, mistake in _texts(form):
                if hmac.compare_digest(digest, hmac.digest(made, text, hashlib.sha1)):
                    named = (secret.finding, derivation.finding, mistake)
                    findings = [each.proven() for each in named if each is not None]
                    return check_of(context, "signature", findings), findings
    key = own_key(context, secret_id)
    if key is None:
        detail = context.say("its SecretKey is not configured here", "这里没有配置它的 SecretKey")
        return Check("signature", None, detail), []
    guess = Finding(
        CauseCode.WRONG_KEY,
        f"neither {key.name} nor a well-known mistake reproduces the signature",
        f"{key.name} 和各种常见错误都得不到这个签名",
    )
    return Check("signature", False, guess.detail(context)), [guess, Finding(CauseCode.ALTERED)]


def _texts(form: Form) -> Iterator[tuple[bytes, Finding | None]]:
    """Yield the text for the HMAC, then what is signed by mistake."""
    yield hashlib.sha1(form.policy, usedforsecurity=False).hexdigest().encode(), None
    spelt = form.fields.get("policy", "").encode(errors="replace")
    encoded = Finding(
        CauseCode.SIGNED_TEXT_DIFFERS,
        "the base64 of the policy was hashed; hash the JSON text",
        "对策略的 base64 做了摘要；应对 JSON 文本做摘要",
    )
    yield hashlib.sha1(spelt, usedforsecurity=False).hexdigest().encode(), encoded
    whole = Finding(
        CauseCode.SIGNED_TEXT_DIFFERS,
        "the policy itself was signed; sign the hex SHA-1 of it",
        "签的是策略本身；应签它的 SHA-1 十六进制摘要",
    )
    yield form.policy, whole
    yield spelt, whole
    finding = Finding(
        CauseCode.ALTERED,
        "the policy was written anew after signing: white space or order differ",
        "签名后策略被重新序列化，空白或顺序不同",
    )
    for changed in _respelt(form.policy):
        yield hashlib.sha1(changed, usedforsecurity=False).hexdigest().encode(), finding


def _respelt(policy: bytes) -> Iterator[bytes]:
    try:
        document = json.loads(policy)
    except ValueError:
        return
    for is_ascii in (True, False):
        for separators in ((",", ":"), (", ", ": ")):
            text = json.dumps(document, ensure_ascii=is_ascii, separators=separators)
            yield text.encode(errors="replace")
    yield policy.strip() + b"\n"


def _unmet(form: Form, bucket: str) -> Iterator[Finding]:
    """Yield the first condition that the fields do not meet."""
    try:
        policy = PostPolicy.from_wire(form.policy)
        own = {k: v for k, v in form.fields.items() if k not in {"file", "bucket"}}
        minimum = max([low for low, _ in policy.size_ranges], default=0)
        unmet = policy.find_unmet(own, bucket=bucket, content_length=minimum)
    except VerificationFailed:
        return
    if unmet is None or (unmet == "bucket" and not bucket):
        return
    name = "q-key-time" if unmet == "q-sign-time" else unmet
    given = form.fields.get(name)
    if given is None and name != "bucket":
        shown, shown_zh = "and the form does not have it", "但表单中没有"
    else:
        value = bucket if name == "bucket" else given
        shown, shown_zh = f"and the form has {value!r}", f"表单中是 {value!r}"
    yield Finding(
        CauseCode.FORM_VIOLATES_POLICY,
        f"the policy has a condition on {unmet}, {shown}",
        f"策略对 {unmet} 有条件，{shown_zh}",
    )


def _content(
    document: Mapping[str, Any], exact: Mapping[str, str], form: Form
) -> dict[str, object]:
    return {
        "expiration": str(document.get("expiration", ""))[:100],
        "conditions": [
            [operator, name, value]
            for name, operator, value in _conditions(document)
            if name not in {"x-cos-security-token", "q-signature"}
        ][:100],
        "secret_id": form.fields.get("q-ak") or exact.get("q-ak", ""),
        "fields": sorted(form.fields),
    }
