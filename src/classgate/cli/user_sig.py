"""`classgate user-sig`: issue and verify UserSigs by hand, without a database.

For debugging. The key can sign for any account, so only the service should have it in production.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
import typer

from classgate.cli.numbers import whole_number
from classgate.cli.secret_input import JsonOption, read_secret_file
from classgate.errors import ConfigurationError, InvalidSigningKey, VerificationFailed
from classgate.settings.secret_text import find_foreign_character
from classgate.signing.keys import EcdsaPrivateKey, EcdsaPublicKey, SdkSecretKey
from classgate.signing.user_sig import issue_user_sig, verify_user_sig

app = typer.Typer(help="Issue and verify UserSigs by hand.", no_args_is_help=True)

T = TypeVar("T")

_DAY = 86400

AppOption = typer.Option(
    ...,
    "--sdk-app-id",
    metavar="N",
    parser=whole_number(1, 2**32 - 1),
    help="The application's SDKAppID.",
)
IdentifierOption = typer.Option(..., "--identifier", help="The account of the UserSig.")
SecretOption = typer.Option(
    None, "--secret-key-file", metavar="FILE", help="The SDK secret key (version 2); - for stdin."
)


@app.command()
def issue(
    sdk_app_id: int = AppOption,
    identifier: str = IdentifierOption,
    private_key: str | None = typer.Option(
        None, "--private-key", metavar="FILE", help="A PEM key (version 1); - for stdin."
    ),
    secret_key_file: str | None = SecretOption,
    lifetime: int = typer.Option(
        _DAY, metavar="N", parser=whole_number(1, 2**31 - 1), help="Lifetime in seconds."
    ),
    userbuf: str | None = typer.Option(None, help="The text of TLS.userbuf."),
    as_json: bool = JsonOption,
) -> None:
    """Print a UserSig.

    Example: classgate user-sig issue --sdk-app-id 1400000000 --identifier tom
    --secret-key-file sdk.key
    """
    key = _signing_key(private_key, secret_key_file)
    token = issue_user_sig(
        key,
        sdk_app_id=sdk_app_id,
        identifier=identifier,
        issued_at=datetime.now(UTC),
        lifetime=timedelta(seconds=lifetime),
        userbuf=None if userbuf is None else userbuf.encode(),
    )
    print(msgspec.json.encode({"user_sig": token}).decode() if as_json else token)


@app.command()
def verify(
    token: str = typer.Argument(..., help="The UserSig; - reads it from stdin."),
    sdk_app_id: int = AppOption,
    identifier: str = IdentifierOption,
    public_key: str | None = typer.Option(
        None, "--public-key", metavar="FILE", help="The PEM public key (version 1)."
    ),
    secret_key_file: str | None = SecretOption,
    userbuf: str | None = typer.Option(None, help="The expected text of TLS.userbuf."),
    userbuf_hex: str | None = typer.Option(None, help="The expected TLS.userbuf, in hexadecimal."),
    at: int | None = typer.Option(
        None, metavar="N", parser=whole_number(), help="Verify at this Unix time instead of now."
    ),
    as_json: bool = JsonOption,
) -> None:
    """Verify a UserSig and print what is wrong with it. Exit 0 valid, 1 not.

    Example: classgate user-sig verify --sdk-app-id 1400000000 --identifier tom
    --secret-key-file sdk.key eJx…
    """
    if token == "-" and "-" in {public_key, secret_key_file}:
        raise typer.BadParameter("stdin cannot be both the key and the token")
    key = _verifying_key(public_key, secret_key_file)
    if token == "-":
        token = sys.stdin.read()
    moment = datetime.now(UTC) if at is None else _moment(at)
    try:
        content = verify_user_sig(
            token,
            key,
            sdk_app_id=sdk_app_id,
            identifier=identifier,
            at=moment,
            userbuf=_userbuf(userbuf, userbuf_hex),
        )
    except VerificationFailed as error:
        _report(as_json, {"valid": False, "reason": error.failed_check, "message": error.message})
        raise typer.Exit(1) from None
    _report(
        as_json,
        {
            "valid": True,
            "reason": None,
            "version": content.version,
            "sdk_app_id": content.sdk_app_id,
            "identifier": content.identifier,
            "issued_at": int(content.issued_at.timestamp()),
            "expires_at": int(content.expires_at.timestamp()),
            "userbuf_hex": None if content.userbuf is None else content.userbuf.hex(),
        },
    )


def _report(as_json: bool, result: dict[str, object]) -> None:
    if as_json:
        print(msgspec.json.encode(result).decode())
    elif result["valid"]:
        print(f"valid until {result['expires_at']} (version {result['version']})")
    else:
        print(f"not valid: {result['reason']}: {result['message']}")


def _signing_key(private_key: str | None, secret_key: str | None) -> EcdsaPrivateKey | SdkSecretKey:
    if (private_key is None) == (secret_key is None):
        raise typer.BadParameter("give one of --private-key and --secret-key-file")
    if private_key is not None:
        return _usable(private_key, lambda text: EcdsaPrivateKey.from_pem(text.encode()))
    return _usable(str(secret_key), _secret)


def _verifying_key(public_key: str | None, secret_key: str | None) -> EcdsaPublicKey | SdkSecretKey:
    if (public_key is None) == (secret_key is None):
        raise typer.BadParameter("give one of --public-key and --secret-key-file")
    if public_key is not None:
        return _usable(public_key, lambda text: EcdsaPublicKey.from_pem(text.encode()))
    return _usable(str(secret_key), _secret)


def _secret(text: str) -> SdkSecretKey:
    if "-----BEGIN" in text:
        raise InvalidSigningKey("this is a PEM file; the SDK secret key is one line of text")
    key = text.strip()
    if (foreign := find_foreign_character(key)) is not None:
        raise InvalidSigningKey(f"{foreign}; copy the secret key alone")
    return SdkSecretKey(key)


def _usable(path: str, read: Callable[[str], T]) -> T:
    """Read a key from a file. ConfigurationError names the file and the fault, not its content."""
    try:
        return read(read_secret_file(path))
    except InvalidSigningKey as error:
        raise ConfigurationError([f"{path}: {error.message}"]) from error


def _userbuf(text: str | None, hexadecimal: str | None) -> bytes | None:
    if text is not None and hexadecimal is not None:
        raise typer.BadParameter("give one of --userbuf and --userbuf-hex")
    if hexadecimal is None:
        return None if text is None else text.encode()
    try:
        return bytes.fromhex(hexadecimal)
    except ValueError:
        raise typer.BadParameter(
            "expected hexadecimal digits", param_hint="--userbuf-hex"
        ) from None


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise typer.BadParameter("expected Unix seconds", param_hint="--at") from None
