"""The calls of the signers, the bare primitives and the official libraries, on the same content."""

import hashlib
import hmac
import json
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import coincurve
import TLSSigAPIv2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from qcloud_cos import CosConfig
from qcloud_cos.cos_auth import CosS3Auth
from requests import Request
from tencentcloud.common.credential import Credential
from tencentcloud.common.http.request import RequestInternal
from tencentcloud.sts.v20180813.sts_client import StsClient

from bench.school import identifier
from bench.service import APP_ID, SDK_APP_ID, SDK_SECRET_KEY, SETTINGS
from classgate.signing import cloud_api, cos_json_request, cos_request
from classgate.signing.keys import EcdsaPrivateKey, SdkSecretKey
from classgate.signing.private_map_key import issue_private_map_key
from classgate.signing.user_sig import issue_user_sig

Operation = Callable[[int], object]
SignerCalls = tuple[str, Operation, list[tuple[str, Operation]]]

_SECRET_ID: Final = SETTINGS["CLASSGATE_CLOUD__SECRET_ID"]
_SECRET_KEY: Final = SETTINGS["CLASSGATE_CLOUD__SECRET_KEY"]
_NAMES: Final = [identifier(number) for number in range(64)]
_DAY: Final = timedelta(days=1)
_TEXT: Final = b"TLS.identifier:person00000001\nTLS.sdkappid:1400000001\nTLS.time:1700000000\n"
_HOST: Final = f"courseware-{APP_ID}.cos.ap-guangzhou.myqcloud.com"


def signer_calls() -> list[SignerCalls]:
    """Return each signer's name and call, with the yardsticks' names and calls."""
    return [
        _user_sig_v1_secp256k1(),
        _user_sig_v1_p256(),
        _user_sig_v2(),
        _private_map_key(),
        _cos_v5(),
        _cos_v4(),
        _tc3(),
    ]


def _user_sig(key: EcdsaPrivateKey | SdkSecretKey) -> Operation:
    def issue(number: int) -> str:
        return issue_user_sig(
            key,
            sdk_app_id=SDK_APP_ID,
            identifier=_NAMES[number % 64],
            issued_at=datetime.now(UTC),
            lifetime=_DAY,
        )

    return issue


def _own_key(key: ec.EllipticCurvePrivateKey) -> EcdsaPrivateKey:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return EcdsaPrivateKey.from_pem(pem)


def _user_sig_v1_secp256k1() -> SignerCalls:
    key = ec.generate_private_key(ec.SECP256K1())
    bare = coincurve.PrivateKey.from_int(key.private_numbers().private_value)
    return (
        "UserSig v1, secp256k1",
        _user_sig(_own_key(key)),
        [("coincurve sign", lambda _: bare.sign(_TEXT))],
    )


def _user_sig_v1_p256() -> SignerCalls:
    key = ec.generate_private_key(ec.SECP256R1())
    algorithm = ec.ECDSA(SHA256())
    return (
        "UserSig v1, P-256",
        _user_sig(_own_key(key)),
        [("OpenSSL sign", lambda _: key.sign(_TEXT, algorithm))],
    )


def _hmac_sha256(_number: int) -> bytes:
    keyed = HMAC(SDK_SECRET_KEY.encode(), SHA256())
    keyed.update(_TEXT)
    return keyed.finalize()


def _user_sig_v2() -> SignerCalls:
    official = TLSSigAPIv2.TLSSigAPIv2(SDK_APP_ID, SDK_SECRET_KEY)
    return (
        "UserSig v2",
        _user_sig(SdkSecretKey(SDK_SECRET_KEY)),
        [
            ("HMAC-SHA256", _hmac_sha256),
            ("tls-sig-api-v2", lambda number: official.gen_sig(_NAMES[number % 64], 86_400)),
        ],
    )


