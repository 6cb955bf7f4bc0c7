"""Finds the bucket and the region that a host of COS names.

Sources: the documents Regions and Access Endpoints (436/6224) and Global Acceleration (436/38866).
"""

import re
from dataclasses import dataclass
from typing import Final

# For example "courseware-1250000000.cos.ap-guangzhou.myqcloud.com", with any suffix.
_BUCKET: Final = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9-]*-[0-9]+)\.cos(?:-internal)?\.(?P<region>[a-z0-9-]+)(?:\.|$)"
)
_OTHER_SERVICE: Final = re.compile(
    r"(?:[a-z0-9][a-z0-9-]*-[0-9]+\.(?:ci|pic|cos-website|cos-control|file|image)|service\.cos)\."
)
_TENCENT: Final = re.compile(
    r".+\.(?:myqcloud\.com|tencentcos\.(?:cn|com)|qcloud\.com|tencentcloudapi\.com"
    r"|tencentyun\.com|my-imcloud\.com|qq\.com)"
)
# The same without the APPID, or without the bucket, which is then the first part of the path.
_UNDER_TENCENT: Final = re.compile(
    r"(?:(?P<bucket>[^.]+)\.)?cos(?:-internal)?\.(?P<region>[a-z0-9-]+)\.(?:myqcloud|tencentcos)\."
)
_ACCELERATION: Final = "accelerate"


@dataclass(frozen=True)
class BucketHost:
    """The bucket of a host. The bucket is empty if the path names it.

    The region is None for acceleration, which serves the buckets of every region.
    """

    bucket: str
    region: str | None


def find_bucket_host(host: str) -> BucketHost | None:
    """Return the bucket of a host of COS, or None for any other host.

    Internal hosts (`cos-internal`) and those for acceleration name the same bucket.
    """
    name = without_port(host)
    if is_other_storage_service(host):
        return None
    found = _BUCKET.match(name)
    if found is None and _TENCENT.fullmatch(name):
        found = _UNDER_TENCENT.match(name)
    if found is None:
        return None
    region = found["region"]
    return BucketHost(found["bucket"] or "", None if region == _ACCELERATION else region)


def is_other_storage_service(host: str) -> bool:
    """Return whether a host is of a service beside COS, such as data processing."""
    return _OTHER_SERVICE.match(without_port(host)) is not None


def is_tencent_host(host: str) -> bool:
    """Return whether a host is one of Tencent Cloud's."""
    return _TENCENT.fullmatch(without_port(host)) is not None


def without_port(host: str) -> str:
    """Return the name of a host in lower case, without its port."""
    return re.sub(r":[0-9]*$", "", host.lower())
