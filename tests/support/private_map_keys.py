"""PrivateMapKeys in the UserSig of the official library."""

import struct
import time

from tests.support.contract_cloud import SDK_APP_ID, SDK_SECRET_KEY
from TLSSigAPIv2 import TLSSigAPIv2


def make_private_map_key(
    room: int | str = 7, privileges: int = 255, *, seconds: int = 300, name: str = "tom",
    outer: str = "tom", secret_key: str = SDK_SECRET_KEY, app: int = SDK_APP_ID,
) -> str:  # fmt: skip
    """A privateMapKey, its record packed by hand from the public layout."""
    number = 0 if isinstance(room, str) else room
    record = struct.pack(">BH", int(isinstance(room, str)), len(name)) + name.encode()
    record += struct.pack(">IIIII", app, number, int(time.time()) + seconds, privileges, 0)
    if isinstance(room, str):
        record += struct.pack(">H", len(room)) + room.encode()
    issuer = TLSSigAPIv2(SDK_APP_ID, secret_key)
    sig = issuer.gen_sig_with_userbuf(outer, seconds, record)
    assert isinstance(sig, str)
    return sig
