"""What the demo's stories are told with: where they play, and what must hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from classgate.audit.models import VerificationResult
from classgate.cli.demo.clients import Answer, Json
from classgate.settings.loading import Settings
from classgate.signing.keys import EcdsaPrivateKey

Steps = Sequence[tuple[str, Callable[[], str]]]
"""What is told, in its order: a title, and what happens, which answers how it came out."""


@dataclass(frozen=True)
class StoryContext:
    """Where the stories play."""

    api: str
    emulator: str
    settings: Settings
    passwords: dict[str, str]
    key_file: EcdsaPrivateKey
    verify_audit: Callable[[], VerificationResult]


class UnexpectedOutcome(Exception):
    """A step came out otherwise than the story says."""


def require(holds: bool, otherwise: str) -> None:
    """Unexpected, unless it holds."""
    if not holds:
        raise UnexpectedOutcome(otherwise)


def expect(status: int, answer: Answer) -> Json:
    """The body of an answer. Unexpected: it has another status."""
    require(answer.status == status, f"{answer.status} instead of {status}: {answer.body}")
    return answer.body
