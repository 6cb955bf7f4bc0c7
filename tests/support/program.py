"""The program as a process: where it is, and an environment for it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SETTINGS = {
    "CLASSGATE_DATABASE__URL": "sqlite:///classgate.db",
    "CLASSGATE_IM__SDK_APP_ID": "1400000001",
    "CLASSGATE_IM__SECRET_KEY": "7c1e90f3b6a2485dd03f51e8a96b7c24e58d0b13f7a96c42805ed1b7493f6ca8",
    "CLASSGATE_CLOUD__SECRET_ID": "AKID0123456789abcdefghijklmnopqrst",
    "CLASSGATE_CLOUD__SECRET_KEY": "Qk7vXo2TzR9mBp4LhJ8wNc5YdG1sFa6E",
    "CLASSGATE_COS__APP_ID": "1250000000",
    "CLASSGATE_COS__BUCKET": "courseware-1250000000",
    "CLASSGATE_COS__REGION": "ap-guangzhou",
    "CLASSGATE_AUDIT__KEY": "d81b3fa06e92c7541f0a8d6ce3b97240",
}


PASSWORD = "a long enough sentence"


CLASSGATE = Path(sys.executable).with_name("classgate")


Run = Callable[..., subprocess.CompletedProcess[str]]


def clean_environment(more: dict[str, str] | None = None) -> dict[str, str]:
    """This process's environment without settings of classgate."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLASSGATE_")}
    return {**kept, **(more or {})}
