"""Logging in and out, sessions, one's own password and UserSig.

What an admin does to others' accounts is in `administration`.
"""

from dataclasses import replace

import structlog

from classgate.accounts import access_tokens, repository
from classgate.accounts.attempts import Attempts
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
from classgate.leases.models import (
    Lease,
    LeaseKind,
    Scope,
    hung_below,
    refresh_after,
)
from classgate.leases.service import LeaseBook, new_lease_id
from classgate.signing.user_sig import require_identifier
from classgate.storage.database import Database, Queries
from classgate.storage.short_memory import ShortMemory

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
        user_sigs: UserSigIssuer,
        uses: SessionUses,
        limits: SessionLimits,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._leases = leases
        self._passwords = passwords
        self._attempts = attempts
        self._user_sigs = user_sigs
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

        At the door for old clients, a log-in ends the one before, as it always did there.
        WrongCredentials: unknown, wrong or disabled, told apart by nothing. TooManyAttempts.
        """
        require_identifier(identifier)
        async with self._attempts.counted(identifier, address, self._clock()):
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
                if door is Door.LEGACY:
                    await self._end_others_of(queries, account, door)
                session = await self._open_session(queries, account, token, door)
                user_sig = await self._give_user_sig(queries, Caller(account, session))
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

    async def _end_others_of(self, queries: Queries, account: Account, door: Door) -> None:
        for session_id in await repository.list_open_of_door(queries, account.account_id, door):
            await self._end_session(queries, account.account_id, session_id, "logged_in_again")

    async def _open_session(
        self, queries: Queries, account: Account, token: str, door: Door
    ) -> Session:
        now = self._clock()
        session = Session(
            session_id=access_tokens.new_session_id(),
            account_id=account.account_id,
            door=door,
            created_at=now,
            last_used_at=now,
            expires_at=now + self._limits.lifetime,
        )
        await repository.add_session(queries, session, access_tokens.digest(token))
        await self._audit.record(
            queries,
            Entry(
                event=Event.SESSION_OPENED,
                at=now,
                account_id=account.account_id,
                actor_id=account.account_id,
                rule="the password is right",
                credentials=(token,),
                details={"session_id": session.session_id, "door": door.value},
            ),
        )
        return session

    # ── being logged in ─────────────────────────────────────────────────────────────────────────

    async def authenticate(self, access_token: str, door: Door = Door.API) -> Caller:
        """Who shows this access token, at the door that it was given at.

        NotAuthenticated: nobody, or the session is over.
        """
        digest = access_tokens.digest(access_token)
        return self._admit(await repository.find_session(self._database.reader, digest), door)

    async def recall(self, access_token: str, door: Door = Door.API) -> Caller:
        """The same by what was read a moment ago: for heartbeats, and for nothing that is given."""
        digest = access_tokens.digest(access_token)
        known = self._recent.recall(digest)
        if known is not None:
            return self._admit(known, door, is_awake=True)
        mark = self._recent.mark
        found = await repository.find_session(self._database.reader, digest)
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
        return self._require_open(await repository.find_session_by_id(queries, caller.session_id))

    async def goes_on(self, queries: Queries, session_id: str) -> bool:
        """Whether this session is still logged in."""
        try:
            self._require_open(await repository.find_session_by_id(queries, session_id))
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

    async def list_sessions(self, caller: Caller) -> list[Session]:
        """One's own sessions that are open, the newest first."""
        now = self._clock()
        found = await repository.list_sessions(self._database.reader, caller.account_id, now)
        used = [replace(each, last_used_at=self._uses.last_use(each)) for each in found]
        return [each for each in used if now < each.last_used_at + self._limits.idle_lifetime]

    async def end_session(self, caller: Caller, session_id: str) -> None:
        """End one of one's own sessions and all that hangs below it. SessionNotFound."""
        async with self._database.transaction() as queries:
            await self.recheck(queries, caller)
            if not await self._end_session(queries, caller.account_id, session_id, "session_ended"):
                raise SessionNotFound

    async def _end_session(
        self, queries: Queries, account_id: int, session_id: str, reason: str
    ) -> bool:
        """End it and all that hangs below, with the record; False: there is no such open one."""
        now = self._clock()
        if not await repository.end_session(queries, account_id, session_id, now):
            return False
        self.forget(queries, account_id)
        ended = await self._leases.end(queries, Scope(session_id=session_id), now, reason)
        await self._audit.record(
            queries,
            Entry(
                event=Event.SESSION_ENDED,
                at=now,
                account_id=account_id,
                actor_id=account_id,
                details={"session_id": session_id, "leases_ended": ended},
            ),
        )
        return True

    async def change_password(
        self, caller: Caller, current_password: str, new_password: str, address: str
    ) -> None:
        """Set a new password of one's own; the other sessions end.

        PermissionDenied: the current one is wrong. InvalidRequest: the new one is weak.
        Conflict: it was changed elsewhere meanwhile. TooManyAttempts.
        """
        identifier = caller.account.identifier
        normal = require_acceptable(new_password, identifier, "new_password")
        async with self._attempts.counted(identifier, address, self._clock()):
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
            ended = await repository.end_sessions(queries, caller.account_id, now, keep=kept)
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

    async def _give_user_sig(self, queries: Queries, caller: Caller) -> UserSigGrant:
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
        await self._leases.give(queries, lease, rule=_OWN, credentials=(signed.user_sig,))
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


def _hash_of(stored: StoredPassword | None) -> str | None:
    return None if stored is None else stored.password_hash
