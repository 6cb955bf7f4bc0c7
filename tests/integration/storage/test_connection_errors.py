"""A database that cannot be reached: in words, and whether the start waits for it."""

import asyncio
import datetime
import errno
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from tests.support.captured_log import CapturedLog
from tests.support.minimal_settings import load
from tests.support.postgresql_server import Server
from tests.support.refusing_postgresql import refusing_server

from classgate.cli.startup import require_migrated, translate_database_errors, wait_for_database
from classgate.errors import ConfigurationError, ServiceUnavailable
from classgate.migrations.upgrade import current_revision
from classgate.settings.loading import Settings
from classgate.storage.connection_errors import explain_connection_error, is_passing


def settings_for(url: str) -> Settings:
    settings = load()
    database = settings.database.model_copy(update={"url": SecretStr(url)})
    return settings.model_copy(update={"database": database})


def explain(url: str) -> ServiceUnavailable | ConfigurationError:
    """What the start says of a database that it cannot use."""
    with (
        pytest.raises((ServiceUnavailable, ConfigurationError)) as refused,
        translate_database_errors(url),
    ):
        current_revision(url)
    return refused.value  # type: ignore[return-value]


async def said_of(url: str) -> tuple[type[Exception], str]:
    error = await asyncio.to_thread(explain, url)
    shown, _, words = error.message.rstrip(")").partition(" cannot be used (")
    assert shown.startswith("database.url: postgresql://")
    assert "zq" not in error.message
    return type(error), words


PASSING, LASTING = ServiceUnavailable, ConfigurationError


LOST_STATEMENTS = (
    "a pooler before the server loses prepared statements, as in transaction mode; name the server "
    "itself in database.url"
)


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        ("57P03", PASSING, "the server is starting or shutting down"),
        ("57P01", PASSING, "the server is shutting down"),
        ("53300", PASSING, "the server takes no more connections"),
        ("08006", PASSING, "the connection to the server was lost"),
        ("", PASSING, "the connection to the server was lost"),
        ("28P01", LASTING, "the server refuses this user or this password"),
        ("28000", LASTING, "the server refuses this user or this password"),
        ("3D000", LASTING, "there is no such database on the server"),
        ("42501", LASTING, "this user lacks a right in the database; make it the owner"),
        (
            "0A000",
            LASTING,
            "the server does not implement what classgate needs; look at its version",
        ),
        ("25006", LASTING, "the server takes no writes: it is a standby, or set to read only"),
        ("58P01", LASTING, "the server cannot read or write its files; see its log"),
        ("42P05", LASTING, LOST_STATEMENTS),
        ("26000", LASTING, LOST_STATEMENTS),
        ("40001", PASSING, "the server cancelled this in favour of others"),
        (
            "08P01",
            PASSING,
            "a pooler before the server refuses this, or cannot reach the server",
        ),
    ],
)
async def test_answer_of_the_server_is_explained(
    state: str, kind: type[Exception], words: str
) -> None:
    async with refusing_server(state) as port:
        assert await said_of(f"postgresql://u:zq@127.0.0.1:{port}/db") == (kind, words)


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ("connect_timeout=10", "is unknown"),  # asyncpg does not know this one of libpq's
        ("work_mem=zq", "has a value that it cannot have"),
        ("max_connections=7", "cannot be set by a client"),
    ],
)
async def test_unusable_parameter_of_the_address_is_explained(
    postgresql_server: Server, parameter: str, words: str
) -> None:
    url = f"{postgresql_server.url('postgres')}&{parameter}"
    expected = f"a parameter of the address, behind the question mark, {words}"
    assert await said_of(url) == (LASTING, expected)


