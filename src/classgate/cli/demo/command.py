"""`classgate demo`: runs the service and the emulator on loopback and plays the stories.

For evaluation only. Data is in one directory; the keys are valid only in its emulator.
"""

import asyncio
import contextlib
import ipaddress
import json
import os
import secrets
import socket
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TextIO

import msgspec
import typer
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pydantic import SecretStr

from classgate.accounts.models import AccountRole, NewAccount
from classgate.audit.models import VerificationResult
from classgate.cli.demo.folder import lock_folder
from classgate.cli.emulator import (
    EmulatorState,
    generate_state,
    make_folder,
    read_state,
    write_private,
)
from classgate.cli.numbers import whole_number
from classgate.cli.secret_input import JsonOption
from classgate.cli.startup import (
    lock_database,
    open_application,
    require_audit_key,
    translate_database_errors,
)
from classgate.emulator.server import EmulatorSettings
from classgate.emulator.server import create_app as create_emulator
from classgate.emulator.server import server_config as emulator_config
from classgate.errors import ConfigurationError, IdentifierTaken, InvalidSigningKey
from classgate.logs import configure_logs
from classgate.migrations.upgrade import upgrade
from classgate.server.application import create_app, create_operations_app
from classgate.server.listeners import (
    Listener,
    bind,
    run_listeners,
    stop_listeners,
    uvicorn_config,
)
from classgate.settings.loading import Settings, SettingsTree, load_settings
from classgate.signing.keys import EcdsaPrivateKey

_STATE = "demo.json"
SETTINGS_FILE = "classgate.toml"
"""For other commands, as in `classgate doctor --config .demo/classgate.toml`."""
_ROLES = {
    "admin": AccountRole.ADMIN,
    "tom": AccountRole.TEACHER,
    "amy": AccountRole.STUDENT,
    "bob": AccountRole.STUDENT,
}


class DemoState(msgspec.Struct, frozen=True):
    """The keys and passwords of a data directory, kept across restarts."""

    emulator: EmulatorState
    audit_key: str
    private_key: str  # of an application with a key file, for UserSig version 1
    passwords: dict[str, str]


app = typer.Typer()


@app.command()
def demo(
    once: bool = typer.Option(False, "--once", help="End after the story."),
    no_story: bool = typer.Option(False, "--no-story", help="Only serve."),
    port: int = typer.Option(
        8000,
        metavar="N",
        parser=whole_number(),
        help="Port of the API; the next two ports are used too. 0 selects three free ports.",
    ),
    data_dir: Path | None = typer.Option(
        None, help="Directory for data, reused at the next start; without it, nothing is kept."
    ),
    fresh: bool = typer.Option(
        False, "--fresh", help="First remove the data of an earlier demo from --data-dir."
    ),
    as_json: bool = JsonOption,
) -> None:
    """Start classgate and the emulator on loopback, play the story, then serve until Ctrl-C.

    Example: classgate demo --once
    """
    with tempfile.TemporaryDirectory(prefix="classgate-demo-") as temporary:
        folder = data_dir or Path(temporary)
        make_folder(folder)
        with lock_folder(folder, fresh=fresh), _open_log(folder / "classgate.log") as log:
            configure_logs("info", "json", log)
            server = _DemoServer(folder, port)
            succeeded = server.run(story=not no_story, once=once, as_json=as_json)
    if not succeeded:
        raise typer.Exit(1)


