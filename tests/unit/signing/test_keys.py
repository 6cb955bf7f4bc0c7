"""Which keys sign, and how the others are refused without telling what they hold."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)
from tests.support.pem_keys import private_pem

from classgate.errors import InvalidSigningKey
from classgate.signing.keys import EcdsaPrivateKey, EcdsaPublicKey, SdkSecretKey

TEXT = b"TLS.identifier:amy\n"

# Named curve blocks as `openssl ecparam -genkey` writes them before the key.
EC_PARAMETERS = {
    "secp256k1": b"-----BEGIN EC PARAMETERS-----\nBgUrgQQACg==\n-----END EC PARAMETERS-----\n",
    "prime256v1": b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
}
CURVES = {"secp256k1": ec.SECP256K1(), "prime256v1": ec.SECP256R1()}


def public_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("with_parameters", [False, True])
def test_a_key_signs_in_every_encoding(
    curve: str, form: PrivateFormat, with_parameters: bool
) -> None:
    made = ec.generate_private_key(CURVES[curve])
    pem = (EC_PARAMETERS[curve] if with_parameters else b"") + private_pem(made, form)
    key = EcdsaPrivateKey.from_pem(pem)
    assert key.curve == curve
    made.public_key().verify(key.sign(TEXT), TEXT, ec.ECDSA(SHA256()))
    assert EcdsaPublicKey.from_pem(public_pem(made)).verify(key.sign(TEXT), TEXT)
    assert key.public_key().verify(key.sign(TEXT), TEXT)


@pytest.mark.parametrize("curve", CURVES)
def test_the_same_text_gets_the_same_signature(curve: str) -> None:
    pem = private_pem(ec.generate_private_key(CURVES[curve]))
    one, other = EcdsaPrivateKey.from_pem(pem), EcdsaPrivateKey.from_pem(pem)
    assert one.sign(TEXT) == other.sign(TEXT)
    assert one.sign(TEXT) != one.sign(TEXT + b"\n")


def test_p256_signatures_are_those_of_rfc_6979() -> None:
    # RFC 6979, A.2.5: P-256 with SHA-256, message "sample".
    scalar = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    key = EcdsaPrivateKey.from_pem(private_pem(ec.derive_private_key(scalar, ec.SECP256R1())))
    assert key.sign(b"sample").hex() == (
        "3046"
        "022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
        "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    )


def test_a_high_s_is_accepted() -> None:
    # The RFC's signature above has an s over half the order.
    scalar = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    key = EcdsaPrivateKey.from_pem(private_pem(ec.derive_private_key(scalar, ec.SECP256R1())))
    assert key.public_key().verify(key.sign(b"sample"), b"sample")


def test_a_signature_that_is_not_strict_der_is_refused() -> None:
    key = EcdsaPrivateKey.from_pem(private_pem(ec.generate_private_key(ec.SECP256K1())))
    signature = key.sign(TEXT)
    public = key.public_key()
    assert public.verify(signature, TEXT)
    for broken in (b"", signature + b"\0", signature[:-1], b"\x30\x81" + signature[1:], b"\0" * 64):
        assert not public.verify(broken, TEXT)


def _p384() -> bytes:
    return private_pem(ec.generate_private_key(ec.SECP384R1()))


def _rsa() -> bytes:
    return private_pem(rsa.generate_private_key(65537, 2048))


def _old_rsa() -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    return private_pem(key, PrivateFormat.TraditionalOpenSSL)


def _edwards() -> bytes:
    return private_pem(ed25519.Ed25519PrivateKey.generate())


def _encrypted() -> bytes:
    key = ec.generate_private_key(ec.SECP256K1())
    return private_pem(key, encryption=BestAvailableEncryption(b"pass"))


def _old_encrypted() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return private_pem(key, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"pass"))


def _public() -> bytes:
    return public_pem(ec.generate_private_key(ec.SECP256K1()))


def _two() -> bytes:
    return 2 * private_pem(ec.generate_private_key(ec.SECP256K1()))


def _cut() -> bytes:
    lines = private_pem(ec.generate_private_key(ec.SECP256K1())).splitlines()
    return b"\n".join([lines[0], lines[1][:20], *lines[2:]])


def _not_pem() -> bytes:
    return b"5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"


def _only_parameters() -> bytes:
    return EC_PARAMETERS["secp256k1"]


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (_p384, "curve secp384r1"),
        (_rsa, "key for RSA"),
        (_old_rsa, "key for RSA"),
        (_edwards, "key for Ed25519"),
        (_encrypted, "encrypted"),
        (_old_encrypted, "encrypted"),
        (_public, "this is a public key"),
        (_two, "contains several blocks"),
        (_cut, "contains no valid private key"),
        (_not_pem, "not PEM"),
        (_only_parameters, "not PEM"),
    ],
)
def test_an_unusable_private_key_is_refused_by_name(make: Callable[[], bytes], fault: str) -> None:
    pem = make()
    with pytest.raises(InvalidSigningKey, match=fault) as refusal:
        EcdsaPrivateKey.from_pem(pem)
    assert refusal.value.__cause__ is None
    _assert_tells_nothing(str(refusal.value), pem)


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (_p384, "this is a private key"),
        (_encrypted, "this is a private key"),
        (_not_pem, "not PEM"),
        (lambda: public_pem(ec.generate_private_key(ec.SECP384R1())), "curve secp384r1"),
        (lambda: public_pem(rsa.generate_private_key(65537, 2048)), "key for RSA"),
        (lambda: _public().replace(b"MFYw", b"MFYx"), "contains no valid public key"),
    ],
)
def test_an_unusable_public_key_is_refused_by_name(make: Callable[[], bytes], fault: str) -> None:
    pem = make()
    with pytest.raises(InvalidSigningKey, match=fault) as refusal:
        EcdsaPublicKey.from_pem(pem)
    _assert_tells_nothing(str(refusal.value), pem)


def _assert_tells_nothing(message: str, pem: bytes) -> None:
    """No eight characters of the key's own text are in the message."""
    body = b"".join(line for line in pem.splitlines() if b"-----" not in line).decode()
    assert not any(body[i : i + 8] in message for i in range(len(body) - 7))


def test_repr_tells_nothing_of_a_key() -> None:
    key = EcdsaPrivateKey.from_pem(private_pem(ec.generate_private_key(ec.SECP256K1())))
    assert repr(key) == "<EcdsaPrivateKey secp256k1>"
    assert repr(key.public_key()) == "<EcdsaPublicKey secp256k1>"
    assert repr(SdkSecretKey("secret")) == "<SdkSecretKey>"


def test_a_secret_key_is_used_as_the_text_it_is() -> None:
    # printf 'TLS.identifier:amy\n' | openssl dgst -sha256 -hmac 5bd2850f
    key = SdkSecretKey("5bd2850f")
    expected = "3dc2d77287221c6a4908865165abd94bff62af661ff91cfd815c2d1dddb8eb61"
    assert key.sign(TEXT).hex() == expected
    assert key.verify(bytes.fromhex(expected), TEXT)
    assert not SdkSecretKey("5BD2850F").verify(bytes.fromhex(expected), TEXT)
    assert not key.verify(bytes.fromhex(expected)[:-1], TEXT)


def test_an_empty_secret_key_is_refused() -> None:
    with pytest.raises(InvalidSigningKey, match="empty"):
        SdkSecretKey("")
