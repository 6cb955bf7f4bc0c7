"""What an attempt came to, and what becomes of the message."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from classgate.cloud.ports import CloudAnswer, Treatment
from classgate.metrics import DeliveryOutcome
from classgate.outbox import delivery_repository
from classgate.outbox.delivery_repository import StoredMessage
from classgate.outbox.models import MessageState
from classgate.outbox.policy import REPEAT_INTERVALS, is_exhausted, is_expired, retry_delay
from classgate.storage.database import DatabaseConnection


@dataclass(frozen=True)
class Outcome:
    """What an attempt came to. `error`: why it was not delivered.

    `is_refusal`: the cloud answered, and may take the same message later. `is_alarm`: it takes the
    message only after the operator has acted.
    """

    kind: DeliveryOutcome
    error: str | None = None
    is_refusal: bool = False
    is_alarm: bool = False


SUPERSEDED = Outcome(DeliveryOutcome.SUPERSEDED)
UNANSWERED = Outcome(DeliveryOutcome.POSTPONED, "no_answer")
EXPIRED = Outcome(DeliveryOutcome.FAILED, "expired")

_KINDS: Mapping[Treatment, DeliveryOutcome] = {
    Treatment.DONE: DeliveryOutcome.DELIVERED,
    Treatment.RETRY: DeliveryOutcome.POSTPONED,
    Treatment.ALARM: DeliveryOutcome.POSTPONED,  # the operator is called; the message is kept
    Treatment.IMPORT: DeliveryOutcome.FAILED,  # imported where that helps, and still unknown
    Treatment.FINAL: DeliveryOutcome.FAILED,
}


def outcome_of(message: StoredMessage, answer: CloudAnswer) -> Outcome:
    """Return what an answer means for the message."""
    kind = _KINDS[answer.treatment]
    # An alarm concerns every message alike: setting this one aside would help no other.
    is_refusal = answer.treatment is Treatment.RETRY
    if is_refusal and is_exhausted(message.kind, message.refusals + 1):
        kind = DeliveryOutcome.FAILED
    error = None if kind is DeliveryOutcome.DELIVERED else answer.code
    return Outcome(kind, error, is_refusal, is_alarm=answer.treatment is Treatment.ALARM)


async def store(
    connection: DatabaseConnection,
    message: StoredMessage,
    claim: datetime,
    outcome: Outcome,
    now: datetime,
    jitter: float,
) -> Outcome:
    """Store the outcome, unless the claim was lost. Return it; a retry may come too late."""
    message_id, refusals = message.message_id, message.refusals + outcome.is_refusal
    state, next_at = message.state, now
    match outcome.kind:
        case DeliveryOutcome.DELIVERED if _repeats(message, now):
            # The last repetition is when the last PrivateMapKey has expired.
            state, refusals = MessageState.REPEATING, 0
            next_at = min(now + REPEAT_INTERVALS[message.kind], message.repeat_until or now)
        case DeliveryOutcome.DELIVERED | DeliveryOutcome.SUPERSEDED:
            await delivery_repository.delete_claimed(connection, message_id, claim)
            return outcome
        case DeliveryOutcome.POSTPONED:
            next_at = now + retry_delay(message.kind, now - message.created_at, jitter)
            if is_expired(message.kind, message.created_at, next_at):
                outcome = Outcome(DeliveryOutcome.FAILED, outcome.error)
                state = MessageState.FAILED
        case _:
            state = MessageState.FAILED
    await delivery_repository.store_outcome(
        connection,
        message_id,
        claim,
        state=state,
        next_attempt_at=next_at,
        refusals=refusals,
        error=outcome.error,
    )
    return outcome


def _repeats(message: StoredMessage, now: datetime) -> bool:
    return message.repeat_until is not None and now < message.repeat_until
