"""Settings: where they come from; what is weak or wrong is named, all at once and not printed."""

import getpass
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from tests.support.minimal_settings import GOOD, load

from classgate.errors import ConfigurationError
from classgate.settings.loading import load_settings
from classgate.signing.keys import EcdsaPrivateKey, SdkSecretKey

# The key in the main() of tencentyun/tls-sig-api-v2-python, and so in half of the internet.
SAMPLE_SDK_KEY = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"

STRONG = "8c1f60a5e2d94b37a0c6f1e85d2b7394"  # as good as any, where it is not spoiled


def faults(**changed: str | None) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as raised:
        load(**changed)
    return raised.value.faults


def only_fault(**changed: str | None) -> str:
    (found,) = faults(**changed)
    return found


def pem(curve: ec.EllipticCurve, password: bytes | None = None) -> str:
    encryption = NoEncryption() if password is None else BestAvailableEncryption(password)
    key = ec.generate_private_key(curve)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


@pytest.fixture
def private_file(tmp_path: Path) -> Callable[..., str]:
    def write(content: str | bytes, mode: int = 0o600) -> str:
        path = tmp_path / secrets.token_hex(4)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        return str(path)

    return write


# ── where they come from ────────────────────────────────────────────────────────────────────────


def test_least_that_is_needed_is_enough_and_the_rest_has_safe_defaults() -> None:
    settings = load()
    assert settings.accounts.registration == "closed"
    assert settings.operations.host == "127.0.0.1"
    assert settings.http.trusted_proxies == ()
    assert settings.classrooms.private_map_key_lifetime == timedelta(seconds=300)
    assert (settings.accounts.argon2_time_cost, settings.accounts.argon2_memory_kib) == (2, 19456)
    assert settings.cloud.scheme == "https"


def test_environment_wins_over_the_file_and_the_file_over_the_base(
    private_file: Callable[..., str],
) -> None:
    path = Path(private_file('[cos]\nregion = "ap-shanghai"\n[http]\nport = 1\nhost = "::1"\n'))
    environment = {name: value for name, value in GOOD.items() if "REGION" not in name}
    base = {"http": {"port": 2, "host": "10.0.0.1", "cors_origins": ["https://a.example"]}}
    settings = load_settings({**environment, "CLASSGATE_HTTP__PORT": "3"}, path, base)
    assert (settings.http.port, settings.http.host, settings.cos.region) == (
        3,
        "::1",
        "ap-shanghai",
    )
    assert settings.http.cors_origins == ("https://a.example",)
    assert base["http"]["port"] == 2


