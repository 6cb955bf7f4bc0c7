"""After a restore: what arrived in the store since the backup is not taken for forgotten."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.harness import World, open_world
from tests.support.raw_database import RawDatabase, SqliteAccess
from tests.support.running_emulator import Emulator
from tests.support.school import LIVE, PASSWORD, School
from tests.support.school_settings import settings_for
from tests.support.uploads import open_upload, put

from classgate.backups.service import back_up, restore

pytestmark = pytest.mark.on_sqlite


@pytest.mark.parametrize("later", [timedelta(hours=1), timedelta(days=30)], ids=str)
async def test_file_that_was_confirmed_after_the_backup_can_be_confirmed_again(
    world: World, school: School, emulator: Emulator, tmp_path: Path, later: timedelta
) -> None:
    grant = await open_upload(world, school.tokens["tom"])
    backup, there = tmp_path / "backup.db", tmp_path / "restored.db"
    await asyncio.to_thread(back_up, world.settings, backup, replace=False, clock=world.clock)
    assert await asyncio.to_thread(put, emulator, grant, grant["object_key"]) == 200
    path = f"/v1/uploads/{grant['upload_id']}/complete"
    assert (await world.call("POST", path, school.tokens["tom"])).status_code == 200

    world.clock.advance(seconds=later.total_seconds())
    settings = settings_for(f"sqlite:///{there}", emulator, {})
    await asyncio.to_thread(restore, settings, backup, replace=False, clock=world.clock)
    async with open_world(settings, world.clock, RawDatabase(SqliteAccess(there))) as restored:
        for _ in range(3):
            await restored.application.courseware.upload_clean_up.run_once()
            world.clock.advance(hours=6)
        token = await restored.log_in("tom", PASSWORD)
        assert (await restored.call("POST", path, token)).status_code == 200
        files = await restored.call("GET", f"/v1/classrooms/{LIVE}/courseware", token)
        assert [each["id"] for each in files.json()["items"]] == [grant["upload_id"]]
