"""Files with secrets that the command line cannot read."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from classgate.cli.secret_input import read_content
from classgate.errors import ConfigurationError


@pytest.mark.parametrize(("number", "user"), [(0, "root"), (2_000_000_001, "2000000001")])
def test_unreadable_file_names_the_user_and_stdin(
    monkeypatch: pytest.MonkeyPatch, number: int, user: str
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(os, "geteuid", lambda: number)
    with pytest.raises(ConfigurationError) as refused:
        read_content("term.csv", 100)
    assert refused.value.faults == (
        f"term.csv: the user {user} may not read it; as a user who may, write - for its name and "
        "send it to stdin: … - < FILE",
    )
