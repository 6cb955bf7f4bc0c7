"""Opens and ends sessions, in the caller's transaction and with audit rows.

The number of open sessions per account is bounded. `service` decides who may open or end one.
"""

from collections.abc import Sequence

from classgate.accounts import access_tokens
from classgate.accounts import session_repository as repository
from classgate.accounts.models import Account, Session, SessionChannel, SessionLimits
from classgate.accounts.removals import CloudRemovals
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.leases.models import LeaseScope
from classgate.leases.service import LeaseService
from classgate.storage.database import DatabaseConnection

MAX_OPEN_SESSIONS = 20
"""The maximum number of open sessions of an account, over all APIs."""

_WITH_SECOND_FACTOR = "the password and the second factor are right"
_MAX_ENDED_AT_ONCE = 20  # per log-in; more exist only from before there was a limit


class SessionRegistry:
    """Writes sessions and ends what is attached to them."""

    def __init__(
        self,
        audit: AuditLog,
        leases: LeaseService,
        removals: CloudRemovals,
        limits: SessionLimits,
        clock: Clock,
    ) -> None:
        self._audit = audit
        self._leases = leases
        self._removals = removals
        self._limits = limits
        self._clock = clock

    async def open(
        self,
        connection: DatabaseConnection,
        account: Account,
        token: str,
        channel: SessionChannel,
        *,
        second_factor: bool = False,
    ) -> Session:
        """Open a session for the token. The oldest ones end if there are too many.

        In the legacy API a log-in ends the previous session, as it always did.
        """
        account_id, now = account.account_id, self._clock()
        if channel is SessionChannel.LEGACY:
            replaced = await repository.list_open_by_channel(connection, account_id, channel)
            await self._end_some(connection, account, replaced, "logged_in_again")
        surplus = await repository.list_older(
            connection, account_id, now, MAX_OPEN_SESSIONS - 1, _MAX_ENDED_AT_ONCE
        )
        await self._end_some(connection, account, surplus, "too_many_sessions")
        session = Session(
            session_id=access_tokens.new_session_id(),
            account_id=account_id,
            channel=channel,
            created_at=now,
            last_used_at=now,
            expires_at=now + self._limits.lifetime,
        )
        await repository.add_session(connection, session, access_tokens.digest(token))
        await self._audit.record(
            connection,
            AuditEntry(
                event=AuditEvent.SESSION_OPENED,
                at=now,
                account_id=account_id,
                actor_id=account_id,
                rule=_WITH_SECOND_FACTOR if second_factor else "the password is right",
                credentials=(token,),
                details={"session_id": session.session_id, "channel": channel.value},
            ),
        )
        return session

    async def _end_some(
        self,
        connection: DatabaseConnection,
        account: Account,
        session_ids: Sequence[str],
        reason: str,
    ) -> None:
        for session_id in session_ids:
            await self.end(connection, account, session_id, reason)

    async def end(
        self, connection: DatabaseConnection, account: Account, session_id: str, reason: str
    ) -> bool:
        """End the session and everything attached to it, with audit rows; False: not open."""
        account_id, now = account.account_id, self._clock()
        if not await repository.end_session(connection, account_id, session_id, now):
            return False
        await self._removals.remove_session(connection, account, session_id, now)
        ended = await self._leases.end(connection, LeaseScope(session_id=session_id), now, reason)
        await self._audit.record(
            connection,
            AuditEntry(
                event=AuditEvent.SESSION_ENDED,
                at=now,
                account_id=account_id,
                actor_id=account_id,
                details={"session_id": session_id, "leases_ended": ended},
            ),
        )
        return True

    async def end_others(
        self, connection: DatabaseConnection, account: Account, kept_id: str, reason: str
    ) -> int:
        """End all sessions but one and everything attached to them; return their number."""
        account_id, now = account.account_id, self._clock()
        ended = await repository.end_sessions(connection, account_id, now, keep=kept_id)
        await self._removals.remove_session(connection, account, kept_id, now, elsewhere=True)
        others = LeaseScope(account_id=account_id, except_session_id=kept_id)
        await self._leases.end(connection, others, now, reason)
        return ended
