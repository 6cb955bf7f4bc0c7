"""UserSigs to be explained: signed by hand with any key and text, and those of official tools."""

import base64
import hmac
import json
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.user_sig_tokens import SECRET, seal

from classgate.explain.models import ExplainContext, PublicKey, SdkSecret
from classgate.signing.keys import EcdsaPublicKey

APP = 1400000000
ISSUED = 1_700_000_000
NOW = datetime.fromtimestamp(ISSUED + 60, UTC)
CONFIGURED = ExplainContext(
    now=NOW, sdk_app_id=APP, sdk_secrets=(SdkSecret("im.secret_key", SECRET),)
)
IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,32}")
_DATA = Path(__file__).parents[1] / "vectors" / "data"


def mac(key: bytes, text: str, algorithm: str = "sha256") -> str:
    return base64.b64encode(hmac.digest(key, text.encode(), algorithm)).decode()


def lines(
    identifier: str = "amy", app: int = APP, issued: int = ISSUED, lifetime: int = 86400,
    userbuf: str = "",
) -> str:  # fmt: skip
    """The text that version 2 signs."""
    text = f"TLS.identifier:{identifier}\nTLS.sdkappid:{app}\nTLS.time:{issued}\n"
    text += f"TLS.expire:{lifetime}\n"
    return text + (f"TLS.userbuf:{userbuf}\n" if userbuf else "")


def user_sig(
    key: bytes = SECRET.encode(), *, identifier: str = "amy", app: int = APP,
    issued: int = ISSUED, lifetime: int = 86400, userbuf: bytes | None = None,
    signed: str | None = None, sig: str | None = None, **changes: object,
) -> str:  # fmt: skip
    """A UserSig of version 2; `signed` is the text that is signed in place of the right one."""
    encoded = "" if userbuf is None else base64.b64encode(userbuf).decode()
    text = lines(identifier, app, issued, lifetime, encoded) if signed is None else signed
    members: dict[str, object] = {
        "TLS.ver": "2.0",
        "TLS.identifier": identifier,
        "TLS.sdkappid": app,
        "TLS.expire": lifetime,
        "TLS.time": issued,
    }
    if userbuf is not None:
        members["TLS.userbuf"] = encoded
    members["TLS.sig"] = mac(key, text) if sig is None else sig
    members |= {f"TLS.{name}": value for name, value in changes.items()}
    return seal(json.dumps(members).encode())


def record(
    room: int | str = 7, privileges: int = 255, *, identifier: str = "amy", app: int = APP,
    expires: int = ISSUED + 300,
) -> bytes:  # fmt: skip
    """The record of a PrivateMapKey, packed by hand."""
    number = 0 if isinstance(room, str) else room
    packed = struct.pack(">BH", isinstance(room, str), len(identifier)) + identifier.encode()
    packed += struct.pack(">IIIII", app, number, expires, privileges, 0)
    if isinstance(room, str):
        packed += struct.pack(">H", len(room)) + room.encode()
    return packed


def standard(token: str) -> str:
    """The token in the standard alphabet of base64."""
    return token.replace("*", "+").replace("-", "/").replace("_", "=")


def json_text(token: str) -> bytes:
    return zlib.decompress(base64.b64decode(standard(token)))


@dataclass(frozen=True)
class OfficialToken:
    """A token of an official tool, and the context in which it is valid."""

    id: str
    token: str
    context: ExplainContext


def official_tokens() -> Iterator[OfficialToken]:
    """The tokens in the vectors: made by Tencent's tools and libraries, versions 1 and 2."""
    for name in ("usersig_v1", "usersig_v2", "private_map_key"):
        for case in json.loads((_DATA / f"{name}.json").read_text())["cases"]:
            given, token = case["inputs"], case["expect"].get("sample_token")
            may_enter = given.get("privilege_map", 2) & 2
            is_foreign_record = given.get("userbuf_hex", "").startswith("00")  # for nobody
            if (
                token
                and may_enter
                and not is_foreign_record
                and IDENTIFIER.fullmatch(given["identifier"])
            ):
                yield OfficialToken(case["id"], token, official_context(given))


def official_context(given: dict[str, Any]) -> ExplainContext:
    """The context of a vector: its keys, its time, its account and its application."""
    secret, pem = given.get("secret_key"), given.get("public_key_pem")
    public = () if pem is None else (EcdsaPublicKey.from_pem(pem.encode()),)
    return ExplainContext(
        now=datetime.fromtimestamp(given.get("now", given.get("time", 0) + 1), UTC),
        sdk_app_id=given["sdkappid"],
        sdk_secrets=() if secret is None else (SdkSecret("im.secret_key", secret),),
        public_keys=tuple(PublicKey("im.private_key", each) for each in public),
        identifier=given["identifier"],
    )
