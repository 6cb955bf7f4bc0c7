"""Checks that what one process changes reaches the others, which a pooler may prevent."""

import time

from classgate.diagnosis.findings import Finding, fail, ok

CHECK = "notifications"
_FIX = (
    "name the server itself in database.url, not a pooler such as PgBouncer, whose transaction "
    "mode breaks LISTEN, prepared statements and the settings of a session; classgate keeps its "
    "connections open itself"
)


async def check_notifications(url: str) -> Finding:
    """Try on a PostgreSQL server what each process does when it starts to listen."""
    from classgate.storage.listening import (  # noqa: PLC0415 - the driver takes 3 MiB
        ListeningConnection,
        NotListening,
    )

    listening = ListeningConnection(url, time.monotonic)
    try:
        await listening.open()
    except NotListening as error:
        return fail(CHECK, f"changes do not reach other processes ({error})", _FIX)
    finally:
        listening.lose()
    return ok(CHECK, "changes reach other processes")
