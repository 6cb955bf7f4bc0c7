"""Bounds of pasted text, and what surrounds a credential in it: JSON, URLs, quotes, log lines."""

from typing import Final

MAX_TEXT_CHARACTERS: Final = 64 * 1024
"""Of a credential, an error reply or a code, with what was pasted around it."""
MAX_REQUEST_CHARACTERS: Final = 1024 * 1024
"""Of a whole request: curl, "copy as fetch" or HAR."""
