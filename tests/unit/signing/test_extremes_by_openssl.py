"""Formats at their largest and oddest values; what they must give was computed by openssl.

Each with `printf TEXT | openssl dgst -sha1 -hmac SECRET`, or -sha256, the text being in the test;
-binary where it is put into base64.
"""

import base64
import json
import zlib
from datetime import timedelta

import pytest

from classgate.errors import SigningError
from classgate.signing import cloud_api_v1, cos_json_request, cos_request, user_sig, vod_upload
from classgate.signing.cloud_api_v1 import ParameterCall
from classgate.signing.cos_request import CosRequest, KeyTime
from classgate.signing.encoding import from_epoch
from classgate.signing.keys import SdkSecretKey

SECRET = "00112233445566778899aabbccddeeff"
LAST = 2**32 - 1


def test_json_api_signature_with_every_number_at_its_largest() -> None:
    text = (
        "a=99999999999999999999&b=a&k=AKID&e=4294967295&t=4294967294&r=9999999999"
        "&f=/99999999999999999999/a/~%20%26"
    )
    token = cos_json_request.issue_reusable(
        cloud_app_id="9" * 20,
        bucket_name="a",
        secret_id="AKID",
        secret_key=SECRET,
        issued_at=from_epoch(LAST - 1),
        expires_at=from_epoch(LAST),
        nonce=9_999_999_999,
        file_id=cos_json_request.object_file_id("9" * 20, "a", "~ &"),
    )
    by_openssl = base64.b64decode("ZUBnhyEodhSOnVTVbAE4VuUE/b8=")
    assert base64.b64decode(token) == by_openssl + text.encode()


def test_xml_api_signature_of_awkward_characters_for_all_time() -> None:
    """The text is under a SHA-1 first; the key is the HMAC of `0;4294967295`."""
    request = CosRequest(
        "GET",
        "/a b+c%&=~'()*!课",
        [("list-type", "2"), ("A/b", "")],
        [("x-cos-meta-a", "课 !'()*"), ("Host", "h")],
    )
    assert cos_request.http_string(request) == (
        "get\n/a b+c%&=~'()*!课\na%2fb=&list-type=2\n"
        "host=h&x-cos-meta-a=%E8%AF%BE%20%21%27%28%29%2A\n"
    )
    authorization = cos_request.sign(
        request,
        secret_id="AKID",
        secret_key=SECRET,
        key_time=KeyTime(from_epoch(0), from_epoch(LAST)),
    )
    key = cos_request.sign_key(SECRET, "0;4294967295")
    assert key == "a0c2f1b9d57da006081fa5b94e0facd5817d7c45"
    assert authorization.signature == "09b202ea2ce98197e7a393c2037d5b1141031d06"
    assert authorization.url_param_list == ("a%2fb", "list-type")


def test_vod_signature_that_ends_with_the_last_second() -> None:
    text = (
        "secretId=AKID&currentTimeStamp=4287191295&expireTime=4294967295&random=4294967295"
        "&procedure=%7Ea+%26%2B"
    )
    token = vod_upload.issue_upload_signature(
        secret_id="AKID",
        secret_key=SECRET,
        issued_at=from_epoch(LAST - 90 * 86_400),
        lifetime=timedelta(days=90),
        nonce=LAST,
        options=[("procedure", "~a &+")],
    )
    by_openssl = base64.b64decode("CoUGSiPgci/cwvhNXXwiFktTKV4=")
    assert base64.b64decode(token) == by_openssl + text.encode()


def test_user_sig_with_every_number_at_its_largest_and_an_empty_userbuf() -> None:
    token = user_sig.issue_user_sig(
        SdkSecretKey(SECRET),
        sdk_app_id=LAST,
        identifier="Z" * 32,
        issued_at=from_epoch(LAST),
        lifetime=timedelta(seconds=LAST),
        userbuf=b"",
    )
    standard = token.replace("*", "+").replace("-", "/").replace("_", "=")
    members = json.loads(zlib.decompress(base64.b64decode(standard)))
    assert members["TLS.userbuf"] == ""
    assert members["TLS.sig"] == "pk4HvenplmZMaVXBPiL7CHSuUKADQfMBUBI3BfBCEog="


def test_older_cloud_signature_of_a_value_that_only_looks_like_two() -> None:
    call = ParameterCall(
        "sts.tencentcloudapi.com",
        {
            "Action": "A",
            "Nonce": "18446744073709551615",
            "SecretId": "AKID",
            "SignatureMethod": "HmacSHA256",
            "Timestamp": "0",
            "a": "%20&&b",
        },
    )
    signature = cloud_api_v1.issue_signature(call, secret_key=SECRET)
    assert signature == "Ju7hTyuZudm6+lKE4ifolXkt2iBf9RmYvxbylFsixKk="
    with pytest.raises(SigningError):
        cloud_api_v1.issue_signature(
            ParameterCall(call.host, {**call.parameters, "a": "%20&&b="}), secret_key=SECRET
        )
