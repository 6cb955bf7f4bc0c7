"""The built pages, as they are sent: read once, and kept compressed.

`make console` builds them from the folder `console` of the source into `bundle`, which is part of
the wheel. A copy of the source without it serves the API alone.
"""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

BUNDLE = Path(__file__).parent / "bundle"

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_PAGE = "index.html"
# The name of a file in this folder has a digest of its content in it.
_UNCHANGING = "assets/"


@dataclass(frozen=True)
class BundleFile:
    """One file."""

    compressed: bytes
    media_type: str
    etag: str
    is_page: bool
    is_unchanging: bool

    @property
    def body(self) -> bytes:
        """Return the plain file, for the few clients that take nothing compressed."""
        return gzip.decompress(self.compressed)


def load_bundle(folder: Path = BUNDLE) -> dict[str, BundleFile]:
    """Return the files by the path of their URL; empty if the pages were not built."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            files["/" if name == _PAGE else f"/{name}"] = _load(path, name)
    return files


def _load(path: Path, name: str) -> BundleFile:
    body = path.read_bytes()
    return BundleFile(
        compressed=gzip.compress(body, 9, mtime=0),
        media_type=_MEDIA_TYPES[path.suffix],
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        is_page=name == _PAGE,
        is_unchanging=name.startswith(_UNCHANGING),
    )
