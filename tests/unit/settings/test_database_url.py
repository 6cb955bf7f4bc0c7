"""The address of the database: which ones are taken, and that a wrong one is not repeated."""

from pathlib import Path

import pytest
from tests.support.minimal_settings import GOOD, load

from classgate.errors import ConfigurationError
from classgate.settings.loading import load_settings
from classgate.storage.database_url import describe_url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:secret@one:5432,two:5433/classgate",
        "postgresql://user:secret@one,two/classgate",
        "postgresql://user:secret@[::1]:5432/classgate?sslmode=require",
        "postgresql:///classgate?host=/run/postgresql",
    ],
)
def test_address_of_a_server_is_taken_as_libpq_writes_it(url: str) -> None:
    assert load(DATABASE__URL=url).database.url.get_secret_value() == url


@pytest.mark.parametrize(
    "url", ["postgresql://u:zq@h/classgate", "postgresql://h/classgate?user=u&password=zq"]
)
def test_file_with_a_password_in_an_address_is_for_its_owner_alone(
    tmp_path: Path, url: str
) -> None:
    path = tmp_path / "classgate.toml"
    path.write_text(f'[database]\nurl = "{url}"\n')
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="others can read"):
        load_settings(GOOD, path)
    path.chmod(0o600)
    assert load_settings(GOOD, path).database.url.get_secret_value() == url


@pytest.mark.parametrize(
    "url",
    [
        "mysql://localhost/x",
        "sqlite:///",
        "postgresql://user:1234/half-a-secret@host",
        "postgresql://user@one:5432,two:65536/classgate",
        "postgresql://user@one:0/classgate",
        "postgresql://user@one/classgate\n",
        "sqlite:///classgate.db ",
        "sqlite:///class\ngate.db",
        "sqlite:///classgate.db\u200b",
        "\ufeffpostgresql://user@one/classgate",
        '"postgresql://user@one/classgate"',
        "postgresql://user:half-a-secret\u200b@one/classgate",
    ],
)
def test_other_addresses_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load(DATABASE__URL=url)
    (fault,) = raised.value.faults
    assert fault.startswith("database.url: ")
    assert "half-a-secret" not in fault


ENCODE = (
    "database.url: is not an address: special characters in the user, the password and the name "
    "of the database have to be percent-encoded, as @ is %40, / is %2F, ? is %3F, # is %23, : is "
    "%3A and % is %25"
)


@pytest.mark.parametrize(
    "password",
    [
        "Kx@7f2/qT?z",
        "Kx/7f2",
        "12/7f2",
        "Kx?7f2",
        "12?7f2",
        "Kx#7f2",
        "12#7f2",
        "Kx@7f2",
        "Kx@7f2?qT",
        "Kx@7f2#qT",
        "Kx@host/classgate?qT",
        "K[x7f2",
        "Kx]7f2",
        "Kx%7f%zz",
        "Kx 7f2",
        "密码7f2",
        "Kx：7f2",
    ],
)
def test_password_that_is_not_encoded_is_refused_and_no_piece_is_shown(password: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load(DATABASE__URL=f"postgresql://classgate:{password}@127.0.0.1/classgate")
    assert raised.value.faults == (ENCODE,)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://classgate:half%00secret@127.0.0.1/classgate",
        "postgresql://class%00gate@127.0.0.1/classgate",
        "postgresql://classgate@127.0.0.1/classgate%00",
        "postgresql://classgate:half%E9secret@127.0.0.1/classgate",  # encoded from Latin-1
        "postgresql://classgate:half%C3%A9%C3@127.0.0.1/classgate",
    ],
)
def test_encoded_characters_that_are_no_text_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load(DATABASE__URL=url)
    assert raised.value.faults == (
        "database.url: the percent-encoded characters are not UTF-8, or %00, which no name or "
        "password has",
    )


@pytest.mark.parametrize(
    "password", ["half/secret", "half@secret", "half?secret", "half#secret", "half?sec@ret/"]
)
def test_password_that_is_not_encoded_is_not_shown(password: str) -> None:
    shown = describe_url(f"postgresql://classgate:{password}@db.school/classgate?sslmode=require")
    assert shown in {"postgresql://db.school/classgate", "postgresql://…"}


def test_password_that_is_encoded_is_taken() -> None:
    url = "postgresql://classgate:Kx%407f2%2FqT%3Fz%25@127.0.0.1/classgate"
    assert load(DATABASE__URL=url).database.url.get_secret_value() == url
    assert describe_url(url) == "postgresql://127.0.0.1/classgate"
