"""The rows of slice uploads, at most one for each object.

As in `store`, the calls return the names of unreferenced blobs.
"""

from dataclasses import dataclass

from classgate.emulator.cos.blobs import Blob
from classgate.emulator.database import Database


@dataclass(frozen=True)
class SliceUpload:
    """An unfinished slice upload."""

    session: str
    size: int
    slice_size: int
    sha1: str  # empty if the client did not send it
    attributes: str
    only_new: bool


@dataclass(frozen=True)
class Slice:
    """A stored slice; the first has number 0."""

    number: int
    blob: str
    size: int
    sha1: str
    crc64: int


class SliceStore:
    """Reads and writes the rows."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transaction = database.transaction

    def find(self, bucket: str, key: str) -> SliceUpload | None:
        """Return the unfinished upload of an object."""
        row = self._database.execute(
            "SELECT session, size, slice_size, sha1, attributes, only_new FROM slice_uploads"
            " WHERE bucket = ? AND object_key = ?",
            (bucket, key),
        ).fetchone()
        if row is None:
            return None
        session, size, slice_size, sha1, attributes, only_new = row
        return SliceUpload(session, size, slice_size, sha1, attributes, bool(only_new))

    def add(self, bucket: str, key: str, upload: SliceUpload) -> None:
        self._database.execute(
            "INSERT INTO slice_uploads VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                upload.session, bucket, key, upload.size, upload.slice_size, upload.sha1,
                upload.attributes, int(upload.only_new),
            ),
        )  # fmt: skip

    def remove(self, upload: SliceUpload) -> list[str]:
        """Delete an upload and its slices; return their blobs."""
        blobs = [each.blob for each in self.slices(upload)]
        self._database.execute("DELETE FROM slice_uploads WHERE session = ?", (upload.session,))
        return blobs

    def put(self, upload: SliceUpload, number: int, blob: Blob) -> list[str]:
        """Store or replace a slice; return the replaced blob."""
        before = [each.blob for each in self.slices(upload) if each.number == number]
        self._database.execute(
            "INSERT OR REPLACE INTO slices VALUES (?, ?, ?, ?, ?, ?)",
            (upload.session, number, blob.name, blob.size, blob.sha1, str(blob.crc64)),
        )
        return before

    def slices(self, upload: SliceUpload) -> list[Slice]:
        """Return the stored slices in order."""
        rows = self._database.execute(
            "SELECT number, blob, size, sha1, crc64 FROM slices WHERE session = ? ORDER BY number",
            (upload.session,),
        )
        return [
            Slice(number, blob, size, sha1, int(crc64)) for number, blob, size, sha1, crc64 in rows
        ]
