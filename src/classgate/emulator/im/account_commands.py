"""The commands about accounts: `im_open_login_svc/…` and `openim/query_online_status`.

Sources: documents 454/1608, 248/4919, 269/3853, 269/36443 and 269/2566.
"""

from collections.abc import Callable
from typing import Any, Final

from classgate.emulator.im import errors as codes
from classgate.emulator.im.accounts import Accounts
from classgate.emulator.im.errors import ImError
from classgate.emulator.im.parameters import Parameters
from classgate.emulator.im.plans import Plan

_MAX_ACCOUNTS: Final = 100
_MAX_ASKED: Final = 500
_MAX_TEXT_BYTES: Final = 4096


class AccountCommands:
    """Answers the commands. Each raises `ImError`."""

    def __init__(self, accounts: Accounts, plan: Callable[[], Plan]) -> None:
        self._accounts = accounts
        self._plan = plan

    def account_import(self, given: Parameters) -> dict[str, Any]:
        """Import an account.

        Unknown: whether the older name `Identifier` still works; here it does not.
        """
        self._import(given)
        return {}

    def multiaccount_import(self, given: Parameters) -> dict[str, Any]:
        """Import up to 100 accounts: `AccountList`, or the older `Accounts`, a list of names."""
        if given.has("AccountList"):
            listed = given.objects("AccountList", _MAX_ACCOUNTS)
        else:
            names = given.identifiers("Accounts", _MAX_ACCOUNTS)
            listed = [Parameters({"UserID": name}, codes.BAD_PARAMETER) for name in names]
        failed = []
        for each in listed:
            identifier = each.identifier("UserID")
            try:
                self._import(each)
            except ImError:
                failed.append(identifier)
        return {"FailAccounts": failed}

    def kick(self, given: Parameters) -> dict[str, Any]:
        self._accounts.kick(given.identifier("UserID"))
        return {}

    def account_delete(self, given: Parameters) -> dict[str, Any]:
        names = given.members("DeleteItem", "UserID", _MAX_ACCOUNTS)
        return {"ResultItem": [self._deleted(each) for each in names]}

    def query_online_status(self, given: Parameters) -> dict[str, Any]:
        """Return who is online: whoever has logged in at the check and was not kicked since."""
        asked = given.identifiers("To_Account", _MAX_ASKED)
        known = [each for each in asked if self._accounts.has(each)]
        return {
            "QueryResult": [
                {"To_Account": each, "Status": self._status(each)} for each in known
            ],
            "ErrorList": [
                {"To_Account": each, "ErrorCode": codes.NOT_IMPORTED}
                for each in asked
                if each not in known
            ],
        }  # fmt: skip

    def _import(self, given: Parameters) -> None:
        self._accounts.import_account(
            given.identifier("UserID"),
            given.text("Nick", _MAX_TEXT_BYTES, ""),
            given.text("FaceUrl", _MAX_TEXT_BYTES, ""),
            self._plan(),
        )

    def _deleted(self, identifier: str) -> dict[str, Any]:
        try:
            self._accounts.delete(identifier)
        except ImError as error:
            return {"ResultCode": error.code, "ResultInfo": error.message, "UserID": identifier}
        return {"ResultCode": 0, "ResultInfo": "", "UserID": identifier}

    def _status(self, identifier: str) -> str:
        return "Online" if self._accounts.is_online(identifier) else "Offline"