def test_lists_are_written_with_commas() -> None:
    settings = load(HTTP__TRUSTED_PROXIES=" 10.0.0.0/8, 192.0.2.1 ,")
    assert settings.http.trusted_proxies == ("10.0.0.0/8", "192.0.2.1")


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0", "::ffff:0:0/96", "::ffff:1.2.3.4/96"])
def test_everybody_is_no_trusted_proxy(everybody: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(HTTP__TRUSTED_PROXIES=everybody)
    assert caught.value.faults == (
        f"http.trusted_proxies: {everybody} is everybody, whose X-Forwarded-For cannot be believed",
    )


@pytest.mark.parametrize("network", ["school", "10.0.0.0/33", "10.0.0"])
def test_networks_of_admins_are_networks(network: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(CONSOLE__ADMIN_NETWORKS=f"192.0.2.0/24, {network}")
    (fault,) = caught.value.faults
    assert fault.startswith("console.admin_networks: ")
    assert network in fault


def test_other_variables_are_none_of_ours() -> None:
    assert load_settings({**GOOD, "PATH": "/bin", "CLASSGATE_HOME": "/x", "CLASSGATEX__Y": "z"})


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_secret_may_stand_in_a_file_of_its_own(private_file: Callable[..., str], end: str) -> None:
    key = secrets.token_hex(16)
    settings = load(CLOUD__SECRET_KEY=None, CLOUD__SECRET_KEY_FILE=private_file(key + end))
    assert settings.cloud.secret_key.get_secret_value() == key


def test_secret_file_may_be_named_in_the_toml_file(private_file: Callable[..., str]) -> None:
    key = secrets.token_hex(32)
    text = f'[audit]\nkey_file = "{private_file(key)}"\n'
    environment = {name: value for name, value in GOOD.items() if "AUDIT" not in name}
    settings = load_settings(environment, Path(private_file(text, 0o644)))
    assert settings.audit.key.get_secret_value() == key


@pytest.mark.parametrize("curve", [ec.SECP256K1(), ec.SECP256R1()])
def test_key_file_of_either_curve_signs(
    private_file: Callable[..., str], curve: ec.EllipticCurve
) -> None:
    settings = load(IM__SECRET_KEY=None, IM__PRIVATE_KEY_FILE=private_file(pem(curve)))
    assert isinstance(settings.im.signing_key(), EcdsaPrivateKey)


@pytest.mark.parametrize(
    ("sign_with", "kind"), [("secret_key", SdkSecretKey), ("private_key", EcdsaPrivateKey)]
)
def test_of_two_keys_the_named_one_signs(
    private_file: Callable[..., str], sign_with: str, kind: type
) -> None:
    file = private_file(pem(ec.SECP256K1()))
    settings = load(IM__PRIVATE_KEY_FILE=file, IM__SIGN_WITH=sign_with)
    assert isinstance(settings.im.signing_key(), kind)


# ── everything wrong at once ────────────────────────────────────────────────────────────────────


def test_empty_environment_names_all_that_is_missing() -> None:
    with pytest.raises(ConfigurationError) as raised:
        load_settings({})
    text = "\n".join(raised.value.faults)
    assert [name for name in GOOD if name not in text] == []


def test_all_faults_are_reported_at_once() -> None:
    found = faults(
        HTTP__PORT="70000",
        HTTP__WORKERS="0",
        HTTP__TRUSTED_PROXIES="10.0.0.0/99",
        HTTP__CORS_ORIGINS="*",
        COS__BUCKET="courseware-1250000001",
        COS__CREDENTIAL_LIFETIME="1",
        COS__ABANDONED_AFTER="60",
        CLOUD__SECRET_KEY="short",
        CLASSROOMS__PRIVATE_MAP_KEY_LIFETIME="an hour",
        AUDIT__KEY=None,
        ACCOUNTS__REGISTRATION="maybe",
        LOG__LEVEL="loud",
        NOWHERE__NAME="x",
        HTTP__NAME="x",
    )
    places = sorted(fault.partition(":")[0] for fault in found)
    assert places == [
        "accounts.registration",
        "audit.key",
        "classrooms.private_map_key_lifetime",
        "cloud.secret_key",
        "cos.abandoned_after",
        "cos.bucket",
        "cos.credential_lifetime",
        "http.cors_origins",
        "http.name",
        "http.port",
        "http.trusted_proxies",
        "http.workers",
        "log.level",
        "nowhere",
    ]


def test_error_as_text_has_every_fault() -> None:
    with pytest.raises(ConfigurationError, match=r"cos.*; http"):
        load(HTTP__PORT="x", COS__REGION="nowhere at all")


# ── what is weak is wrong ───────────────────────────────────────────────────────────────────────

WEAK = [
    "",
    "   ",
    "short",
    "a" * 32,
    "abababababababababab",
    f" {STRONG}",
    f"{STRONG}\n",
    f"{STRONG[:16]} {STRONG[16:]}",
    "your-secret-key-goes-here",
    "changeme-changeme-changeme",
    "<the secret of this service>".replace(" ", "-"),
    "${CLASSGATE_SECRET_KEY_OF_CLOUD}",
    "example-key-for-the-documentation",
    "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
    SAMPLE_SDK_KEY,
]


@pytest.mark.parametrize("weak", WEAK)
@pytest.mark.parametrize("name", ["CLOUD__SECRET_ID", "CLOUD__SECRET_KEY", "AUDIT__KEY"])
def test_weak_secret_is_refused_and_not_printed(name: str, weak: str) -> None:
    fault = only_fault(**{name: weak})
    assert fault.startswith(name.lower().replace("__", ".") + ":")
    assert len(weak.strip()) < 6 or weak.strip() not in fault


@pytest.mark.parametrize(
    "wrong",
    [
        SAMPLE_SDK_KEY,
        SAMPLE_SDK_KEY.upper(),
        STRONG * 2 + "0",
        (STRONG * 2)[1:],
        (STRONG * 2).upper(),
        "g" + (STRONG * 2)[1:],
        STRONG + " " * 32,
    ],
)
def test_sdk_secret_key_is_one_that_a_console_shows(wrong: str) -> None:
    assert wrong.strip() not in only_fault(IM__SECRET_KEY=wrong)


def test_audit_key_has_32_characters_or_more() -> None:
    assert "32" in only_fault(AUDIT__KEY=secrets.token_hex(15))
    assert load(AUDIT__KEY=secrets.token_hex(16))


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o444, 0o660, 0o666, 0o620, 0o602])
def test_secret_file_that_others_can_read_or_write_is_refused(
    private_file: Callable[..., str], mode: int
) -> None:
    path = private_file(secrets.token_hex(16), mode)
    fault = only_fault(CLOUD__SECRET_KEY=None, CLOUD__SECRET_KEY_FILE=path)
    assert f"chmod 600 {path}" in fault


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700, 0o440, 0o640])
def test_secret_file_of_its_owner_and_group_is_taken(
    private_file: Callable[..., str], mode: int
) -> None:
    path = private_file(secrets.token_hex(16), mode)
    assert load(CLOUD__SECRET_KEY=None, CLOUD__SECRET_KEY_FILE=path)


