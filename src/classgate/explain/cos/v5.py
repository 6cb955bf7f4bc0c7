"""Explains a v5 signature: in a header, in a URL, alone or with its request and the answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from classgate.explain.cos.cors import check_cors
from classgate.explain.cos.findings import Finding, check_of, to_causes
from classgate.explain.cos.key_check import check_key_id, check_token, looks_temporary, own_key
from classgate.explain.cos.signature_check import judge_signature
from classgate.explain.cos.subject import Subject, action_of, key_of, place_of
from classgate.explain.cos.time_check import Times, check_time
from classgate.explain.models import CauseCode, Check, ExplainContext, Explanation
from classgate.explain.scrubbing import scrub
from classgate.signing.cos_request import Authorization, KeyTime

_FORBIDDEN: Final = 403
_MAX_SHOWN: Final = 1000
_MAX_LISTED: Final = 60
ORDER: Final = ("cors", "format", "key_id", "time", "token", "signature", "policy")


def explain_v5(subject: Subject, context: ExplainContext) -> Explanation:
    """Explain a signature: the checks in the order in which the cloud makes them."""
    authorization = subject.claims.authorization
    checks: list[Check] = []
    faults = [*subject.claims.faults, *_wrong_version(subject)]
    findings: dict[str, Sequence[Finding]] = {"format": faults}
    cors, findings["cors"] = check_cors(context, subject.pasted, subject.refusal)
    checks += [cors] if cors is not None else []
    checks.append(check_of(context, "format", faults))
    content = _content(subject, context)
    comparison: Sequence[str] = ()
    if authorization is not None:
        key_id, findings["key_id"] = check_key_id(context, subject)
        time, findings["time"] = check_time(
            context, _times(subject, authorization), subject.refusal.check
        )
        token, findings["token"] = check_token(context, subject)
        judgement = judge_signature(context, subject, authorization)
        findings["signature"], comparison = judgement.findings, judgement.comparison
        if not subject.is_method_known and judgement.method:
            content["method"] = judgement.method
        policy, findings["policy"] = _check_policy(context, subject)
        made = [key_id, time, token, judgement.check, policy]
        checks += [each for each in made if each is not None]
    checks = _reconciled(context, checks, subject)
    explanation = Explanation(
        kind=subject.kind,
        content=content,
        checks=checks,
        causes=to_causes(context, _ranked(context, checks, findings, subject)),
        comparison=comparison if any(each.ok is not True for each in checks) else (),
    )
    return scrub(explanation, [subject.session_token, subject.claims.signature])


def _wrong_version(subject: Subject) -> list[Finding]:
    """Return the fault of a v5 signature that is sent to the JSON API."""
    if subject.request is None or not subject.request.path.startswith("/files/v2/"):
        return []
    return [
        Finding(
            CauseCode.WRONG_SIGNATURE_VERSION,
            "a v5 signature was sent to the JSON API (/files/v2/), which takes v4",
            "v5 签名发给了 JSON API（/files/v2/），它使用 v4 签名",
        )
    ]


def _ranked(
    context: ExplainContext,
    checks: Sequence[Check],
    findings: Mapping[str, Sequence[Finding]],
    subject: Subject,
) -> list[Finding]:
    """Return what explains the failed checks in their order, then what explains open ones."""
    failed = [each.name for each in checks if each.ok is False]
    unknown = [each.name for each in checks if each.ok is None]
    ranked = [finding for name in failed for finding in findings.get(name, ())]
    ranked += [finding for name in unknown for finding in findings.get(name, ())]
    if not failed and subject.refusal.code.startswith("NoSuch"):
        ranked.append(
            Finding(
                CauseCode.NOT_FOUND,
                f"the credential is not the cause: the cloud answered {subject.refusal.code}",
                f"与凭证无关：云端返回 {subject.refusal.code}",
            )
        )
    is_open = "signature" in unknown and not findings.get("signature")
    if is_open and own_key(context, subject.claims.secret_id) is None:
        ranked.append(
            Finding(
                CauseCode.KEY_NOT_CONFIGURED,
                "the SecretKey of this SecretId is not configured here, so the signature cannot "
                "be checked",
                "这里没有配置该 SecretId 的 SecretKey，无法校验签名",
            )
        )
    if is_open and subject.request is None:
        ranked.append(Finding(CauseCode.INCOMPLETE_PASTE))
    return ranked


def _reconciled(context: ExplainContext, checks: Sequence[Check], subject: Subject) -> list[Check]:
    """Return the checks as the cloud's answer proves them.

    Checks before the one that failed there were passed; of a request that succeeded, all were.
    """
    refusal = subject.refusal
    if refusal.was_accepted:
        detail = context.say("the cloud accepted the request", "云端接受了该请求")
        kept = [each for each in checks if each.name == "cors"]
        return kept + [Check(each.name, True, detail) for each in checks if each.name != "cors"]
    if refusal.check not in ORDER:
        return list(checks)
    failed_at = ORDER.index(refusal.check)
    passed = context.say(
        f"the cloud got past it and answered {refusal.code}",
        f"云端通过了这项检查，之后才返回 {refusal.code}",
    )
    return [
        Check(each.name, True, passed)
        if each.ok is None and ORDER.index(each.name) < failed_at and each.name != "time"
        else each
        for each in checks
    ]


def _check_policy(context: ExplainContext, subject: Subject) -> tuple[Check | None, list[Finding]]:
    """Return the check `policy`; None for a permanent key that nothing was answered to."""
    action = action_of(subject)
    if subject.refusal.check == "policy" and subject.request is not None:
        place = place_of(subject.request, context)
        where = f"{place.bucket}/{key_of(subject.request)}"
        finding = Finding(
            CauseCode.MISSING_ACTION,
            f"the cloud answered {subject.refusal.code}: the key's policy does not allow "
            f"{action or 'the operation'} on {where}",
            f"云端返回 {subject.refusal.code}：策略不允许对 {where} 执行 {action or '该操作'}",
        )
        return Check("policy", False, finding.detail(context)), [
            finding,
            Finding(CauseCode.WRONG_RESOURCE),
        ]
    if subject.refusal.status == _FORBIDDEN and not subject.refusal.code:
        finding = Finding(
            CauseCode.MISSING_ACTION,
            f"the cloud answered 403 without a code (HEAD has no body): perhaps the key may not do "
            f"{action or 'the operation'}",
            f"云端返回 403 但没有错误码（HEAD 没有正文）：可能密钥没有 {action or '该操作'} 的权限",
        )
        return Check("policy", None, finding.detail(context)), [finding]
    if looks_temporary(context, subject.claims.secret_id) and subject.request is not None:
        needed = action or context.say("the operation", "该操作")
        detail = context.say(
            f"the policy of the temporary key must allow {needed}; ask with the policy and "
            "--method, --bucket, --key",
            f"临时密钥的策略必须允许 {needed}；可用策略加 --method、--bucket、--key 查询",
        )
        return Check("policy", None, detail), []
    return None, []


def _times(subject: Subject, authorization: Authorization) -> Times:
    pasted = subject.pasted
    periods = [("q-sign-time", authorization.sign_time)]
    if authorization.sign_time != authorization.key_time:
        periods.append(("q-key-time", authorization.key_time))
    return Times(
        tuple(periods), subject.refusal.server_time, None if pasted is None else pasted.sent_at
    )


def _content(subject: Subject, context: ExplainContext) -> dict[str, object]:
    claims, request = subject.claims, subject.request
    content: dict[str, object] = {"secret_id": claims.secret_id}
    if claims.authorization is not None:
        content |= _claimed(claims.authorization)
    if request is not None:
        content |= {
            "source": subject.pasted.source if subject.pasted else "url",
            "method": request.method if subject.is_method_known else None,
            "host": request.host,
            "path": request.path,
            "parameters": [name for name, _ in request.parameters],
        }
        place = place_of(request, context)
        content |= {"bucket": place.bucket, "region": place.region}
        action = action_of(subject)
        content |= {} if action is None else {"action": action}
    content["session_token"] = bool(subject.session_token)
    refusal = subject.refusal
    if refusal.status is not None or refusal.code:
        content["answer"] = {
            "status": refusal.status,
            "code": refusal.code,
            "message": refusal.message[:500],
        }
    return {name: _shortened(value) for name, value in content.items() if value is not None}


def _shortened(value: object) -> object:
    """Return a value that fits into an answer, whatever was pasted."""
    if isinstance(value, str):
        return value[:_MAX_SHOWN]
    if isinstance(value, list):
        return [_shortened(each) for each in value[:_MAX_LISTED]]
    return value


def _claimed(authorization: Authorization) -> dict[str, object]:
    return {
        "sign_time": _period(authorization.sign_time),
        "key_time": _period(authorization.key_time),
        "header_list": list(authorization.header_list),
        "url_param_list": list(authorization.url_param_list),
    }


def _period(period: KeyTime) -> dict[str, str]:
    return {"starts_at": _iso(period.starts_at), "ends_at": _iso(period.ends_at)}


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
