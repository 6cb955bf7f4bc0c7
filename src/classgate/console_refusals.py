"""The errors of sessions of the console, below the groups of errors.py."""

from classgate.errors import PermissionDenied
from classgate.reasons import Reason


class NotFromConsole(PermissionDenied):
    """A call with the console's cookie, or for it, that its own page did not make."""

    reason = Reason.NOT_FROM_CONSOLE
    sentence = (
        "only the console's own page may make this call; other clients log in with "
        "POST /v1/sessions and send a bearer token"
    )
