"""Lets the process of a test hear what others change, as one does that serves."""

from tests.support.eventually import eventually
from tests.support.harness import World


async def start_listening(world: World) -> None:
    """Until it is proven that changes arrive, so that its caches are on."""
    database = world.application.database
    database.start()
    await eventually(database.caches.is_current)
