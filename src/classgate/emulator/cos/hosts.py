"""Finds the bucket that a host names.

Sources: the documents Regions and Access Endpoints (436/6224) and Global Acceleration (436/38866).
"""

import re
from dataclasses import dataclass

from classgate.emulator.cos.errors import CosError

# For example "courseware-1250000000.cos.ap-guangzhou.myqcloud.com", with any suffix.
_BUCKET = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9-]*-[0-9]+)\.cos(?:-internal)?\.(?P<region>[a-z0-9-]+)(?:\.|$)"
)
_OTHER_SERVICE = re.compile(
    r"(?:[a-z0-9][a-z0-9-]*-[0-9]+\.(?:ci|pic|cos-website|cos-control|file|image)|service\.cos)\."
)
_TENCENT = re.compile(
    r".+\.(?:myqcloud\.com|tencentcos\.(?:cn|com)|qcloud\.com|tencentcloudapi\.com"
    r"|tencentyun\.com|my-imcloud\.com|qq\.com)"
)
# The same without the APPID, or without the bucket, which is then the first part of the path.
_UNDER_TENCENT = re.compile(
    r"(?:(?P<bucket>[^.]+)\.)?cos(?:-internal)?\.(?P<region>[a-z0-9-]+)\.(?:myqcloud|tencentcos)\."
)
_ACCELERATION = "accelerate"


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
    name = _without_port(host)
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
    """Return whether a host is of a service beside COS, such as data processing or the bucket list.

    Its requests are refused by name: they never mean the bucket of the emulator.
    """
    return _OTHER_SERVICE.match(_without_port(host)) is not None


def require_emulated_host(host: str, *, from_proxy: bool) -> None:
    """Raise `CosError` NotImplemented unless a host that is not of COS may mean the emulator.

    With `from_proxy`, the client takes the emulator for a proxy and may mean any server.

    Differs: any other host that is not Tencent's, such as 127.0.0.1 or a name of your own, means
    the configured bucket.
    """
    name = _without_port(host)
    is_foreign = from_proxy and "." in name and not re.fullmatch(r"[0-9.]+|.*\.localhost", name)
    if is_other_storage_service(host) or _TENCENT.fullmatch(name) or is_foreign:
        raise CosError("NotImplemented", f"The emulator does not implement the host {name[:255]}.")


def _without_port(host: str) -> str:
    return re.sub(r":[0-9]*$", "", host.lower())
