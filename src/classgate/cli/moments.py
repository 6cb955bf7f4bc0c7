"""Times on the command line."""

import re
from datetime import UTC, datetime, timedelta

import typer

SinceOption = typer.Option(
    None, "--since", metavar="T", help="Unix seconds, an ISO time, or an age such as 30m, 2h, 7d."
)

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def read_moment(text: str) -> datetime:
    """Return the time of `--since`: Unix seconds, an ISO time, or an age. BadParameter."""
    age = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    try:
        if age is not None:
            return datetime.now(UTC) - timedelta(seconds=int(age[1]) * _UNITS[age[2]])
        if re.fullmatch(r"[0-9]+", text):
            return datetime.fromtimestamp(int(text), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise typer.BadParameter(
            "expected Unix seconds, an ISO time or an age such as 2h", param_hint="--since"
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
