"""The errors of sessions of the console, below the groups of errors.py."""

from classgate.errors import Conflict, NotAuthenticated, PermissionDenied, WrongCredentials
from classgate.reasons import Reason


class NotFromConsole(PermissionDenied):
    """A call with the console's cookie, or for it, that its own page did not make."""

    reason = Reason.NOT_FROM_CONSOLE
    sentence = (
        "only the console's own page may make this call; other clients log in with "
        "POST /v1/sessions and send a bearer token"
    )


class AdminNetwork(PermissionDenied):
    """An admin uses the console from outside of `console.admin_networks`."""

    reason = Reason.ADMIN_NETWORK
    sentence = (
        "admins may not use the console from this address; use it in the school's network, or the "
        "operator adds the network to console.admin_networks"
    )


# ── the second factor ───────────────────────────────────────────────────────────────────────────


class SecondFactorRequired(NotAuthenticated):
    """The password is right, and the account has a second factor. Not a failed attempt."""

    reason = Reason.SECOND_FACTOR_REQUIRED
    sentence = "send the code of the authenticator app too, as code"


class SecondFactorWrong(WrongCredentials):
    """A wrong code, or one that was used already. It counts as a failed attempt."""

    reason = Reason.SECOND_FACTOR_WRONG
    sentence = (
        "this code is wrong, or was used already; type the one that the app shows now, and check "
        "the clock of the telephone"
    )


class SecondFactorMissing(PermissionDenied):
    """An admin without a second factor, where the settings require one."""

    reason = Reason.SECOND_FACTOR_MISSING
    sentence = "admins need a second factor in the console; set it up under My account first"


class SecondFactorNotStarted(Conflict):
    """A code confirms a set-up that was not started, or too long ago."""

    reason = Reason.SECOND_FACTOR_NOT_STARTED
    sentence = "no set-up is waiting for a code; start it again"


class SecondFactorNotRemovable(Conflict):
    reason = Reason.SECOND_FACTOR_NOT_REMOVABLE
    sentence = "the second factor is required here; set up another one instead of removing it"


# ── the password again ──────────────────────────────────────────────────────────────────────────


class ConfirmationNeeded(PermissionDenied):
    """The password was typed too long ago for what is to be done."""

    reason = Reason.CONFIRMATION_NEEDED
    sentence = "confirm with your password first: POST /v1/console/session/confirm"
