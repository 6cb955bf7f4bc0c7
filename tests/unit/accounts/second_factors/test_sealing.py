"""Secrets of second factors are encrypted for one account."""

import base64

import pytest

from classgate.accounts.second_factors.sealing import SecretSealer

KEY, OLD_KEY = "a key of the audit, 32 characters", "the key of the audit before that one"
NONCE = bytes(range(12))
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_secret_is_opened_for_its_account_only() -> None:
    sealer = SecretSealer([KEY])
    sealed = sealer.seal(SECRET, 7, NONCE)
    assert sealer.open(sealed, 7) == SECRET
    assert sealer.open(sealed, 8) is None
    assert SECRET not in sealed
    assert SECRET.encode() not in base64.b64decode(sealed)
    assert len(sealed) <= 200


def test_key_before_the_current_one_opens_and_seals_nothing() -> None:
    both = SecretSealer([KEY, OLD_KEY])
    assert both.open(SecretSealer([OLD_KEY]).seal(SECRET, 7, NONCE), 7) == SECRET
    assert SecretSealer([OLD_KEY]).open(both.seal(SECRET, 7, NONCE), 7) is None


@pytest.mark.parametrize("sealed", ["", "AAAA", "no base64!", base64.b64encode(bytes(60)).decode()])
def test_what_was_not_sealed_is_not_opened(sealed: str) -> None:
    assert SecretSealer([KEY]).open(sealed, 7) is None


def test_every_changed_byte_is_noticed() -> None:
    sealer = SecretSealer([KEY])
    raw = base64.b64decode(sealer.seal(SECRET, 7, NONCE))
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert sealer.open(base64.b64encode(changed).decode(), 7) is None


def test_sealer_shows_no_key() -> None:
    assert KEY not in repr(SecretSealer([KEY]))
