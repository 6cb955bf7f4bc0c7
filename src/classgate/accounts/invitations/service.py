"""Invitations: an admin issues one, and people create their own account with it.

The token is shown once and stored as a digest. Unknown, expired and used-up tokens get the same
error.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from classgate.accounts import access_tokens
from classgate.accounts.administration import require_admin
from classgate.accounts.attempt_limits import AttemptLimiter
from classgate.accounts.confirmations import Confirmations
from classgate.accounts.invitations import repository as invitation_repository
from classgate.accounts.models import (
    Account,
    AccountRole,
    Caller,
    Invitation,
    ListedInvitation,
)
from classgate.accounts.service import AccountService
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.errors import InvalidInvitation
from classgate.registration_refusals import InvitationNotFound
from classgate.storage.cursors import read_time_and_id, split_page, write_time_and_id
from classgate.storage.database import Database, DatabaseConnection
from classgate.validation import field_error

MAX_USES = 1000
LIFETIME = timedelta(days=7)
MAX_LIFETIME = timedelta(days=90)

_ID = "i[0-9a-f]{24}"
_PREFIX = "cgi_"  # secret scanners recognise a leaked token by it


@dataclass(frozen=True)
class IssuedInvitation:
    """An issued invitation. `token` is shown only once."""

    token: str
    invitation: Invitation


class InvitationService:
    """Issues and redeems invitations."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        accounts: AccountService,
        attempts: AttemptLimiter,
        confirmations: Confirmations,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._accounts = accounts
        self._attempts = attempts
        self._confirmations = confirmations
        self._clock = clock

    async def issue_invitation(
        self,
        actor: Caller | None,
        role: AccountRole,
        uses: int = 1,
        expires_at: datetime | None = None,
    ) -> IssuedInvitation:
        """Issue an invitation for `uses` accounts of a role; one week unless specified.

        InvalidRequest: too many uses, or too long. NotAuthenticated, PermissionDenied.
        ConfirmationNeeded: for an admin.
        """
        now = self._clock()
        token = _PREFIX + secrets.token_urlsafe(24)
        invitation = Invitation(
            invitation_id=f"i{secrets.token_hex(12)}",
            role=role,
            uses=_require_uses(role, uses),
            expires_at=_require_valid_expiry(now, expires_at),
        )
        async with self._database.transaction() as connection:
            if actor is not None:
                require_admin((await self._accounts.reload_caller(connection, actor)).account)
                if role is AccountRole.ADMIN:
                    await self._confirmations.require(connection, actor)
            made_by = None if actor is None else actor.account_id
            digest = access_tokens.digest(token)
            await invitation_repository.add(connection, invitation, digest, made_by, now)
            await self._audit.record(
                connection,
                AuditEntry(
                    event=AuditEvent.INVITATION_CREATED,
                    at=now,
                    actor_id=made_by,
                    rule="the command line" if actor is None else "an admin may invite",
                    credentials=(token,),
                    details={
                        "invitation_id": invitation.invitation_id,
                        "role": role.value,
                        "uses": uses,
                        "expires_at": int(invitation.expires_at.timestamp()),
                    },
                ),
            )
        return IssuedInvitation(token, invitation)

    async def list_valid(
        self, cursor: str | None, limit: int
    ) -> tuple[list[ListedInvitation], str | None]:
        """Return a page of the invitations that can be used, the first to end first, and the next
        cursor. InvalidRequest: invalid cursor.
        """
        now = self._clock()
        after = read_time_and_id(cursor, _ID) or (now, "")
        found = await invitation_repository.list_valid(self._database.reader, now, after, limit + 1)
        return split_page(
            found, limit, lambda each: write_time_and_id(each.expires_at, each.invitation_id)
        )

    async def revoke(self, actor: Caller, invitation_id: str) -> None:
        """End an invitation. InvitationNotFound: there is none that can be used."""
        now = self._clock()
        async with self._database.transaction() as connection:
            require_admin((await self._accounts.reload_caller(connection, actor)).account)
            if not await invitation_repository.revoke(connection, invitation_id, now):
                raise InvitationNotFound
            await self._audit.record(
                connection,
                AuditEntry(
                    event=AuditEvent.INVITATION_REVOKED,
                    at=now,
                    actor_id=actor.account_id,
                    rule="an admin may revoke invitations",
                    details={"invitation_id": invitation_id},
                ),
            )

    async def get_valid(self, token: str, address: str) -> Invitation:
        """Check the token before a password is hashed. InvalidInvitation, TooManyAttempts."""
        now = self._clock()
        digest = access_tokens.digest(token)
        found = await invitation_repository.find_valid(self._database.reader, digest, now)
        if found is None:
            await self._attempts.count_wrong_invitation(address, now)
            raise InvalidInvitation
        return found

    async def use(self, connection: DatabaseConnection, invitation: Invitation) -> None:
        """Count one use in the transaction that creates the account. InvalidInvitation."""
        if not await invitation_repository.use(connection, invitation.invitation_id, self._clock()):
            raise InvalidInvitation

    async def record_use(
        self, connection: DatabaseConnection, invitation: Invitation, token: str, account: Account
    ) -> None:
        """Record who used the invitation."""
        await self._audit.record(
            connection,
            AuditEntry(
                event=AuditEvent.INVITATION_USED,
                at=self._clock(),
                account_id=account.account_id,
                actor_id=account.account_id,
                credentials=(token,),
                details={"invitation_id": invitation.invitation_id, "role": account.role.value},
            ),
        )


def _require_uses(role: AccountRole, uses: int) -> int:
    maximum = 1 if role is AccountRole.ADMIN else MAX_USES
    if not 1 <= uses <= maximum:
        expected = "1" if maximum == 1 else f"1 to {maximum}"
        raise field_error("uses", f"expected {expected} for an invitation as {role.value}")
    return uses


def _require_valid_expiry(now: datetime, expires_at: datetime | None) -> datetime:
    if expires_at is None:
        return now + LIFETIME
    if not now < expires_at <= now + MAX_LIFETIME:
        raise field_error("expires_at", f"a time in the next {MAX_LIFETIME.days} days is expected")
    return expires_at
