"""Authentication, sessions, one's own password and UserSig.

Logging in is in `log_in`, administration of other accounts in `administration`.
"""

from dataclasses import replace
from datetime import datetime

from classgate.accounts import access_tokens, repository, session_repository
from classgate.accounts.attempt_limits import AttemptLimiter
from classgate.accounts.known_addresses import KnownAddresses
from classgate.accounts.models import (
    Account,
    Caller,
    Session,
    SessionChannel,
    SessionLimits,
    UserSigGrant,
)
from classgate.accounts.passwords import PasswordPool, require_acceptable
from classgate.accounts.refused_logins import session_ended
from classgate.accounts.repository import StoredPassword
from classgate.accounts.session_activity import SessionActivity
from classgate.accounts.session_registry import SessionRegistry
from classgate.accounts.user_sigs import DEFAULT_LIFETIME, SignedUserSig, UserSigIssuer
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.errors import (
    NotAuthenticated,
    SessionNotFound,
)
from classgate.leases.kinds import LeaseKind
from classgate.leases.models import Lease, rebind_session, refresh_after
from classgate.leases.service import LeaseService, new_lease_id
from classgate.refusals import (
    CurrentPasswordWrong,
    PasswordChangedElsewhere,
    SessionEnded,
)
from classgate.storage.changes import Changed
from classgate.storage.cursors import read_time_and_id, split_page, write_time_and_id
from classgate.storage.database import (
    Database,
    DatabaseConnection,
)
from classgate.storage.ttl_cache import TtlCache

_OWN = "a UserSig for one's own account"
_SESSION_ID = "[A-Za-z0-9_-]{1,40}"


