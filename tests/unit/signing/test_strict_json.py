import zlib

import pytest
from tests.support.hostile_json import TOO_DEEP, TOO_MANY_VALUES, count_calls

from classgate.errors import VerificationFailed
from classgate.signing.encoding import encode_user_sig_base64
from classgate.signing.strict_json import read_json_object
from classgate.signing.token_envelope import decompress_token

TOO_MUCH = "the JSON is too long, too deep or has too many values"
HOSTILE = [*TOO_MANY_VALUES.values(), *TOO_DEEP.values()]


def require_refused(text: bytes) -> None:
    with pytest.raises(VerificationFailed, match=TOO_MUCH) as refusal:
        read_json_object(text)
    assert refusal.value.failed_check == "format"


def numbers(count: int) -> bytes:
    return b'{"a":[' + b",".join([b"1"] * count) + b"]}"


def test_object_has_at_most_1000_values() -> None:
    assert len(str(read_json_object(numbers(997)))) > 997  # beside the object, the name, the list
    require_refused(numbers(998))


def test_object_has_at_most_12_levels() -> None:
    assert read_json_object(b'{"a":' + b"[" * 11 + b"]" * 11 + b"}")
    require_refused(b'{"a":' + b"[" * 12 + b"]" * 12 + b"}")


def test_object_has_at_most_64_kib() -> None:
    assert read_json_object(b"{" + b" " * (64 * 1024 - 2) + b"}") == {}
    require_refused(b"{" + b" " * (64 * 1024 - 1) + b"}")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused_before_it_is_decoded(text: bytes) -> None:
    require_refused(text)
    assert count_calls(lambda: read_json_object(text)) <= 2 * 1000 + 30


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_a_token_is_refused_before_it_is_decoded(text: bytes) -> None:
    token = encode_user_sig_base64(zlib.compress(text))
    with pytest.raises(VerificationFailed, match=TOO_MUCH):
        decompress_token(token)
    assert count_calls(lambda: decompress_token(token)) <= 2 * 1000 + 60


def test_token_that_unpacks_to_more_than_64_kib_is_refused() -> None:
    bomb = zlib.compress(b'{"a":"' + b" " * 64_000_000 + b'"}', 9)
    with pytest.raises(VerificationFailed, match="the token is truncated, too large or has"):
        decompress_token(encode_user_sig_base64(bomb))
