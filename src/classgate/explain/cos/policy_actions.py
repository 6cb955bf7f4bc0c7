"""Judges the effects, actions, conditions and principals of a policy."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Final

from classgate.explain.cos.findings import Finding
from classgate.explain.cos.policy_document import StatementText
from classgate.explain.models import CauseCode
from classgate.signing.cos_operations import MULTIPART_ACTIONS

_PREFIX: Final = "name/cos:"
_SIMPLE: Final = ("PutObject", "PostObject")
# Without these an upload in parts works, until it is resumed or given up.
_ADVISED: Final = frozenset({"AbortMultipartUpload"})
_OPERATION: Final = re.compile(r"[A-Za-z*?]+")
_ANYONE: Final = ({"qcs": "*"}, {"qcs": ["*"]})
_KNOWN: Final = frozenset({
    *MULTIPART_ACTIONS, *_SIMPLE, "GetObject", "HeadObject", "DeleteObject", "GetBucket",
    "HeadBucket", "DeleteMultipleObjects", "PutObjectCopy", "UploadPartCopy", "AppendObject",
    "GetService", "PutObjectACL", "GetObjectACL", "PutBucketACL", "GetBucketACL", "OptionsObject",
    "PostObjectRestore", "PutObjectTagging", "GetObjectTagging", "DeleteObjectTagging",
    "GetBucketCORS", "PutBucketCORS", "GetBucketObjectVersions", "GetBucketLocation",
})  # fmt: skip
# Which operations carry a header. A condition on it makes all others fail.
_CARRIERS: Final = {
    "cos:content-type": frozenset({"PutObject", "PostObject", "InitiateMultipartUpload",
                                   "AppendObject", "PutObjectCopy"}),
    "cos:content-length": frozenset({"PutObject", "PostObject", "UploadPart", "AppendObject",
                                     "CompleteMultipartUpload"}),
    "cos:x-cos-acl": frozenset({"PutObject", "PostObject", "InitiateMultipartUpload",
                                "PutObjectCopy", "PutObjectACL", "PutBucketACL", "AppendObject"}),
    "cos:x-cos-storage-class": frozenset({"PutObject", "PostObject", "InitiateMultipartUpload",
                                          "PutObjectCopy", "AppendObject"}),
    "cos:prefix": frozenset({"GetBucket", "ListMultipartUploads", "GetBucketObjectVersions"}),
}  # fmt: skip


def operations_of(statement: StatementText) -> tuple[str, ...]:
    """Return the operations of a statement, without the prefix of their actions."""
    return tuple(each.removeprefix("name/").partition(":")[2] or each for each in statement.actions)


def effect_faults(statement: StatementText) -> Iterator[Finding]:
    """Yield what is wrong with the effect."""
    effect = statement.effect
    if effect in {"allow", "deny"}:
        return
    if effect.lower() in {"allow", "deny"}:
        yield Finding(
            CauseCode.WRONG_POLICY_FORM,
            f"the effect is {effect}; write it in lower case: {effect.lower()}",
            f"effect 写成了 {effect}，应为小写 {effect.lower()}",
        )
        return
    yield Finding(
        CauseCode.WRONG_POLICY_FORM,
        "the effect must be allow or deny",
        "effect 应为 allow 或 deny",
    )


def action_faults(statement: StatementText) -> Iterator[Finding]:
    """Yield what is wrong with the names of the actions."""
    if not statement.actions:
        yield Finding(
            CauseCode.WRONG_POLICY_FORM,
            f"statement {statement.number} has no action",
            f"第 {statement.number} 条语句没有 action",
        )
    for action in statement.actions:
        finding = _action_fault(action)
        if finding is not None:
            yield finding


def _action_fault(action: str) -> Finding | None:
    shown = action[:80]
    if action == "*" or (action.startswith("name/") and not action.startswith(_PREFIX)):
        return None
    if not action.startswith(_PREFIX):
        name = action.removeprefix("name/").removeprefix("cos:").removeprefix("s3:")
        if action.startswith("s3:"):
            return Finding(
                CauseCode.UNKNOWN_ACTION,
                f"{shown} is an action of S3; COS's is {_PREFIX}{name}",
                f"{shown} 是 S3 的操作名，COS 写作 {_PREFIX}{name}",
            )
        return Finding(
            CauseCode.NAME_PREFIX_MISSING,
            f"{shown} should be {_PREFIX}{name}",
            f"{shown} 应写作 {_PREFIX}{name}",
        )
    operation = action.removeprefix(_PREFIX)
    if _OPERATION.fullmatch(operation) is None:
        return Finding(CauseCode.UNKNOWN_ACTION, f"{shown} is no action", f"{shown} 不是操作名")
    by_case = {each.lower(): each for each in _KNOWN}
    right = by_case.get(operation.lower())
    if right is not None and right != operation:
        return Finding(
            CauseCode.UNKNOWN_ACTION,
            f"{shown} is written as {_PREFIX}{right}",
            f"{shown} 应写作 {_PREFIX}{right}",
        )
    return None


def multipart_faults(statements: Iterable[StatementText]) -> tuple[list[Finding], list[Finding]]:
    """Return what an upload in parts lacks, and what is only advised.

    A policy without any action of it is for simple uploads, and lacks nothing.
    """
    patterns = [
        operation
        for each in statements
        if each.effect.lower() == "allow"
        for operation in operations_of(each)
    ]
    allowed = [
        name for name in MULTIPART_ACTIONS if any(fnmatchcase(name, each) for each in patterns)
    ]
    # Aborting or listing alone is no upload.
    if not {"InitiateMultipartUpload", "UploadPart", "CompleteMultipartUpload"} & set(allowed):
        return [], []
    missing = [name for name in MULTIPART_ACTIONS if name not in allowed]
    needed = [name for name in missing if name not in _ADVISED]
    advised = [name for name in missing if name in _ADVISED]
    return _missing(needed), _missing(advised)


def _missing(names: list[str]) -> list[Finding]:
    if not names:
        return []
    listed = ", ".join(f"{_PREFIX}{name}" for name in names)
    return [
        Finding(
            CauseCode.MISSING_ACTION,
            f"an upload in parts also needs {listed}",
            f"分块上传还需要 {listed}",
        )
    ]


def missing_for_multipart(statements: Iterable[StatementText]) -> list[str]:
    """Return the actions that an upload in parts needs and that no statement allows."""
    patterns = [
        operation
        for each in statements
        if each.effect.lower() == "allow"
        for operation in operations_of(each)
    ]
    return [
        name for name in MULTIPART_ACTIONS if not any(fnmatchcase(name, each) for each in patterns)
    ]


def principal_faults(statement: StatementText) -> tuple[list[Finding], bool]:
    """Return what is wrong with a principal, and whether STS certainly refuses it."""
    if not statement.has_principal:
        return [], False
    finding = Finding(
        CauseCode.PRINCIPAL_PRESENT,
        f"statement {statement.number} has a principal",
        f"第 {statement.number} 条语句有 principal",
    )
    return [finding], statement.principal not in _ANYONE


def condition_faults(statement: StatementText) -> Iterator[Finding]:
    """Yield conditions on what some of the actions do not carry."""
    for operator, keys in statement.condition.items():
        if not isinstance(keys, dict) or operator.endswith("_if_exist"):
            continue
        for key in keys:
            carriers = _CARRIERS.get(str(key).lower())
            if carriers is None:
                continue
            others = [each for each in operations_of(statement) if each not in carriers]
            if others:
                listed = ", ".join(others[:8])
                yield Finding(
                    CauseCode.CONDITION_ON_OTHER_ACTION,
                    f"{operator} {key} stands with {listed}, which do not carry it",
                    f"{operator} {key} 用在了 {listed} 上，这些操作并不携带它",
                )
