"""The command `classgate`: its subcommands and exit codes.

Exit 0: done. 1: the answer is no. 2: wrong usage or configuration. 130: interrupted by Ctrl-C.
"""

import sys
from importlib import import_module

import typer

import classgate
from classgate.errors import ClassgateError, ConfigurationError

# Commands are imported lazily: verifying a UserSig needs neither a server nor a database.
_MODULES = {
    "demo": "classgate.cli.demo.command",
    "serve": "classgate.cli.serve",
    "emulator": "classgate.cli.emulator",
    "user-sig": "classgate.cli.user_sig",
    "accounts": "classgate.cli.accounts",
    "db": "classgate.cli.database",
    "audit": "classgate.cli.audit",
    "doctor": "classgate.cli.doctor",
}


def create_app(*names: str) -> typer.Typer:
    """Return the command line with these commands."""
    app = typer.Typer(
        name="classgate",
        no_args_is_help=True,
        pretty_exceptions_enable=False,  # they print local variables, which may contain secrets
        add_completion=False,
        rich_markup_mode=None,
    )
    app.callback()(_root)
    for name in names:
        commands: typer.Typer = import_module(_MODULES[name]).app
        alone = commands.registered_commands
        if len(alone) == 1 and commands.registered_callback is None:
            app.command(name)(alone[0].callback or _root)
        else:
            app.add_typer(commands, name=name)
    return app


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
    called = sys.argv[1] if len(sys.argv) > 1 else ""
    app = create_app(*([called] if called in _MODULES else _MODULES))
    try:
        app(prog_name="classgate")
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
