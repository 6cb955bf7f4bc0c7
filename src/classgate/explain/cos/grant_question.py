"""Answers "would this grant allow that request?", with the evaluation that the emulator uses."""

from typing import Final

from classgate.errors import InvalidRequest
from classgate.explain.cos.findings import Finding
from classgate.explain.cos.policy_document import PolicyDocument
from classgate.explain.cos.policy_resources import certain_faults, read_resource
from classgate.explain.models import CauseCode, Check, ExplainContext, GrantRequest
from classgate.signing.cos_operations import POST_FORM, find_operation
from classgate.signing.cos_policy import (
    ObjectResource,
    Policy,
    Statement,
    policy_allows,
    unknown_conditions,
)

_CHECK: Final = "grant"
_MAX_KEY: Final = 1000


def operation_of(request: GrantRequest) -> str | None:
    """Return the operation of a request; None if it is unknown."""
    method = request.method.upper()
    if request.is_form and method == "POST":
        return POST_FORM
    names = {each.partition("=")[0] for each in request.query}
    return find_operation(method, names, on_object=bool(request.key.lstrip("/")))


def answer_question(
    document: PolicyDocument, request: GrantRequest, context: ExplainContext
) -> tuple[Check, list[Finding], dict[str, object]]:
    """Return the check `grant`, what explains a refusal, and the answer as content."""
    operation = operation_of(request)
    answer: dict[str, object] = {
        "method": request.method.upper(),
        "bucket": request.bucket,
        "key": request.key[:_MAX_KEY],
        "action": None if operation is None else f"name/cos:{operation}",
        "allowed": None,
    }
    if operation is None:
        finding = Finding(
            CauseCode.WRONG_METHOD,
            f"{request.method.upper()} with {', '.join(request.query) or 'no parameter'} is no "
            "operation that is known here",
            f"{request.method.upper()} 加参数 {', '.join(request.query) or '（无）'} 不是已知操作",
        )
        return Check(_CHECK, None, finding.detail(context)), [finding], answer
    try:
        policy = Policy.from_wire(document.text)
    except InvalidRequest as error:
        detail = context.say(
            f"the policy cannot be evaluated: {error.message}",
            f"策略无法计算：{error.message}",
        )
        return Check(_CHECK, None, detail), [], answer
    action, asked = f"name/cos:{operation}", _resource(policy, request, context)
    if policy_allows(policy, action=action, resource=asked):
        number = _applying(policy, action, asked, "allow")
        answer |= {"allowed": True, "statement": number}
        detail = context.say(f"allowed by statement {number}", f"由第 {number} 条语句允许")
        return Check(_CHECK, True, detail), [], answer
    findings = _refusal(policy, action, asked, context)
    is_open = findings[0].code is CauseCode.CONDITION_NOT_MET
    answer["allowed"] = None if is_open else False
    check = Check(_CHECK, None if is_open else False, findings[0].detail(context))
    return check, findings, answer


def _resource(policy: Policy, request: GrantRequest, context: ExplainContext) -> ObjectResource:
    """Return the object. The region of another bucket than the configured one is the policy's."""
    region = context.region if request.bucket == context.bucket else None
    if region is None:
        named = [read_resource(text) for each in policy.statements for text in each.resources]
        regions = [
            each.region for each in named if each is not None and each.region not in {"", "*"}
        ]
        region = regions[0] if regions else context.region or ""
    app_id = request.bucket.rpartition("-")[2]
    return ObjectResource(region, app_id, request.bucket, request.key)


def _alone(statement: Statement) -> Policy:
    """Return a policy that allows exactly what a statement is about."""
    return Policy(
        (Statement("allow", statement.actions, statement.resources, statement.condition),)
    )


def _applying(policy: Policy, action: str, asked: ObjectResource, effect: str) -> int | None:
    """Return the number of the first statement of this effect that applies."""
    for number, each in enumerate(policy.statements, 1):
        if each.effect == effect and policy_allows(_alone(each), action=action, resource=asked):
            return number
    return None


def _refusal(
    policy: Policy, action: str, asked: ObjectResource, context: ExplainContext
) -> list[Finding]:
    """Return why the policy does not allow the request, the likeliest first."""
    denied = _denied(policy, action, asked)
    if denied is not None:
        return [denied]
    unconditional = Policy(
        tuple(Statement(x.effect, x.actions, x.resources) for x in policy.statements)
    )
    if policy_allows(unconditional, action=action, resource=asked):
        names = ", ".join(dict.fromkeys(unknown_conditions(policy, action=action, resource=asked)))
        return [
            Finding(
                CauseCode.CONDITION_NOT_MET,
                f"allowed only if the condition holds: {names or 'see the statement'}",
                f"只有满足条件时才允许：{names or '见语句'}",
            )
        ]
    where = f"{asked.bucket}/{asked.object_key}"
    anywhere = Policy(tuple(Statement(x.effect, x.actions, ("*",)) for x in policy.statements))
    anything = Policy(tuple(Statement(x.effect, ("*",), x.resources) for x in policy.statements))
    findings = []
    if not policy_allows(anywhere, action=action, resource=asked):
        findings.append(
            Finding(
                CauseCode.MISSING_ACTION,
                f"no statement allows {action}",
                f"没有语句允许 {action}",
            )
        )
    if not policy_allows(anything, action=action, resource=asked):
        findings += [
            finding
            for each in policy.statements
            for text in each.resources
            for finding in certain_faults(text, context)
        ]
        findings.append(
            Finding(
                CauseCode.WRONG_RESOURCE,
                f"no statement names {where} in {asked.region}",
                f"没有语句包含 {asked.region} 的 {where}",
            )
        )
    elif not findings:
        findings.append(
            Finding(
                CauseCode.MISSING_ACTION,
                f"the statements with {action} name other objects than {where}",
                f"包含 {action} 的语句不包含 {where}",
            )
        )
    return findings


def _denied(policy: Policy, action: str, asked: ObjectResource) -> Finding | None:
    denying = [each for each in policy.statements if each.effect == "deny"]
    everything = Statement("allow", ("*",), ("*",))
    if policy_allows(Policy((everything, *denying)), action=action, resource=asked):
        return None
    number = _applying(policy, action, asked, "deny")
    return Finding(
        CauseCode.EXPLICIT_DENY,
        f"the deny statement {number or ''} applies to {action}".replace("  ", " "),
        f"第 {number or ''} 条 deny 语句适用于 {action}",
    )
