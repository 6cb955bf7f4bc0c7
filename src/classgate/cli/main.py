"""The command `classgate`: its subcommands and exit codes.

Exit 0: done. 1: the answer is no. 2: wrong usage or configuration. 130: interrupted by Ctrl-C.
"""

import sys
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

import classgate
from classgate.cli.garbage_collection import paused_collection
from classgate.cli.hidden_packages import hidden
from classgate.errors import ClassgateError, ConfigurationError

COMMANDS: Final = {
    "demo": (
        "classgate.cli.demo.command",
        "Start classgate and the emulator on loopback, play the story, then serve until Ctrl-C.",
    ),
    "serve": ("classgate.cli.serve", "Serve the API, and the operations listener beside it."),
    "emulator": (
        "classgate.cli.emulator",
        "Run a local emulator of Tencent Cloud that verifies every signature and enforces every "
        "policy.",
    ),
    "doctor": (
        "classgate.cli.doctor",
        "Check settings, clock, keys, database, STS, the bucket and its CORS rule, and print the "
        "fixes.",
    ),
    "explain": (
        "classgate.cli.explain",
        "Explain a UserSig, a PrivateMapKey, a signature, a policy, an error reply or a code.",
    ),
    "user-sig": ("classgate.cli.user_sig", "Issue and verify UserSigs by hand."),
    "accounts": (
        "classgate.cli.accounts",
        "Create and change accounts; passwords are read from stdin.",
    ),
    "db": ("classgate.cli.database", "Make, upgrade, back up and restore the database."),
    "outbox": (
        "classgate.cli.outbox",
        "List messages to the cloud; retry or drop those that were set aside.",
    ),
    "refusals": (
        "classgate.cli.refusals",
        "Print who was refused what, when and why; newest first.",
    ),
    "why": (
        "classgate.cli.why",
        "Explain why a person may act in a class, or may not; nothing is issued.",
    ),
    "keys": (
        "classgate.cli.keys",
        "Print the keys, what is still valid under each, and which may be dropped.",
    ),
    "audit": (
        "classgate.cli.audit",
        "Print what was issued to whom, when and by which rule; newest first.",
    ),
}
"""The module of each command, and the line that `classgate --help` prints for it.

A command is imported when it is called: neither the help nor a verified UserSig needs a server.
"""


class _Commands(TyperGroup):
    """The commands as placeholders, which show their help line; the called one is loaded."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _placeholder, rest = super().resolve_command(ctx, args)
        return name, load_command(str(name)), rest


def load_command(name: str) -> Any:
    """Import a command and return it."""
    # structlog would take rich, with pygments and attrs, for coloured tracebacks: 4 MiB of memory.
    with paused_collection(), hidden("rich"):
        commands: typer.Typer = import_module(COMMANDS[name][0]).app
    app = _new_app(TyperGroup)
    alone = commands.registered_commands
    if len(alone) == 1 and commands.registered_callback is None:
        app.command(name, context_settings=alone[0].context_settings)(
            alone[0].callback or _placeholder
        )
    else:
        app.add_typer(commands, name=name)
    return typer.main.get_group(app).commands[name]


def create_app() -> typer.Typer:
    """Return the command line."""
    app = _new_app(_Commands)
    app.callback()(_root)
    for name, (_, help_line) in COMMANDS.items():
        app.command(name, help=help_line)(_placeholder)
    return app


def _new_app(group: type[TyperGroup]) -> typer.Typer:
    return typer.Typer(
        name="classgate",
        cls=group,
        no_args_is_help=True,
        pretty_exceptions_enable=False,  # they print local variables, which may contain secrets
        add_completion=False,
        rich_markup_mode=None,
    )


def _placeholder() -> None:
    """Stand for a command that is not loaded."""


def _print_version(wanted: bool) -> None:
    if wanted:
        print(classgate.__version__)
        raise typer.Exit


def _root(
    _version: bool = typer.Option(
        False, "--version", help="Print the version.", callback=_print_version, is_eager=True
    ),
) -> None:
    """Authorize, issue and record access to online classrooms on Tencent Cloud."""


def main() -> None:
    """The entry point: turn our errors into a message and an exit code."""
    try:
        create_app()(prog_name="classgate")
    except ConfigurationError as error:
        for fault in error.faults:
            print(f"classgate: {fault}", file=sys.stderr)
        sys.exit(2)
    except ClassgateError as error:
        print(f"classgate: {error.message}", file=sys.stderr)
        sys.exit(1)
    except UnicodeError:
        print("classgate: an argument is not valid UTF-8", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
