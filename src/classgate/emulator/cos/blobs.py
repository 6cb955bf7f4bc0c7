"""Content on disk: one file for each body, with a random name. No object key ever becomes a path.

A body goes into `incoming/`, is hashed on the way by a thread, and moves to `blobs/` when it is
whole and wanted. What a blob stands for is `store`'s business.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from classgate.emulator.cos.crc64 import combined, crc64

_PIECE = 1 << 20


@dataclass(frozen=True)
class Blob:
    """A whole body. Hashes are lower-case hex, the CRC a number if it is known."""

    name: str
    size: int
    md5: str
    sha1: str
    crc64: int | None


class BlobWriter:
    """Takes one body. Nothing of it stays unless `keep` is called."""

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
        """The body is whole: what it is. It can still be dropped."""
        await asyncio.to_thread(self._flush)
        self._file.close()
        return Blob(
            self._final.name, self.size, self._md5.hexdigest(), self._sha1.hexdigest(), self._crc64
        )

    async def append(self, part: Path, part_crc64: int | None) -> None:
        """Take the content of another blob, whose CRC it is. Raises `FileNotFoundError`."""
        await asyncio.to_thread(self._copy, part, part_crc64)

    def keep(self) -> None:
        """Give it its place among the blobs, in one step."""
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
            # Much quicker than over the content again.
            self._crc64 = combined(self._crc64, part_crc64, self.size - before)

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
    """All content of one emulator."""

    def __init__(self, root: Path) -> None:
        self._incoming = root / "incoming"
        self._blobs = root / "blobs"
        for folder in (self._incoming, self._blobs):
            folder.mkdir(parents=True, exist_ok=True)
        for file in self._incoming.iterdir():  # what an earlier run left half done
            file.unlink()

    @asynccontextmanager
    async def receive(self) -> AsyncIterator[BlobWriter]:
        """A place for one body; it is gone afterwards unless it was kept."""
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

    def sweep(self, keep: Collection[str]) -> None:
        """Drop every blob that nothing points at."""
        for file in self._blobs.iterdir():
            if file.name not in keep:
                file.unlink()
