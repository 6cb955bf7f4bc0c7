"""Files bound to a class, or to their owner."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class FileBinding:
    """A file bound to a class, or to its owner alone."""

    file_type: int  # 0 courseware, 1 video; not checked
    file_name: str
    url: str
    bound_at: datetime


@dataclass(frozen=True)
class FileBindingPage:
    """A page of bindings, newest first, and the total."""

    bindings: tuple[FileBinding, ...]
    total: int
