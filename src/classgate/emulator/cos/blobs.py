"""Content on disk: one file for each body, with a random name. An object key is never a path.

A thread writes and hashes a body in `incoming/`; a complete and accepted body moves to `blobs/`.
The module `store` knows what a blob belongs to.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from classgate.emulator.cos.crc64 import combine, crc64

_PIECE = 1 << 20


@dataclass(frozen=True)
class Blob:
    """A complete body. Hashes are lower-case hex; the CRC is a number, None when unknown."""

    name: str
    size: int
    md5: str
    sha1: str
    crc64: int | None


class BlobWriter:
    """Writes one body, and removes it again unless `commit` is called."""

    def __init__(self, incoming: Path, final: Path) -> None:
        self._incoming = incoming
        self._final = final
        self._file: BinaryIO = incoming.open("xb")
        self._waiting = bytearray()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._crc64: int | None = 0
        self.size = 0

    async def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._waiting += chunk
        if len(self._waiting) >= _PIECE:
            await asyncio.to_thread(self._flush)

    async def complete(self) -> Blob:
        """Finish the body and return its size and hashes. It is not committed yet."""
        await asyncio.to_thread(self._flush)
        self._file.close()
        return Blob(
            self._final.name, self.size, self._md5.hexdigest(), self._sha1.hexdigest(), self._crc64
        )

    async def append(self, part: Path, part_crc64: int | None) -> None:
        """Append the content of another blob, with its CRC. Raises `FileNotFoundError`."""
        await asyncio.to_thread(self._copy, part, part_crc64)

    def commit(self) -> None:
        """Move the body to the blobs atomically."""
        self._incoming.rename(self._final)

    def close(self) -> None:
        self._file.close()
        self._incoming.unlink(missing_ok=True)

    def _copy(self, part: Path, part_crc64: int | None) -> None:
        before = self.size
        with part.open("rb") as source:
            while chunk := source.read(_PIECE):
                self.size += len(chunk)
                self._store(chunk)
        if self._crc64 is None or part_crc64 is None:
            self._crc64 = None
        else:
            # Much faster than computing it from the content again.
            self._crc64 = combine(self._crc64, part_crc64, self.size - before)

    def _flush(self) -> None:
        if self._crc64 is not None:
            self._crc64 = crc64(self._waiting, self._crc64)
        self._store(self._waiting)
        self._waiting.clear()

    def _store(self, chunk: bytes | bytearray) -> None:
        self._md5.update(chunk)
        self._sha1.update(chunk)
        self._file.write(chunk)


class BlobDirectory:
    """The directory with all content of an emulator."""

    def __init__(self, root: Path) -> None:
        self._incoming = root / "incoming"
        self._blobs = root / "blobs"
        for folder in (self._incoming, self._blobs):
            folder.mkdir(parents=True, exist_ok=True)
        for file in self._incoming.iterdir():  # incomplete bodies of an earlier run
            file.unlink()

    @asynccontextmanager
    async def receive(self) -> AsyncIterator[BlobWriter]:
        """Open a writer for one body; the body is removed afterwards unless it was committed."""
        name = secrets.token_hex(16)
        sink = BlobWriter(self._incoming / name, self._blobs / name)
        try:
            yield sink
        finally:
            sink.close()

    def open(self, name: str) -> BinaryIO:
        return self.path(name).open("rb")

    def path(self, name: str) -> Path:
        return self._blobs / name

    def discard(self, names: Iterable[str]) -> None:
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def delete_unreferenced(self, keep: Collection[str]) -> None:
        """Delete every blob that is not in `keep`."""
        for file in self._blobs.iterdir():
            if file.name not in keep:
                file.unlink()
