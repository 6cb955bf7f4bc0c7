"""The audit's chain, as a calculation: macs, fingerprints, and what breaks them."""

import hashlib
import hmac
import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from classgate.audit.chain import AuditKey, find_fault, heads_from_checkpoint
from classgate.audit.models import AuditRow, ChainHead

SECRET = "a secret for the tests of the audit"
KEY = AuditKey(SECRET)
AT = datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC)


def row(seq: int = 1, previous: str | None = None, **changed: Any) -> AuditRow:
    unsealed = AuditRow(
        chain="c0ffee",
        seq=seq,
        previous=KEY.genesis_hash("c0ffee") if previous is None else previous,
        mac="",
        at=AT,
        event="user_sig_issued",
        account_id=7,
        actor_id=7,
        classroom_id=None,
        lease_id="l1",
        rule="a rule",
        fingerprints="f1 f2",
        request_id="r1",
        details='{"名": 1}',
    )
    changed_row = replace(unsealed, **changed)
    return replace(changed_row, mac=KEY.mac(vars(changed_row)))


def head(of: AuditRow) -> ChainHead:
    return ChainHead(of.chain, of.seq, of.mac)


def derived(purpose: bytes) -> bytes:
    return hmac.new(SECRET.encode(), purpose, hashlib.sha256).digest()


def test_mac_is_an_hmac_over_the_row_as_documented() -> None:
    covered = [
        "c0ffee",
        1,
        KEY.genesis_hash("c0ffee"),
        1772352000123456,
        "user_sig_issued",
        7,
        7,
        None,
        "l1",
        "a rule",
        "f1 f2",
        "r1",
        '{"名": 1}',
    ]
    text = json.dumps(covered, ensure_ascii=False, separators=(",", ":")).encode()
    key = derived(b"classgate audit chain 1")
    assert row().mac == hmac.new(key, text, hashlib.sha256).hexdigest()


def test_fingerprint_is_keyed_and_by_another_key_than_the_chain() -> None:
    key = derived(b"classgate audit fingerprint 1")
    expected = hmac.new(key, b"a token", hashlib.sha256).hexdigest()[:32]
    assert KEY.fingerprint("a token") == expected
    assert KEY.fingerprint("a token") != KEY.genesis_hash("a token")[:32]


def test_key_does_not_show_itself() -> None:
    assert SECRET not in repr(KEY)
    assert SECRET not in str(vars(KEY))


def test_rows_that_follow_each_other_have_no_fault() -> None:
    first = row()
    second = row(2, first.mac)
    assert find_fault(KEY, first, None) is None
    assert find_fault(KEY, second, head(first)) is None


OTHER: dict[str, Any] = {
    "chain": "decade",
    "seq": 2,
    "previous": "0" * 64,
    "mac": "0" * 64,
    "at": AT + timedelta(microseconds=1),
    "event": "user_sig_renewed",
    "account_id": 8,
    "actor_id": None,
    "classroom_id": 1,
    "lease_id": None,
    "rule": None,
    "fingerprints": "f1",
    "request_id": "r2",
    "details": "{}",
}


@pytest.mark.parametrize("name", [field.name for field in fields(AuditRow)])
def test_any_other_field_breaks_the_row(name: str) -> None:
    assert find_fault(KEY, replace(row(), **{name: OTHER[name]}), None) is not None


def test_text_that_moves_from_one_field_to_the_next_breaks_the_row() -> None:
    moved = replace(row(), fingerprints="f1 f2r1", request_id="")
    assert find_fault(KEY, moved, None) is not None


def test_missing_row_is_named() -> None:
    first = row()
    third = row(3, "0" * 64)
    assert find_fault(KEY, third, head(first)) == "chain c0ffee, row 3: row 2 is missing"
    assert find_fault(KEY, row(2), None) == "chain c0ffee, row 2: row 1 is missing"


def test_row_of_another_history_does_not_follow() -> None:
    first, other = row(), row(details="{}")
    second = row(2, other.mac)
    assert "does not follow" in str(find_fault(KEY, second, head(first)))


def test_row_sealed_with_another_key_is_broken() -> None:
    forger = AuditKey("another secret, of whoever has the database")
    forged = replace(row(), mac=forger.mac(vars(row())))
    assert "changed" in str(find_fault(KEY, forged, None))


def test_first_row_is_bound_to_the_name_of_its_chain() -> None:
    assert KEY.genesis_hash("a") != KEY.genesis_hash("b")


def test_checkpoint_is_read_back() -> None:
    assert heads_from_checkpoint('{"c0ffee": "12:abcd", "decade": "1:ef"}') == [
        ChainHead("c0ffee", 12, "abcd"),
        ChainHead("decade", 1, "ef"),
    ]
