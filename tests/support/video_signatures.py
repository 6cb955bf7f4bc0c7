"""The video service's signatures as the public documents make them; none is made by our code."""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl

from tests.support.harness import World
from tests.support.school import School
from tests.support.school_settings import SECRET_ID, SECRET_KEY

from classgate.accounts.models import Caller

HOST = "vod.api.qcloud.com"
PATH = "/v2/index.php"
PLAYABLE = "7447398154966722001"


async def caller_of(world: World, school: School, identifier: str) -> Caller:
    """Somebody whose token was authenticated."""
    return await world.application.accounts.accounts.authenticate(school.tokens[identifier])


def query(world: World, **changed: object) -> dict[str, Any]:
    """The parameters of a good query, as an old client sends them."""
    return {
        "Action": "GetVideoInfo",
        "fileId": PLAYABLE,
        "Nonce": 345122,
        "Region": "gz",
        "Timestamp": world.clock.unix,
        **changed,
    }


def expected_sign(method: str, params: dict[str, Any], algorithm: str = "sha1") -> str:
    """What the document says the signature of these parameters is."""
    values = {**params, "SecretId": SECRET_ID}
    joined = "&".join(f"{name.replace('_', '.')}={values[name]}" for name in sorted(values))
    text = f"{method}{HOST}{PATH}?{joined}"
    return base64.b64encode(hmac.digest(SECRET_KEY.encode(), text.encode(), algorithm)).decode()


def read_upload_sign(sign: str) -> dict[str, str]:
    """The fields of an upload's signature, whose MAC must be our key's."""
    data = base64.b64decode(sign, validate=True)
    digest, text = data[:20], data[20:]
    assert digest == hmac.new(SECRET_KEY.encode(), text, hashlib.sha1).digest()
    return dict(parse_qsl(text.decode(), strict_parsing=True))
