"""`classgate accounts reset-second-factor`: for an admin who lost the device."""

from pathlib import Path

import msgspec
import typer

from classgate.cli.secret_input import JsonOption
from classgate.cli.settings_file import ConfigOption
from classgate.cli.startup import run_with_application


def reset_second_factor(
    identifier: str = typer.Argument(..., metavar="ID", help="The account's identifier."),
    config: Path | None = ConfigOption,
    as_json: bool = JsonOption,
) -> None:
    """Remove the second factor of an admin who lost the device, and end their console sessions.

    Example: classgate accounts reset-second-factor anna
    """
    had_one = run_with_application(config, lambda it: it.accounts.second_factors.reset(identifier))
    if as_json:
        view = {"identifier": identifier, "reset": had_one}
        print(msgspec.json.encode(view).decode())
    elif had_one:
        print(f"{identifier} logs in by the password alone, and sets up a second factor again")
    else:
        print(f"{identifier} has no second factor; nothing to do")
