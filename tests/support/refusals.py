"""Reads the refusals that a school keeps, past the product's own code and through it."""

from typing import Any

from tests.support.harness import World
from tests.support.school import School


async def kept(world: World, columns: str) -> list[tuple[Any, ...]]:
    """What stands in the table after a flush, in the order of time."""
    await world.application.refusals.flush()
    query = f"SELECT {columns} FROM refusals ORDER BY refusal_id"  # noqa: S608 - names only
    return world.raw_database.query(query)


async def listed(world: World, school: School, **filters: object) -> list[dict[str, Any]]:
    """What an admin is answered after a flush."""
    await world.application.refusals.flush()
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    answer = await world.call("GET", f"/v1/admin/refusals?{query}", school.tokens["root"])
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def number_of(world: World, identifier: str) -> int:
    """The number of an account."""
    ((number,),) = world.raw_database.query(
        "SELECT account_id FROM accounts WHERE identifier = ?", identifier
    )
    assert isinstance(number, int)
    return number
