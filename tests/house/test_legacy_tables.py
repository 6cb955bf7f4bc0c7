"""The legacy API's tables are those of its protocol: no command, code or error without a row."""

import ast
import re
from pathlib import Path
from unittest.mock import Mock

import pytest
from tests.support.error_tree import ERRORS

from classgate.errors import ClassgateError, TooManyAttempts
from classgate.legacy import error_codes
from classgate.legacy.calls import AuthMode
from classgate.legacy.commands import commands_of
from classgate.legacy.error_codes import ERROR_CODES, error_code_of

PROTOCOL = {
    AuthMode.ANONYMOUS: {"account/regist", "account/login", "account/logout"},
    AuthMode.TOKEN: {
        "live/startcourse", "live/exitroom", "live/reportmemid", "live/roomidlist",
        "live/roomlist", "live/reportbind", "live/querybind", "vod/get_sign",
        "vod/get_client_sign", "vod/cmd_proxy",
    },
    AuthMode.CACHED_TOKEN: {"live/create", "live/heartbeat", "cos/get_sign"},
    AuthMode.CUSTOM: {"live/makereplayidx", "live/reccall", "live/idxfileendcall"},
}  # fmt: skip
# 10007 and 10106 are reserved and never sent; 10103 is of a time when commands waited for IM.
CODES = {
    0, 10001, 10002, 10003, 10004, 10005, 10006, 10008, 10009, 10100, 10101, 10102, 10104, 10105,
    10107, 90000,
}  # fmt: skip
FOLDER = Path(error_codes.__file__).parent


def test_every_command_has_a_row_and_nothing_else_has() -> None:
    found = {family: set[str]() for family in AuthMode}
    for (svc, cmd), command in commands_of(Mock()).items():
        found[command.auth_mode].add(f"{svc}/{cmd}")
    assert found == PROTOCOL


def test_named_codes_are_those_of_the_protocol() -> None:
    named = [value for value in vars(error_codes).values() if type(value) is int]
    assert sorted(named) == sorted(CODES)


def test_errors_become_codes_of_the_protocol() -> None:
    assert set(ERROR_CODES.values()) <= CODES - {0}


def test_no_module_writes_a_code_by_its_number() -> None:
    for path in FOLDER.glob("*.py"):
        if path.name != "error_codes.py":
            numbers = [
                node.value
                for node in ast.walk(ast.parse(path.read_text("utf-8")))
                if isinstance(node, ast.Constant) and type(node.value) is int
            ]
            assert not (CODES - {0}) & set(numbers), path.name


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_has_a_row_or_a_parent_with_one(error: type[ClassgateError]) -> None:
    """One of its own group: 90000 is for what cannot be helped, not for what was forgotten."""
    row = next(each for each in error.__mro__ if each in ERROR_CODES)
    assert error_code_of(error) == ERROR_CODES[row]
    if row is ClassgateError:
        assert issubclass(error, TooManyAttempts) or error.__name__ in {
            "ClassgateError", "CloudError", "CloudRejected", "CloudUnavailable",
            "DatabaseDamaged", "Overloaded", "ServiceUnavailable",
        }  # fmt: skip


def test_every_row_is_an_error_of_the_tree() -> None:
    assert set(ERROR_CODES) <= set(ERRORS)


def test_what_the_old_backend_did_not_refuse_is_10101() -> None:
    """10009 would log a client out, and 10003 some ignore."""
    assert error_codes.NOT_ALLOWED == 10101
    names = {error.__name__: error_code_of(error) for error in ERRORS}
    assert names["PermissionDenied"] == 10101
    assert names["NotAuthenticated"] == 10009
    over = {name for name, code in names.items() if code == 10009}
    # SecondFactorRequired is of admins, who cannot use the legacy API.
    assert over == {"NotAuthenticated", "SecondFactorRequired", "SessionEnded", "TokenMissing"}


def test_each_command_says_what_it_is_for() -> None:
    for path in FOLDER.glob("*_commands.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_"):
                assert re.match(r"`[a-z_/]+`: ", ast.get_docstring(node) or ""), node.name
