"""PURE: what an account has to be to log in. The password is another matter.

All of them raise one error, so that callers cannot tell an unknown account, a disabled one and a
wrong password apart.
"""

from collections.abc import Callable, Mapping

from classgate.accounts.repository import StoredPassword
from classgate.errors import WrongCredentials

LogInCheck = Callable[[StoredPassword | None], None]
"""One check of an account. It raises its own error."""


def _require_exists(stored: StoredPassword | None) -> None:
    """Require that there is an account of that name. WrongCredentials."""
    if stored is None:
        raise WrongCredentials


def _require_enabled(stored: StoredPassword | None) -> None:
    """Require that no admin disabled the account. WrongCredentials."""
    if stored is not None and stored.account.disabled:
        raise WrongCredentials


LOG_IN_CHECKS: Mapping[str, LogInCheck] = {
    "account_exists": _require_exists,
    "account_enabled": _require_enabled,
}
"""The checks by name, in the order in which they decide."""


def require_may_log_in(stored: StoredPassword | None) -> None:
    """Require an account that may log in. WrongCredentials."""
    for check in LOG_IN_CHECKS.values():
        check(stored)
