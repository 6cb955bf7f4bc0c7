"""Decides for which hosts the emulator answers. `signing.cos_hosts` finds the bucket of a host."""

import re

from classgate.emulator.cos.errors import CosError
from classgate.signing.cos_hosts import (
    BucketHost,
    find_bucket_host,
    is_other_storage_service,
    is_tencent_host,
    without_port,
)

__all__ = [
    "BucketHost",
    "find_bucket_host",
    "is_other_storage_service",
    "require_emulated_host",
]


def require_emulated_host(host: str, *, from_proxy: bool) -> None:
    """Raise `CosError` NotImplemented unless a host that is not of COS may mean the emulator.

    With `from_proxy`, the client takes the emulator for a proxy and may mean any server.

    Differs: any other host that is not Tencent's, such as 127.0.0.1 or a name of your own, means
    the configured bucket.
    """
    name = without_port(host)
    is_foreign = from_proxy and "." in name and not re.fullmatch(r"[0-9.]+|.*\.localhost", name)
    if is_other_storage_service(host) or is_tencent_host(host) or is_foreign:
        raise CosError("NotImplemented", f"The emulator does not implement the host {name[:255]}.")
