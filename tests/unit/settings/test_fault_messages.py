"""Faults are reported in words for an operator, and repeat nothing of a secret."""

import secrets

import pytest
from tests.support.minimal_settings import GOOD, load

from classgate.errors import ConfigurationError

# As the system hands on a byte that is no UTF-8 in the environment.
NOT_TEXT = f"{secrets.token_hex(20)}\udcff"


def faults(**changed: str | None) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as refused:
        load(**changed)
    return refused.value.faults


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("HTTP__HOST", "http://0.0.0.0", "http.host: must be an address or a host name"),
        ("OPERATIONS__HOST", "a b", "operations.host: must be an address or a host name"),
        ("HTTP__PORT", "eighty", "http.port: must be a whole number"),
        ("HTTP__PORT", "70000", "http.port: must be 65535 or less"),
        ("HTTP__PORT", "-1", "http.port: must be 0 or more"),
        ("LOG__LEVEL", "loud", "log.level: must be one of 'debug', 'info', 'warning' or 'error'"),
        ("COS__REGION", "Guangzhou", "cos.region: has the wrong form; see docs/reference"),
        (
            "CLOUD__STS_ENDPOINT",
            "sts.example:65536",
            "cloud.sts_endpoint: the port must be",
        ),
        (
            "CLOUD__COS_ENDPOINT",
            "{bucket}.example:0",
            "cloud.cos_endpoint: the port must be",
        ),
        ("AUDIT__KEY", NOT_TEXT, "audit.key: is not valid UTF-8"),
        ("CLOUD__SECRET_KEY", NOT_TEXT, "cloud.secret_key: is not valid UTF-8"),
        ("IM__PRIVATE_KEY", NOT_TEXT, "im.private_key: is not valid UTF-8"),
    ],
    ids=lambda each: each if each.isascii() else "not text",
)
def test_fault_is_reported_in_plain_words(setting: str, value: str, words: str) -> None:
    reported = faults(**{setting: value})
    assert any(fault.startswith(words) for fault in reported), reported
    everything = " ".join(reported)
    for raw in ("Input should", "String should", "codec", "\udcff", "udcff"):
        assert raw not in everything


@pytest.mark.parametrize("port", ["1", "65535"])
def test_every_port_is_taken(port: str) -> None:
    endpoint = f"sts.example:{port}"
    assert load(CLOUD__STS_ENDPOINT=endpoint).cloud.sts_endpoint == endpoint


def test_two_listeners_have_two_ports() -> None:
    both = {"HTTP__PORT": "8000", "OPERATIONS__PORT": "8000"}
    (fault,) = faults(**both)
    assert fault == "operations.port: must differ from http.port, which is 8000 too"
    assert load(HTTP__PORT="0", OPERATIONS__PORT="0").http.port == 0


HEX = secrets.token_hex(32)


@pytest.mark.parametrize("setting", ["CLOUD__SECRET_ID", "CLOUD__SECRET_KEY", "AUDIT__KEY"])
@pytest.mark.parametrize(
    ("value", "found"),
    [
        (f"\ufeff{HEX}", "character 1 of 65 is a byte order mark (U+FEFF)"),
        (f"{HEX}\u200b", "character 65 of 65 is a zero-width space (U+200B)"),
        (f"{HEX[:9]}\u200b{HEX[9:]}", "character 10 of 65 is a zero-width space (U+200B)"),
        (f"{HEX[:9]}\u2060{HEX[9:]}", "character 10 of 65 is invisible (U+2060)"),
        (f"{HEX[:9]}\u00a0{HEX[9:]}", "character 10 of 65 is a no-break space (U+00A0)"),
        (f"{HEX[:9]}\u3000{HEX[9:]}", "character 10 of 65 is a full-width space (U+3000)"),
        (f"{HEX[:9]} {HEX[9:]}", "character 10 of 65 is a blank (U+0020)"),
        (f"{HEX}\t", "character 65 of 65 is a tab (U+0009)"),
        (f"{HEX}\r", "character 65 of 65 is a line end (U+000D)"),
        (f"{HEX[:9]}\uff41{HEX[9:]}", "character 10 of 65 is a full-width character"),
        (f"{HEX[:9]}钥{HEX[9:]}", "character 10 of 65 is not an ASCII character"),
        (f"{HEX[:9]}\x00{HEX[9:]}", "character 10 of 65 is invisible (U+0000)"),
        (f'"{HEX}"', "character 1 of 66 is a quotation mark"),
        (f"'{HEX}'", "character 1 of 66 is a quotation mark"),
        (f'{HEX}"', "character 65 of 65 is a quotation mark"),
        (f"“{HEX}”", "character 1 of 66 is a quotation mark"),
    ],
    ids=range(16),
)
def test_character_that_no_secret_has_is_named_by_its_place(
    setting: str, value: str, found: str
) -> None:
    (fault,) = faults(**{setting: value})
    name = setting.lower().replace("__", ".")
    assert fault == f"{name}: {found}; copy the secret alone, without quotation marks"


