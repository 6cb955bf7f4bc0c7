"""The types of settings: how each is parsed, and which values are too weak."""

import hashlib
import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from classgate.errors import InvalidSigningKey
from classgate.secret_strength import is_guessable
from classgate.signing.keys import EcdsaPrivateKey

# Truncated SHA-256 digests of keys in public samples and documents. Everybody can sign with those
# keys. These are digests, so that the source contains no key.
_SAMPLE_KEY_DIGESTS = frozenset(
    {
        "0345c13c214c9e35",
        "490d7cf8937795a9",
        "ea7510480ed45e14",
        "f79e0f6dcacea184",
        "ccbe1f4e74701ac4",
        "0c56156ca3b0277b",
        "722b96de4357b558",
        "4a35caae6fe27ed2",
        "6557030e9c6a2d93",  # the public key of a pair
        "038aadeaad9f3951",  # the same, of another pair
        "0332fe7b3a2ca229",  # of tencentyun/tls-sig-api-python, -cs and -java
        "8f9c41ba9a5999b8",  # of the first demos of the UserSig with a key file
    }
)
_PLACEHOLDER = re.compile(
    r"(example|change|your|placeholder|sample|xxx|test|<|\$)|.*example$", re.IGNORECASE
)


def _parse_seconds(value: object) -> object:
    """Parse a duration: a whole number of seconds."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", str(value)):
        raise ValueError("must be a whole number of seconds")
    return timedelta(seconds=int(str(value)))


def _split_list(value: object) -> object:
    """Split a list that is separated by commas, as in the environment."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _require_strong(secret: SecretStr) -> SecretStr:
    """Refuse a secret that is blank, padded, short or a public sample."""
    text = secret.get_secret_value()
    if not text.strip():
        raise ValueError("is blank")
    if re.search(r"\s", text):
        raise ValueError("contains spaces or line ends; copy only the secret")
    if _digest(text.encode()) in _SAMPLE_KEY_DIGESTS or _PLACEHOLDER.match(text):
        raise ValueError("is a public sample or a placeholder; use a secret of your own")
    if len(text) < 16 or len(set(text)) < 6:
        raise ValueError("is too short or too simple for a secret")
    return secret


def _require_unguessable(secret: SecretStr) -> SecretStr:
    if is_guessable(secret.get_secret_value()):
        raise ValueError(
            "can be guessed: it consists of repetitions, sequences or common words; copy a key of "
            "the cloud from its console; make any other secret with: openssl rand -hex 32"
        )
    return secret


def _require_sdk_secret_key(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[0-9a-f]{64}", secret.get_secret_value()):
        raise ValueError(
            "is not an SDK secret key: the console shows 64 characters of 0-9 and a-f "
            "(an application with a key file has im.private_key instead)"
        )
    return secret


def _require_private_key(secret: SecretStr) -> SecretStr:
    try:
        key = EcdsaPrivateKey.from_pem(secret.get_secret_value().encode())
    except InvalidSigningKey as error:
        raise ValueError(error.message) from error
    if _digest(key.public_key().to_der()) in _SAMPLE_KEY_DIGESTS:
        raise ValueError("is a public sample; use the key of your application")
    return secret


def _require_long(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < 32:
        raise ValueError("must have 32 characters or more; make one with: openssl rand -hex 32")
    return secret


def _require_path_segment(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,100}", secret.get_secret_value()):
        raise ValueError(
            "must be 16 to 100 characters of A-Z, a-z, 0-9, '_' and '-'; make one with: "
            "openssl rand -hex 16"
        )
    return secret


def _require_host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:%-]{1,200}", text):
        raise ValueError(
            "must be an address or a host name of this machine, such as 127.0.0.1, without port "
            "and scheme"
        )
    return text


Seconds = Annotated[timedelta, BeforeValidator(_parse_seconds)]
WordList = Annotated[tuple[str, ...], BeforeValidator(_split_list)]


def _require_database_url(secret: SecretStr) -> SecretStr:
    """Validate a database URL. The messages omit the URL, because it may contain a password."""
    url = secret.get_secret_value()
    # These would name another file or database with a name that looks the same.
    if url != url.strip() or re.search(r"[\x00-\x1f\x7f]", url):
        raise ValueError("starts or ends with white space, or contains control characters")
    if re.fullmatch(r"sqlite:///[^?#]+", url):
        return secret
    unreadable = "is not a valid URL; percent-encode special characters"
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(unreadable) from None
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError("must begin with sqlite:/// or postgresql://")
    hosts = parts.netloc.rpartition("@")[2].split(",")
    # An @ in the path means that the password contains a slash; a message would show part of it.
    if not all(map(_is_host_with_port, hosts)) or "@" in parts.path:
        raise ValueError(unreadable)
    if not re.fullmatch(r"/[^/]+", parts.path):
        raise ValueError("must name a database, as postgresql://user:password@host/classgate")
    return secret


def _is_host_with_port(text: str) -> bool:
    """Return whether the text is `host:port`; both are optional."""
    found = re.fullmatch(r"(?:\[[^\[\]]+\]|[^:\[\]]*)(?::([0-9]{1,5}))?", text, re.ASCII)
    return found is not None and 0 < int(found[1] or 1) <= 65535


Secret = Annotated[SecretStr, AfterValidator(_require_strong)]
RandomSecret = Annotated[Secret, AfterValidator(_require_unguessable)]
SdkSecretKeyText = Annotated[RandomSecret, AfterValidator(_require_sdk_secret_key)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_require_database_url)]
PrivateKeyText = Annotated[SecretStr, AfterValidator(_require_private_key)]
PathSecret = Annotated[RandomSecret, AfterValidator(_require_path_segment)]
AuditKeyText = Annotated[RandomSecret, AfterValidator(_require_long)]
Host = Annotated[str, AfterValidator(_require_host)]
Endpoint = Annotated[str, Field(validate_default=True)]
Port = Annotated[int, Field(ge=0, le=65535)]


def require_between(value: timedelta, minimum: int, maximum: int) -> timedelta:
    """Return the duration. ValueError unless it has `minimum` to `maximum` seconds."""
    if not timedelta(seconds=minimum) <= value <= timedelta(seconds=maximum):
        raise ValueError(f"must be {minimum} to {maximum} seconds")
    return value
