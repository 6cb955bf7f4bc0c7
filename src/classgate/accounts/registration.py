"""Self-registration, where the school allows it."""

from dataclasses import replace
from typing import Literal

from classgate.accounts import repository
from classgate.accounts.attempt_limits import AttemptLimiter
from classgate.accounts.creation import AccountCreator, require_valid_account
from classgate.accounts.invitations.service import InvitationService
from classgate.accounts.models import Account, AccountRole, Invitation, NewAccount
from classgate.accounts.passwords import PasswordPool
from classgate.clock import Clock
from classgate.errors import IdentifierTaken
from classgate.registration_refusals import InvitationRequired, RegistrationClosed
from classgate.storage.database import Database

Mode = Literal["closed", "invitation", "open"]


class RegistrationService:
    """Registers people as students, or in the role of their invitation."""

    def __init__(
        self,
        *,
        database: Database,
        passwords: PasswordPool,
        attempts: AttemptLimiter,
        invitations: InvitationService,
        account_creator: AccountCreator,
        mode: Mode,
        clock: Clock,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._attempts = attempts
        self._invitations = invitations
        self._account_creator = account_creator
        self._mode = mode
        self._clock = clock

    @property
    def mode(self) -> Mode:
        """Return who may register: nobody, whoever has an invitation, everybody."""
        return self._mode

    def require_possible(self) -> None:
        """Require that registration is enabled. PermissionDenied."""
        if self._mode == "closed":
            raise RegistrationClosed

    async def register(
        self,
        identifier: str,
        password: str,
        display_name: str | None,
        token: str | None,
        address: str,
    ) -> Account:
        """Register an account; without an invitation always a student's.

        PermissionDenied: closed, or by invitation only. InvalidInvitation; InvalidRequest;
        IdentifierTaken, IdentifierHeld; TooManyAttempts.
        """
        self.require_possible()
        new = NewAccount(identifier, password, AccountRole.STUDENT, display_name)
        normal = require_valid_account(new)
        # Checked before any look-up, so that strangers cannot probe identifiers.
        invitation = await self._authorize_registration(token, address)
        if invitation is not None:
            new = replace(new, role=invitation.role)
        await self._attempts.count_registration(address, self._clock())
        if await repository.find_by_identifier(self._database.reader, identifier) is not None:
            raise IdentifierTaken
        password_hash = await self._passwords.hash(normal)
        rule = "registration is open"
        async with self._database.transaction() as connection:
            if invitation is not None:
                rule = f"an invitation as {invitation.role.value}"
                await self._invitations.use(connection, invitation)
            account = await self._account_creator.create(
                connection, new, password_hash, rule=rule, by_oneself=True
            )
            if invitation is not None and token is not None:
                await self._invitations.record_use(connection, invitation, token, account)
        return account

    async def _authorize_registration(self, token: str | None, address: str) -> Invitation | None:
        if token is not None:
            return await self._invitations.get_valid(token, address)
        if self._mode == "invitation":
            raise InvitationRequired
        return None