def test_secret_file_that_is_not_there_or_not_text_is_named(
    private_file: Callable[..., str], tmp_path: Path
) -> None:
    nowhere = str(tmp_path / "nowhere")
    for path in (nowhere, str(tmp_path), private_file(b"\xff\xfe\x00"), f"{nowhere}\0"):
        for name in ("CLOUD__SECRET_KEY", "IM__SECRET_KEY", "AUDIT__KEY"):
            setting = name.lower().replace("__", ".")
            fault = only_fault(**{name: None, f"{name}_FILE": path})
            assert fault.startswith(f"{setting}: {path} cannot be read (")


def test_secret_file_of_somebody_else_says_whose_it_has_to_be(
    private_file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, **_: object) -> str:
        raise PermissionError

    path = private_file(secrets.token_hex(16))
    monkeypatch.setattr(Path, "read_text", refuse)  # root may read everything
    fault = only_fault(AUDIT__KEY=None, AUDIT__KEY_FILE=path)
    assert fault.endswith(f"(PermissionError); run: chown {getpass.getuser()} {path}")


def test_secret_file_with_more_than_one_line_is_refused(private_file: Callable[..., str]) -> None:
    path = private_file(secrets.token_hex(16) + "\n\n")
    assert "cloud.secret_key" in only_fault(CLOUD__SECRET_KEY=None, CLOUD__SECRET_KEY_FILE=path)


def test_configuration_file_with_a_secret_is_for_its_owner(
    private_file: Callable[..., str],
) -> None:
    text = f'[audit]\nkey = "{secrets.token_hex(32)}"\n'
    environment = {name: value for name, value in GOOD.items() if "AUDIT" not in name}
    assert load_settings(environment, Path(private_file(text, 0o600)))
    with pytest.raises(ConfigurationError, match="others can read"):
        load_settings(environment, Path(private_file(text, 0o644)))


