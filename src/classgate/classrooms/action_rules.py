"""PURE: what has to hold for an action in a class: a permission, a time, and a limit.

Each feature declares the rules of its own actions. What decides and what explains a decision
(`classgate.admission`) read the same rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from classgate.classrooms.access_times import ENTRY_TIMES, TimeCheck, require_times, role_in
from classgate.classrooms.models import AccessContext, AccessWindows
from classgate.classrooms.permissions import Permission
from classgate.leases.kinds import LeaseKind


@dataclass(frozen=True, slots=True)
class ActionRule:
    """The rule of an action that issues a credential."""

    permission: Permission
    times: Mapping[str, TimeCheck]  # the checks of the time, by name, in their order
    kind: LeaseKind  # what is issued, and counted by the limit

    def require_time(self, access: AccessContext, at: datetime, windows: AccessWindows) -> None:
        """Require that it is the time for it. OutsideAccessWindow."""
        require_times(self.times, access.classroom, role_in(access), at, windows)


ENTRY_RULE = ActionRule(Permission.ENTER, ENTRY_TIMES, LeaseKind.ENTRY)
