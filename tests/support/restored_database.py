"""One PostgreSQL database for many tests: to make a new one takes longer than most of them."""

import psycopg
from psycopg import sql

_COMPACT_AFTER = 40


class RestoredDatabase:
    """Remembers what stands in its tables, and puts that back."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._restored = 0
        with psycopg.connect(url) as connection:
            self._tables = _list(
                connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
            self._sequences = _list(
                connection, "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
            )
            connection.execute("CREATE SCHEMA kept")
            for name in [*self._tables, *self._sequences]:
                _run(connection, "CREATE TABLE kept.{0} AS SELECT * FROM public.{0}", name)

    def restore(self) -> bool:
        """Put everything back. False: a test changed the tables themselves; take another one."""
        try:
            with psycopg.connect(self.url, options="-c lock_timeout=10000") as connection:
                # As a replica does, which does not ask in which order rows refer to each other.
                connection.execute("SET session_replication_role = replica")
                for name in self._tables:
                    _run(connection, "DELETE FROM public.{0}", name)
                    _run(connection, "INSERT INTO public.{0} SELECT * FROM kept.{0}", name)
                for name in self._sequences:
                    _run(
                        connection,
                        "SELECT setval({1}, last_value, is_called) FROM kept.{0}",
                        name,
                        f"public.{name}",
                    )
            self._compact()
        except psycopg.Error:
            return False
        return True

    def _compact(self) -> None:
        """What was deleted is in the way of what is looked for."""
        self._restored += 1
        if self._restored % _COMPACT_AFTER == 0:
            with psycopg.connect(self.url, autocommit=True) as connection:
                for name in self._tables:
                    _run(connection, "VACUUM FULL public.{0}", name)


def _list(connection: "psycopg.Connection[tuple[str]]", question: sql.SQL | str) -> list[str]:
    return [name for (name,) in connection.execute(question)]


def _run(
    connection: "psycopg.Connection[tuple[str]]", command: str, name: str, *values: str
) -> None:
    literals = [sql.Literal(value) for value in values]
    connection.execute(sql.SQL(command).format(sql.Identifier(name), *literals))
