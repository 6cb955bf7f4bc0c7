"""Loads the settings once, at start-up.

In increasing precedence: defaults, the file `classgate.toml` (or `--config FILE`), the environment
(`CLASSGATE_<GROUP>__<NAME>`). A secret may be in a file of its own, named by
`CLASSGATE_<GROUP>__<NAME>_FILE` or, in the TOML file, by `<name>_file`.

All errors are reported together. Weak secrets are errors: sample keys, blank or padded secrets,
key files that others can read. Invalid values are refused, never repaired.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError, model_validator

from classgate.errors import ConfigurationError
from classgate.settings.audit import AuditSettings
from classgate.settings.console import ConsoleSettings
from classgate.settings.files import (
    FileFault,
    find_readers_fault,
    find_secret_file,
    read_secret_text,
    read_toml_text,
)
from classgate.settings.groups import (
    AccountsSettings,
    CallbacksSettings,
    ClassroomsSettings,
    CloudSettings,
    CosSettings,
    DatabaseSettings,
    HttpSettings,
    ImSettings,
    LegacySettings,
    LogSettings,
    OperationsSettings,
    SettingsGroup,
)
from classgate.settings.secret_text import describe_foreign_character

PREFIX = "CLASSGATE_"
DEFAULT_FILE = Path("classgate.toml")


class Settings(SettingsGroup):
    """All settings."""

    http: HttpSettings = HttpSettings()
    operations: OperationsSettings = OperationsSettings()
    database: DatabaseSettings = DatabaseSettings()
    im: ImSettings
    cloud: CloudSettings
    cos: CosSettings
    accounts: AccountsSettings = AccountsSettings()
    classrooms: ClassroomsSettings = ClassroomsSettings()
    audit: AuditSettings
    callbacks: CallbacksSettings = CallbacksSettings()
    legacy: LegacySettings = LegacySettings()
    console: ConsoleSettings = ConsoleSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _require_distinct_secrets(self) -> "Settings":
        others = (
            *(self.im.secret_key, self.im.previous_secret_key, self.cloud.secret_id),
            *(self.cloud.secret_key, self.cloud.previous_secret_key),
        )
        key, previous_keys = self.audit.key, self.audit.previous_keys()
        if key in others:
            raise ValueError("audit.key: must differ from every other secret; make a new one")
        if key in previous_keys:
            raise ValueError(
                "audit.previous_key: is audit.key itself; put the key of before, or the next one, "
                "there"
            )
        if any(each in others for each in previous_keys):
            raise ValueError("audit.previous_key: must differ from every other secret")
        taken = (*others, key, *previous_keys)
        callbacks = self.callbacks
        callback_secrets = (callbacks.path_secret, callbacks.live_key, callbacks.im_token)
        if any(each is not None and each in taken for each in callback_secrets):
            raise ValueError("callbacks: a secret of another group is used; make a new one")
        return self

    @model_validator(mode="after")
    def _require_older_previous_keys(self) -> "Settings":
        for group, names in (
            ("im", ("secret_key", "private_key")),
            ("cloud", ("secret_id", "secret_key")),
        ):
            settings = getattr(self, group)
            for name in names:
                previous = getattr(settings, f"previous_{name}")
                if previous is not None and previous == getattr(settings, name):
                    raise ValueError(
                        f"{group}.previous_{name}: is {group}.{name} itself; put the key before "
                        "the rotation there, or remove it"
                    )
        return self

    @model_validator(mode="after")
    def _require_one_process_on_sqlite(self) -> "Settings":
        if self.http.workers > 1 and self.database.is_sqlite:
            raise ValueError(
                "http.workers: one process serves a SQLite file; set it to 1, or use PostgreSQL"
            )
        return self

    @model_validator(mode="after")
    def _require_distinct_ports(self) -> "Settings":
        if self.http.port == self.operations.port != 0:
            raise ValueError(
                f"operations.port: must differ from http.port, which is {self.http.port} too"
            )
        return self


# ── reading ─────────────────────────────────────────────────────────────────────────────────────

SettingsTree = dict[str, dict[str, Any]]
"""Raw values by group and name."""

_UNREADABLE = object()


def load_settings(
    environment: Mapping[str, str],
    config_file: Path | None = None,
    base: SettingsTree | None = None,
) -> Settings:
    """Load and validate the settings.

    Args:
        environment: the environment variables; those without the prefix are ignored.
        config_file: the TOML file, if there is one.
        base: values that override the defaults; the file and the environment override them.

    Raises:
        ConfigurationError: lists every error, and never a value.
    """
    faults: list[str] = []
    tree = read_settings_tree(environment, config_file, faults, base)
    for group in Settings.model_fields:
        tree.setdefault(group, {})  # so that each missing setting is reported, not only its group
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        faults += [
            _describe(each)
            for each in error.errors(include_input=False, include_url=False)
            if _value_at(tree, each["loc"]) is not _UNREADABLE
        ]
    if faults:
        raise ConfigurationError(sorted(set(faults)))
    return settings


def read_settings_tree(
    environment: Mapping[str, str],
    config_file: Path | None,
    faults: list[str],
    base: SettingsTree | None = None,
) -> SettingsTree:
    """Return the raw values of all layers, and add what cannot be read to `faults`.

    ConfigurationError: the file cannot be read.
    """
    tree: SettingsTree = {group: dict(values) for group, values in (base or {}).items()}
    for layer in (_read_file(config_file, faults), _read_environment(environment)):
        for group, values in layer.items():
            target = tree.setdefault(group, {})
            for name, value in values.items():
                if name.endswith("_file"):
                    secret = name.removesuffix("_file")
                    if secret in values:
                        faults.append(f"{group}.{secret}: is set twice, by itself and by a file")
                    target[secret] = _read_secret(f"{group}.{secret}", value, environment, faults)
                else:
                    target[name] = value
    return tree


def _read_file(path: Path | None, faults: list[str]) -> SettingsTree:
    """The file's groups. ConfigurationError names the file alone: without it, everything in it
    would be reported as missing.
    """
    if path is None:
        return {}
    try:
        text = read_toml_text(path)
    except FileFault as error:
        raise ConfigurationError([str(error)]) from None
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        fault = f"{path}: is not TOML ({error}){_foreign_in_toml(text, str(error))}"
        raise ConfigurationError([fault]) from None
    except (RecursionError, ValueError):
        fault = f"{path}: cannot be read: it is nested too deep, or a number is too long"
        raise ConfigurationError([fault]) from None
    for group in [group for group, values in tree.items() if not isinstance(values, dict)]:
        faults.append(f"{group}: must be below a group such as [cos]")
        del tree[group]
    if any(
        _is_secret(group, name, value)
        for group, values in tree.items()
        for name, value in values.items()
    ):
        _require_private(str(path), path, faults)
    return tree


def _foreign_in_toml(text: str, message: str) -> str:
    """Describe the character at which the parser stopped, if an editor or input method made it."""
    place = re.search(r"at line ([0-9]+), column ([0-9]+)\)$", message)
    if place is None:
        return ""
    line, column = int(place[1]) - 1, int(place[2]) - 1
    foreign = describe_foreign_character(text.split("\n")[line][column : column + 1])
    return f"; the character there is {foreign}" if foreign is not None else ""


def _read_environment(environment: Mapping[str, str]) -> SettingsTree:
    tree: SettingsTree = {}
    for variable, value in environment.items():
        if variable.startswith(PREFIX) and "__" in variable:
            group, _, name = variable.removeprefix(PREFIX).lower().partition("__")
            tree.setdefault(group, {})[name] = value
    return tree


def _read_secret(
    setting: str, value: object, environment: Mapping[str, str], faults: list[str]
) -> object:
    """What a `…_file` names, without the line end that editors add; _UNREADABLE after a fault."""
    try:
        path = find_secret_file(str(value), environment)
        text = read_secret_text(path)
    except FileFault as fault:
        faults.append(f"{setting}: {fault}")
        return _UNREADABLE
    _require_private(setting, path, faults)
    return text.removesuffix("\n").removesuffix("\r") if "-----BEGIN" not in text else text


def _value_at(tree: SettingsTree, location: tuple[Any, ...]) -> object:
    group, name = (*location, None, None)[:2]
    return tree.get(str(group), {}).get(str(name))


def _require_private(setting: str, path: Path, faults: list[str]) -> None:
    fault = find_readers_fault(path)
    if fault is not None:
        faults.append(f"{setting}: {fault}")


def _fields(group: str) -> Mapping[str, Any]:
    found = Settings.model_fields.get(group)
    model = found.annotation if found is not None else None
    return (
        model.model_fields if isinstance(model, type) and issubclass(model, SettingsGroup) else {}
    )


_SECRETS = frozenset(
    {
        *("secret_key", "private_key", "secret_id", "key", "path_secret", "live_key", "im_token"),
        *("previous_secret_key", "previous_private_key", "previous_secret_id"),
        "previous_key",
    }
)


def _is_secret(group: str, name: str, value: object) -> bool:
    if (group, name) == ("database", "url"):
        return "@" in str(value) or "password" in str(value)  # a server's address
    return name in _fields(group) and name in _SECRETS


# Messages by pydantic's error type; pydantic's context fills the braces.
_MESSAGES = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "literal_error": "must be one of {expected}",
    "string_pattern_mismatch": "has the wrong form; see docs/reference/settings.md",
}


def _describe(error: Any) -> str:
    """Return an error message: the setting, the fault and, if it is missing, its variable."""
    location = ".".join(str(part) for part in error["loc"])
    kind, known = error["type"], error.get("ctx", {})
    if kind == "missing":
        variable = f"{PREFIX}{location.replace('.', '__')}".upper()
        return f"{location}: is missing; set {variable}"
    if kind == "extra_forbidden":
        return f"{location}: is not a setting of classgate"
    if isinstance(known.get("error"), UnicodeError):
        return f"{location}: is not valid UTF-8"  # the original message contains the value
    message = str(error["msg"]).removeprefix("Value error, ")
    if kind in _MESSAGES:
        message = _MESSAGES[kind].format_map(known)
    return f"{location}: {message}" if location and location not in message else message
