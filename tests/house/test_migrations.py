"""The migrations make exactly what the features' tables say, and can be run again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from classgate.migrations.engines import create_sqlite_engine
from classgate.migrations.tables import metadata
from classgate.migrations.upgrade import current_revision, newest_revision, upgrade


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sub" / "fresh.db"


def schema_of(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")
def test_migrations_make_what_the_features_declare(path: Path) -> None:
    upgrade(f"sqlite:///{path}")
    engine = create_sqlite_engine(path)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_schema_is_that_of_the_tables_to_the_letter(path: Path) -> None:
    """Also what a comparison does not see: autoincrement, the order of an index, foreign keys."""
    upgrade(f"sqlite:///{path}")
    declared = path.with_name("declared.db")
    engine = create_sqlite_engine(declared)
    metadata.create_all(engine)
    engine.dispose()

    def words(database: Path) -> dict[tuple[str, str], list[str]]:
        return {
            (kind, name): sorted((sql or "").replace(",", " ").split())
            for kind, name, sql in schema_of(database)
            if name != "alembic_version" and "alembic_version" not in name
        }

    assert words(path) == words(declared)


def test_newest_revision_by_the_names_of_files_is_that_of_alembic() -> None:
    config = Config()
    config.set_main_option("script_location", "classgate:migrations")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [newest_revision()]
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


def test_upgrade_ends_at_the_newest_revision_and_again_changes_nothing(path: Path) -> None:
    url = f"sqlite:///{path}"
    assert current_revision(url) is None
    assert not path.exists()
    upgrade(url)
    assert current_revision(url) == newest_revision()
    before = schema_of(path)
    upgrade(url)
    assert schema_of(path) == before


def test_failing_upgrade_leaves_nothing_behind(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE leases (something_else INTEGER)")
    before = schema_of(path)
    with pytest.raises(Exception, match="leases"):
        upgrade(f"sqlite:///{path}")
    assert schema_of(path) == before


def test_database_is_for_its_owner_alone(path: Path) -> None:
    upgrade(f"sqlite:///{path}")
    assert path.stat().st_mode & 0o077 == 0
