"""`classgate emulator`: the emulator alone, for offline tests."""

import os
import secrets
from pathlib import Path
from typing import TypeVar

import msgspec
import typer

from classgate.cli.numbers import whole_number
from classgate.cli.secret_input import JsonOption, read_secret_file
from classgate.emulator.server import EmulatorSettings, create_app, server_config
from classgate.errors import ConfigurationError
from classgate.logs import configure_logs
from classgate.server.listeners import Listener, bind, run_listeners

T = TypeVar("T")

_STATE = "emulator.json"


class EmulatorState(msgspec.Struct, frozen=True):
    """The emulator's account, bucket and application. All invented."""

    secret_id: str
    secret_key: str
    sdk_app_id: int
    sdk_secret_key: str
    app_id: str = "1250000000"
    bucket: str = "courseware-1250000000"
    region: str = "ap-guangzhou"

    def settings(self, data_dir: Path | None, public_key: bytes | None = None) -> EmulatorSettings:
        """Return the emulator's form."""
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
        )


def invent() -> EmulatorState:
    """Create keys that only an emulator accepts."""
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
    data_dir: Path | None = typer.Option(None, help="Where to keep objects and keys; kept."),
    public_key: str | None = typer.Option(
        None, metavar="FILE", help="Public key of an application with a key file."
    ),
    as_json: bool = JsonOption,
) -> None:
    """Run a local emulator of Tencent Cloud that verifies every signature and enforces every
    policy.

    It prints the keys it accepts, as settings of classgate. They are created at the first start
    with a data directory; CLASSGATE_CLOUD__… , CLASSGATE_COS__… and CLASSGATE_IM__… override them.

    Example: classgate emulator --port 8001 --data-dir .emulator
    """
    configure_logs("warning", "text")
    pretence = _overridden(_remembered(data_dir))
    key = None if public_key is None else read_secret_file(public_key).encode()
    bound = bind("--port", host, port)
    app = create_app(pretence.settings(data_dir, key))
    listener = Listener(server_config(app), bound)

    async def say_so() -> None:
        _print(listener.url, pretence, as_json)

    if not run_listeners([listener], say_so):
        raise typer.Exit(1)


def _remembered(data_dir: Path | None) -> EmulatorState:
    """The same keys at every start over one directory."""
    if data_dir is None:
        return invent()
    make_folder(data_dir)
    state = data_dir / _STATE
    if state.is_file():
        return read_state(state, EmulatorState)
    pretence = invent()
    write_private(state, msgspec.json.encode(pretence))
    return pretence


def make_folder(folder: Path) -> None:
    """ConfigurationError: it cannot be made, or is no folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fault = f"--data-dir: {folder} cannot be made ({error.strerror})"
        raise ConfigurationError([fault]) from error


def read_state(path: Path, kind: type[T]) -> T:
    """Read the state of an earlier start. ConfigurationError: it cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        fault = f"{path} cannot be read ({type(error).__name__}); remove it to start anew"
        raise ConfigurationError([fault]) from error


def write_private(path: Path, content: bytes) -> None:
    """A file that only its owner reads, written whole or not at all."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)


def _overridden(pretence: EmulatorState) -> EmulatorState:
    variables = {
        "secret_id": "CLASSGATE_CLOUD__SECRET_ID",
        "secret_key": "CLASSGATE_CLOUD__SECRET_KEY",
        "sdk_app_id": "CLASSGATE_IM__SDK_APP_ID",
        "sdk_secret_key": "CLASSGATE_IM__SECRET_KEY",
        "app_id": "CLASSGATE_COS__APP_ID",
        "bucket": "CLASSGATE_COS__BUCKET",
        "region": "CLASSGATE_COS__REGION",
    }
    given = {
        name: os.environ[variable] for name, variable in variables.items() if variable in os.environ
    }
    return msgspec.convert({**msgspec.to_builtins(pretence), **given}, EmulatorState, strict=False)


def _print(url: str, pretence: EmulatorState, as_json: bool) -> None:
    address = url.removeprefix("http://")
    values = {
        "CLASSGATE_CLOUD__SCHEME": "http",
        "CLASSGATE_CLOUD__STS_ENDPOINT": address,
        "CLASSGATE_CLOUD__COS_ENDPOINT": address,
        "CLASSGATE_CLOUD__COS_JSON_ENDPOINT": address,
        "CLASSGATE_CLOUD__VOD_ENDPOINT": address,
        "CLASSGATE_CLOUD__SECRET_ID": pretence.secret_id,
        "CLASSGATE_CLOUD__SECRET_KEY": pretence.secret_key,
        "CLASSGATE_COS__APP_ID": pretence.app_id,
        "CLASSGATE_COS__BUCKET": pretence.bucket,
        "CLASSGATE_COS__REGION": pretence.region,
        "CLASSGATE_IM__SDK_APP_ID": str(pretence.sdk_app_id),
        "CLASSGATE_IM__SECRET_KEY": pretence.sdk_secret_key,
    }
    if as_json:
        print(msgspec.json.encode({"emulator": url, "settings": values}).decode(), flush=True)
        return
    print(f"# the emulator is at {url}")
    for name, value in values.items():
        print(f"{name}={value}", flush=True)
