"""A data directory of an earlier version is opened, and nothing in it is lost."""

import sqlite3
from pathlib import Path

from classgate.emulator.cos.store import ObjectStore
from classgate.emulator.database import Database

WITHOUT_CHECKSUMS = """
CREATE TABLE objects (
    bucket TEXT NOT NULL, object_key TEXT NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL,
    etag TEXT NOT NULL, sha1 TEXT NOT NULL, headers TEXT NOT NULL, attributes TEXT NOT NULL,
    created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, PRIMARY KEY (bucket, object_key)
) STRICT;
INSERT INTO objects VALUES ('b', 'k', 'f', 3, 'e', 's', '{}', '', 1, 2);
"""


def test_objects_of_an_earlier_version_are_there_without_a_checksum(tmp_path: Path) -> None:
    file = tmp_path / "emulator.sqlite3"
    connection = sqlite3.connect(file)
    connection.executescript(WITHOUT_CHECKSUMS)
    connection.close()
    for _ in range(2):
        database = Database(file)
        found = ObjectStore(database).find_object("b", "k")
        assert found is not None
        assert (found.size, found.changed_at, found.crc64) == (3, 2, "")
        database.close()
