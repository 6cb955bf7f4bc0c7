"""Secrets and answers of the command line: read from files and stdin, never from arguments."""

import getpass
import os
import sys
from pathlib import Path

import typer

from classgate.errors import ConfigurationError
from classgate.settings.files import user_name

JsonOption = typer.Option(False, "--json", help="Print one JSON object.")

_MAX_SECRET_CHARACTERS = 64 * 1024


def read_secret_file(path: str) -> str:
    """Read a secret from a file, or from stdin for `-`. ConfigurationError: unreadable."""
    try:
        if path == "-":
            text = sys.stdin.read(_MAX_SECRET_CHARACTERS)
        else:
            text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError([f"{path}: {_explain(error)}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError([f"{path}: is not text in UTF-8"]) from error
    return text


def read_content(path: str, max_size: int) -> bytes:
    """Read a file with secrets, or stdin for `-`; return one byte more than allowed if too long.

    Warns if others can read the file. ConfigurationError: unreadable.
    """
    try:
        if path == "-":
            return sys.stdin.buffer.read(max_size + 1)
        with Path(path).open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                typer.echo(f"{path} holds passwords, and others can read it: chmod 600", err=True)
            return file.read(max_size + 1)
    except OSError as error:
        raise ConfigurationError([f"{path}: {_explain(error)}"]) from error


def _explain(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case IsADirectoryError():
            return "is a folder, not a file"
        case PermissionError():
            user = user_name(os.geteuid())
            return (
                f"the user {user} may not read it; as a user who may, write - for its name and "
                "send it to stdin: … - < FILE"
            )
        case _:
            return f"cannot be read ({error.strerror or type(error).__name__})"


def read_password() -> str:
    """Read a password from stdin: twice without echo at a terminal, otherwise one line."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        if not line:
            raise ConfigurationError(["no password was given on stdin"])
        return line.rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise ConfigurationError(["the two passwords differ"])
    return password
