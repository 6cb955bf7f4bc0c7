"""PURE: case-insensitive comparison of identifiers.

Nothing else folds an identifier. Validate before folding: `ſ` (U+017F) and the Kelvin sign (U+212A)
are not allowed, but fold to allowed letters, so folding first would match another account.
"""

from typing import NewType

from classgate.errors import InvalidIdentifier
from classgate.signing.user_sig import require_identifier

FoldedIdentifier = NewType("FoldedIdentifier", str)
"""A valid identifier in lower case. Two are equal if they name the same account."""


def fold(identifier: str) -> FoldedIdentifier:
    """Return the folded identifier. InvalidIdentifier."""
    return FoldedIdentifier(require_identifier(identifier).lower())


def find_folded(identifier: str) -> FoldedIdentifier | None:
    """Return the folded identifier for a look-up; None if it is invalid."""
    try:
        return fold(identifier)
    except InvalidIdentifier:
        return None


def fold_listed(name: str) -> str:
    """Return a listed name as a cursor position.

    Lists also contain `deleted~<number>`, which is not an identifier. Only ASCII is folded; any
    other text names no account and stays unchanged.
    """
    return name.lower() if name.isascii() else name