async def test_server_that_is_not_there_is_explained(tmp_path: Path) -> None:
    async with refusing_server("57P03") as port:
        pass  # nothing listens there any more
    refused = f"postgresql://u:zq@127.0.0.1:{port}/db"
    assert await said_of(refused) == (PASSING, "no server listens there")
    no_socket = f"postgresql:///db?host={tmp_path}&user=u"
    assert await said_of(no_socket) == (PASSING, "there is no such socket or file")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "zq"), "the name of the server cannot be resolved"),
        (socket.gaierror(-3, "zq"), "the name of the server cannot be resolved"),
        (TimeoutError("zq"), "the server does not answer"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "No route to host"),
        (OSError("Multiple exceptions: zq"), "the server cannot be reached"),
        (ssl.SSLEOFError(8, "zq"), "the connection to the server was lost"),
    ],
)
def test_failure_of_the_network_passes(error: OSError, words: str) -> None:
    assert (explain_connection_error(error), is_passing(error)) == (words, True)


# ── TLS ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (
            "sslmode=verify-full",
            "sslmode=verify-ca and verify-full need the certificate of the authority that signed "
            "the server's: add sslrootcert=FILE",
        ),
        (
            "sslmode=zq",
            "sslmode is one of disable, allow, prefer, require, verify-ca, verify-full",
        ),
        (
            "sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
            "sslrootcert names /nowhere/ca.pem, which cannot be read",
        ),
        (
            "sslmode=require",
            "the server offers no TLS, which sslmode asks for; switch it on there, by ssl = on",
        ),
        ("target_session_attrs=zq", "target_session_attrs is not one of libpq's"),
    ],
)
async def test_reason_of_the_driver_is_given_in_words(
    parameters: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # libpq looks for certificates in the home folder
    async with refusing_server("57P03") as port:
        url = f"postgresql://u:zq@127.0.0.1:{port}/db?{parameters}"
        assert await said_of(url) == (LASTING, words)


Issuer = Callable[..., tuple[Path, Path]]


@pytest.fixture
def issue(tmp_path: Path) -> Issuer:
    """Certificates that sign themselves: `issue(name, days)` gives certificate and key."""

    def make(name: str, days: int) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=9))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, SHA256())
        )
        files = tmp_path / f"{name}.crt", tmp_path / f"{name}.key"
        files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return files

    return make


@pytest.mark.parametrize(
    ("name", "days", "is_trusted", "words"),
    [
        ("localhost", -1, True, "certificate has expired"),
        ("localhost", 9, False, "self-signed certificate"),
        (
            "db.school.example",
            9,
            True,
            "Hostname mismatch, certificate is not valid for 'localhost'",
        ),
    ],
)
async def test_certificate_that_is_not_accepted_is_explained(
    issue: Issuer, name: str, days: int, is_trusted: bool, words: str
) -> None:
    certificate, key = issue(name, days)
    trusted, _ = (certificate, key) if is_trusted else issue("another.example", 9)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def start_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"S")
        try:
            await writer.start_tls(context)
            await reader.read()
        except (ssl.SSLError, ConnectionError):
            pass  # the client refuses, which is what is looked at
        finally:
            writer.close()

    server = await asyncio.start_server(start_tls, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        url = f"postgresql://u:zq@localhost:{port}/db?sslmode=verify-full&sslrootcert={trusted}"
        kind, said = await said_of(url)
    assert (kind, said) == (LASTING, f"the certificate of the server is not accepted: {words}")


# ── waiting ─────────────────────────────────────────────────────────────────────────────────────


async def test_start_waits_for_a_server_that_is_late(captured_log: CapturedLog) -> None:
    waits: list[float] = []
    states = ("57P03", "53300", "", "57P03", "57P03", "57P03", "57P03", "28P01")
    async with refusing_server(*states) as port:
        settings = settings_for(f"postgresql://u:zq@127.0.0.1:{port}/db")
        with pytest.raises(ConfigurationError, match="refuses this user or this password"):
            await asyncio.to_thread(
                wait_for_database, lambda: require_migrated(settings), waits.append
            )
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert captured_log.getvalue().count("waiting for the database") == 7
    assert "the server is starting or shutting down" in captured_log.getvalue()


def test_start_goes_on_when_the_database_answers() -> None:
    left = [ServiceUnavailable("not yet"), ServiceUnavailable("not yet"), None]
    waits: list[float] = []

    def check() -> None:
        error = left.pop(0)
        if error is not None:
            raise error

    wait_for_database(check, waits.append)
    assert (waits, left) == ([1, 2], [])
