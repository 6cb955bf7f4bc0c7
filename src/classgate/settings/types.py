"""The kinds of values that settings have, and what makes one of them too weak to run with."""

import hashlib
import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from classgate.errors import InvalidSigningKey
from classgate.secret_strength import is_guessable
from classgate.settings.secret_text import find_foreign_character, find_invisible_character
from classgate.signing.keys import EcdsaPrivateKey

# SHA-256, cut, of keys that stand in public samples and documents: whoever signs with one of them
# signs for everybody. Digests, so that no key stands here.
_SAMPLES = frozenset(
    {
        "0345c13c214c9e35",
        "490d7cf8937795a9",
        "ea7510480ed45e14",
        "f79e0f6dcacea184",
        "ccbe1f4e74701ac4",
        "0c56156ca3b0277b",
        "722b96de4357b558",
        "4a35caae6fe27ed2",
        "6557030e9c6a2d93",  # a key pair, by its public half
        "038aadeaad9f3951",  # another
        "0332fe7b3a2ca229",  # that of tencentyun/tls-sig-api-python, -cs and -java
        "8f9c41ba9a5999b8",  # that of the first demos of the UserSig with a key file
    }
)
_PLACEHOLDER = re.compile(
    r"(example|change|your|placeholder|sample|xxx|test|<|\$)|.*example$", re.IGNORECASE
)


def _seconds(value: object) -> object:
    """Durations are whole seconds in the settings."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", str(value)):
        raise ValueError("a whole number of seconds is wanted")
    return timedelta(seconds=int(str(value)))


def _list(value: object) -> object:
    """Lists may be written with commas, as the environment has them."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _strong(secret: SecretStr) -> SecretStr:
    """A secret that is blank, padded or a public sample is refused, not repaired."""
    text = secret.get_secret_value()
    if not text.strip():
        raise ValueError("is blank")
    if (foreign := find_foreign_character(text)) is not None:
        raise ValueError(f"{foreign}; copy the secret alone, without quotation marks")
    if _digest(text.encode()) in _SAMPLES or _PLACEHOLDER.match(text):
        raise ValueError("is a sample or a placeholder, which everybody knows")
    if len(text) < 16 or len(set(text)) < 6:
        raise ValueError("is too short or too simple for a secret")
    return secret


def _unguessable(secret: SecretStr) -> SecretStr:
    if is_guessable(secret.get_secret_value()):
        raise ValueError(
            "can be guessed: it repeats itself, or is made of sequences or common words; one of "
            "ours is made with: openssl rand -hex 32; one of the cloud's is copied from its console"
        )
    return secret


def _api_key(secret: SecretStr) -> SecretStr:
    """Both halves of a cloud API key stand in signatures as they are."""
    found = re.search(r"[^A-Za-z0-9_-]", secret.get_secret_value())
    if found is not None:
        raise ValueError(
            f"character {found.start() + 1} of {len(found.string)} is no letter, digit, '_' or "
            "'-'; copy it from the console again"
        )
    return secret


def _sdk_secret_key(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[0-9a-f]{64}", secret.get_secret_value()):
        raise ValueError(
            "is not an SDK secret key: the console shows 64 characters of 0-9 and a-f "
            "(an application with a key file has im.private_key instead)"
        )
    return secret


def _private_key(secret: SecretStr) -> SecretStr:
    try:
        key = EcdsaPrivateKey.from_pem(secret.get_secret_value().encode())
    except InvalidSigningKey as error:
        hint = _foreign_in_pem(secret.get_secret_value())
        raise ValueError(f"{error.message}{hint}") from error
    if _digest(key.public_key().to_der()) in _SAMPLES:
        raise ValueError("is a sample, which everybody knows")
    return secret


def _foreign_in_pem(text: str) -> str:
    for number, line in enumerate(text.splitlines(), 1):
        foreign = find_foreign_character(line.replace(" ", "")) if line else None
        if foreign is not None:
            return f"; in line {number}, {foreign}"
    return ""


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < 32:
        raise ValueError("has to have 32 characters or more; make one with: openssl rand -hex 32")
    return secret


def _path_part(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,100}", secret.get_secret_value()):
        raise ValueError(
            "is a part of an address: 16 to 100 of A-Z, a-z, 0-9, '_' and '-'; make one with: "
            "openssl rand -hex 16"
        )
    return secret


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:%-]{1,200}", text):
        raise ValueError(
            "an address or a name of this machine is wanted, as 127.0.0.1, without port and scheme"
        )
    return text


Seconds = Annotated[timedelta, BeforeValidator(_seconds)]
Words = Annotated[tuple[str, ...], BeforeValidator(_list)]


def _database_url(secret: SecretStr) -> SecretStr:
    """Says nothing of the address itself: a server's has a password in it."""
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
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(_NOT_ENCODED) from None
    if not all(map(_is_host_with_port, parts.netloc.rpartition("@")[2].split(","))):
        raise ValueError(_NOT_ENCODED)
    if not re.fullmatch(r"/[^/]+", parts.path):
        raise ValueError("has to name a database, as postgresql://user:password@host/classgate")
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


def _is_host_with_port(text: str) -> bool:
    """Either may be left out."""
    found = re.fullmatch(r"(?:\[[^\[\]]+\]|[^:\[\]]*)(?::([0-9]{1,5}))?", text, re.ASCII)
    return found is not None and 0 < int(found[1] or 1) <= 65535


Secret = Annotated[SecretStr, AfterValidator(_strong)]
RandomSecret = Annotated[Secret, AfterValidator(_unguessable)]
ApiKeyId = Annotated[Secret, AfterValidator(_api_key)]
ApiKeySecret = Annotated[RandomSecret, AfterValidator(_api_key)]
SdkSecretKeyText = Annotated[RandomSecret, AfterValidator(_sdk_secret_key)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
PrivateKeyText = Annotated[SecretStr, AfterValidator(_private_key)]
PathSecret = Annotated[RandomSecret, AfterValidator(_path_part)]
AuditKeyText = Annotated[RandomSecret, AfterValidator(_long_enough)]
Host = Annotated[str, AfterValidator(_host)]
Endpoint = Annotated[str, Field(validate_default=True)]
Port = Annotated[int, Field(ge=0, le=65535)]


def require_between(value: timedelta, minimum: int, maximum: int) -> timedelta:
    """The duration. ValueError, unless it is within these seconds."""
    if not timedelta(seconds=minimum) <= value <= timedelta(seconds=maximum):
        raise ValueError(f"{minimum} to {maximum} seconds are possible")
    return value
