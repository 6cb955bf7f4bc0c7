"""Issues UserSig for authenticated callers only."""

from datetime import datetime, timedelta

from msgspec import Struct

from classgate.accounts.models import Account, ImApplication
from classgate.signing.user_sig import issue_user_sig

_MIN_LIFETIME = timedelta(minutes=1)
# A clock that was briefly far ahead must not create signatures that live for years.
_MAX_CLOCK_DRIFT = timedelta(hours=2)

DEFAULT_LIFETIME = timedelta(hours=24)
"""The lifetime of a UserSig outside a class with a planned end."""


class SignedUserSig(Struct, frozen=True):
    """A signed UserSig and its times, before it is recorded."""

    user_sig: str
    issued_at: datetime
    expires_at: datetime


class UserSigIssuer:
    """Signs for one SDKAppID."""

    def __init__(self, application: ImApplication) -> None:
        self.application = application

    @property
    def sdk_app_id(self) -> int:
        return self.application.sdk_app_id

    def issue(self, account: Account, at: datetime, expires_at: datetime) -> SignedUserSig:
        """Sign a UserSig for this account, as it was read in the transaction that records it.

        Its time is strictly later than any kick, which invalidates earlier ones at Tencent.
        """
        issued_at = _issue_time(account, at)
        expires_at = max(_whole_second(expires_at), issued_at + _MIN_LIFETIME)
        user_sig = issue_user_sig(
            self.application.key,
            sdk_app_id=self.application.sdk_app_id,
            identifier=account.identifier,
            issued_at=issued_at,
            lifetime=expires_at - issued_at,
        )
        return SignedUserSig(user_sig, issued_at, expires_at)


def _issue_time(account: Account, at: datetime) -> datetime:
    """Return the current second, or the first second after the last kick.

    It is in the future if a UserSig was issued while the clock was ahead.
    """
    now = _whole_second(at)
    if account.signatures_after < now:  # as nearly always
        return now
    later = _whole_second(account.signatures_after) + timedelta(seconds=1)
    return min(later, now + _MAX_CLOCK_DRIFT)


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
