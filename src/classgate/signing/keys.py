"""The keys that sign UserSigs: an elliptic curve key pair, or a shared secret.

Both are parsed once and sign many times. Neither `repr` nor an error reveals a key. Storage and
rotation of keys are up to the callers.

Sources: "tencentyun/tls-sig-api" (curves and encodings), "tencentyun/tls-sig-api-v2-python" (the
secret is used as the text it is, never hex-decoded).
"""

import hmac
import re
from typing import Final, Literal, Self

import coincurve
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from classgate.errors import InvalidSigningKey
from classgate.signing.keyed_hmac import KeyedHmac

Curve = Literal["secp256k1", "prime256v1"]

_CURVES: Final[dict[str, Curve]] = {"secp256k1": "secp256k1", "secp256r1": "prime256v1"}
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s.*?-----END \1-----", re.DOTALL)
_PRIVATE_LABELS = frozenset({b"PRIVATE KEY", b"EC PRIVATE KEY"})


_SECRET_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def require_secret_id(secret_id: str) -> None:
    """InvalidSigningKey for a SecretId that could bring a field of its own into a signature."""
    if _SECRET_ID.fullmatch(secret_id) is None:
        raise InvalidSigningKey(
            "this cannot be signed as a SecretId: it is 1 to 128 of A-Z, a-z, 0-9, _ and -"
        )


def key_bytes(secret_key: str) -> bytes:
    """The bytes of a secret key. InvalidSigningKey for a lone surrogate, which has none."""
    try:
        return secret_key.encode()
    except UnicodeEncodeError:
        raise InvalidSigningKey(
            "the secret key holds half a character and cannot be encoded"
        ) from None


class EcdsaPublicKey:
    """Verifies ECDSA signatures over SHA-256, with a key on secp256k1 or P-256."""

    def __init__(self, key: ec.EllipticCurvePublicKey) -> None:
        self._key: Final = key
        self.curve: Final = _curve_of(key.curve)

    def __repr__(self) -> str:
        return f"<EcdsaPublicKey {self.curve}>"

    @classmethod
    def from_pem(cls, data: bytes) -> Self:
        """Parse a SubjectPublicKeyInfo. InvalidSigningKey names the fault."""
        label, block = _key_block(data)
        if label in _PRIVATE_LABELS or label == b"ENCRYPTED PRIVATE KEY":
            raise InvalidSigningKey("this is a private key; the public key is required")
        try:
            key = load_pem_public_key(block)
        except UnsupportedAlgorithm:
            raise InvalidSigningKey("the type or the curve of the key is not supported") from None
        except ValueError:
            raise InvalidSigningKey("the PEM text contains no valid public key") from None
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise InvalidSigningKey(_not_elliptic(type(key)))
        return cls(key)

    def to_der(self) -> bytes:
        """Return the key as a DER SubjectPublicKeyInfo, to compare keys."""
        return self._key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def verify(self, signature: bytes, text: bytes) -> bool:
        """Return whether the DER signature over the text is valid.

        DER must be strict. A high s is accepted: about half of the official tokens have one.
        """
        try:
            self._key.verify(signature, text, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


class EcdsaPrivateKey:
    """Signs with ECDSA over SHA-256, deterministically (RFC 6979); on secp256k1 or P-256."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key: Final = key
        self.curve: Final = _curve_of(key.curve)
        # On this curve, libsecp256k1 signs about ten times as fast as OpenSSL.
        self._fast: Final = _coincurve_key(key) if self.curve == "secp256k1" else None
        self._algorithm: Final = ec.ECDSA(SHA256(), deterministic_signing=True)

    def __repr__(self) -> str:
        return f"<EcdsaPrivateKey {self.curve}>"

    @classmethod
    def from_pem(cls, data: bytes) -> Self:
        """Parse PKCS#8 or SEC1, with or without a leading EC PARAMETERS block.

        InvalidSigningKey names the fault.
        """
        label, block = _key_block(data)
        if label == b"ENCRYPTED PRIVATE KEY" or b"Proc-Type:" in block:
            raise InvalidSigningKey("the private key is encrypted; provide it without a passphrase")
        if label == b"PUBLIC KEY":
            raise InvalidSigningKey("this is a public key; the private key is required")
        try:
            key = load_pem_private_key(block, password=None)
        except UnsupportedAlgorithm:
            raise InvalidSigningKey("the type or the curve of the key is not supported") from None
        except (ValueError, TypeError):
            raise InvalidSigningKey("the PEM text contains no valid private key") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise InvalidSigningKey(_not_elliptic(type(key)))
        return cls(key)

    def public_key(self) -> EcdsaPublicKey:
        """Return the public key of the pair."""
        return EcdsaPublicKey(self._key.public_key())

    def sign(self, text: bytes) -> bytes:
        """Return a DER signature over the text. The same text gives the same bytes."""
        if self._fast is not None:
            return self._fast.sign(text)
        return self._key.sign(text, self._algorithm)


class SdkSecretKey:
    """Signs with HMAC-SHA256. The key is the secret's text as the console shows it."""

    def __init__(self, text: str) -> None:
        if not text:
            raise InvalidSigningKey("the secret key is empty")
        self.sign: Final = KeyedHmac(key_bytes(text), SHA256()).digest
        """Returns the 32-byte MAC of a text."""

    def __repr__(self) -> str:
        return "<SdkSecretKey>"

    def verify(self, signature: bytes, text: bytes) -> bool:
        """Return whether the MAC over the text is valid; compares in constant time."""
        return hmac.compare_digest(signature, self.sign(text))


def _key_block(data: bytes) -> tuple[bytes, bytes]:
    """Return the label and the text of the only key in a PEM file."""
    blocks = [(found[1], found[0]) for found in _BLOCK.finditer(data)]
    # `openssl ecparam -genkey` writes the curve's name in a separate block before the key.
    blocks = [(label, text) for label, text in blocks if label != b"EC PARAMETERS"]
    if not blocks:
        raise InvalidSigningKey("this is not PEM: it contains no BEGIN … END block with a key")
    if len(blocks) > 1:
        raise InvalidSigningKey("the PEM text contains several blocks; provide one key")
    return blocks[0]


def _curve_of(curve: ec.EllipticCurve) -> Curve:
    name = _CURVES.get(curve.name)
    if name is None:
        raise InvalidSigningKey(
            f"the key is on the curve {curve.name}; use secp256k1 or prime256v1"
        )
    return name


def _not_elliptic(kind: type) -> str:
    name = kind.__name__.removesuffix("PrivateKey").removesuffix("PublicKey").lstrip("_")
    return f"this is a key for {name}; an elliptic curve key is required"


def _coincurve_key(key: ec.EllipticCurvePrivateKey) -> coincurve.PrivateKey:
    return coincurve.PrivateKey(key.private_numbers().private_value.to_bytes(32, "big"))
