"""Signatures of the JSON API (v4), made here from the public document, not by the code under test.

base64( HMAC-SHA1(secret key, text) + text ), with the fields of the text in any order.
"""

import base64
import hashlib
import hmac
import itertools
import time
from urllib.parse import quote

from tests.support.contract_cloud import APP_ID, SECRET_ID, SECRET_KEY, SHORT_BUCKET

_nonce = itertools.count(1_000_000)


def signed(text: str, secret_key: str = SECRET_KEY) -> str:
    digest = hmac.new(secret_key.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest + text.encode()).decode()


def prefixed(path: str) -> str:
    """The file id as the document writes it."""
    return f"/{APP_ID}/{SHORT_BUCKET}{quote(path, safe='/-_.~')}"


def single_use(
    file_id: str, *, order: str = "abketrf", secret_key: str = SECRET_KEY, app_id: str = APP_ID,
    bucket: str = SHORT_BUCKET, secret_id: str = SECRET_ID,
) -> str:  # fmt: skip
    now = int(time.time())
    values = {
        "a": app_id, "b": bucket, "k": secret_id, "e": "0", "t": str(now),
        "r": str(next(_nonce)), "f": file_id,
    }  # fmt: skip
    return signed("&".join(f"{name}={values[name]}" for name in order), secret_key)


def reusable(file_id: str = "", *, seconds: int = 300) -> str:
    now = int(time.time())
    return signed(
        f"a={APP_ID}&k={SECRET_ID}&e={now + seconds}&t={now}&r={next(_nonce)}"
        f"&f={file_id}&b={SHORT_BUCKET}"
    )
