"""The counts of the last hour: each slice is read once, except the newest."""

from datetime import UTC, datetime, timedelta

from classgate.service_status.rates import MinuteRates, SliceCounts

NOW = datetime(2026, 3, 2, 8, 30, 10, tzinfo=UTC)


class Table:
    """A row at each of some times."""

    def __init__(self, *times: datetime) -> None:
        self.times = list(times)
        self.asked: list[tuple[datetime, datetime]] = []
        self.is_complete = True

    async def count(self, since: datetime, until: datetime) -> SliceCounts:
        self.asked.append((since, until))
        number = sum(since <= each < until for each in self.times)
        return SliceCounts({"row": number} if number else {}, self.is_complete)


async def test_rows_are_in_the_minute_of_their_time() -> None:
    table = Table(
        datetime(2026, 3, 2, 7, 30, 59, 999_999, tzinfo=UTC),  # more than an hour ago
        datetime(2026, 3, 2, 7, 31, tzinfo=UTC),
        datetime(2026, 3, 2, 8, 29, 59, 999_999, tzinfo=UTC),
        datetime(2026, 3, 2, 8, 30, 9, tzinfo=UTC),
    )
    found = await MinuteRates(table.count).read(NOW)
    assert found.since == datetime(2026, 3, 2, 7, 31, tzinfo=UTC)
    assert [each.get("row", 0) for each in found.by_minute] == [1, *[0] * 57, 1, 1]
    assert found.is_complete


async def test_only_the_newest_slices_are_read_again() -> None:
    table = Table()
    rates = MinuteRates(table.count)
    await rates.read(NOW)
    assert len(table.asked) == 59 * 3 + 1
    assert all(until - since == timedelta(seconds=20) for since, until in table.asked)
    table.asked.clear()
    table.times.append(NOW - timedelta(seconds=100))  # was written late
    found = await rates.read(NOW + timedelta(seconds=5))
    assert sum(each.get("row", 0) for each in found.by_minute) == 1
    assert min(since for since, _ in table.asked) == datetime(2026, 3, 2, 8, 28, tzinfo=UTC)
    assert len(table.asked) == 7


async def test_an_hour_without_a_look_is_read_anew() -> None:
    table = Table(NOW + timedelta(minutes=90))
    rates = MinuteRates(table.count)
    await rates.read(NOW)
    found = await rates.read(NOW + timedelta(hours=2))
    assert sum(each.get("row", 0) for each in found.by_minute) == 1
    assert len(rates._settled) < 60 * 3 + 1


async def test_time_that_a_wrong_clock_took_for_past_is_read_when_it_is() -> None:
    table = Table()
    rates = MinuteRates(table.count)
    await rates.read(NOW + timedelta(minutes=30))
    await rates.read(NOW)  # the clock was set right
    table.times.append(NOW + timedelta(minutes=10))
    found = await rates.read(NOW + timedelta(minutes=20))
    assert sum(each.get("row", 0) for each in found.by_minute) == 1


async def test_more_than_is_counted_is_said() -> None:
    table = Table()
    table.is_complete = False
    assert not (await MinuteRates(table.count).read(NOW)).is_complete
