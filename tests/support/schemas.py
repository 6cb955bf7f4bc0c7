"""The schema of each revision, as SQLite describes it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from classgate.migrations.upgrade import upgrade


@dataclass(frozen=True)
class Column:
    kind: str
    is_required: bool  # an INSERT that does not name it fails


@dataclass(frozen=True)
class Table:
    columns: dict[str, Column]
    indexes: dict[str, bool]  # whether it is unique
    references: frozenset[tuple[str, str]]


Schema = dict[str, Table]


def history() -> list[Script]:
    """The migrations, the oldest first."""
    config = Config()
    config.set_main_option("script_location", "classgate:migrations")
    return list(ScriptDirectory.from_config(config).walk_revisions())[::-1]


def schemas(folder: Path) -> dict[str, Schema]:
    """The schema after each revision."""
    path = folder / "history.db"
    found = {}
    for script in history():
        upgrade(f"sqlite:///{path}", script.revision)
        found[script.revision] = _read(path)
    return found


def _read(path: Path) -> Schema:
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        own = [name for (name,) in names if not name.startswith(("sqlite_", "alembic_"))]
        return {name: _read_table(connection, name) for name in own}


def _read_table(connection: sqlite3.Connection, name: str) -> Table:
    columns = connection.execute("SELECT * FROM pragma_table_info(?)", (name,)).fetchall()
    indexes = connection.execute("SELECT * FROM pragma_index_list(?)", (name,)).fetchall()
    keys = connection.execute("SELECT * FROM pragma_foreign_key_list(?)", (name,)).fetchall()
    return Table(
        {column: Column(kind, bool(n) and d is None) for _, column, kind, n, d, _ in columns},
        {index: bool(unique) for _, index, unique, *_ in indexes},
        frozenset((key[3], key[2]) for key in keys),
    )


def faults(before: Schema, after: Schema, small: frozenset[str]) -> list[str]:
    """What replicas of the version before would notice of the step.

    Tables that are `small` may be indexed while replicas write to them.
    """
    found = [f"{name} is gone" for name in before.keys() - after.keys()]
    for name in before.keys() & after.keys():
        old, new = before[name], after[name]
        for column, described in old.columns.items():
            if new.columns.get(column) != described:
                found.append(f"{name}.{column} is changed or gone")
        found += [
            f"{name}.{column} has to be filled"
            for column in new.columns.keys() - old.columns.keys()
            if new.columns[column].is_required
        ]
        for index in new.indexes.keys() - old.indexes.keys():
            if new.indexes[index]:
                found.append(f"{index} refuses what was allowed")
            elif name not in small:
                found.append(f"{index} is built while nobody may write to {name}")
        if new.references - old.references:
            found.append(f"{name} has a new reference")
    return sorted(found)
