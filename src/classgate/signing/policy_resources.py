"""The resources of a policy: how it names objects, and whether a name matches an object.

Two forms are in use. `*` at the end of either matches every name with this prefix. Wildcards at
other places have no agreed meaning.
Source: "tencentyun/qcloud-cos-sts-sdk" (python/sts/sts.py, nodejs/sdk/sts.js).
"""

import re
from dataclasses import dataclass
from typing import Final

from classgate.errors import SigningError

_REGION = re.compile(r"[a-z0-9-]{1,40}")
_CLOUD_APP_ID = re.compile(r"[0-9]{1,20}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{0,60}-[0-9]{1,20}")
_PATTERN: Final = re.compile(r"qcs::cos:([^:]*):uid/([0-9]+):(.+)", re.DOTALL)


@dataclass(frozen=True)
class ObjectResource:
    """One object, or the prefix of a listing; `bucket` ends with the APPID."""

    region: str
    cloud_app_id: str
    bucket: str
    object_key: str


def resource(region: str, cloud_app_id: str, bucket: str, key_pattern: str) -> str:
    """Return `qcs::cos:<region>:uid/<appid>:<bucket-appid>/<key pattern>`.

    The pattern is not validated here, but in `policy_for_object`. SigningError if another part
    could inject a separator, or the bucket belongs to another account.
    """
    _require_place(region, cloud_app_id, bucket)
    return f"qcs::cos:{region}:uid/{cloud_app_id}:{bucket}/{key_pattern}"


def _require_place(region: str, cloud_app_id: str, bucket: str) -> None:
    if _REGION.fullmatch(region) is None or _CLOUD_APP_ID.fullmatch(cloud_app_id) is None:
        raise SigningError("the region or the APPID is not valid in a policy")
    if _BUCKET.fullmatch(bucket) is None or not bucket.endswith(f"-{cloud_app_id}"):
        raise SigningError("the bucket in a policy must end with its APPID")


def pattern_matches(pattern: str, asked: ObjectResource, *, in_doubt: bool) -> bool:
    """Return whether a resource of a policy matches an object.

    `in_doubt` is the result for an unknown form, or a wildcard that is not at the end.
    """
    if pattern == "*":
        return True
    found = _PATTERN.fullmatch(pattern)
    if found is None:
        return in_doubt
    region, cloud_app_id, place = found.groups()
    if in_doubt and "*" in region:
        region = "*"
    if region not in {asked.region, "*", ""} or cloud_app_id != asked.cloud_app_id:
        return False
    for name in _names(asked):
        if place.removesuffix("*") != place and name.startswith(place.removesuffix("*")):
            return True
        if place == name:
            return True
    return in_doubt and not {"*", "?"}.isdisjoint(place.removesuffix("*"))


def _names(asked: ObjectResource) -> tuple[str, str]:
    short = asked.bucket.removesuffix(f"-{asked.cloud_app_id}")
    return (
        f"{asked.bucket}/{asked.object_key}",
        f"prefix//{asked.cloud_app_id}/{short}/{asked.object_key}",
    )
