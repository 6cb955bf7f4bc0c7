"""The rows of objects and multipart uploads in SQLite, which refer to blobs.

Calls that delete or replace rows return the names of unreferenced blobs. The caller discards them
after its transaction.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from sqlite3 import IntegrityError
from typing import Any, Final

from classgate.emulator.cos.blobs import Blob
from classgate.emulator.database import Database

_OBJECT: Final = (
    "object_key, blob, size, etag, sha1, headers, attributes, created_at, changed_at, crc64"
)


class SignatureUsed(Exception):
    """The single-use signature has been used."""


@dataclass(frozen=True)
class StoredObject:
    """An object. Times are Unix seconds."""

    key: str
    blob: str
    size: int
    etag: str
    sha1: str
    headers: dict[str, str]
    attributes: str
    created_at: int
    changed_at: int
    crc64: str  # empty when unknown


@dataclass(frozen=True)
class Upload:
    """An unfinished multipart upload."""

    upload_id: str
    key: str
    headers: dict[str, str]
    started_at: int


@dataclass(frozen=True)
class Part:
    """A part of a multipart upload."""

    number: int
    blob: str
    size: int
    md5: str
    changed_at: int
    crc64: int | None


class ObjectStore:
    """Reads and writes the rows."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transaction = database.transaction

    # ── objects ─────────────────────────────────────────────────────────────────────────────────

    def find_object(self, bucket: str, key: str) -> StoredObject | None:
        row = self._database.execute(
            f"SELECT {_OBJECT} FROM objects"  # noqa: S608 - names from above
            " WHERE bucket = ? AND object_key = ?",
            (bucket, key),
        ).fetchone()
        return None if row is None else _object(row)

    def objects_with_prefix(self, bucket: str, prefix: str, after: str) -> Iterator[StoredObject]:
        """Yield the objects whose key starts with `prefix` and follows `after`, in byte order."""
        rows = self._database.execute(
            f"SELECT {_OBJECT} FROM objects"  # noqa: S608 - names from above
            " WHERE bucket = ? AND object_key > ? AND object_key >= ?"
            " AND substr(object_key, 1, ?) = ? ORDER BY object_key",
            (bucket, after, prefix, len(prefix), prefix),
        )
        return map(_object, rows)

    def put_object(
        self,
        bucket: str,
        key: str,
        blob: Blob,
        *,
        etag: str,
        headers: dict[str, str],
        at: int,
        attributes: str = "",
    ) -> list[str]:
        """Store or replace an object; return the replaced blob."""
        before = self.find_object(bucket, key)
        self._database.execute(
            f"INSERT INTO objects (bucket, {_OBJECT})"  # noqa: S608 - names from above
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (bucket, object_key) DO UPDATE SET blob = excluded.blob,"
            " size = excluded.size, etag = excluded.etag, sha1 = excluded.sha1,"
            " headers = excluded.headers, attributes = excluded.attributes,"
            " changed_at = excluded.changed_at, crc64 = excluded.crc64",
            (
                bucket, key, blob.name, blob.size, etag, blob.sha1, json.dumps(headers),
                attributes, at, at, _crc64_text(blob.crc64),
            ),
        )  # fmt: skip
        return [] if before is None else [before.blob]

    def replace_headers(self, bucket: str, key: str, headers: dict[str, str]) -> None:
        self._database.execute(
            "UPDATE objects SET headers = ? WHERE bucket = ? AND object_key = ?",
            (json.dumps(headers), bucket, key),
        )

    def delete_object(self, bucket: str, key: str) -> list[str]:
        """Delete an object; return its blob, if it existed."""
        rows = self._database.execute(
            "DELETE FROM objects WHERE bucket = ? AND object_key = ? RETURNING blob", (bucket, key)
        )
        return [row[0] for row in rows.fetchall()]

    # ── multipart uploads ───────────────────────────────────────────────────────────────────────

    def add_upload(self, bucket: str, upload: Upload) -> None:
        self._database.execute(
            "INSERT INTO uploads VALUES (?, ?, ?, ?, ?)",
            (
                upload.upload_id, bucket, upload.key, json.dumps(upload.headers),
                upload.started_at,
            ),
        )  # fmt: skip

    def find_upload(self, bucket: str, key: str, upload_id: str) -> Upload | None:
        row = self._database.execute(
            "SELECT upload_id, object_key, headers, started_at FROM uploads"
            " WHERE upload_id = ? AND bucket = ? AND object_key = ?",
            (upload_id, bucket, key),
        ).fetchone()
        return None if row is None else Upload(row[0], row[1], json.loads(row[2]), row[3])

    def uploads_with_prefix(
        self, bucket: str, prefix: str, after: tuple[str, str], limit: int
    ) -> list[Upload]:
        """Return uploads whose key starts with `prefix`, after the marker (key, upload id)."""
        rows = self._database.execute(
            "SELECT upload_id, object_key, headers, started_at FROM uploads"
            " WHERE bucket = ? AND substr(object_key, 1, ?) = ?"
            " AND (object_key, upload_id) > (?, ?) ORDER BY object_key, upload_id LIMIT ?",
            (bucket, len(prefix), prefix, *after, limit),
        )
        return [Upload(row[0], row[1], json.loads(row[2]), row[3]) for row in rows]

    def remove_upload(self, upload_id: str) -> list[str]:
        """Delete an upload and its parts; return the blobs of the parts."""
        blobs = [part.blob for part in self.parts(upload_id)]
        self._database.execute("DELETE FROM uploads WHERE upload_id = ?", (upload_id,))
        return blobs

    def put_part(self, upload_id: str, number: int, blob: Blob, at: int) -> list[str]:
        """Store or replace a part; return the replaced blob."""
        before = self._database.execute(
            "SELECT blob FROM parts WHERE upload_id = ? AND number = ?", (upload_id, number)
        ).fetchall()
        self._database.execute(
            "INSERT OR REPLACE INTO parts (upload_id, number, blob, size, md5, changed_at, crc64)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (upload_id, number, blob.name, blob.size, blob.md5, at, _crc64_text(blob.crc64)),
        )
        return [row[0] for row in before]

    def parts(self, upload_id: str, after: int = 0, limit: int = -1) -> list[Part]:
        """Return the parts after number `after`, in order; a negative `limit` means all."""
        rows = self._database.execute(
            "SELECT number, blob, size, md5, changed_at, crc64 FROM parts"
            " WHERE upload_id = ? AND number > ? ORDER BY number LIMIT ?",
            (upload_id, after, limit),
        )
        return [
            Part(number, blob, size, md5, at, int(crc64) if crc64 else None)
            for number, blob, size, md5, at, crc64 in rows
        ]

    # ── settings of the bucket ──────────────────────────────────────────────────────────────────

    def find_bucket_setting(self, bucket: str, name: str) -> str | None:
        row = self._database.execute(
            "SELECT value FROM bucket_settings WHERE bucket = ? AND name = ?", (bucket, name)
        ).fetchone()
        return None if row is None else str(row[0])

    def put_bucket_setting(self, bucket: str, name: str, value: str) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO bucket_settings VALUES (?, ?, ?)", (bucket, name, value)
        )

    def delete_bucket_setting(self, bucket: str, name: str) -> None:
        self._database.execute(
            "DELETE FROM bucket_settings WHERE bucket = ? AND name = ?", (bucket, name)
        )

    # ── single-use signatures and blobs ─────────────────────────────────────────────────────────

    def is_signature_used(self, fingerprint: bytes) -> bool:
        found = self._database.execute(
            "SELECT 1 FROM used_signatures WHERE fingerprint = ?", (fingerprint,)
        )
        return found.fetchone() is not None

    def use_signature(self, fingerprint: bytes) -> None:
        """Mark a single-use signature as used. Raises `SignatureUsed` the second time."""
        try:
            self._database.execute("INSERT INTO used_signatures VALUES (?)", (fingerprint,))
        except IntegrityError as error:
            raise SignatureUsed from error

    def all_blobs(self) -> set[str]:
        """Return the names of all referenced blobs."""
        rows = self._database.execute(
            "SELECT blob FROM objects UNION SELECT blob FROM parts UNION SELECT blob FROM slices"
        )
        return {row[0] for row in rows}


def _object(row: tuple[Any, ...]) -> StoredObject:
    key, blob, size, etag, sha1, headers, *rest = row
    return StoredObject(key, blob, size, etag, sha1, json.loads(headers), *rest)


def _crc64_text(crc64: int | None) -> str:
    # As text, because SQLite's integers are signed and the CRC uses all 64 bits.
    return "" if crc64 is None else str(crc64)
