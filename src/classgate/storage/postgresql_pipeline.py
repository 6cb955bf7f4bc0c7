"""A connection to PostgreSQL that sends several statements in one round trip.

asyncpg sends one statement at a time, and with it the message that asks for the answer (Sync). What
returns no rows is sent ahead of it by the same messages without that one: the server executes all
in their order and answers behind the last. After an error it skips the rest, up to the Sync.
asyncpg passes over the answers to what it did not send, which have no rows.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

from classgate.storage.postgresql_transport import HoldingLoop, HoldingTransport

_NULL = b"\xff\xff\xff\xff"
_EXECUTE = b"E\0\0\0\x09\0\0\0\0\0"  # the unnamed portal, all rows
_ALL_TEXT = b"\0\0"  # no format is given: parameters are texts


class PreparedStatement:
    """A statement that the server has parsed for one connection."""

    def __init__(self, prepared: asyncpg.prepared_stmt.PreparedStatement) -> None:
        self.driver = prepared
        """asyncpg's, which sends the statement and asks for the answer."""
        self._head = b"\0" + prepared.get_name().encode() + b"\0" + _ALL_TEXT

    def to_message(self, parameters: Sequence[object]) -> bytes | None:
        """Return what executes it, without asking for the answer.

        None: a parameter is neither text nor a whole number nor NULL; asyncpg can send it.
        """
        parts = [self._head, len(parameters).to_bytes(2)]
        for value in parameters:
            if value is None:
                parts.append(_NULL)
                continue
            if isinstance(value, str):
                raw = value.encode()
            elif isinstance(value, int):
                raw = b"%d" % value
            else:
                return None
            parts.append(len(raw).to_bytes(4))
            parts.append(raw)
        parts.append(_ALL_TEXT)
        body = b"".join(parts)
        return b"B" + (len(body) + 4).to_bytes(4) + body + _EXECUTE


class PipelinedConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection whose statements are prepared once."""

    def __init__(
        self, protocol: Any, transport: HoldingTransport, loop: HoldingLoop, *arguments: Any
    ) -> None:
        super().__init__(protocol, transport, loop.inner, *arguments)
        self._held_in = transport
        self._prepared: dict[str, PreparedStatement] = {}

    async def get_prepared(self, text: str) -> PreparedStatement:
        """Return the statement with this text, which is prepared at its first use."""
        statement = self._prepared.get(text)
        if statement is None:
            statement = self._prepared[text] = PreparedStatement(await self.prepare(text))
        return statement

    def forget_prepared(self) -> None:
        """Prepare every statement anew, as after a change of the schema."""
        self._prepared.clear()

    def is_in_transaction(self) -> bool:
        """Return whether a transaction has begun, or its begin waits to be sent."""
        return self._held_in.is_holding() or bool(super().is_in_transaction())

    def send_ahead(self, message: bytes) -> None:
        """Send it with the next statement, before that one."""
        self._held_in.hold(message)


def lock_without_rows(text: str) -> str:
    """Return a query that locks the rows of this one and returns none.

    They are counted, so that the server has to read them all.
    """
    return f"SELECT WHERE (SELECT count(*) FROM ({text}) AS locked) < 0"  # noqa: S608 - ours


def fail_without_match(text: str) -> str:
    """Return a statement that changes what this one does, and fails if there was no row.

    The error is a division by zero.
    """
    return (
        f"WITH matched AS ({text} RETURNING 1) "  # noqa: S608 - all text is ours
        "SELECT WHERE 1 / CAST(EXISTS (SELECT FROM matched) AS integer) < 0"
    )
