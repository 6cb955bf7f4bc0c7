"""Forms for POST Object, signed here from the public document, not by the code under test."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from tests.support.contract_cloud import BUCKET, SECRET_ID, SECRET_KEY
from tests.support.running_emulator import Answer, Emulator

KEY = "classes/1/课件 (1).pdf"


CONTENT = b"lesson"


Fields = dict[str, str]


def hmac_sha1(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha1).hexdigest()


def signed(
    *conditions: Any, key: str = KEY, secret_id: str = SECRET_ID, secret_key: str = SECRET_KEY,
    seconds: int = 600, policy_seconds: int = 600,
) -> Fields:  # fmt: skip
    """A form whose policy has these conditions, beside the three that it must have."""
    now = int(time.time())
    key_time = f"{now - 60};{now + seconds}"
    document = {
        "expiration": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(now + policy_seconds)),
        "conditions": [
            {"q-sign-algorithm": "sha1"}, {"q-ak": secret_id}, {"q-sign-time": key_time},
            {"bucket": BUCKET}, *conditions,
        ],
    }  # fmt: skip
    text = json.dumps(document)
    signature = hmac_sha1(
        hmac_sha1(secret_key, key_time),
        hashlib.sha1(text.encode()).hexdigest(),  # noqa: S324
    )
    return {
        "key": key, "policy": base64.b64encode(text.encode()).decode(), "q-sign-algorithm": "sha1",
        "q-ak": secret_id, "q-key-time": key_time, "q-signature": signature,
    }  # fmt: skip


def post(
    emulator: Emulator, fields: Fields, content: bytes | None = CONTENT, file_name: str = "一.pdf",
    *, file_first: bool = False,
) -> Answer:  # fmt: skip
    line = b"--boundary\r\nContent-Disposition: form-data; name="
    parts = [line + f'"{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    if content is not None:
        head = f'"file"; filename="{file_name}"\r\nContent-Type: application/pdf\r\n\r\n'
        parts.insert(0 if file_first else len(parts), line + head.encode() + content + b"\r\n")
    headers = {"Content-Type": "multipart/form-data; boundary=boundary"}
    return emulator.call("POST", "/", b"".join(parts) + b"--boundary--\r\n", headers)


def stored(emulator: Emulator, key: str = KEY) -> bytes | None:
    client = emulator.cos_client()
    if not client.object_exists(BUCKET, key):
        return None
    content = client.get_object(Bucket=BUCKET, Key=key)["Body"].get_raw_stream().read()
    assert isinstance(content, bytes)
    return content


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()
