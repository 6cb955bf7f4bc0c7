"""The list of accounts that an admin looks through."""

import unicodedata
from dataclasses import replace

from classgate.accounts import list_repository
from classgate.accounts.identifiers import fold
from classgate.accounts.models import Account, AccountFilter
from classgate.storage.cursors import CursorFormat, split_page
from classgate.storage.database import Database

_CURSOR = CursorFormat("([a-z0-9_-]{1,32})")


class AccountList:
    """Lists and searches accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_accounts(
        self, wanted: AccountFilter, cursor: str | None, limit: int
    ) -> tuple[list[Account], str | None]:
        """Return a page of accounts by identifier, and the next cursor. InvalidRequest.

        With a filter, a page may have fewer accounts than the limit, or none, and still a cursor:
        each call looks at a bounded number of accounts.
        """
        after = "" if cursor is None else _CURSOR.read(cursor)[0]
        # Display names are stored in NFC.
        text = unicodedata.normalize("NFC", wanted.text or "").strip()
        found, stopped_at = await list_repository.list_accounts(
            self._database.reader, replace(wanted, text=text or None), after, limit + 1
        )
        page, next_cursor = split_page(found, limit, lambda each: fold(each.identifier))
        return page, next_cursor or stopped_at
