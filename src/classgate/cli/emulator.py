"""`classgate emulator`: only the emulator, for offline tests."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import typer

from classgate.cli.numbers import whole_number
from classgate.cli.secret_input import JsonOption, read_secret_file
from classgate.emulator.im.plans import DEFAULT_PLAN
from classgate.emulator.server import EmulatorSettings, create_app, server_config
from classgate.errors import ConfigurationError
from classgate.logs import configure_logs
from classgate.server.listeners import Listener, bind, run_listeners

T = TypeVar("T")

_STATE = "emulator.json"


class EmulatorState(msgspec.Struct, frozen=True):
    """The emulated account, bucket and application, with random keys."""

    secret_id: str
    secret_key: str
    sdk_app_id: int
    sdk_secret_key: str
    app_id: str = "1250000000"
    bucket: str = "courseware-1250000000"
    region: str = "ap-guangzhou"
    admin_identifier: str = "administrator"

    def settings(
        self, data_dir: Path | None, public_key: bytes | None = None, **options: Any
    ) -> EmulatorSettings:
        """Return the settings of the emulator's server; `options` are those of the command."""
        return EmulatorSettings(
            region=self.region,
            cloud_app_id=self.app_id,
            bucket=self.bucket,
            secret_id=self.secret_id,
            secret_key=self.secret_key,
            sdk_app_id=self.sdk_app_id,
            sdk_secret_key=self.sdk_secret_key,
            public_key_pem=public_key,
            data_dir=data_dir,
            im_admin=self.admin_identifier,
            **options,
        )


def generate_state() -> EmulatorState:
    """Generate keys that only an emulator accepts."""
    return EmulatorState(
        secret_id=f"AKID{secrets.token_hex(16)}",
        secret_key=secrets.token_hex(16),
        sdk_app_id=1400000000 + secrets.randbelow(100_000_000),
        sdk_secret_key=secrets.token_hex(32),
    )


app = typer.Typer()


@app.command()
def emulator(
    host: str = typer.Option("127.0.0.1", help="Address to listen on."),
    port: int = typer.Option(
        8001, metavar="N", parser=whole_number(), help="Port to listen on; 0 takes a free one."
    ),
    data_dir: Path | None = typer.Option(
        None, help="Directory for objects and keys; without it, nothing is kept."
    ),
    public_key: str | None = typer.Option(
        None, metavar="FILE", help="Public key of an application with a key file."
    ),
    im_plan: str = typer.Option(DEFAULT_PLAN, help="Plan of IM: free, pro or flagship."),
    rtc_callback_url: str = typer.Option("", help="Where the events of TRTC's rooms are sent."),
    rtc_callback_key: str = typer.Option("", help="Key that signs these events."),
    rtc_international: bool = typer.Option(
        False, "--rtc-international", help="Be TRTC's international host, which can block media."
    ),
    enforce_rates: bool = typer.Option(
        False, "--enforce-rates", help="Refuse calls of IM and TRTC over the cloud's rates."
    ),
    as_json: bool = JsonOption,
    as_toml: bool = typer.Option(
        False, "--toml", help="Print the settings as a file for serve --config."
    ),
) -> None:
    """Run a local emulator of Tencent Cloud that verifies every signature and enforces every
    policy.

    It prints the keys it accepts, as settings of classgate. They are created at the first start
    with a data directory; CLASSGATE_CLOUD__… , CLASSGATE_COS__… and CLASSGATE_IM__… override them.

    Example: classgate emulator --port 8001 --data-dir .emulator
    """
    configure_logs("warning", "text")
    if as_json and as_toml:
        raise typer.BadParameter("use either --json or --toml")
    state = _override(_load_state(data_dir))
    key = None if public_key is None else read_secret_file(public_key).encode()
    bound = bind("--port", host, port)
    app = create_app(
        state.settings(
            data_dir,
            key,
            im_plan=im_plan,
            rtc_callback_url=rtc_callback_url,
            rtc_callback_key=rtc_callback_key,
            rtc_is_international=rtc_international,
            enforces_rates=enforce_rates,
        )
    )
    listener = Listener(server_config(app), bound)

    async def print_settings() -> None:
        settings = _settings(listener.url, state)
        if as_json:
            text = _as_json(listener.url, settings)
        else:
            lines = _as_toml(settings) if as_toml else _as_environment(settings)
            text = "\n".join([f"# the emulator is at {listener.url}", *lines])
        print(text, flush=True)

    if not run_listeners([listener], print_settings):
        raise typer.Exit(1)


