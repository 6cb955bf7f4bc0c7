"""The types of settings: how each is parsed, and which values are too weak."""

import hashlib
import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from classgate.errors import InvalidSigningKey
from classgate.secret_strength import is_guessable
from classgate.settings.secret_text import find_foreign_character, find_invisible_character
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
    if (foreign := find_foreign_character(text)) is not None:
        raise ValueError(f"{foreign}; copy the secret alone, without quotation marks")
    if _digest(text.encode()) in _SAMPLE_KEY_DIGESTS or _PLACEHOLDER.match(text):
        raise ValueError("is a sample or a placeholder, which everybody knows")
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


def _require_api_key(secret: SecretStr) -> SecretStr:
    """Both halves of a cloud API key stand in signatures as they are."""
    found = re.search(r"[^A-Za-z0-9_-]", secret.get_secret_value())
    if found is not None:
        raise ValueError(
            f"character {found.start() + 1} of {len(found.string)} is no letter, digit, '_' or "
            "'-'; copy it from the console again"
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
        hint = _foreign_in_pem(secret.get_secret_value())
        raise ValueError(f"{error.message}{hint}") from error
    if _digest(key.public_key().to_der()) in _SAMPLE_KEY_DIGESTS:
        raise ValueError("is a sample, which everybody knows")
    return secret


def _foreign_in_pem(text: str) -> str:
    for number, line in enumerate(text.splitlines(), 1):
        foreign = find_foreign_character(line.replace(" ", "")) if line else None
        if foreign is not None:
            return f"; in line {number}, {foreign}"
    return ""


def _require_long(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < 32:
        raise ValueError("must have 32 characters or more; make one with: openssl rand -hex 32")
    return secret


def _require_audit_keys(secret: SecretStr) -> SecretStr:
    """Each of the keys, which are separated by white space or commas. ValueError."""
    keys = split_secrets(secret)
    if not keys:
        raise ValueError("is blank")
    for number, key in enumerate(keys, 1):
        try:
            _require_long(_require_unguessable(_require_strong(SecretStr(key))))
        except ValueError as error:
            place = f"key {number} of {len(keys)} " if len(keys) > 1 else ""
            raise ValueError(f"{place}{error}") from None
    return secret


def split_secrets(secret: SecretStr) -> list[str]:
    """Return the secrets of a list, which are separated by white space or commas."""
    return secret.get_secret_value().replace(",", " ").split()


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
    # It would be another file, or another database, whose name looks the same.
    if (invisible := find_invisible_character(url)) is not None:
        raise ValueError(f"{invisible}; remove it")
    if url[:1] in {'"', "'"}:
        raise ValueError("is in quotation marks; remove them")
    if re.fullmatch(r"sqlite:///[^?#]+", url):
        return secret
    if not re.match(r"postgres(ql)?://", url):
        raise ValueError("begins with sqlite:/// or postgresql://")
    if not _is_encoded(url):
        raise ValueError(_NOT_ENCODED)
    if not _is_text(url):
        raise ValueError(
            "the percent-encoded characters are not UTF-8, or %00, which no name or password has"
        )
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(_NOT_ENCODED) from None
    if not all(map(_is_host_with_port, parts.netloc.rpartition("@")[2].split(","))):
        raise ValueError(_NOT_ENCODED)
    if not re.fullmatch(r"/[^/]+", parts.path):
        raise ValueError("must name a database, as postgresql://user:password@host/classgate")
    return secret


_NOT_ENCODED = (
    "is not an address: special characters in the user, the password and the name of the database "
    "have to be percent-encoded, as @ is %40, / is %2F, ? is %3F, # is %23, : is %3A and % is %25"
)


def _is_encoded(url: str) -> bool:
    """Whether no part of a password could be read as a host, a database or a parameter.

    Where it begins is where the first @ is: after an @ behind a slash, a question mark or a hash,
    the text between would be shown as the name of a host or of a database.
    """
    authority = re.match(r"[a-z]+://([^/?#]*)", url)
    rest = url[authority.end() :] if authority is not None else url
    user_and_hosts = authority[1] if authority is not None else ""
    return (
        "@" not in rest
        and "#" not in url
        and user_and_hosts.count("@") <= 1
        and re.search(r"%(?![0-9A-Fa-f]{2})", url) is None
        and re.fullmatch(r"[!-~]*", url) is not None
    )


def _is_text(url: str) -> bool:
    """Return whether the percent-encoded characters are UTF-8 without a null.

    The driver would replace what is not UTF-8, and the server ends a name at a null.
    """
    try:
        return "\0" not in unquote(url, errors="strict")
    except UnicodeDecodeError:
        return False


def _require_callback_key(key: SecretStr) -> SecretStr:
    """Return a key that TRTC takes. ValueError."""
    if not re.fullmatch(r"[A-Za-z0-9]{1,32}", key.get_secret_value()):
        raise ValueError("must be 1 to 32 letters and digits, as TRTC takes it")
    return key


def _is_host_with_port(text: str) -> bool:
    """Return whether the text is `host:port`; both are optional."""
    found = re.fullmatch(r"(?:\[[^\[\]]+\]|[^:\[\]]*)(?::([0-9]{1,5}))?", text, re.ASCII)
    return found is not None and 0 < int(found[1] or 1) <= 65535


Secret = Annotated[SecretStr, AfterValidator(_require_strong)]
RandomSecret = Annotated[Secret, AfterValidator(_require_unguessable)]
ApiKeyId = Annotated[Secret, AfterValidator(_require_api_key)]
ApiKeySecret = Annotated[RandomSecret, AfterValidator(_require_api_key)]
SdkSecretKeyText = Annotated[RandomSecret, AfterValidator(_require_sdk_secret_key)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_require_database_url)]
PrivateKeyText = Annotated[SecretStr, AfterValidator(_require_private_key)]
RtcCallbackKey = Annotated[RandomSecret, AfterValidator(_require_callback_key)]
PathSecret = Annotated[RandomSecret, AfterValidator(_require_path_segment)]
AuditKeyList = Annotated[SecretStr, AfterValidator(_require_audit_keys)]
AuditKeyText = Annotated[RandomSecret, AfterValidator(_require_long)]
Host = Annotated[str, AfterValidator(_require_host)]
Endpoint = Annotated[str, Field(validate_default=True)]
Port = Annotated[int, Field(ge=0, le=65535)]


def require_between(value: timedelta, minimum: int, maximum: int) -> timedelta:
    """Return the duration. ValueError unless it has `minimum` to `maximum` seconds."""
    if not timedelta(seconds=minimum) <= value <= timedelta(seconds=maximum):
        raise ValueError(f"must be {minimum} to {maximum} seconds")
    return value