class AccountService:
    """Authenticates callers and issues their UserSig."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        leases: LeaseService,
        passwords: PasswordPool,
        attempts: AttemptLimiter,
        known_addresses: KnownAddresses,
        user_sigs: UserSigIssuer,
        registry: SessionRegistry,
        uses: SessionActivity,
        limits: SessionLimits,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._leases = leases
        self._passwords = passwords
        self._attempts = attempts
        self._known_addresses = known_addresses
        self._user_sigs = user_sigs
        self._registry = registry
        self._uses = uses
        self._limits = limits
        self._clock = clock
        # Keyed by the token's digest, grouped by account.
        self._session_cache: TtlCache[str, tuple[Session, Account]] = database.caches.create(
            Changed.ACCOUNT, clock
        )

    # ── being logged in ─────────────────────────────────────────────────────────────────────────

    async def authenticate(
        self, access_token: str, channel: SessionChannel = SessionChannel.API
    ) -> Caller:
        """Authenticate an access token; it is valid only in the API that issued it.

        NotAuthenticated: unknown token, or the session is over.
        """
        digest = access_tokens.digest(access_token)
        return self._require_channel(await self._get_session(digest), channel)

    async def authenticate_cached(
        self, access_token: str, channel: SessionChannel = SessionChannel.API
    ) -> Caller:
        """Authenticate from the cache, as the first look only.

        Whatever issues or changes authenticates again, by what its transaction reads.
        """
        digest = access_tokens.digest(access_token)
        known = self._session_cache.get(digest)
        if known is not None:
            return self._require_channel(known, channel, is_awake=True)
        version = self._session_cache.version
        caller = self._require_channel(await self._get_session(digest), channel)
        self._session_cache.put(
            digest, (caller.session, caller.account), caller.account_id, version
        )
        return caller

    async def _get_session(self, digest: str) -> tuple[Session, Account]:
        """Return the session of a token. NotAuthenticated: there is none, or it was ended."""
        found = await session_repository.find_session(self._database.reader, digest)
        if found is None:
            owner = await session_repository.find_owner(self._database.reader, digest)
            raise session_ended(owner)
        return found

    def _require_channel(
        self,
        found: tuple[Session, Account],
        channel: SessionChannel,
        *,
        is_awake: bool = False,
    ) -> Caller:
        """Return the caller, whose token is valid in the API that issued it only."""
        now = self._clock()
        caller = self._require_open_at(now, found, is_awake=is_awake)
        if caller.session.channel is not channel:
            raise session_ended(caller.account_id)
        self._uses.record_use(caller.session, now)
        return caller

    async def reload_caller(self, connection: DatabaseConnection, caller: Caller) -> Caller:
        """Reload and lock the caller in this transaction.

        NotAuthenticated: the session ended in the meantime.
        """
        await repository.lock_account(connection, caller.account_id)
        return self.require_open(
            await session_repository.find_session_by_id(connection, caller.session_id)
        )

    async def is_session_open(self, connection: DatabaseConnection, session_id: str) -> bool:
        """Return whether the session is still open."""
        try:
            self.require_open(await session_repository.find_session_by_id(connection, session_id))
        except NotAuthenticated:
            return False
        return True

    def require_open(self, found: tuple[Session, Account] | None) -> Caller:
        """Require that the session is open. NotAuthenticated: it was not found, or is over."""
        if found is None:
            raise SessionEnded
        return self._require_open_at(self._clock(), found)

    def _require_open_at(
        self, now: datetime, found: tuple[Session, Account], *, is_awake: bool = False
    ) -> Caller:
        """`is_awake`: it was used recently, although the row is older."""
        session, account = found
        is_idle = (
            not is_awake and now >= self._uses.last_used_at(session) + self._limits.idle_lifetime
        )
        if account.disabled or now >= session.expires_at or is_idle:
            raise session_ended(account.account_id)
        return Caller(account, session)

    async def list_sessions(
        self, caller: Caller, cursor: str | None, limit: int
    ) -> tuple[list[Session], str | None]:
        """Return a page of the caller's open sessions, newest first, and the next cursor.

        Sessions that idled out are omitted. InvalidRequest: invalid cursor.
        """
        now = self._clock()
        before = read_time_and_id(cursor, _SESSION_ID)
        found = await session_repository.list_sessions(
            self._database.reader, caller.account_id, now, before, limit + 1
        )
        page, next_cursor = split_page(
            found, limit, lambda each: write_time_and_id(each.created_at, each.session_id)
        )
        used = [replace(each, last_used_at=self._uses.last_used_at(each)) for each in page]
        open_ones = [each for each in used if now < each.last_used_at + self._limits.idle_lifetime]
        return open_ones, next_cursor

    async def end_session(self, caller: Caller, session_id: str) -> None:
        """End one of the caller's sessions and everything attached to it. SessionNotFound."""
        async with self._database.transaction() as connection:
            account = (await self.reload_caller(connection, caller)).account
            if not await self._registry.end(connection, account, session_id, "session_ended"):
                raise SessionNotFound

    async def change_password(
        self, caller: Caller, current_password: str, new_password: str, address: str
    ) -> None:
        """Change the caller's password and end their other sessions.

        PermissionDenied: the current one is wrong. InvalidRequest: the new one is weak. Conflict:
        it was changed elsewhere meanwhile. TooManyAttempts.
        """
        identifier = caller.account.identifier
        normal = require_acceptable(new_password, identifier, "new_password")
        now = self._clock()
        known = await self._known_addresses.is_known(identifier, address, now)
        async with self._attempts.limit_login(identifier, address, now, known=known):
            stored = await repository.find_by_identifier(self._database.reader, identifier)
            if not await self._passwords.check(hash_of(stored), current_password):
                raise CurrentPasswordWrong
        password_hash = await self._passwords.hash(normal)
        async with self._database.transaction() as connection:
            await self.reload_caller(connection, caller)
            if await repository.find_by_identifier(connection, identifier) != stored:
                raise PasswordChangedElsewhere
            now = self._clock()
            await repository.set_password(connection, caller.account_id, password_hash)
            ended = await self._registry.end_others(
                connection, caller.account, caller.session_id, "password_changed"
            )
            await self._audit.record(
                connection,
                AuditEntry(
                    event=AuditEvent.PASSWORD_CHANGED,
                    at=now,
                    account_id=caller.account_id,
                    actor_id=caller.account_id,
                    details={"sessions_ended": ended},
                ),
            )

    # ── UserSig ─────────────────────────────────────────────────────────────────────────────────

    async def issue_user_sig(self, caller: Caller) -> UserSigGrant:
        """Issue a UserSig for the caller's own account; no identifier is taken from outside."""
        async with self._database.transaction() as connection:
            return await self.issue_user_sig_in(
                connection, await self.reload_caller(connection, caller)
            )

    async def renew_user_sig(self, caller: Caller, lease_id: str) -> UserSigGrant:
        """Authorize again and issue a new UserSig under the same lease.

        LeaseNotFound, LeaseEnded, NotAuthenticated.
        """
        async with self._database.transaction() as connection:
            current = await self.reload_caller(connection, caller)
            lease = await self._leases.get_owned(
                connection, lease_id, LeaseKind.USER_SIG, caller.account_id
            )
            self._leases.require_renewable(lease, self._clock())
            lease = rebind_session(lease, current.session_id, current.session.expires_at)
            signed = self._sign(current.account)
            renewed = lease.with_times(signed.issued_at, signed.expires_at)
            await self._leases.renew(connection, renewed, rule=_OWN, credentials=(signed.user_sig,))
            return self._to_grant(current.account, signed, lease_id)

    async def issue_user_sig_in(
        self, connection: DatabaseConnection, caller: Caller, *, counted_as: str | None = None
    ) -> UserSigGrant:
        """Issue a UserSig in the caller's transaction. `counted_as`: see `LeaseService.issue`."""
        signed = self._sign(caller.account)
        lease = Lease(
            lease_id=new_lease_id(),
            kind=LeaseKind.USER_SIG,
            account_id=caller.account_id,
            session_id=caller.session_id,
            issued_at=signed.issued_at,
            expires_at=signed.expires_at,
            renewable_until=caller.session.expires_at,
        )
        credentials = (signed.user_sig,)
        await self._leases.issue(
            connection, lease, rule=_OWN, credentials=credentials, counted_as=counted_as
        )
        return self._to_grant(caller.account, signed, lease.lease_id)

    def _sign(self, account: Account) -> SignedUserSig:
        now = self._clock()
        return self._user_sigs.issue(account, now, now + DEFAULT_LIFETIME)

    def _to_grant(self, account: Account, signed: SignedUserSig, lease_id: str) -> UserSigGrant:
        return UserSigGrant(
            sdk_app_id=self._user_sigs.sdk_app_id,
            identifier=account.identifier,
            user_sig=signed.user_sig,
            issued_at=signed.issued_at,
            expires_at=signed.expires_at,
            refresh_after=refresh_after(signed.issued_at, signed.expires_at),
            server_time=self._clock(),
            lease_id=lease_id,
        )


def hash_of(stored: StoredPassword | None) -> str | None:
    """Return the password's hash; None for no account."""
    return None if stored is None else stored.password_hash
