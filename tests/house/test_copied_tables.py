"""`db copy` takes each table, or says why not; a new one is taken by itself."""

from itertools import count

import pytest
from sqlalchemy import Table

from classgate.backups.copies.tables import NOT_COPIED, RowReader, copied_tables
from classgate.migrations.tables import metadata


def test_each_table_is_copied_or_named_with_a_reason() -> None:
    copied = {table.name for table in copied_tables()}
    assert copied | set(NOT_COPIED) == set(metadata.tables)
    assert copied & set(NOT_COPIED) == set()
    assert all(NOT_COPIED.values())


@pytest.mark.parametrize("table", copied_tables(), ids=lambda table: table.name)
def test_copied_table_can_be_copied(table: Table) -> None:
    """Its types have a conversion, a row has a name, and what it refers to is copied before."""
    RowReader(table)
    assert list(table.primary_key.columns)
    places = dict(zip((each.name for each in copied_tables()), count(), strict=False))
    for key in table.foreign_keys:
        assert places[key.column.table.name] <= places[table.name]
