"""The kinds of text that can be explained, in the order in which they are tried.

A module of one kind has `recognize(text)`: None for "not mine", else what explains it. "Mine but
bad" is an explanation with a failed check.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from classgate.explain import cloud_errors, code_explanations, private_map_key, user_sig
from classgate.explain.cos import recognition as cos
from classgate.explain.models import Explain
from classgate.explain.pasted_text import MAX_REQUEST_CHARACTERS, MAX_TEXT_CHARACTERS


@dataclass(frozen=True)
class Recognizer:
    """One kind of text. Longer texts than `max_characters` are not shown to it."""

    recognize: Callable[[str], Explain | None]
    max_characters: int = MAX_TEXT_CHARACTERS


# The most specific first: a request in HAR contains URLs, which contain signatures, and a log line
# with a UserSig also contains a code.
RECOGNIZERS: Final[Sequence[Recognizer]] = (
    Recognizer(cos.recognize_request, MAX_REQUEST_CHARACTERS),
    Recognizer(cos.recognize_policy),
    Recognizer(cos.recognize_signature),
    Recognizer(cos.recognize_credentials),
    Recognizer(cos.recognize_v4),
    Recognizer(user_sig.recognize),
    Recognizer(private_map_key.recognize),
    Recognizer(cloud_errors.recognize),
    Recognizer(code_explanations.recognize),
)