def _load_state(data_dir: Path | None) -> EmulatorState:
    """Return the keys of the directory, which are created at its first start."""
    if data_dir is None:
        return generate_state()
    make_folder(data_dir)
    file = data_dir / _STATE
    if file.is_file():
        return read_state(file, EmulatorState)
    state = generate_state()
    write_private(file, msgspec.json.encode(state))
    return state


def make_folder(folder: Path) -> None:
    """Create a folder. ConfigurationError: it cannot be created, or is a file."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fault = f"--data-dir: {folder} cannot be created ({error.strerror})"
        raise ConfigurationError([fault]) from error


def read_state(path: Path, kind: type[T]) -> T:
    """Read the state of an earlier start. ConfigurationError: unreadable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        fault = f"{path} cannot be read ({type(error).__name__}); remove it to generate a new one"
        raise ConfigurationError([fault]) from error


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, atomically."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)


def _override(state: EmulatorState) -> EmulatorState:
    variables = {
        "secret_id": "CLASSGATE_CLOUD__SECRET_ID",
        "secret_key": "CLASSGATE_CLOUD__SECRET_KEY",
        "sdk_app_id": "CLASSGATE_IM__SDK_APP_ID",
        "sdk_secret_key": "CLASSGATE_IM__SECRET_KEY",
        "admin_identifier": "CLASSGATE_IM__ADMIN_IDENTIFIER",
        "app_id": "CLASSGATE_COS__APP_ID",
        "bucket": "CLASSGATE_COS__BUCKET",
        "region": "CLASSGATE_COS__REGION",
    }
    given = {
        name: os.environ[variable] for name, variable in variables.items() if variable in os.environ
    }
    return msgspec.convert({**msgspec.to_builtins(state), **given}, EmulatorState, strict=False)


def _settings(url: str, state: EmulatorState) -> dict[str, dict[str, str | int]]:
    """Return the settings with which classgate reaches the emulator, by group."""
    address = url.removeprefix("http://")
    return {
        "cloud": {
            "scheme": "http",
            "sts_endpoint": address,
            "cos_endpoint": address,
            "cos_json_endpoint": address,
            "vod_endpoint": address,
            "trtc_endpoint": address,
            "secret_id": state.secret_id,
            "secret_key": state.secret_key,
        },
        "cos": {"app_id": state.app_id, "bucket": state.bucket, "region": state.region},
        "im": {
            "sdk_app_id": state.sdk_app_id,
            "endpoint": address,
            "secret_key": state.sdk_secret_key,
        },
    }


def _as_json(url: str, settings: Mapping[str, Mapping[str, str | int]]) -> str:
    return msgspec.json.encode({"emulator": url, "settings": _variables(settings)}).decode()


def _as_environment(settings: Mapping[str, Mapping[str, str | int]]) -> list[str]:
    return [f"{name}={value}" for name, value in _variables(settings).items()]


def _as_toml(settings: Mapping[str, Mapping[str, str | int]]) -> list[str]:
    return [
        line
        for group, values in settings.items()
        for line in (f"[{group}]", *(f"{name} = {_toml(each)}" for name, each in values.items()))
    ]


def _toml(value: str | int) -> str:
    # A basic string of TOML is one of JSON, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _variables(settings: Mapping[str, Mapping[str, str | int]]) -> dict[str, str]:
    return {
        f"CLASSGATE_{group.upper()}__{name.upper()}": str(value)
        for group, values in settings.items()
        for name, value in values.items()
    }