@pytest.mark.parametrize("content", ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_key_file_that_holds_no_key_is_refused(
    private_file: Callable[..., str], content: str
) -> None:
    path = private_file(content)
    assert any("im" in each for each in faults(IM__SECRET_KEY=None, IM__PRIVATE_KEY_FILE=path))


@pytest.mark.parametrize(
    ("key", "word"),
    [(pem(ec.SECP384R1()), "secp384r1"), (pem(ec.SECP256K1(), b"password"), "encrypted")],
    ids=["another curve", "encrypted"],
)
def test_key_of_another_kind_is_named_as_what_it_is(
    private_file: Callable[..., str], key: str, word: str
) -> None:
    found = faults(IM__SECRET_KEY=None, IM__PRIVATE_KEY_FILE=private_file(key))
    assert word in " ".join(found)
    assert key.splitlines()[1] not in " ".join(found)


@pytest.mark.parametrize(
    "changed",
    [
        {"IM__SECRET_KEY": None},
        {"IM__SIGN_WITH": "private_key"},
        {"IM__SIGN_WITH": "both"},
        {"IM__SDK_APP_ID": "0"},
        {"IM__SDK_APP_ID": str(2**32)},
        {"HTTP__WORKERS": "0"},
        {"HTTP__CORS_ORIGINS": "https://a.example/path"},
        {"HTTP__CORS_ORIGINS": "null"},
        {"HTTP__TRUSTED_PROXIES": "proxy.example"},
        {"COS__APP_ID": "0125"},
        {"COS__BUCKET": "courseware"},
        {"COS__BUCKET": "Courseware-1250000000"},
        {"COS__REGION": "ap-guangzhou/../"},
        {"COS__MAX_SIZE": "0"},
        {"COS__MAX_SIZE": str(6 * 2**30)},
        {"COS__CREDENTIAL_LIFETIME": "7201"},
        {"COS__SIGNATURE_LIFETIME": "59"},
        {"CLASSROOMS__PRIVATE_MAP_KEY_LIFETIME": "9"},
        {"CLASSROOMS__OVERRUN": "-1"},
        {"CLASSROOMS__OVERRUN": "1.5"},
        {"CLASSROOMS__OVERRUN": "PT1H"},
        {"ACCOUNTS__ARGON2_MEMORY_KIB": "7"},
        {"CLOUD__SCHEME": "ftp"},
        {"LOG__FORMAT": "xml"},
    ],
)
def test_wrong_setting_is_the_only_fault(changed: dict[str, str | None]) -> None:
    ((name, _),) = changed.items()
    group = name.partition("__")[0].lower()
    assert only_fault(**changed).startswith(group)


def test_secret_that_is_set_twice_is_refused(private_file: Callable[..., str]) -> None:
    path = private_file(STRONG)
    assert "set twice" in only_fault(CLOUD__SECRET_KEY=STRONG, CLOUD__SECRET_KEY_FILE=path)


def test_toml_that_is_none_is_named(private_file: Callable[..., str], tmp_path: Path) -> None:
    for path, word in [
        (private_file("[cos\n"), "TOML"),
        (private_file('port = "1"\n'), "group"),
        (private_file(b"\xff"), "cannot be read"),
        (str(tmp_path / "nowhere"), "cannot be read"),
    ]:
        with pytest.raises(ConfigurationError) as raised:
            load_settings(GOOD, Path(path))
        assert any(word in each for each in raised.value.faults)


def test_settings_are_frozen_and_do_not_show_secrets() -> None:
    settings: Any = load()
    with pytest.raises(ValueError, match="frozen"):
        settings.http.port = 1
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    for name in ("IM__SECRET_KEY", "CLOUD__SECRET_ID", "CLOUD__SECRET_KEY", "AUDIT__KEY"):
        assert GOOD[f"CLASSGATE_{name}"] not in shown


def test_plain_http_is_taken_towards_this_machine_only() -> None:
    with pytest.raises(ConfigurationError, match="must be on loopback"):
        load(CLOUD__SCHEME="http")
    here = {f"CLOUD__{name}_ENDPOINT": "127.0.0.1:8001" for name in ("STS", "COS", "COS_JSON")}
    assert load(CLOUD__SCHEME="http", **here).cloud.scheme == "http"


@pytest.mark.parametrize(
    ("setting", "guessable"),
    [
        ("AUDIT__KEY", "password" * 4),
        ("CLOUD__SECRET_KEY", "password" * 4),
        ("IM__SECRET_KEY", "0123456789abcdef" * 4),
        ("CALLBACKS__PATH_SECRET", "password" * 3),
        ("CALLBACKS__LIVE_KEY", "qwertyuiopasdfghjkl"),
        ("CALLBACKS__IM_TOKEN", "secret-token-secret-token"),
    ],
)
def test_every_secret_that_can_be_guessed_is_refused(setting: str, guessable: str) -> None:
    fault = only_fault(**{setting: guessable})
    assert fault.startswith(f"{setting.lower().replace('__', '.')}: can be guessed")
    assert "openssl rand -hex 32" in fault
    assert guessable not in fault
