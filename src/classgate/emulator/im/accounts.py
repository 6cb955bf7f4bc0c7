"""The accounts of the IM application: who is imported, kicked, deleted and online.

They are in memory: a restart of the emulator loses them, with a data directory too.
"""

from datetime import datetime, timedelta
from typing import Final

from classgate.emulator.clock import Clock
from classgate.emulator.im import errors as codes
from classgate.emulator.im.errors import ImError
from classgate.emulator.im.plans import Plan

MAX_IDENTIFIER_BYTES: Final = 32
_MAX_PROFILE_BYTES: Final = 500
_BARRED_AFTER_DELETION: Final = timedelta(days=90)


class Accounts:
    """The imported accounts, with the app's admin, which always exists."""

    def __init__(self, admin: str, clock: Clock) -> None:
        self._admin = admin
        self._clock = clock
        self._imported: dict[str, None] = {}
        self._deleted_at: dict[str, datetime] = {}
        self._kicked_at: dict[str, datetime] = {}
        self._online: set[str] = set()

    def has(self, identifier: str) -> bool:
        return identifier == self._admin or identifier in self._imported

    def import_account(self, identifier: str, nick: str, face_url: str, plan: Plan) -> None:
        """Import an account, or update it. Raises `ImError`.

        Differs: Nick and FaceUrl are checked for their length and not stored. Three months after a
        deletion are 90 days.
        """
        if max(len(nick.encode()), len(face_url.encode())) > _MAX_PROFILE_BYTES:
            raise ImError(codes.PROFILE_TOO_LONG, "Nick and FaceUrl have at most 500 bytes")
        if self.has(identifier):
            return
        if not plan.can_import_deleted and self._was_deleted_lately(identifier):
            raise ImError(codes.WAS_DELETED, "the account was deleted within three months")
        if plan.accounts is not None and len(self._imported) >= plan.accounts:
            raise ImError(codes.TOO_MANY_IMPORTED, "the plan does not include more accounts")
        self._imported[identifier] = None

    def kick(self, identifier: str) -> None:
        """Invalidate the earlier UserSigs of an account. Raises `ImError`."""
        self._require(identifier)
        self._kicked_at[identifier] = self._clock.now()
        self._online.discard(identifier)

    def delete(self, identifier: str) -> None:
        """Delete an account. Raises `ImError`.

        Differs: the plans that need this command to be switched on in the console have it on.
        """
        self._require(identifier)
        if self._imported.pop(identifier, "absent") is None:
            self._deleted_at[identifier] = self._clock.now()
            self._online.discard(identifier)

    def was_kicked_after(self, identifier: str, issued_at: datetime) -> bool:
        """Return whether a kick has invalidated a UserSig of that time.

        Unknown: what happens to a UserSig of the second of the kick, because it states its time of
        issue in whole seconds; here it is invalid.
        """
        kicked_at = self._kicked_at.get(identifier)
        return kicked_at is not None and issued_at <= kicked_at

    def set_online(self, identifier: str) -> None:
        """Note a log-in of the client.

        Unknown: whether a log-in by the SDK imports the account, as is said; here it does not, to
        find back ends that forget to import.
        """
        self._online.add(identifier)

    def is_online(self, identifier: str) -> bool:
        return identifier in self._online

    def clear(self) -> None:
        for each in (self._imported, self._deleted_at, self._kicked_at, self._online):
            each.clear()

    def _was_deleted_lately(self, identifier: str) -> bool:
        deleted_at = self._deleted_at.get(identifier)
        return deleted_at is not None and self._clock.now() < deleted_at + _BARRED_AFTER_DELETION

    def _require(self, identifier: str) -> None:
        if not self.has(identifier):
            raise ImError(codes.NOT_IMPORTED, "the account is not imported")
