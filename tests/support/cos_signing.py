"""The signature of the XML API, step by step from its document (436/7778), without our own code."""

import hashlib
import hmac
import time
from urllib.parse import quote

from tests.support.contract_cloud import BUCKET, SECRET_ID, SECRET_KEY
from tests.support.running_emulator import Emulator

Pairs = dict[str, str]


def format_string(method: str, path: str, parameters: Pairs, headers: Pairs) -> str:
    lines = [method.lower(), path, _joined(parameters), _joined(headers)]
    return "\n".join(lines) + "\n"


def string_to_sign(times: str, signed: str) -> str:
    return f"sha1\n{times}\n{hashlib.sha1(signed.encode()).hexdigest()}\n"  # noqa: S324


def authorization(
    method: str, path: str, parameters: Pairs | None = None, headers: Pairs | None = None, *,
    secret_id: str = SECRET_ID, secret_key: str = SECRET_KEY, times: str | None = None,
) -> str:  # fmt: skip
    """The Authorization header. All the parameters and headers that are given are signed."""
    parameters, headers = parameters or {}, headers or {}
    now = int(time.time())
    times = times or f"{now - 60};{now + 600}"
    text = string_to_sign(times, format_string(method, path, parameters, headers))
    signature = _hmac(_hmac(secret_key, times), text)
    return (
        f"q-sign-algorithm=sha1&q-ak={secret_id}&q-sign-time={times}&q-key-time={times}"
        f"&q-header-list={_names(headers)}&q-url-param-list={_names(parameters)}"
        f"&q-signature={signature}"
    )


def _hmac(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha1).hexdigest()


def _encoded(pairs: Pairs) -> list[tuple[str, str]]:
    return sorted(
        (quote(name, safe="").lower(), quote(value, safe="")) for name, value in pairs.items()
    )


def _joined(pairs: Pairs) -> str:
    return "&".join(f"{name}={value}" for name, value in _encoded(pairs))


def _names(pairs: Pairs) -> str:
    return ";".join(name for name, _ in _encoded(pairs))


def presigned(emulator: Emulator, key: str, **params: str) -> str:
    """The SDK's URL, made to reach the emulator while the signed host stays the bucket's."""
    url = emulator.cos_client(by_domain=True).get_presigned_url(
        BUCKET, key, "GET", Expired=300, Params=params, SignHost=True
    )
    assert isinstance(url, str)
    return url
