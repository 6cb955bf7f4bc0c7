"""Refusals in memory: counted by the minute, within the budgets of each kind of caller."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from classgate.reasons import Reason
from classgate.refusal_log.budgets import MAX_ROWS_OF_PERSON, Budget
from classgate.refusal_log.collector import KEPT_REQUEST_IDS, RefusalCollector, Snapshot
from classgate.refusal_log.models import LEFT_OUT, CallerKind, Refusal

BEGIN = datetime(2026, 3, 2, 9, 12, tzinfo=UTC)
BUDGETS = {
    CallerKind.AUTHENTICATED: Budget(burst=80, per_minute=80),
    CallerKind.NAMED: Budget(burst=5, per_minute=2),
    CallerKind.STRANGER: Budget(burst=3, per_minute=1),
}


class Book:
    """A collector with a clock that the test moves, and what a flush would write."""

    def __init__(self, budgets: Mapping[CallerKind, Budget] = BUDGETS) -> None:
        self.now = BEGIN
        self.collector = RefusalCollector(lambda: self.now, budgets)
        self.written: dict[str, Snapshot] = {}
        self._requests = 0

    def add(
        self,
        account: int | None = 1,
        *,
        classroom: int | None = 7,
        reason: Reason = Reason.KICKED,
        rule: str = "enter the class",
        caller: CallerKind = CallerKind.AUTHENTICATED,
        address: str = "192.0.2.1",
        digest: str | None = None,
        times: int = 1,
    ) -> bool:
        kept = True
        for _ in range(times):
            self._requests += 1
            kept = self.collector.add(
                Refusal(
                    reason=reason,
                    rule=rule,
                    route="POST /x",
                    request_id=f"r{self._requests}",
                    address=address,
                    caller=caller,
                    account_id=account,
                    identifier_digest=digest,
                    classroom_id=classroom,
                )
            )
        return kept

    def stranger(self, number: int) -> bool:
        return self.add(None, caller=CallerKind.STRANGER, address=f"192.0.2.{number}")

    def waiting(self) -> list[Snapshot]:
        return list(self.collector.snapshots(self.collector.unwritten()))

    def flush(self) -> None:
        found = self.waiting()
        self.written |= {each.row.refusal_id: each for each in found}
        self.collector.mark_written(found)

    def pass_minutes(self, minutes: float = 1) -> None:
        self.now += timedelta(minutes=minutes)


@pytest.fixture
def book() -> Book:
    return Book()


def test_repeats_in_a_minute_are_one_row_with_its_times(book: Book) -> None:
    book.add()
    book.now += timedelta(seconds=59)
    book.add(times=2, address="192.0.2.9")
    (found,) = book.waiting()
    assert found.row.count == 3
    assert (found.row.first_at, found.row.last_at) == (BEGIN, book.now)
    assert (found.row.address, found.row.request_id) == ("192.0.2.9", "r3")
    assert found.earlier_ids == ("r1", "r2")


def test_next_minute_has_a_row_of_its_own(book: Book) -> None:
    book.add()
    book.pass_minutes()
    book.add()
    assert [each.row.count for each in book.waiting()] == [1, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"account": 2},
        {"classroom": 8},
        {"classroom": None},
        {"reason": Reason.CLASS_ENDED},
        {"rule": "upload courseware"},
    ],
)
def test_another_person_class_reason_or_rule_is_another_row(
    book: Book, change: dict[str, object]
) -> None:
    book.add()
    book.add(**change)  # type: ignore[arg-type]
    assert len(book.waiting()) == 2


def test_strangers_at_one_address_are_one_row_and_names_are_told_apart(book: Book) -> None:
    book.stranger(1)
    book.stranger(1)
    book.add(None, caller=CallerKind.STRANGER, digest="00ff")
    assert sorted(each.row.count for each in book.waiting()) == [1, 2]


def test_addresses_of_one_ipv6_network_are_one_stranger(book: Book) -> None:
    for number in range(100):
        book.add(None, caller=CallerKind.STRANGER, address=f"2001:db8::{number:x}")
    (found,) = book.waiting()
    assert found.row.count == 100


def test_ids_of_the_first_requests_and_of_the_last_are_kept(book: Book) -> None:
    book.add(times=1000)
    (found,) = book.waiting()
    assert found.earlier_ids == tuple(f"r{each}" for each in range(1, KEPT_REQUEST_IDS + 1))
    assert found.row.request_id == "r1000"


def test_ids_of_rows_sort_by_time(book: Book) -> None:
    for number in range(5):
        book.add(number + 1)
        book.now += timedelta(seconds=7)
    ids = [each.row.refusal_id for each in book.waiting()]
    assert ids == sorted(ids)
    assert len(set(ids)) == 5


# ── writing ─────────────────────────────────────────────────────────────────────────────────────


def test_row_is_written_again_with_its_total_when_it_grew(book: Book) -> None:
    book.add(times=2)
    book.flush()
    assert book.waiting() == []
    book.add(times=3)
    (found,) = book.waiting()
    assert found.row.count == 5
    assert found.earlier_ids == ("r2", "r3", "r4")  # r1 is written
    book.flush()
    assert len(book.written) == 1


def test_what_is_counted_during_a_write_is_written_next(book: Book) -> None:
    book.add()
    found = book.waiting()
    book.add(times=2)
    book.collector.mark_written(found)
    (again,) = book.waiting()
    assert (again.row.count, again.row.request_id) == (3, "r3")
    assert again.earlier_ids == ("r1", "r2")


def test_what_was_not_written_is_written_as_a_whole_later(book: Book) -> None:
    book.add(times=2)
    book.waiting()  # the write failed
    book.pass_minutes(30)
    book.add()
    assert [each.row.count for each in book.waiting()] == [2, 1]


def test_written_rows_are_forgotten_when_their_minute_is_over(book: Book) -> None:
    for account in range(1, 41):
        book.add(account)
    book.flush()
    assert len(book.collector) == 40
    book.pass_minutes()
    book.add(1)
    assert len(book.collector) == 1


def test_row_that_is_written_after_its_minute_is_forgotten(book: Book) -> None:
    book.add()
    book.pass_minutes()
    book.add(2)
    book.flush()
    assert len(book.collector) == 1


# ── the budgets ─────────────────────────────────────────────────────────────────────────────────


def test_flood_of_strangers_is_counted_in_one_row(book: Book) -> None:
    assert [book.stranger(number) for number in range(5)] == [True, True, True, False, False]
    for _ in range(99_998):
        book.stranger(200)
    assert len(book.collector) == 4
    counts = {each.row.reason: each.row.count for each in book.waiting()}
    assert counts == {"kicked": 1, LEFT_OUT: 100_000}


def test_strangers_take_no_row_of_an_account(book: Book) -> None:
    for number in range(200):
        book.stranger(number)
        book.add(number, caller=CallerKind.NAMED)
    assert book.add(1)
    of_account = [each.row for each in book.waiting() if each.row.account_id == 1]
    assert sum(each.count for each in of_account) == 2


def test_repeats_of_a_row_need_no_budget(book: Book) -> None:
    for number in range(9):
        book.stranger(number)
    assert book.stranger(0)


def test_budget_grows_again_by_the_minute_and_not_over_its_burst(book: Book) -> None:
    for number in range(4):
        book.stranger(number)
    book.flush()
    book.pass_minutes(2)
    assert [book.stranger(number) for number in range(4)] == [True, True, False, False]
    book.flush()
    book.pass_minutes(1000)
    assert [book.stranger(number) for number in range(4)] == [True, True, True, False]


def test_clock_that_is_set_back_gives_no_rows(book: Book) -> None:
    for number in range(4):
        book.stranger(number)
    book.flush()
    book.pass_minutes(-500)
    assert not book.stranger(9)


def test_account_has_few_rows_in_a_minute(book: Book) -> None:
    kept = [book.add(classroom=number) for number in range(1, MAX_ROWS_OF_PERSON + 3)]
    assert kept == [True] * MAX_ROWS_OF_PERSON + [False] * 2
    assert book.add(2)
    book.pass_minutes()
    assert book.add(classroom=999)


def test_one_address_leaves_rows_for_other_strangers() -> None:
    """It asks for a thousand classes."""
    book = Book({CallerKind.STRANGER: Budget(burst=MAX_ROWS_OF_PERSON + 1, per_minute=1)})
    for number in range(1, 1001):
        book.add(None, caller=CallerKind.STRANGER, classroom=number)
    assert book.stranger(9)
    assert not book.stranger(10)


def test_what_is_left_out_takes_no_memory(book: Book) -> None:
    for number in range(1000):
        book.add(None, caller=CallerKind.STRANGER, digest=f"{number}")
    assert len(book.collector) == 4
    assert len(book.collector._rows_of_person) == 3


def test_rows_that_cannot_be_written_stay_within_the_burst(book: Book) -> None:
    for minute in range(500):
        book.now = BEGIN + timedelta(minutes=minute)
        for number in range(5):
            book.stranger(number)
            book.add(number + 1)
    assert len(book.collector) <= 80 + 3 + len(CallerKind)
    total = sum(each.row.count for each in book.waiting())
    assert total == 500 * 10  # also those that are left out


def test_left_out_row_has_nobody(book: Book) -> None:
    for number in range(4):
        book.stranger(number)
    (row,) = [each.row for each in book.waiting() if each.row.reason == LEFT_OUT]
    assert (row.account_id, row.identifier_digest, row.classroom_id) == (None, None, None)
    assert row.address == ""
    assert "without an account" in row.rule


def test_each_minute_has_a_left_out_row_of_its_own(book: Book) -> None:
    for number in range(5):
        book.stranger(number)
    book.flush()
    book.pass_minutes()
    for number in range(5):
        book.stranger(100 + number)
    assert [each.row.count for each in book.waiting() if each.row.reason == LEFT_OUT] == [4]


def test_addresses_of_an_account_can_be_erased(book: Book) -> None:
    book.add(1)
    book.add(2)
    book.collector.forget_addresses(1)
    assert {each.row.account_id: each.row.address for each in book.waiting()} == {
        1: "",
        2: "192.0.2.1",
    }
