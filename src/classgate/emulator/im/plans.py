"""The plans of an IM application and their limits: document 269/9346 (2025-11-04)."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Plan:
    """The limits of a plan; None is no limit."""

    live_rooms: int | None
    """AVChatRooms at one time."""
    members: int
    """Members of a group of another type."""
    accounts: int | None
    can_ban: bool
    can_import_deleted: bool


PLANS: Final = {
    "free": Plan(10, 20, 100, can_ban=False, can_import_deleted=True),
    "pro": Plan(50, 200, None, can_ban=False, can_import_deleted=False),
    "flagship": Plan(None, 2000, None, can_ban=True, can_import_deleted=False),
}
DEFAULT_PLAN: Final = "pro"
