"""Several statements in one: each keeps its text, its parameters follow those before it."""

from classgate.storage.postgresql_groups import join_locks, join_writes

LOCK_A = "SELECT a.id FROM a WHERE a.id = $1 FOR NO KEY UPDATE"
LOCK_B = "SELECT b.id FROM b WHERE b.x = $1 AND b.y = $2 FOR SHARE"
LOCK_ALL = "SELECT c.id FROM c ORDER BY c.id FOR SHARE"


def test_locks_are_columns_of_one_row_in_their_order() -> None:
    assert join_locks([LOCK_A, LOCK_ALL, LOCK_B]) == (
        "SELECT (SELECT count(*) FROM (SELECT a.id FROM a WHERE a.id = $1 FOR NO KEY UPDATE)"
        " AS lock_0), "
        "(SELECT count(*) FROM (SELECT c.id FROM c ORDER BY c.id FOR SHARE) AS lock_1), "
        "(SELECT count(*) FROM (SELECT b.id FROM b WHERE b.x = $2 AND b.y = $3 FOR SHARE)"
        " AS lock_2)"
    )


def test_writes_are_parts_of_the_last_one_in_their_order() -> None:
    writes = [
        "INSERT INTO a (x, y) VALUES ($1::BIGINT, $2::VARCHAR)",
        "DELETE FROM b",
        "UPDATE c SET x=$1::BIGINT WHERE c.y = $2::VARCHAR",
    ]
    assert join_writes(writes) == (
        "WITH write_0 AS (INSERT INTO a (x, y) VALUES ($1::BIGINT, $2::VARCHAR)), "
        "write_1 AS (DELETE FROM b) "
        "UPDATE c SET x=$3::BIGINT WHERE c.y = $4::VARCHAR"
    )


def test_parameter_that_occurs_twice_counts_once() -> None:
    writes = ["UPDATE a SET x=$1 WHERE a.x < $1", "UPDATE b SET x=$1 WHERE b.x < $1"]
    assert join_writes(writes) == (
        "WITH write_0 AS (UPDATE a SET x=$1 WHERE a.x < $1) UPDATE b SET x=$2 WHERE b.x < $2"
    )


def test_numbers_of_several_digits_are_moved_as_a_whole() -> None:
    eleven = ", ".join(f"${number}" for number in range(1, 12))
    moved = ", ".join(f"${number}" for number in range(12, 23))
    joined = join_writes([f"CALL a ({eleven})", f"CALL b ({eleven})"])
    assert joined == f"WITH write_0 AS (CALL a ({eleven})) CALL b ({moved})"
