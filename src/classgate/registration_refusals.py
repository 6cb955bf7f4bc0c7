"""The errors of registration and invitations, below the groups of errors.py."""

from classgate.errors import NotFound, PermissionDenied
from classgate.reasons import Reason


class RegistrationClosed(PermissionDenied):
    reason = Reason.REGISTRATION_CLOSED
    sentence = "registration is closed here; ask the school's administrator for an account"


class InvitationRequired(PermissionDenied):
    reason = Reason.INVITATION_REQUIRED
    sentence = "registration here is by invitation; ask the school for one"


class InvitationNotFound(NotFound):
    reason = Reason.INVITATION_NOT_FOUND
    sentence = "there is no such invitation that can still be used"
