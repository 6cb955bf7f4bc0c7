"""Secrets and answers of the command line: read from files and stdin, never from arguments."""

import getpass
import sys
from pathlib import Path

import typer

from classgate.errors import ConfigurationError

JsonOption = typer.Option(False, "--json", help="Print one JSON object.")

_MOST_SECRET = 64 * 1024


def read_secret_file(path: str) -> str:
    """A secret from a file, or from stdin for `-`. ConfigurationError names why not."""
    try:
        if path == "-":
            text = sys.stdin.read(_MOST_SECRET)
        else:
            text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{path} cannot be read ({type(error).__name__})"]) from error
    return text


def read_password() -> str:
    """A password from stdin: typed twice and unseen at a terminal, one line otherwise."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        if not line:
            raise ConfigurationError(["the password is read from stdin, which is empty"])
        return line.rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise ConfigurationError(["the two passwords are not the same"])
    return password
