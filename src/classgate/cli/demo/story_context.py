"""The context of the demo's stories, and the checks of their steps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from classgate.audit.models import VerificationResult
from classgate.cli.demo.clients import Answer, Json
from classgate.settings.loading import Settings
from classgate.signing.keys import EcdsaPrivateKey

Steps = Sequence[tuple[str, Callable[[], str]]]
"""The steps of a story, in order: a title, and a function that returns the outcome."""


@dataclass(frozen=True)
class StoryContext:
    """The addresses, settings and accounts that the stories use."""

    api: str
    emulator: str
    settings: Settings
    passwords: dict[str, str]
    key_file: EcdsaPrivateKey
    verify_audit: Callable[[], VerificationResult]


class UnexpectedOutcome(Exception):
    """A step had another outcome than the expected one."""


def require(condition: bool, message: str) -> None:
    """Require a condition. UnexpectedOutcome with the message."""
    if not condition:
        raise UnexpectedOutcome(message)


def expect(status: int, answer: Answer) -> Json:
    """Return the body of an answer with this status. UnexpectedOutcome: another status."""
    require(answer.status == status, f"{answer.status} instead of {status}: {answer.body}")
    return answer.body