def _private_map_key() -> SignerCalls:
    """The official package here signs any userbuf; the record inside is packed for it."""
    key = SdkSecretKey(SDK_SECRET_KEY)
    official = TLSSigAPIv2.TLSSigAPIv2(SDK_APP_ID, SDK_SECRET_KEY)

    def issue(number: int) -> str:
        return issue_private_map_key(
            key,
            sdk_app_id=SDK_APP_ID,
            identifier=_NAMES[number % 64],
            room_id=7,
            privileges=255,
            issued_at=datetime.now(UTC),
            lifetime=timedelta(minutes=5),
        )

    def issue_officially(number: int) -> Any:
        name = _NAMES[number % 64].encode()
        numbers = (SDK_APP_ID, 7, int(time.time()) + 300, 255, 0)
        record = struct.pack(f">BH{len(name)}sIIIII", 0, len(name), name, *numbers)
        return official.gen_sig_with_userbuf(_NAMES[number % 64], 300, record)

    return (
        "PrivateMapKey",
        issue,
        [("HMAC-SHA256", _hmac_sha256), ("tls-sig-api-v2", issue_officially)],
    )


def _hmac_sha1(_number: int) -> str:
    return hmac.new(_SECRET_KEY.encode(), _TEXT, hashlib.sha1).hexdigest()


def _cos_v5() -> SignerCalls:
    official = CosConfig(Region="ap-guangzhou", SecretId=_SECRET_ID, SecretKey=_SECRET_KEY)
    headers = {"Host": _HOST, "Content-Type": "application/pdf", "Content-Length": "1024"}
    parameters = {
        "uploadId": "1585130821cbb7df1d11846c073ad648e8f33b087cec2381df437acdc833cf654b",
        "partNumber": "1",
    }
    pairs = tuple(parameters.items())

    def issue(number: int) -> str:
        now = datetime.now(UTC)
        request = cos_request.CosRequest(
            "PUT", f"/classes/7/{_NAMES[number % 64]}.pdf", pairs, tuple(headers.items())
        )
        return cos_request.issue_authorization(
            request,
            secret_id=_SECRET_ID,
            secret_key=_SECRET_KEY,
            key_time=cos_request.KeyTime(now - timedelta(minutes=1), now + timedelta(hours=1)),
        )

    prepared = Request("PUT", f"https://{_HOST}/", headers=headers).prepare()

    def issue_officially(number: int) -> object:
        sign = CosS3Auth(official, f"/classes/7/{_NAMES[number % 64]}.pdf", parameters, 3600)
        prepared.headers.pop("Authorization", None)
        return sign(prepared)

    return "COS v5", issue, [("HMAC-SHA1", _hmac_sha1), ("cos-python-sdk-v5", issue_officially)]


def _cos_v4() -> SignerCalls:
    def issue(number: int) -> str:
        return cos_json_request.issue_single_use(
            cloud_app_id=APP_ID,
            bucket_name="courseware",
            secret_id=_SECRET_ID,
            secret_key=_SECRET_KEY,
            file_id=f"/{APP_ID}/courseware/classes/7/{_NAMES[number % 64]}.pdf",
            issued_at=datetime.now(UTC),
            nonce=number,
        )

    return "COS v4", issue, [("HMAC-SHA1", _hmac_sha1)]


def _tc3() -> SignerCalls:
    parameters = {
        "Name": "classgate",
        "Policy": "%7B%22version%22%3A%222.0%22%7D",
        "DurationSeconds": 1800,
    }
    client = StsClient(Credential(_SECRET_ID, _SECRET_KEY), "ap-guangzhou")

    def issue(_number: int) -> dict[str, str]:
        request = cloud_api.CloudApiRequest(
            host="sts.tencentcloudapi.com",
            service="sts",
            action="GetFederationToken",
            version="2018-08-13",
            region="ap-guangzhou",
            payload=json.dumps(parameters).encode(),
        )
        return cloud_api.sign_headers(
            request, secret_id=_SECRET_ID, secret_key=_SECRET_KEY, issued_at=datetime.now(UTC)
        )

    def issue_officially(_number: int) -> object:
        request = RequestInternal("sts.tencentcloudapi.com", "POST", "/")
        client._build_req_with_tc3_signature("GetFederationToken", parameters, request)
        return request

    return (
        "TC3",
        issue,
        [("HMAC-SHA256", _hmac_sha256), ("tencentcloud-sdk-python", issue_officially)],
    )
