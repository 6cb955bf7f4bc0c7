"""HMACs from a key that is hashed once are those of the standard library."""

import hmac

import pytest
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from classgate.signing.keyed_hmac import KeyedHmac


@pytest.mark.parametrize(("algorithm", "name"), [(SHA1(), "sha1"), (SHA256(), "sha256")])  # noqa: S303
@pytest.mark.parametrize("key", [b"", b"k", b"k" * 64, b"k" * 65], ids=len)
def test_each_text_has_its_own_mac(algorithm: HashAlgorithm, name: str, key: bytes) -> None:
    keyed = KeyedHmac(key, algorithm)
    for text in (b"", b"first", "第二".encode(), b"first"):
        assert keyed.digest(text) == hmac.digest(key, text, name)
        assert keyed.hexdigest(text) == hmac.digest(key, text, name).hex()


def test_repr_shows_no_key() -> None:
    assert repr(KeyedHmac(b"secret", SHA256())) == "<KeyedHmac>"
