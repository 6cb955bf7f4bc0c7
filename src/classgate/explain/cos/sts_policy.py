"""Explains a policy for temporary credentials, and whether it allows a given request."""

from collections.abc import Iterable, Sequence

from classgate.explain.cos.findings import Finding, check_of, to_causes
from classgate.explain.cos.grant_question import answer_question
from classgate.explain.cos.policy_actions import (
    action_faults,
    condition_faults,
    effect_faults,
    missing_for_multipart,
    multipart_faults,
    operations_of,
    principal_faults,
)
from classgate.explain.cos.policy_document import PolicyDocument, StatementText
from classgate.explain.cos.policy_resources import certain_faults, uncertain_faults
from classgate.explain.models import CauseCode, Check, ExplainContext, Explanation, Kind


def explain_policy(document: PolicyDocument, context: ExplainContext) -> Explanation:
    """Explain a policy: its form, then each member in the order in which it is read.

    If the asker names a request, the last check is whether the policy allows it.
    """
    checks, findings, doubts = _members(document, context)
    content = _content(document)
    if context.grant_request is not None:
        check, more, answer = answer_question(document, context.grant_request, context)
        checks.append(check)
        findings += more
        content["request"] = answer
    return Explanation(
        kind=Kind.STS_POLICY,
        content=content,
        checks=checks,
        causes=to_causes(context, [*findings, *doubts]),
    )


def _members(
    document: PolicyDocument, context: ExplainContext
) -> tuple[list[Check], list[Finding], list[Finding]]:
    """Return the checks, what explains the failed ones, and what is only doubtful or advised."""
    checks = [
        check_of(context, "format", document.faults),
        check_of(context, "version", document.version_faults),
    ]
    findings = [*document.faults, *document.version_faults]
    doubts: list[Finding] = []
    statements = document.statements
    needed, advised = multipart_faults(statements)
    certain = {
        "effect": _all(effect_faults(each) for each in statements),
        "action": _all(action_faults(each) for each in statements),
        "resource": [
            *_all(_missing_resource(each) for each in statements),
            *_unique(
                finding
                for each in statements
                for text in each.resources
                for finding in certain_faults(text, context)
            ),
        ],
        "multipart": needed,
        "condition": _all(condition_faults(each) for each in statements),
    }
    doubted = {
        "resource": _unique(
            finding
            for each in statements
            for text in each.resources
            for finding in uncertain_faults(text)
        )
    }
    for name, faults in certain.items():
        if not statements:
            break
        checks.append(_judged(context, name, faults, doubted.get(name, [])))
        findings += faults
        doubts += doubted.get(name, [])
    principals = [principal_faults(each) for each in statements]
    faults = _all(found for found, _ in principals)
    is_certain = any(certainly for _, certainly in principals)
    if faults:
        detail = faults[0].detail(context)
        checks.append(Check("principal", False if is_certain else None, detail))
        findings, doubts = (
            ([*findings, *faults], doubts) if is_certain else (findings, [*doubts, *faults])
        )
    return checks, findings, [*doubts, *advised]


def _missing_resource(statement: StatementText) -> list[Finding]:
    """Return the fault of a statement without a resource."""
    if statement.resources:
        return []
    return [
        Finding(
            CauseCode.WRONG_POLICY_FORM,
            f"statement {statement.number} has no resource",
            f"第 {statement.number} 条语句没有 resource",
        )
    ]


def _judged(
    context: ExplainContext, name: str, faults: Sequence[Finding], doubts: Sequence[Finding]
) -> Check:
    if not faults and doubts:
        return Check(name, None, doubts[0].detail(context))
    return check_of(context, name, faults)


def _all(groups: Iterable[Iterable[Finding]]) -> list[Finding]:
    return _unique(finding for group in groups for finding in group)


def _unique(findings: Iterable[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))


def _content(document: PolicyDocument) -> dict[str, object]:
    return {
        "statements": [
            {
                "effect": each.effect,
                "actions": list(operations_of(each)),
                "resources": list(each.resources),
                "conditions": [
                    f"{operator} {key}"
                    for operator, keys in each.condition.items()
                    if isinstance(keys, dict)
                    for key in keys
                ],
            }
            for each in document.statements
        ],
        "missing_for_multipart": missing_for_multipart(document.statements),
    }
