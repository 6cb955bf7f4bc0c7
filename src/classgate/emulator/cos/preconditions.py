"""Evaluates conditional headers such as If-Match (RFC 9110, section 13).

A header with ETags takes precedence over the corresponding header with a time. Times are whole
seconds.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from classgate.emulator.cos.errors import CosError
from classgate.emulator.cos.store import StoredObject
from classgate.emulator.http import Request


def is_not_modified(request: Request, stored: StoredObject, prefix: str = "") -> bool:
    """Return whether the answer to a reader is 304. `prefix` precedes the header names.

    Raises `CosError` PreconditionFailed when If-Match or If-Unmodified-Since does not hold.
    """
    wanted = request.header(f"{prefix}if-match")
    if wanted is not None:
        _require(_names(wanted, stored.etag))
    else:
        _require(not _is_later(stored, request.header(f"{prefix}if-unmodified-since")))
    known = request.header(f"{prefix}if-none-match")
    if known is not None:
        return _names(known, stored.etag)
    since = _moment(request.header(f"{prefix}if-modified-since"))
    return since is not None and stored.changed_at <= since


def _require(holds: bool) -> None:
    if not holds:
        raise CosError("PreconditionFailed", "The object does not meet a condition.")


def _names(etags: str, etag: str) -> bool:
    listed = [each.strip().removeprefix("W/").strip('"') for each in etags.split(",")]
    return etags.strip() == "*" or etag in listed


def _is_later(stored: StoredObject, header: str | None) -> bool:
    limit = _moment(header)
    return limit is not None and stored.changed_at > limit


def _moment(header: str | None) -> int | None:
    """Return Unix seconds; None without a time or for a malformed one, which is ignored."""
    try:
        found = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return int((aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
