"""What a transaction announces reaches the caches, here and as a text for other processes."""

from datetime import UTC, datetime

import pytest

from classgate.storage.changes import CacheRegistry, Changed, from_payload, to_payload
from classgate.storage.ttl_cache import TtlCache


def clock() -> datetime:
    return datetime(2026, 11, 29, tzinfo=UTC)


def filled(registry: CacheRegistry, kind: Changed) -> TtlCache[str, int]:
    cache: TtlCache[str, int] = registry.create(kind, clock)
    cache.put("seven", 7, 7, cache.version)
    cache.put("eight", 8, 8, cache.version)
    return cache


def found(cache: TtlCache[str, int]) -> list[int | None]:
    return [cache.get("seven"), cache.get("eight")]


def test_numbers_travel_by_kind() -> None:
    payload = to_payload({Changed.CLASSROOM: {9, 7}, Changed.ACCOUNT: {5}})
    assert payload == '{"class":[7,9],"account":[5]}'
    assert from_payload(payload) == {Changed.CLASSROOM: {7, 9}, Changed.ACCOUNT: {5}}


def test_too_many_numbers_for_one_notification_are_not_told_apart() -> None:
    payload = to_payload({Changed.ACCOUNT: set(range(1_000_000, 1_002_000))})
    assert len(payload) < 8_000
    with pytest.raises(ValueError, match="not an object"):
        from_payload(payload)


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "{}",
        "[]",
        "7",
        '{"account": 5}',
        '{"account": ["5"]}',
        '{"account": [true]}',
        '{"account": [5], "lesson": [1]}',
        '{"account": [5]',
    ],
)
def test_payload_that_does_not_say_what_changed_is_an_error(payload: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_payload(payload)


def test_change_invalidates_its_number_in_the_caches_of_its_kind() -> None:
    registry = CacheRegistry()
    accounts, classes = filled(registry, Changed.ACCOUNT), filled(registry, Changed.CLASSROOM)
    told: list[int] = []
    registry.call_on(Changed.CLASSROOM, told.append)
    registry.apply({Changed.CLASSROOM: {7}})
    assert (found(accounts), found(classes), told) == ([7, 8], [None, 8], [7])


def test_cleared_caches_are_empty_and_take_nothing_that_was_read_before() -> None:
    registry = CacheRegistry()
    cache = filled(registry, Changed.ACCOUNT)
    version = cache.version
    registry.clear()
    cache.put("seven", 7, 7, version)
    assert found(cache) == [None, None]
    cache.put("seven", 7, 7, cache.version)
    assert found(cache) == [7, None]


def test_cache_is_off_while_changes_may_be_missed() -> None:
    is_current = True
    registry = CacheRegistry(lambda: is_current)
    cache = filled(registry, Changed.ACCOUNT)
    is_current = False
    assert found(cache) == [None, None]
    cache.put("nine", 9, 9, cache.version)
    is_current = True
    assert (found(cache), cache.get("nine")) == ([7, 8], None)