@pytest.mark.parametrize("setting", ["CLOUD__SECRET_ID", "CLOUD__SECRET_KEY"])
def test_key_of_the_cloud_has_the_characters_that_its_signatures_take(setting: str) -> None:
    (fault,) = faults(**{setting: f"{HEX[:9]}&{HEX[9:]}"})
    name = setting.lower().replace("__", ".")
    assert fault == (
        f"{name}: character 10 of 65 is no letter, digit, '_' or '-'; copy it from the console "
        "again"
    )


@pytest.mark.parametrize(
    "setting", ["IM__SECRET_KEY", "CALLBACKS__PATH_SECRET", "CALLBACKS__LIVE_KEY"]
)
def test_every_secret_is_looked_through(setting: str) -> None:
    (fault,) = [each for each in faults(**{setting: f"{HEX}\u200b"}) if "no key" not in each]
    assert "character 65 of 65 is a zero-width space (U+200B)" in fault


def test_invisible_character_in_a_key_file_is_named_by_its_line() -> None:
    lines = ["-----BEGIN PRIVATE KEY-----", "MIGH\u200bAgEA", "-----END PRIVATE KEY-----"]
    (fault,) = faults(IM__SECRET_KEY=None, IM__PRIVATE_KEY="\n".join(lines))
    assert fault.endswith("; in line 2, character 5 of 9 is a zero-width space (U+200B)")


@pytest.mark.parametrize(
    ("workers", "said"),
    [
        ("2", "one process serves a SQLite file; set it to 1, or use PostgreSQL"),
        ("0", "must be 1 or more"),
        ("65", "must be 64 or less"),
        ("two", "must be a whole number"),
    ],
)
def test_one_process_serves_a_file(workers: str, said: str) -> None:
    assert faults(HTTP__WORKERS=workers) == (f"http.workers: {said}",)


def test_several_processes_serve_a_postgresql_server() -> None:
    settings = load(HTTP__WORKERS="64", DATABASE__URL="postgresql://school@db/classgate")
    assert settings.http.workers == 64


@pytest.mark.parametrize(
    ("group", "name"), [("im", "secret_key"), ("cloud", "secret_id"), ("cloud", "secret_key")]
)
def test_previous_key_that_is_the_present_one_is_a_fault(group: str, name: str) -> None:
    keys = {
        "CLOUD__PREVIOUS_SECRET_ID": f"AKID{secrets.token_hex(16)}",
        "CLOUD__PREVIOUS_SECRET_KEY": secrets.token_hex(16),
    }
    present = GOOD[f"CLASSGATE_{group}__{name}".upper()]
    (fault,) = faults(**keys | {f"{group}__previous_{name}".upper(): present})
    assert fault == (
        f"{group}.previous_{name}: is {group}.{name} itself; put the key before the rotation "
        "there, or remove it"
    )


def test_previous_key_of_the_audit_that_is_the_present_one_is_a_fault() -> None:
    key = GOOD["CLASSGATE_AUDIT__KEY"]
    (fault,) = faults(AUDIT__PREVIOUS_KEY=f"{secrets.token_hex(32)}\n{key}")
    assert fault.startswith("audit.previous_key: is audit.key itself; ")
    (fault,) = faults(AUDIT__PREVIOUS_KEY=GOOD["CLASSGATE_IM__SECRET_KEY"])
    assert fault == "audit.previous_key: must differ from every other secret"
