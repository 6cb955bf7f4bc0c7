"""The address of the database: which ones are taken, and that a wrong one is not repeated."""

from pathlib import Path

import pytest
from tests.support.minimal_settings import GOOD, load

from classgate.errors import ConfigurationError
from classgate.settings.loading import load_settings


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
    ],
)
def test_other_addresses_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load(DATABASE__URL=url)
    (fault,) = raised.value.faults
    assert fault.startswith("database.url: ")
    assert "half-a-secret" not in fault
