"""The kinds of text that can be explained, in the order in which they are tried.

A module of one kind has `recognize(text)`: None for "not mine", else what explains it. "Mine but
bad" is an explanation with a failed check.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from classgate.explain.codes import recognition as codes
from classgate.explain.codes import replies
from classgate.explain.cos import recognition as cos
from classgate.explain.models import Explain
from classgate.explain.pasted_text import MAX_REQUEST_CHARACTERS, MAX_TEXT_CHARACTERS
from classgate.explain.user_sigs import private_map_key
from classgate.explain.user_sigs import recognition as user_sigs


@dataclass(frozen=True)
class Recognizer:
    """One kind of text. Longer texts than `max_characters` are not shown to it."""

    recognize: Callable[[str], Explain | None]
    max_characters: int = MAX_TEXT_CHARACTERS
    is_literal: bool = False
    """Whether quotes and escapes are a part of it, so that only the text as pasted is read."""


# The most specific first: a request in HAR contains URLs, which contain signatures, and a log line
# with a UserSig also contains a code.
RECOGNIZERS: Final[Sequence[Recognizer]] = (
    Recognizer(cos.recognize_request, MAX_REQUEST_CHARACTERS, is_literal=True),
    Recognizer(cos.recognize_policy, is_literal=True),
    Recognizer(cos.recognize_signature),
    Recognizer(cos.recognize_credentials),
    Recognizer(cos.recognize_v4),
    Recognizer(user_sigs.recognize),
    Recognizer(private_map_key.recognize),
    Recognizer(replies.recognize),
    Recognizer(codes.recognize),
)
