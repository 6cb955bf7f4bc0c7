"""Checks which processes serve over the database, and that they are of one version."""

from collections import Counter

from classgate.clock import Clock
from classgate.diagnosis.findings import Finding, ok, warn
from classgate.processes.registry import ProcessRegistry
from classgate.storage.database import Database

CHECK = "processes"


async def check_processes(database: Database, clock: Clock) -> Finding:
    """Report the processes that serve, by version and host."""
    registry = ProcessRegistry(database, clock, shared=True)
    found = Counter((each.version, each.host) for each in await registry.list_live(database.reader))
    if not found:
        return ok(CHECK, "none serves")
    shown = ", ".join(
        f"{number} of {version} at {host}" for (version, host), number in sorted(found.items())
    )
    if len({version for version, _ in found}) > 1:
        what = f"{found.total()} serve, of more than one version: {shown}"
        return warn(CHECK, what, "after an update, restart those of the old version")
    return ok(CHECK, f"{found.total()} serve: {shown}")
