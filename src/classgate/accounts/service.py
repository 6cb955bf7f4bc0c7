"""Logging in and out, sessions, one's own password and UserSig.

What an admin does to others' accounts is in `administration`.
"""

import re
from dataclasses import replace
from datetime import datetime

import structlog

from classgate.accounts import access_tokens, repository, session_repository
from classgate.accounts.attempts import Attempts
from classgate.accounts.known_addresses import KnownAddresses
from classgate.accounts.models import (
    Account,
    AccountRole,
    Caller,
    Door,
    LoginGrant,
    Session,
    SessionLimits,
    UserSigGrant,
)
from classgate.accounts.passwords import PasswordPool, require_acceptable
from classgate.accounts.repository import StoredPassword
from classgate.accounts.session_registry import SessionRegistry
from classgate.accounts.session_uses import SessionUses
from classgate.accounts.user_sigs import WITHOUT_END, SignedUserSig, UserSigIssuer
from classgate.audit.models import Entry, Event
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.errors import (
    Conflict,
    NotAuthenticated,
    PermissionDenied,
    SessionNotFound,
    WrongCredentials,
)
from classgate.leases.limits import LOG_IN
from classgate.leases.models import (
    Lease,
    LeaseKind,
    Scope,
    hung_below,
    refresh_after,
)
from classgate.leases.service import LeaseBook, new_lease_id
from classgate.signing.user_sig import require_identifier
from classgate.storage.database import Database, Queries, from_microseconds, to_microseconds
from classgate.storage.short_memory import ShortMemory
from classgate.texts import fault

log = structlog.get_logger("classgate.accounts")

_LOGIN_AGAIN = "log in again: this session is over"
_OWN = "a UserSig for one's own account"


