"""What is read of an incomplete configuration."""

import secrets
from pathlib import Path

import pytest
from tests.support.minimal_settings import load, settings_for

from classgate.errors import ConfigurationError
from classgate.settings.loading import load_settings
from classgate.settings.partial import (
    PartialSettings,
    load_partial_settings,
    partial_settings_of,
)


def test_nothing_is_read_of_no_configuration() -> None:
    assert load_partial_settings({}, None) == PartialSettings()


def test_one_key_alone_is_read() -> None:
    environment = {"CLASSGATE_IM__SDK_APP_ID": "1400000000", "CLASSGATE_IM__SECRET_KEY": "short"}
    settings = load_partial_settings(environment, None)
    assert settings.sdk_app_id == 1400000000
    assert settings.sdk_secrets == (("im.secret_key", "short"),)
    assert settings.faults == ()
    assert "short" not in repr(settings)


def test_the_keys_before_the_last_rotation_are_read_too() -> None:
    environment = {
        "CLASSGATE_IM__SECRET_KEY": "new",
        "CLASSGATE_IM__PREVIOUS_SECRET_KEY": "old",
        "CLASSGATE_CLOUD__SECRET_ID": "AKIDnew",
        "CLASSGATE_CLOUD__SECRET_KEY": "new of the cloud",
        "CLASSGATE_CLOUD__PREVIOUS_SECRET_ID": "AKIDold",
        "CLASSGATE_CLOUD__PREVIOUS_SECRET_KEY": "old of the cloud",
    }
    settings = load_partial_settings(environment, None)
    assert settings.sdk_secrets == (("im.secret_key", "new"), ("im.previous_secret_key", "old"))
    assert settings.cloud_keys == (
        ("cloud.secret_key", "AKIDnew", "new of the cloud"),
        ("cloud.previous_secret_key", "AKIDold", "old of the cloud"),
    )
    half = {"CLASSGATE_CLOUD__PREVIOUS_SECRET_KEY": "old of the cloud"}
    assert load_partial_settings(half, None).cloud_keys == ()


def test_a_previous_key_of_the_cloud_has_two_halves() -> None:
    with pytest.raises(ConfigurationError) as error:
        load(CLOUD__PREVIOUS_SECRET_KEY=secrets.token_hex(16))
    assert error.value.faults == (
        "cloud.previous_secret_key: belongs to cloud.previous_secret_id; set both or neither",
    )
    with pytest.raises(ConfigurationError) as error:
        load(CLOUD__PREVIOUS_SECRET_ID=f"AKID{secrets.token_hex(16)}")
    assert "set both or neither" in error.value.faults[0]
    both = load(
        CLOUD__PREVIOUS_SECRET_ID=f"AKID{secrets.token_hex(16)}",
        CLOUD__PREVIOUS_SECRET_KEY=secrets.token_hex(16),
        IM__PREVIOUS_SECRET_KEY=secrets.token_hex(32),
    )
    assert [name for name, _, _ in partial_settings_of(both).cloud_keys] == [
        "cloud.secret_key",
        "cloud.previous_secret_key",
    ]
    assert [name for name, _ in partial_settings_of(both).sdk_secrets] == [
        "im.secret_key",
        "im.previous_secret_key",
    ]


def test_a_secret_of_a_file_is_read_and_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    secret = tmp_path / "sdk.key"
    secret.write_text("of a file\n")
    secret.chmod(0o600)
    environment = {
        "CLASSGATE_IM__SECRET_KEY_FILE": str(secret),
        "CLASSGATE_IM__PRIVATE_KEY_FILE": str(tmp_path / "missing.pem"),
    }
    settings = load_partial_settings(environment, None)
    assert settings.sdk_secrets == (("im.secret_key", "of a file"),)
    assert settings.private_keys == ()
    assert len(settings.faults) == 1


def test_a_file_that_is_not_toml_is_a_fault(tmp_path: Path) -> None:
    config = tmp_path / "classgate.toml"
    config.write_text("[im\n")
    settings = load_partial_settings({}, config)
    assert settings.sdk_secrets == ()
    assert len(settings.faults) == 1


def test_a_complete_configuration_gives_the_same(tmp_path: Path) -> None:
    tree = settings_for(tmp_path)
    environment = {
        f"CLASSGATE_{group.upper()}__{name.upper()}": str(value)
        for group, values in tree.items()
        for name, value in values.items()
    }
    whole = partial_settings_of(load_settings({}, None, tree))
    assert whole.sdk_secrets
    assert whole == load_partial_settings(environment, None)
