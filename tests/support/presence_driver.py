"""Lets time pass second by second for the presence tracker, and reads who is in a class."""

from typing import Any

from tests.support.harness import World


class PresenceDriver:
    """One service whose presence tracker ticks each second."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def tick(self) -> None:
        await self.world.application.classrooms.presence_tracker.tick()

    async def run(self, seconds: int) -> None:
        """Let so many seconds pass, with a tick after each."""
        for _ in range(seconds):
            self.world.clock.advance(seconds=1)
            await self.tick()

    async def run_with_heartbeats(
        self, seconds: int, *members: tuple[int, str], every: int = 5
    ) -> None:
        """The same, while these send heartbeats: a class and an access token each."""
        for second in range(seconds):
            if second % every == 0:
                for classroom_id, token in members:
                    await self.heartbeat(classroom_id, token)
            await self.run(1)

    async def enter(self, classroom_id: int, token: str) -> dict[str, Any]:
        """Come in by the API; return the entry credentials."""
        answer = await self.world.call("POST", f"/v1/classrooms/{classroom_id}/entry", token)
        assert answer.status_code == 200, answer.text
        entry_credentials: dict[str, Any] = answer.json()
        return entry_credentials

    async def heartbeat(self, classroom_id: int, token: str) -> bool:
        """Send a heartbeat. Return whether the member counts as present."""
        answer = await self.world.call("POST", f"/v1/classrooms/{classroom_id}/heartbeat", token)
        assert answer.status_code == 200, answer.text
        present = answer.json()["present"]
        assert isinstance(present, bool)
        return present

    def present(self, classroom_id: int) -> list[str]:
        """Who is there, by name."""
        rows = self.world.raw_database.query(
            "SELECT identifier FROM presences JOIN accounts"
            " ON accounts.account_id = presences.account_id"
            " WHERE classroom_id = ? AND left_at IS NULL ORDER BY identifier",
            classroom_id,
        )
        return [identifier for (identifier,) in rows]

    def was_there(
        self, classroom_id: int, identifier: str
    ) -> list[tuple[int, int | None, str | None]]:
        """From when to when, in seconds, and why no longer; the oldest first."""
        rows = self.world.raw_database.query(
            "SELECT entered_at, left_at, leave_reason FROM presences JOIN accounts"
            " ON accounts.account_id = presences.account_id"
            " WHERE classroom_id = ? AND identifier = ? ORDER BY presence_id",
            classroom_id,
            identifier,
        )
        return [
            (entered // 1_000_000, left if left is None else left // 1_000_000, because)
            for entered, left, because in rows
        ]

    def state(self, classroom_id: int) -> str:
        """The state of a class, as it is stored."""
        ((state,),) = self.world.raw_database.query(
            "SELECT state FROM classrooms WHERE classroom_id = ?", classroom_id
        )
        assert isinstance(state, str)
        return state