class AccountService:
    """Who the caller is, and the credential that says so to the media services."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        leases: LeaseBook,
        passwords: PasswordPool,
        attempts: Attempts,
        known_addresses: KnownAddresses,
        user_sigs: UserSigIssuer,
        registry: SessionRegistry,
        uses: SessionUses,
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
        # By the token's digest, in groups by account.
        self._recent: ShortMemory[str, tuple[Session, Account]] = ShortMemory(clock)

    # ── logging in ──────────────────────────────────────────────────────────────────────────────

    async def log_in(
        self, identifier: str, password: str, address: str, door: Door = Door.API
    ) -> LoginGrant:
        """Open a session and give its first UserSig.

        Over the limit of open sessions, and at the door for old clients, an older one ends.
        WrongCredentials: unknown, wrong or disabled, told apart by nothing. TooManyAttempts.
        """
        require_identifier(identifier)
        now = self._clock()
        known = await self._known_addresses.is_known(identifier, address, now)
        async with self._attempts.counted(identifier, address, now, known=known):
            stored = await self._require_password(identifier, password)
            _require_fits(stored.account, identifier, door)
            if self._passwords.is_outdated(stored.password_hash):
                stored = await self._hash_anew(stored, password)
            token = access_tokens.new_token(door)
            async with self._database.transaction() as queries:
                await repository.lock_name(queries, identifier)
                current = await repository.find_by_name(queries, identifier)
                if current != stored:  # disabled, renamed or given another password meanwhile
                    raise WrongCredentials
                account = current.account
                session = await self._registry.open(queries, account, token, door)
                self.forget(queries, account.account_id)  # older ones may have ended
                await self._known_addresses.remember(queries, account, address, self._clock())
                caller = Caller(account, session)
                user_sig = await self._give_user_sig(queries, caller, counted_as=LOG_IN)
        return LoginGrant(token, session, account, user_sig)

    async def _require_password(self, identifier: str, password: str) -> StoredPassword:
        """The account whose password this is. WrongCredentials."""
        stored = await repository.find_by_name(self._database.reader, identifier)
        matches = await self._passwords.check(_hash_of(stored), password)
        if stored is None or not matches or stored.account.disabled:
            # Not the identifier: people type their password there.
            log.info("log-in refused", account_id=stored and stored.account.account_id)
            raise WrongCredentials
        return stored

    async def _hash_anew(self, stored: StoredPassword, password: str) -> StoredPassword:
        """The same password, hashed with today's parameters. WrongCredentials: it was changed."""
        password_hash = await self._passwords.hash(password)
        identifier = stored.account.identifier
        async with self._database.transaction() as queries:
            await repository.lock_name(queries, identifier)
            unchanged = await repository.find_by_name(queries, identifier) == stored
            if unchanged:
                await repository.set_password(queries, stored.account.account_id, password_hash)
        if unchanged:
            return replace(stored, password_hash=password_hash)
        # Another log-in may have done it just now; or somebody set another password.
        return await self._require_password(identifier, password)

    # ── being logged in ─────────────────────────────────────────────────────────────────────────

    async def authenticate(self, access_token: str, door: Door = Door.API) -> Caller:
        """Who shows this access token, at the door that it was given at.

        NotAuthenticated: nobody, or the session is over.
        """
        digest = access_tokens.digest(access_token)
        return self._admit(
            await session_repository.find_session(self._database.reader, digest), door
        )

    async def recall(self, access_token: str, door: Door = Door.API) -> Caller:
        """The same by what was read a moment ago: for heartbeats, and for nothing that is given."""
        digest = access_tokens.digest(access_token)
        known = self._recent.recall(digest)
        if known is not None:
            return self._admit(known, door, is_awake=True)
        mark = self._recent.mark
        found = await session_repository.find_session(self._database.reader, digest)
        caller = self._admit(found, door)
        self._recent.remember(digest, (caller.session, caller.account), caller.account_id, mark)
        return caller

    def forget(self, queries: Queries, account_id: int) -> None:
        """Sessions of this account end in this transaction, or it becomes another."""
        queries.afterwards(lambda: self._recent.forget(account_id))

    def _admit(
        self, found: tuple[Session, Account] | None, door: Door, *, is_awake: bool = False
    ) -> Caller:
        """`is_awake`: it was used a moment ago, though what is remembered of it is older."""
        caller = self._require_open(found, is_awake=is_awake)
        if caller.session.door is not door:
            raise NotAuthenticated(_LOGIN_AGAIN)
        self._uses.note(caller.session, self._clock())
        return caller

    async def recheck(self, queries: Queries, caller: Caller) -> Caller:
        """The caller as of this transaction, until it ends.

        NotAuthenticated: the session ended meanwhile.
        """
        await repository.lock_account(queries, caller.account_id)
        return self._require_open(
            await session_repository.find_session_by_id(queries, caller.session_id)
        )

    async def goes_on(self, queries: Queries, session_id: str) -> bool:
        """Whether this session is still logged in."""
        try:
            self._require_open(await session_repository.find_session_by_id(queries, session_id))
        except NotAuthenticated:
            return False
        return True

    def _require_open(
        self, found: tuple[Session, Account] | None, *, is_awake: bool = False
    ) -> Caller:
        if found is None:
            raise NotAuthenticated(_LOGIN_AGAIN)
        session, account = found
        now = self._clock()
        is_idle = now >= self._uses.last_use(session) + self._limits.idle_lifetime
        if account.disabled or now >= session.expires_at or (is_idle and not is_awake):
            raise NotAuthenticated(_LOGIN_AGAIN)
        return Caller(account, session)

    async def list_sessions(
        self, caller: Caller, cursor: str | None, limit: int
    ) -> tuple[list[Session], str | None]:
        """One's own sessions that are open, the newest first, and where the next page starts.

        A page leaves out those that were not used for too long. InvalidRequest: the cursor is not
        one of ours.
        """
        now = self._clock()
        before = None if cursor is None else _read_cursor(cursor)
        found = await session_repository.list_sessions(
            self._database.reader, caller.account_id, now, before, limit + 1
        )
        page = found[:limit]
        used = [replace(each, last_used_at=self._uses.last_use(each)) for each in page]
        open_ones = [each for each in used if now < each.last_used_at + self._limits.idle_lifetime]
        return open_ones, _to_cursor(page[-1]) if len(found) > limit else None

    async def end_session(self, caller: Caller, session_id: str) -> None:
        """End one of one's own sessions and all that hangs below it. SessionNotFound."""
        async with self._database.transaction() as queries:
            await self.recheck(queries, caller)
            account_id = caller.account_id
            if not await self._registry.end(queries, account_id, session_id, "session_ended"):
                raise SessionNotFound
            self.forget(queries, account_id)

    async def change_password(
        self, caller: Caller, current_password: str, new_password: str, address: str
    ) -> None:
        """Set a new password of one's own; the other sessions end.

        PermissionDenied: the current one is wrong. InvalidRequest: the new one is weak.
        Conflict: it was changed elsewhere meanwhile. TooManyAttempts.
        """
        identifier = caller.account.identifier
        normal = require_acceptable(new_password, identifier, "new_password")
        now = self._clock()
        known = await self._known_addresses.is_known(identifier, address, now)
        async with self._attempts.counted(identifier, address, now, known=known):
            stored = await repository.find_by_name(self._database.reader, identifier)
            if not await self._passwords.check(_hash_of(stored), current_password):
                raise PermissionDenied("the current password is wrong")
        password_hash = await self._passwords.hash(normal)
        async with self._database.transaction() as queries:
            await self.recheck(queries, caller)
            if await repository.find_by_name(queries, identifier) != stored:
                raise Conflict("the password was changed elsewhere meanwhile; log in again")
            now = self._clock()
            await repository.set_password(queries, caller.account_id, password_hash)
            kept = caller.session_id
            ended = await session_repository.end_sessions(
                queries, caller.account_id, now, keep=kept
            )
            self.forget(queries, caller.account_id)
            others = Scope(account_id=caller.account_id, except_session_id=kept)
            await self._leases.end(queries, others, now, "password_changed")
            await self._audit.record(
                queries,
                Entry(
                    event=Event.PASSWORD_CHANGED,
                    at=now,
                    account_id=caller.account_id,
                    actor_id=caller.account_id,
                    details={"sessions_ended": ended},
                ),
            )

    # ── UserSig ─────────────────────────────────────────────────────────────────────────────────

    async def issue_user_sig(self, caller: Caller) -> UserSigGrant:
        """A UserSig for the caller's own account: no identifier is taken from outside."""
        async with self._database.transaction() as queries:
            return await self._give_user_sig(queries, await self.recheck(queries, caller))

    async def renew_user_sig(self, caller: Caller, lease_id: str) -> UserSigGrant:
        """The same admission as at first, then a new UserSig under the same lease.

        LeaseNotFound, LeaseEnded, NotAuthenticated.
        """
        async with self._database.transaction() as queries:
            current = await self.recheck(queries, caller)
            lease = await self._leases.get_owned(
                queries, lease_id, LeaseKind.USER_SIG, caller.account_id
            )
            self._leases.require_renewable(lease, self._clock())
            lease = hung_below(lease, current.session_id, current.session.expires_at)
            signed = await self._sign(queries, current.account)
            renewed = replace(lease, issued_at=signed.issued_at, expires_at=signed.expires_at)
            await self._leases.give_again(
                queries, renewed, rule=_OWN, credentials=(signed.user_sig,)
            )
            return self._to_grant(current.account, signed, lease_id)

    async def _give_user_sig(
        self, queries: Queries, caller: Caller, *, counted_as: str | None = None
    ) -> UserSigGrant:
        signed = await self._sign(queries, caller.account)
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
        await self._leases.give(
            queries, lease, rule=_OWN, credentials=credentials, counted_as=counted_as
        )
        return self._to_grant(caller.account, signed, lease.lease_id)

    async def _sign(self, queries: Queries, account: Account) -> SignedUserSig:
        now = self._clock()
        return await self._user_sigs.issue(queries, account, now, now + WITHOUT_END)

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


def _require_fits(account: Account, identifier: str, door: Door) -> None:
    """Old clients go on with the name as typed, and a UserSig of another case does not fit it.

    WrongCredentials. PermissionDenied: an administrator logs in at the API alone.
    """
    if door is Door.API:
        return
    if account.identifier != identifier:
        raise WrongCredentials
    if account.role is AccountRole.ADMIN:
        raise PermissionDenied("an administrator's account is not for this door")


def _to_cursor(session: Session) -> str:
    return f"{to_microseconds(session.created_at)}-{session.session_id}"


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    found = re.fullmatch(r"([0-9]{1,17})-([A-Za-z0-9_-]{1,40})", cursor, re.ASCII)
    if found is None:
        raise fault("cursor", "this is not a cursor that this list gave")
    return from_microseconds(int(found[1])), found[2]


def _hash_of(stored: StoredPassword | None) -> str | None:
    return None if stored is None else stored.password_hash
