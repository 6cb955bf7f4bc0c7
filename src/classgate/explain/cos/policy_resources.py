"""Judges the resources of a policy: qcs::cos:<region>:uid/<appid>:<bucket-appid>/<key>."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from classgate.explain.cos.findings import Finding
from classgate.explain.models import CauseCode, ExplainContext

_FORM: Final = "qcs::cos:<region>:uid/<appid>:<bucket-appid>/<key>"
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9-]*-(?P<app_id>[0-9]{5,20})")
_REGION: Final = re.compile(r"[a-z]{2}-[a-z0-9-]+|accelerate|\*|")
_PREFIX_FORM: Final = "prefix/"


@dataclass(frozen=True)
class Resource:
    """The parts of a resource. `bucket` ends with the APPID if it was written so."""

    text: str
    region: str
    owner: str
    bucket: str
    key: str
    app_id: str
    """Of the bucket, or of the prefix form; empty if it is not there."""


def read_resource(text: str) -> Resource | None:
    """Return the parts of a resource; None if it has not their form."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[:3] != ["qcs", "", "cos"]:
        return None
    region, owner, place = parts[3:]
    if place.startswith(_PREFIX_FORM):
        # prefix//<appid>/<bucket>/<key>, as the SDK for Node writes it.
        pieces = place.removeprefix(_PREFIX_FORM).removeprefix("/").split("/", 2)
        app_id, bucket, key = (*pieces, "", "", "")[:3]
        joined = bucket if not app_id or bucket.endswith(f"-{app_id}") else f"{bucket}-{app_id}"
        return Resource(text, region, owner, joined, key, app_id)
    bucket, _, key = place.partition("/")
    found = _BUCKET.fullmatch(bucket)
    return Resource(text, region, owner, bucket, key, found["app_id"] if found else "")


def certain_faults(text: str, context: ExplainContext) -> Iterator[Finding]:
    """Yield faults that make the cloud refuse the policy, or the request that it is meant for."""
    if text == "*":
        return
    resource = read_resource(text)
    if resource is None:
        yield _form_fault(text)
        return
    yield from _bucket_faults(resource, context)
    yield from _owner_faults(resource, context)
    yield from _region_faults(resource, context)
    if resource.key.startswith("/"):
        yield Finding(
            CauseCode.LEADING_SLASH,
            f"the key {resource.key[:80]} begins with a slash; the object {resource.key[1:80]} "
            "is not allowed by it",
            f"对象键 {resource.key[:80]} 以斜杠开头，不包含对象 {resource.key[1:80]}",
        )


def uncertain_faults(text: str) -> Iterator[Finding]:
    """Yield what is probably not meant, or what no document says."""
    resource = read_resource(text)
    if text == "*" or (resource is not None and resource.bucket in {"*", ""}):
        yield Finding(
            CauseCode.WILDCARD_RESOURCE,
            f"{text[:80]} is every object of the account",
            f"{text[:80]} 表示账号下的所有对象",
        )
        return
    if resource is None:
        return
    if not resource.key.isascii():
        yield Finding(CauseCode.NON_ASCII_KEY)
    elif re.search(r"%[0-9A-Fa-f]{2}", resource.key):
        yield Finding(
            CauseCode.PERCENT_ENCODED_PATH,
            "the key in the resource is percent-encoded; the request's key is compared decoded",
            "资源中的对象键做了百分号编码；比较时使用解码后的对象键",
        )
    elif resource.key.endswith("/"):
        yield Finding(CauseCode.PREFIX_WITHOUT_WILDCARD)
    elif {"*", "?"} & set(resource.key.removesuffix("*")):
        yield Finding(
            CauseCode.WRONG_RESOURCE,
            "a wildcard that is not at the end has no meaning that the documents agree on",
            "通配符不在末尾，各文档对其含义说法不一",
        )


def _form_fault(text: str) -> Finding:
    shown = text[:80]
    parts = text.split(":")
    if text.startswith("qcs:cos:") or (parts[:1] == ["qcs"] and len(parts) < 6):
        return Finding(
            CauseCode.WRONG_RESOURCE,
            f"{shown} has too few colons; the form is {_FORM}",
            f"{shown} 冒号数量不对；格式为 {_FORM}",
        )
    if parts[:2] == ["qcs", ""] and len(parts) > 2 and parts[2] != "cos":
        return Finding(
            CauseCode.WRONG_RESOURCE,
            f"{shown} is of the service {parts[2][:20]}, not of cos",
            f"{shown} 是 {parts[2][:20]} 服务的资源，不是 cos",
        )
    return Finding(
        CauseCode.WRONG_RESOURCE,
        f"{shown} is no resource; the form is {_FORM}",
        f"{shown} 不是资源；格式为 {_FORM}",
    )


def _bucket_faults(resource: Resource, context: ExplainContext) -> Iterator[Finding]:
    bucket = resource.bucket
    if bucket in {"*", ""} or resource.app_id:
        return
    own = context.bucket or ""
    app_id = context.cloud_app_id or own.rpartition("-")[2] or "<APPID>"
    name = bucket.removesuffix("*")
    yield Finding(
        CauseCode.BUCKET_WITHOUT_APP_ID,
        f"the bucket is written as {name}; its whole name is {name}-{app_id}",
        f"存储桶写成了 {name}，完整名称是 {name}-{app_id}",
    )


def _owner_faults(resource: Resource, context: ExplainContext) -> Iterator[Finding]:
    kind, _, number = resource.owner.partition("/")
    wanted = context.cloud_app_id
    shown = resource.owner[:40]
    if kind != "uid" or not number.isdecimal():
        yield Finding(
            CauseCode.WRONG_APP_ID,
            f"the owner is written as {shown or '(nothing)'}; COS takes uid/<APPID>",
            f"账号写成了 {shown or '（空）'}；COS 使用 uid/<APPID>",
        )
    elif resource.app_id and number != resource.app_id:
        yield Finding(
            CauseCode.WRONG_APP_ID,
            f"uid/{number} is not the APPID of the bucket, {resource.app_id}",
            f"uid/{number} 不是存储桶的 APPID {resource.app_id}",
        )
    elif wanted is not None and number != wanted:
        yield Finding(
            CauseCode.WRONG_APP_ID,
            f"uid/{number} is not the configured APPID {wanted}: STS answers GrantOtherResource",
            f"uid/{number} 不是配置的 APPID {wanted}：STS 会返回 GrantOtherResource",
        )


def _region_faults(resource: Resource, context: ExplainContext) -> Iterator[Finding]:
    region = resource.region
    if _REGION.fullmatch(region) is None:
        yield Finding(
            CauseCode.WRONG_REGION,
            f"{region[:40]} is no region, such as ap-guangzhou",
            f"{region[:40]} 不是地域，地域如 ap-guangzhou",
        )
    elif (
        context.region and resource.bucket == context.bucket
        and region not in {"", "*", context.region}
    ):  # fmt: skip
        yield Finding(
            CauseCode.WRONG_REGION,
            f"the region is {region}, and the bucket is in {context.region}",
            f"地域写的是 {region}，存储桶在 {context.region}",
        )
