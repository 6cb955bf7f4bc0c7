"""PURE: identifiers as they are compared, which is without regard to case.

Nothing else folds an identifier. The identifier rule comes before any folding: `ſ` (U+017F) and the
Kelvin sign (U+212A) are no letters of the rule, but fold to letters of it, so who folds first takes
a name that nobody can have for somebody else's.
"""

from typing import NewType

from classgate.errors import InvalidIdentifier
from classgate.signing.user_sig import require_identifier

FoldedIdentifier = NewType("FoldedIdentifier", str)
"""An identifier that keeps the rule, in lower case. Those of one account are equal."""


def fold(identifier: str) -> FoldedIdentifier:
    """The identifier as it is compared. InvalidIdentifier: nobody can have it."""
    return FoldedIdentifier(require_identifier(identifier).lower())


def find_folded(identifier: str) -> FoldedIdentifier | None:
    """The same for somebody who is looked for; None: nobody can have this identifier."""
    try:
        return fold(identifier)
    except InvalidIdentifier:
        return None


def fold_listed(name: str) -> str:
    """A name of a list, for where its next page begins.

    Lists also show `deleted~<number>`, which is no identifier. Only ASCII is folded: anything else
    is the name of nobody, and stays as it is.
    """
    return name.lower() if name.isascii() else name
