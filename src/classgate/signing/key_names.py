"""PURE: short stable names of keys, which tell keys apart and reveal nothing of a secret.

A name is the beginning of a SHA-256 over what stands for the key. Of a key pair that is the public
key; of an API key its SecretId, which stands in every presigned URL; of an SDK secret key the
secret itself, 256 random bits. Whoever guesses a weak secret could test the guess against a name;
but as well against any UserSig, which every client has.
"""

import hashlib

from classgate.signing.keys import EcdsaPublicKey

_DIGITS = 12


def name_of_sdk_secret(secret_key: str) -> str:
    """Return the name of an SDK secret key."""
    return _name("sdk", secret_key.encode())


def name_of_public_key(key: EcdsaPublicKey) -> str:
    """Return the name of a key file, by the public half of its pair."""
    return _name("ec", key.to_der())


def name_of_api_key(secret_id: str) -> str:
    """Return the name of a cloud API key, by its SecretId."""
    return _name("api", secret_id.encode())


def _name(kind: str, identity: bytes) -> str:
    digest = hashlib.sha256(b"classgate key name 1 %b " % kind.encode() + identity)
    return f"{kind}-{digest.hexdigest()[:_DIGITS]}"
