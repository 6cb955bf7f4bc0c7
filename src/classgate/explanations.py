"""Explains pasted credentials, error replies and codes for an admin, and records that it was asked.

What was pasted is neither stored nor logged; the audit has only its kind.
"""

import asyncio
from dataclasses import replace

from classgate.accounts.administration import require_admin
from classgate.accounts.models import Caller
from classgate.accounts.service import AccountService
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.explain.models import ExplainContext, Explanation, GrantRequest
from classgate.storage.database import Database


class ExplanationService:
    """Explains with the keys of this installation."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        accounts: AccountService,
        context: ExplainContext,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._accounts = accounts
        self._context = context
        self._clock = clock

    async def explain(
        self,
        actor: Caller,
        text: str,
        identifier: str | None = None,
        grant_request: GrantRequest | None = None,
        *,
        chinese: bool = False,
    ) -> Explanation:
        """Explain a text, as of now; of a policy also whether it allows a request.

        It is explained in a thread: the text of a whole request may take some tenths of a second.
        NotAuthenticated, PermissionDenied: the actor is not an admin any more.
        """
        context = replace(
            self._context,
            now=self._clock(),
            identifier=identifier or None,
            grant_request=grant_request,
            chinese=chinese,
        )
        explanation = await asyncio.to_thread(_explain, text, context)
        async with self._database.transaction() as connection:
            require_admin((await self._accounts.reload_caller(connection, actor)).account)
            await self._audit.record(
                connection,
                AuditEntry(
                    event=AuditEvent.EXPLAIN_ASKED,
                    at=context.now,
                    actor_id=actor.account_id,
                    rule="an admin may have credentials explained",
                    details={"kind": explanation.kind.value},
                ),
            )
        return explanation


def _explain(text: str, context: ExplainContext) -> Explanation:
    """Explain, with code and texts that are loaded when somebody asks for the first time."""
    from classgate.explain.explanation import explain  # noqa: PLC0415

    return explain(text, context)
