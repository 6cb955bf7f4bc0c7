"""The one settings tree: read once at the entry, passed down as values.

From low to high: defaults, the file `classgate.toml` (or `--config FILE`), the environment
(`CLASSGATE_<GROUP>__<NAME>`). A secret may stand in a file of its own, named by
`CLASSGATE_<GROUP>__<NAME>_FILE` or, in the TOML file, by `<name>_file`.

Everything wrong is reported at once. What is weak is wrong: sample keys, blank or padded secrets,
key files that others can read. Nothing is repaired here.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError, model_validator

from classgate.errors import ConfigurationError
from classgate.settings.files import (
    FileFault,
    find_readers_fault,
    find_secret_file,
    read_secret_text,
    read_toml_text,
)
from classgate.settings.groups import (
    AccountsSettings,
    AuditSettings,
    CallbacksSettings,
    ClassroomsSettings,
    CloudSettings,
    CosSettings,
    DatabaseSettings,
    Group,
    HttpSettings,
    ImSettings,
    LegacySettings,
    LogSettings,
    OperationsSettings,
)

PREFIX = "CLASSGATE_"
DEFAULT_FILE = Path("classgate.toml")


class Settings(Group):
    """Everything that can be set."""

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
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _one_secret_each(self) -> "Settings":
        others = (self.im.secret_key, self.cloud.secret_key, self.cloud.secret_id)
        if self.audit.key in others:
            raise ValueError("audit.key: is used for something else too; make one of its own")
        callbacks = self.callbacks
        shown = (callbacks.path_secret, callbacks.live_key, callbacks.im_token)
        if any(each is not None and each in (*others, self.audit.key) for each in shown):
            raise ValueError("callbacks: a key of something else is used here; make one of its own")
        return self

    @model_validator(mode="after")
    def _one_port_each(self) -> "Settings":
        if self.http.port == self.operations.port != 0:
            raise ValueError(
                f"operations.port: {self.operations.port} is http.port too; each listener needs "
                "one of its own"
            )
        return self


# ── reading ─────────────────────────────────────────────────────────────────────────────────────

Tree = dict[str, dict[str, Any]]

_UNREAD = object()


def load_settings(
    environment: Mapping[str, str], config_file: Path | None = None, base: Tree | None = None
) -> Settings:
    """The settings. ConfigurationError lists everything that is wrong, and never a value.

    `base` stands below the file and the environment; the demo brings its own.
    """
    faults: list[str] = []
    tree: Tree = {group: dict(values) for group, values in (base or {}).items()}
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
    for group in Settings.model_fields:
        tree.setdefault(group, {})  # so that each missing setting is named, not only its group
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        faults += [
            _describe(each)
            for each in error.errors(include_input=False, include_url=False)
            if _value_at(tree, each["loc"]) is not _UNREAD
        ]
    if faults:
        raise ConfigurationError(sorted(set(faults)))
    return settings


def _read_file(path: Path | None, faults: list[str]) -> Tree:
    """The file's groups. ConfigurationError names the file alone: without it, everything in it
    would be reported as missing.
    """
    if path is None:
        return {}
    try:
        tree = tomllib.loads(read_toml_text(path))
    except FileFault as fault:
        raise ConfigurationError([str(fault)]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{path}: is not TOML ({error})"]) from None
    for group in [group for group, values in tree.items() if not isinstance(values, dict)]:
        faults.append(f"{group}: stands outside of a group such as [cos]")
        del tree[group]
    if any(
        _is_secret(group, name, value)
        for group, values in tree.items()
        for name, value in values.items()
    ):
        _require_private(str(path), path, faults)
    return tree


def _read_environment(environment: Mapping[str, str]) -> Tree:
    tree: Tree = {}
    for variable, value in environment.items():
        if variable.startswith(PREFIX) and "__" in variable:
            group, _, name = variable.removeprefix(PREFIX).lower().partition("__")
            tree.setdefault(group, {})[name] = value
    return tree


def _read_secret(
    setting: str, value: object, environment: Mapping[str, str], faults: list[str]
) -> object:
    """What a `…_file` names, without the line end that editors add; _UNREAD after a fault."""
    try:
        path = find_secret_file(str(value), environment)
        text = read_secret_text(path)
    except FileFault as fault:
        faults.append(f"{setting}: {fault}")
        return _UNREAD
    _require_private(setting, path, faults)
    return text.removesuffix("\n").removesuffix("\r") if "-----BEGIN" not in text else text


def _value_at(tree: Tree, location: tuple[Any, ...]) -> object:
    group, name = (*location, None, None)[:2]
    return tree.get(str(group), {}).get(str(name))


def _require_private(setting: str, path: Path, faults: list[str]) -> None:
    fault = find_readers_fault(path)
    if fault is not None:
        faults.append(f"{setting}: {fault}")


def _fields(group: str) -> Mapping[str, Any]:
    found = Settings.model_fields.get(group)
    model = found.annotation if found is not None else None
    return model.model_fields if isinstance(model, type) and issubclass(model, Group) else {}


_SECRETS = frozenset(
    {"secret_key", "private_key", "secret_id", "key", "path_secret", "live_key", "im_token"}
)


def _is_secret(group: str, name: str, value: object) -> bool:
    if (group, name) == ("database", "url"):
        return "@" in str(value) or "password" in str(value)  # a server's address
    return name in _fields(group) and name in _SECRETS


# pydantic's kinds of faults in our words; the braces are filled from what it knows of the bound.
_WORDS = {
    "int_parsing": "a whole number is wanted",
    "int_type": "a whole number is wanted",
    "int_from_float": "a whole number is wanted",
    "greater_than_equal": "{ge} or more is wanted",
    "less_than_equal": "{le} or less is wanted",
    "bool_parsing": "true or false is wanted",
    "string_type": "text is wanted",
    "literal_error": "one of {expected} is wanted",
    "string_pattern_mismatch": "is not of the form that docs/reference/settings.md shows",
}


def _describe(error: Any) -> str:
    """One fault in words: the setting, what is wrong, and how it is set where it is missing."""
    location = ".".join(str(part) for part in error["loc"])
    kind, known = error["type"], error.get("ctx", {})
    if kind == "missing":
        variable = f"{PREFIX}{location.replace('.', '__')}".upper()
        return f"{location}: is missing; set {variable}"
    if kind == "extra_forbidden":
        return f"{location}: there is no such setting"
    if isinstance(known.get("error"), UnicodeError):
        return f"{location}: is not text in UTF-8"  # its own message repeats what it found
    message = str(error["msg"]).removeprefix("Value error, ")
    if kind in _WORDS:
        message = _WORDS[kind].format_map(known)
    return f"{location}: {message}" if location and location not in message else message
