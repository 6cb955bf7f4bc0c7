"""Builds one page of a list of objects, filtered by a prefix and grouped at a delimiter.

Keys are in the order of their UTF-8 bytes. Objects and groups both count for the page size.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from classgate.emulator.cos.store import StoredObject


@dataclass
class Page:
    """One page. A page without a next marker is the last."""

    objects: list[StoredObject] = field(default_factory=list)
    common_prefixes: list[str] = field(default_factory=list)
    next_marker: str | None = None


def build_page(
    stored: Iterable[StoredObject], *, prefix: str, delimiter: str, marker: str, limit: int
) -> Page:
    """Build the page after `marker` from the objects after it whose keys start with `prefix`."""
    page, last = Page(), ""
    # A marker that is a group stands for everything in the group.
    group = marker if _group(marker, prefix, delimiter) == marker else None
    for each in stored:
        if group is not None and each.key.startswith(group):
            continue
        if len(page.objects) + len(page.common_prefixes) == limit:
            page.next_marker = last
            return page
        group = _group(each.key, prefix, delimiter)
        if group is None:
            page.objects.append(each)
        else:
            page.common_prefixes.append(group)
        last = group or each.key
    return page


def _group(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter or not key.startswith(prefix):
        return None
    beginning, found, _ = key[len(prefix) :].partition(delimiter)
    return f"{prefix}{beginning}{delimiter}" if found else None