class _DemoServer:
    """Service and emulator in one process, with one data directory."""

    def __init__(self, folder: Path, port: int) -> None:
        self._state = _load_state(folder)
        # Bound first, because the service's settings contain the emulator's port.
        emulator_socket = bind("the emulator's port", "127.0.0.1", port + 1 if port else 0)
        cloud = f"127.0.0.1:{emulator_socket.getsockname()[1]}"
        base = _demo_settings(self._state, folder, port, cloud)
        self._settings = load_settings(os.environ, None, base)
        _require_loopback(self._settings)
        write_private(folder / SETTINGS_FILE, _as_toml(base))
        http, operations = self._settings.http, self._settings.operations
        sockets = (
            bind("http.port", http.host, http.port),
            bind("operations.port", operations.host, operations.port),
            emulator_socket,
        )
        url = self._settings.database.url.get_secret_value()
        with translate_database_errors(url):
            upgrade(url)
        self._database_lock = lock_database(self._settings)
        require_audit_key(self._settings)
        self._application = open_application(self._settings)
        callback_url = f"{_url_of(sockets[0])}/callbacks/rtc"
        emulator = create_emulator(
            _emulator_settings(self._settings, self._state, folder, callback_url)
        )
        configs = (
            uvicorn_config(create_app(self._application, self._settings, f"http://{cloud}")),
            uvicorn_config(create_operations_app(self._application)),
            emulator_config(emulator),
        )
        self._listeners = [Listener(*each) for each in zip(configs, sockets, strict=True)]

    async def play(self, *, story: bool, as_json: bool) -> bool:
        """Create the accounts and play the stories, after start-up. False: a step failed."""
        if not story:
            await self._create_accounts(*_ROLES)
            print(msgspec.json.encode(self._to_json()).decode() if as_json else self._summary())
            sys.stdout.flush()
            return True
        await self._create_accounts("admin")
        loop = asyncio.get_running_loop()

        def verify_audit() -> VerificationResult:
            return asyncio.run_coroutine_threadsafe(self._application.verify_audit(), loop).result()

        stories = _import_stories()
        context = stories.StoryContext(
            api=self._listeners[0].url,
            emulator=self._listeners[2].url,
            settings=self._settings,
            passwords=self._state.passwords,
            key_file=EcdsaPrivateKey.from_pem(self._state.private_key.encode()),
            verify_audit=verify_audit,
        )
        # The official clients block, so they run in a thread.
        return await asyncio.to_thread(stories.play, context, as_json=as_json)

    def run(self, *, story: bool, once: bool, as_json: bool) -> bool:
        """Serve until a signal, or with `once` until the stories end. False on a failure."""
        succeeded = False

        async def when_started() -> None:
            nonlocal succeeded
            succeeded = await self.play(story=story, as_json=as_json)
            if once:
                stop_listeners(self._listeners)
            elif story and not as_json:
                print(self._summary(), flush=True)

        with self._database_lock:
            return run_listeners(self._listeners, when_started) and succeeded

    async def _create_accounts(self, *identifiers: str) -> None:
        for identifier in identifiers:
            new = NewAccount(identifier, self._state.passwords[identifier], _ROLES[identifier])
            with contextlib.suppress(IdentifierTaken):
                await self._application.accounts.administration.add(None, new)

    def _to_json(self) -> dict[str, object]:
        settings = self._settings
        return {
            "api": self._listeners[0].url,
            "emulator": self._listeners[2].url,
            "operations": self._listeners[1].url,
            "sdk_app_id": settings.im.sdk_app_id,
            "cos": {
                "bucket": settings.cos.bucket,
                "region": settings.cos.region,
                "app_id": settings.cos.app_id,
            },
            "accounts": [
                {
                    "identifier": identifier,
                    "password": self._state.passwords[identifier],
                    "role": role,
                }
                for identifier, role in _ROLES.items()
            ],
        }

    def _summary(self) -> str:
        passwords = self._state.passwords
        accounts = "\n".join(
            f"  {identifier:6} {role:8} {passwords[identifier]}"
            for identifier, role in _ROLES.items()
        )
        api = self._listeners[0].url
        return (
            f"\nThe console is at {api}/, the documentation of the API at {api}/docs.\n"
            f"The emulator is at {self._listeners[2].url}.\n"
            f"Accounts and their passwords:\n{accounts}\nPress Ctrl-C to stop."
        )


def _import_stories() -> ModuleType:
    """Import the stories. ConfigurationError: their clients, an extra, are not installed."""
    try:
        return import_module("classgate.cli.demo.stories")
    except ImportError as error:
        raise ConfigurationError(
            [f"demo: the story needs {error.name}; install classgate[demo], or use --no-story"]
        ) from error


def _load_state(folder: Path) -> DemoState:
    """Load the state of the data directory, or generate it at the first start."""
    path = folder / _STATE
    if path.is_file():
        return _require_complete(path, read_state(path, DemoState))
    state = DemoState(
        emulator=generate_state(),
        audit_key=secrets.token_hex(32),
        private_key=_new_private_key(),
        passwords={identifier: secrets.token_urlsafe(12) for identifier in _ROLES},
    )
    write_private(path, msgspec.json.encode(state))
    return state


