"""What the demo's stories are told with: where they play, and what must hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from classgate.audit.models import Verdict
from classgate.cli.demo_clients import Answer, Json
from classgate.settings import Settings
from classgate.signing.keys import EcdsaPrivateKey

Steps = Sequence[tuple[str, Callable[[], str]]]
"""What is told, in its order: a title, and what happens, which answers how it came out."""


@dataclass(frozen=True)
class Scene:
    """Where the stories play."""

    api: str
    standin: str
    settings: Settings
    passwords: dict[str, str]
    key_file: EcdsaPrivateKey
    verify_audit: Callable[[], Verdict]


class Unexpected(Exception):
    """A step came out otherwise than the story says."""


def require(holds: bool, otherwise: str) -> None:
    """Unexpected, unless it holds."""
    if not holds:
        raise Unexpected(otherwise)


def expect(status: int, answer: Answer) -> Json:
    """The body of an answer. Unexpected: it has another status."""
    require(answer.status == status, f"{answer.status} instead of {status}: {answer.body}")
    return answer.body
