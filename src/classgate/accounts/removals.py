"""What ends for a person at the gate ends in the cloud: out of a room, or out everywhere.

Leaving one class, and the end of the session that entered it, is a removal from its room and its
replay group. The kick of IM throws a person out everywhere, so it is only for a disabled or deleted
account, and for the end of all sessions.
"""

from datetime import datetime, timedelta

from classgate.accounts.models import Account
from classgate.leases.service import LeaseService
from classgate.outbox.service import Outbox
from classgate.storage.database import DatabaseConnection


class CloudRemovals:
    """Enqueues removals, in the transaction that ends the leases.

    A PrivateMapKey opens the room until it expires: `private_map_key_lifetime` after its issue.
    """

    def __init__(
        self, leases: LeaseService, outbox: Outbox, private_map_key_lifetime: timedelta
    ) -> None:
        self._leases = leases
        self._outbox = outbox
        self._private_map_key_lifetime = private_map_key_lifetime

    async def remove_from_class(
        self, connection: DatabaseConnection, account: Account, classroom_id: int, at: datetime
    ) -> None:
        """Remove the account from the room, until its last PrivateMapKey has expired."""
        await self._outbox.enqueue_removal(
            connection,
            classroom_id=classroom_id,
            account_id=account.account_id,
            identifier=account.identifier,
            at=at,
            until=await self.last_key_expiry(connection, account.account_id, classroom_id, at),
        )

    async def last_key_expiry(
        self, connection: DatabaseConnection, account_id: int, classroom_id: int, at: datetime
    ) -> datetime:
        """Return when the account's last PrivateMapKey of the class expires, or `at` if later."""
        issued_at = await self._leases.find_latest_entry_time(connection, account_id, classroom_id)
        return at if issued_at is None else max(at, issued_at + self._private_map_key_lifetime)

    async def remove_session(
        self,
        connection: DatabaseConnection,
        account: Account,
        session_id: str,
        at: datetime,
        *,
        elsewhere: bool = False,
    ) -> None:
        """Remove the account from the rooms that it entered in the session, or in its others.

        Call it before the leases end. Nobody is removed who entered in a session that goes on: TRTC
        knows one room user per account.
        """
        for classroom_id in await self._leases.list_entered(
            connection, account.account_id, session_id, elsewhere=elsewhere
        ):
            await self.remove_from_class(connection, account, classroom_id, at)

    async def remove_everywhere(
        self, connection: DatabaseConnection, account: Account, at: datetime
    ) -> None:
        """Remove the account from every room and kick it. Call it before the leases end."""
        for classroom_id in await self._leases.list_rooms(connection, account.account_id, at):
            await self.remove_from_class(connection, account, classroom_id, at)
        await self._outbox.enqueue_kick(
            connection, account_id=account.account_id, identifier=account.identifier, at=at
        )
