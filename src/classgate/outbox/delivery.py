"""Delivers the messages of the outbox: claims them, sends them, stores what came of it.

No transaction is open during a call. A process that is stopped between any two steps leaves a claim
that ends by itself; the message is then sent again, which is harmless, see `im_commands` and
`room_commands`. Lanes keep what is urgent from waiting for what is not.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from classgate.clock import Clock
from classgate.cloud.call_rate import Share, whole
from classgate.cloud.ports import CloudAnswer, Treatment
from classgate.cloud.resilient_client import Runtime
from classgate.errors import CloudUnavailable
from classgate.metrics import DeliveryOutcome, delivery_counters
from classgate.outbox import delivery_repository, outcomes
from classgate.outbox.delivery_repository import StoredMessage
from classgate.outbox.models import MessageKind, MessageState
from classgate.outbox.outcomes import Outcome
from classgate.outbox.policy import ATTEMPT_SECONDS, BATCHES, CLAIM, Lane, is_expired
from classgate.outbox.relevance import GateState, is_wanted
from classgate.outbox.wake_up import WakeUp
from classgate.storage.database import Database

log = structlog.get_logger("classgate.outbox")

CONCURRENT = 20
"""The messages of one lane that all processes together deliver at a time."""

_DROPPED_AFTER = timedelta(minutes=5)
_STOP_SECONDS = 4.0
_LOOK_INTERVAL = 0.1  # seconds, after a look that found nothing


class Sender(Protocol):
    """Sends a batch: messages of one kind and one class, or a single one."""

    async def send(self, batch: Sequence[StoredMessage]) -> Sequence[CloudAnswer]:
        """Return an answer for each message. CloudUnavailable."""


class OutboxDelivery:
    """The delivery of one process. Other processes may deliver at the same time."""

    def __init__(
        self,
        *,
        database: Database,
        senders: Mapping[Lane, Sender],
        gate_state: GateState,
        wake_up: WakeUp,
        clock: Clock,
        runtime: Runtime,
        share: Share = whole,
        attempt_seconds: float = ATTEMPT_SECONDS,
    ) -> None:
        self._database = database
        self._senders = senders
        self._gate_state = gate_state
        self._wake_up = wake_up
        self._clock = clock
        self._runtime = runtime
        self._share = share
        self._attempt_seconds = attempt_seconds
        self._counters = {kind: delivery_counters(kind.value) for kind in MessageKind}
        self._lanes: list[asyncio.Task[None]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._looked_at: dict[Lane, datetime] = {}

    # ── the running process ────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Start the lanes whose service the settings name."""
        self._lanes = [asyncio.create_task(self._run_lane(lane)) for lane in self._senders]

    async def stop(self) -> None:
        """Claim nothing more; wait a moment for the calls that are under way."""
        for task in self._lanes:
            task.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)
        self._lanes = []
        if self._running:
            await asyncio.wait(self._running, timeout=_STOP_SECONDS)
        for each in self._running:
            each.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run_lane(self, lane: Lane) -> None:
        adopted, mine = False, set[asyncio.Task[None]]()
        while True:
            self._wake_up.clear(lane)
            try:
                if not adopted:
                    await self.adopt_upgraded()
                    adopted = True
                found = await self._claim(lane, self._concurrent() - len(mine))
                for batch, claim in found:
                    task = asyncio.create_task(self._deliver(lane, batch, claim))
                    for tasks in (mine, self._running):
                        tasks.add(task)
                        task.add_done_callback(tasks.discard)
                    task.add_done_callback(lambda _: self._wake_up.wake())
                if not found:
                    # Each look reads whatever waits for an earlier message, and each entry wakes.
                    await self._runtime.sleep(_LOOK_INTERVAL)
            except Exception:
                log.exception("the outbox could not be read; it will be retried")
            await self._wake_up.wait(lane)

    async def adopt_upgraded(self) -> None:
        """Drop what an earlier version stored and never sent, if it is too old to be sent now."""
        async with self._database.transaction() as connection:
            dropped = await delivery_repository.adopt_upgraded(
                connection, self._clock() - _DROPPED_AFTER
            )
        for kind in dropped:
            self._counters[kind][DeliveryOutcome.DROPPED].inc()
        if dropped:
            log.warning("old messages of an earlier version were dropped", number=len(dropped))

    async def deliver_due(self) -> int:
        """Deliver until nothing is due; return the number of attempts."""
        attempts = 0
        while True:
            claimed = [
                (lane, batch, claim)
                for lane in self._senders
                for batch, claim in await self._claim(lane, self._concurrent())
            ]
            if not claimed:
                return attempts
            attempts += sum(len(batch) for _, batch, _ in claimed)
            await asyncio.gather(*(self._deliver(*each) for each in claimed))

    def _concurrent(self) -> int:
        """Return how many messages of a lane this process delivers: its budgets are smaller too."""
        return max(1, round(CONCURRENT * self._share()))

    # ── one batch ──────────────────────────────────────────────────────────────────────────────

    async def _claim(
        self, lane: Lane, limit: int
    ) -> Sequence[tuple[Sequence[StoredMessage], datetime]]:
        """Claim what is due; return it in batches with the claim. Reads before it locks."""
        now = self._clock()
        await self._follow_clock(lane, now)
        if limit <= 0 or not await delivery_repository.has_due(self._database.reader, lane, now):
            return ()
        claim = now + CLAIM
        async with self._database.transaction() as connection:
            found = await delivery_repository.claim_due(connection, lane, now, claim, limit)
        return [(batch, claim) for batch in _batches(found)]

    async def _follow_clock(self, lane: Lane, now: datetime) -> None:
        """Let nothing wait for times of a clock that was ahead: at first, and if it goes back."""
        if lane not in self._looked_at or now < self._looked_at[lane]:
            async with self._database.transaction() as connection:
                ahead = await delivery_repository.follow_clock(connection, lane, now)
            if ahead:
                log.warning("messages of a clock that was ahead are due now", number=ahead)
        self._looked_at[lane] = now

    async def _deliver(self, lane: Lane, batch: Sequence[StoredMessage], claim: datetime) -> None:
        try:
            found = await self._attempt(lane, batch)
            stored = []
            async with self._database.transaction() as connection:
                for message, outcome in found:
                    now, jitter = self._clock(), self._runtime.jitter()
                    stored.append(
                        await outcomes.store(connection, message, claim, outcome, now, jitter)
                    )
        except Exception:  # the claim ends by itself
            log.exception("a delivery was not recorded; it will be repeated")
            return
        for (message, _), outcome in zip(found, stored, strict=True):
            self._report(message, outcome)

    async def _attempt(
        self, lane: Lane, batch: Sequence[StoredMessage]
    ) -> Sequence[tuple[StoredMessage, Outcome]]:
        """Send what is still wanted; return an outcome for each message."""
        found: list[tuple[StoredMessage, Outcome]] = []
        wanted: list[StoredMessage] = []
        for message in batch:
            before = await self._outcome_before(message)
            if before is None:
                wanted.append(message)
            else:
                found.append((message, before))
        if wanted:
            found += zip(wanted, await self._send(lane, wanted), strict=True)
        return found

    async def _outcome_before(self, message: StoredMessage) -> Outcome | None:
        """Return why a message is not sent at all."""
        if is_expired(message.kind, message.created_at, self._clock()):
            was_delivered = message.state is MessageState.REPEATING
            return outcomes.SUPERSEDED if was_delivered else outcomes.EXPIRED
        wanted = await is_wanted(self._database.reader, self._gate_state, message)
        return None if wanted else outcomes.SUPERSEDED

    async def _send(self, lane: Lane, batch: Sequence[StoredMessage]) -> Sequence[Outcome]:
        try:
            async with asyncio.timeout(self._attempt_seconds):
                answers = await self._senders[lane].send(batch)
        except (CloudUnavailable, TimeoutError):
            return [outcomes.UNANSWERED] * len(batch)
        except Exception as error:  # it must not hold up its class
            log.error("a message cannot be sent", reason=type(error).__name__)
            answers = [CloudAnswer(Treatment.FINAL, "fault")] * len(batch)
        if len(batch) > 1 and any(each.treatment is Treatment.FINAL for each in answers):
            # One of them may spoil the call for the others.
            alone = await asyncio.gather(*(self._send(lane, [each]) for each in batch))
            return [outcome for (outcome,) in alone]
        return [
            outcomes.outcome_of(message, answer)
            for message, answer in zip(batch, answers, strict=True)
        ]

    def _report(self, message: StoredMessage, outcome: Outcome) -> None:
        self._counters[message.kind][outcome.kind].inc()
        failed = outcome.kind is DeliveryOutcome.FAILED
        if failed or outcome.is_alarm:
            log.error(
                "a message to the cloud was set aside; see `classgate outbox list`"
                if failed
                else "a message to the cloud waits until the operator acts; see `classgate doctor`",
                message=message.message_id,
                kind=message.kind.value,
                classroom=message.classroom_id,
                reason=outcome.error,
            )


def _batches(found: Iterable[StoredMessage]) -> Sequence[Sequence[StoredMessage]]:
    """Group what the cloud takes in one call: the same kind, the same class."""
    open_batches: dict[tuple[MessageKind, int | None], list[StoredMessage]] = {}
    batches: list[list[StoredMessage]] = []
    for message in found:
        key = message.kind, message.classroom_id
        batch = open_batches.get(key)
        if batch is None or len(batch) >= BATCHES.get(message.kind, 1):
            batch = open_batches[key] = []
            batches.append(batch)
        batch.append(message)
    return batches