def _require_complete(path: Path, state: DemoState) -> DemoState:
    """Return the state. ConfigurationError: the file was changed and cannot be used."""
    missing = sorted(_ROLES.keys() - state.passwords.keys())
    fault = f"the password of {missing[0]} is missing" if missing else None
    try:
        EcdsaPrivateKey.from_pem(state.private_key.encode())
    except (InvalidSigningKey, UnicodeError):
        fault = "private_key is not a valid key"
    if fault is not None:
        raise ConfigurationError([f"{path}: {fault}; remove the file to generate a new one"])
    return state


def _open_log(path: Path) -> TextIO:
    """Open the log file for appending. ConfigurationError: it cannot be written."""
    try:
        return path.open("a", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError([f"{path} cannot be written ({error.strerror})"]) from error


def _new_private_key() -> str:
    return (
        ec.generate_private_key(ec.SECP256K1())
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .decode()
    )


def _demo_settings(state: DemoState, folder: Path, port: int, address: str) -> SettingsTree:
    """Return the demo's settings; the environment overrides them."""
    emulator = state.emulator
    return {
        "http": {"port": port},
        "operations": {"port": port + 2 if port else 0},
        "database": {"url": f"sqlite:///{folder.absolute() / 'classgate.db'}"},
        "im": {
            "sdk_app_id": emulator.sdk_app_id,
            "secret_key": emulator.sdk_secret_key,
            "endpoint": address,
        },
        "cloud": {
            "secret_id": emulator.secret_id,
            "secret_key": emulator.secret_key,
            "scheme": "http",
            "sts_endpoint": address,
            "cos_endpoint": address,
            "cos_json_endpoint": address,
            "vod_endpoint": address,
            "trtc_endpoint": address,
        },
        "cos": {
            "app_id": emulator.app_id,
            "bucket": emulator.bucket,
            "region": emulator.region,
        },
        "audit": {"key": state.audit_key},
        "accounts": {"registration": "invitation"},
        "console": {"second_factor": "optional"},
        "callbacks": {"rtc_key": secrets.token_hex(16)},  # of this start: nobody else knows it
        "legacy": {
            "enabled": True,
            "student_registration": "open",
            "teacher_registration": "open",
            "password_min_length": 1,
        },
    }


def _as_toml(tree: SettingsTree) -> bytes:
    """Format the settings as TOML, in which strings and numbers are written as in JSON."""
    lines = ["# Settings of the demo, written at each start. The keys are valid only in the demo."]
    for group, values in tree.items():
        lines += ["", f"[{group}]"]
        lines += [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    return "\n".join([*lines, ""]).encode()


def _require_loopback(settings: Settings) -> None:
    """Require listeners on loopback, because the demo prints passwords. ConfigurationError."""
    faults = [
        f"{setting}: the demo listens on loopback only; use `classgate serve` for others"
        for setting, host in (
            ("http.host", settings.http.host),
            ("operations.host", settings.operations.host),
        )
        if not _is_loopback(host)
    ]
    if faults:
        raise ConfigurationError(faults)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _url_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _emulator_settings(
    settings: Settings, state: DemoState, folder: Path, callback_url: str
) -> EmulatorSettings:
    """Return settings with which the emulator accepts the service's keys."""
    key_file = settings.im.private_key or SecretStr(state.private_key)
    secret_key, rtc_key = settings.im.secret_key, settings.callbacks.rtc_key
    return EmulatorSettings(
        region=settings.cos.region,
        cloud_app_id=settings.cos.app_id,
        bucket=settings.cos.bucket,
        secret_id=settings.cloud.secret_id.get_secret_value(),
        secret_key=settings.cloud.secret_key.get_secret_value(),
        sdk_app_id=settings.im.sdk_app_id,
        sdk_secret_key=None if secret_key is None else secret_key.get_secret_value(),
        public_key_pem=_public_key_of(key_file.get_secret_value()),
        data_dir=folder / "emulator",
        rtc_callback_url="" if rtc_key is None else callback_url,
        rtc_callback_key="" if rtc_key is None else rtc_key.get_secret_value(),
    )


def _public_key_of(private_key: str) -> bytes:
    key = load_pem_private_key(private_key.encode(), password=None)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
