"""PURE: the chain of audit rows.

Transactions that run at one time write different chains, so that none waits for another. A row's
MAC covers the row and the MAC before it; the predecessor of the first is the keyed name of the
chain. Changing, dropping or inserting a row breaks the chain for anyone without the key. Truncating
the end does not, so checkpoints record all heads, in the audit and in the log.

All rows of a chain have MACs under one key. After a rotation new chains begin under the new key.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256

from classgate.audit.models import AuditRow, ChainHead
from classgate.signing.keyed_hmac import KeyedHmac
from classgate.storage.database import to_microseconds

_NAME = b"classgate key name 1"


class AuditKey:
    """The keys derived from the setting `audit.key`: for chains, fingerprints and digests."""

    def __init__(self, secret: str) -> None:
        self._chain_hmac = _derive(secret, b"classgate audit chain 1")
        self._fingerprint_hmac = _derive(secret, b"classgate audit fingerprint 1")
        self._name_hmac = _derive(secret, b"classgate held name 1")
        self._address_hmac = _derive(secret, b"classgate known address 1")
        self._attempt_hmac = _derive(secret, b"classgate refused log-in 1")
        self.name: Final = f"audit-{hmac.digest(secret.encode(), _NAME, 'sha256').hex()[:12]}"
        """A short stable name, which reveals nothing of the key."""

    def fingerprint(self, credential: str) -> str:
        """Return a fingerprint that identifies a credential without revealing it."""
        return self._fingerprint_hmac.hexdigest(credential.encode())[:32]

    def identifier_digest(self, name: str) -> str:
        """Return the keyed digest of a deleted identifier; a roster cannot be matched without
        the key.
        """
        return self._name_hmac.hexdigest(name.encode())

    def attempt_digest(self, name: str) -> str:
        """Return the keyed digest of a name with which a log-in was refused; for the log."""
        return self._attempt_hmac.hexdigest(name.encode("utf-8", "surrogatepass"))[:16]

    def address_digest(self, name: str, address: str) -> str:
        """Return the keyed digest of a known address; it cannot be matched without the key."""
        place = f"{name}@{address}"
        return self._address_hmac.hexdigest(place.encode())

    def genesis_hash(self, chain: str) -> str:
        """Return the predecessor of the first row of a chain."""
        return self._chain_hmac.hexdigest(chain.encode())

    def mac(self, values: Mapping[str, Any]) -> str:
        """Compute the MAC of a row with these values by column; its own `mac` is not covered."""
        covered = [
            values["chain"],
            values["seq"],
            values["previous"],
            to_microseconds(values["at"]),
            values["event"],
            values["account_id"],
            values["actor_id"],
            values["classroom_id"],
            values["lease_id"],
            values["rule"],
            values["fingerprints"],
            values["request_id"],
            values["details"],
        ]
        return self._chain_hmac.hexdigest(msgspec.json.encode(covered))

    def is_own_mac(self, row: AuditRow) -> bool:
        """Return whether the row's MAC is correct."""
        return _same(row.mac, self.mac(vars(row)))

    def __repr__(self) -> str:
        return "AuditKey(…)"


@dataclass(frozen=True)
class AuditKeys:
    """The key that writes, and others that only verify and find: those before it, and the next one
    before a rotation.
    """

    current: AuditKey
    previous: tuple[AuditKey, ...] = ()

    @property
    def all(self) -> Sequence[AuditKey]:
        """The current key first."""
        return (self.current, *self.previous)

    def find_of(self, row: AuditRow) -> AuditKey | None:
        """Return the key under which the row's MAC is correct; None: under none."""
        return next((key for key in self.all if key.is_own_mac(row)), None)


def _derive(secret: str, purpose: bytes) -> KeyedHmac:
    return KeyedHmac(hmac.digest(secret.encode(), purpose, "sha256"), SHA256())


def find_fault(key: AuditKey, row: AuditRow, before: ChainHead | None) -> str | None:
    """Return the fault of a row that follows `before` (None: the first row of the chain).

    A head without a MAC is an unreadable row, which is reported separately.
    """
    expected_seq = 1 if before is None else before.seq + 1
    expected_previous = key.genesis_hash(row.chain) if before is None else before.mac
    if row.seq != expected_seq:
        return f"{row.location}: row {expected_seq} is missing"
    if expected_previous and not _same(row.previous, expected_previous):
        # The predecessor of the first row is the keyed name of the chain.
        return (
            _changed(row)
            if before is None
            else f"{row.location}: does not follow the row before it"
        )
    if not key.is_own_mac(row):
        return _changed(row)
    return None


def _changed(row: AuditRow) -> str:
    return f"{row.location}: was changed after it was written, or audit.key is another one"


def _same(found: str, expected: str) -> bool:
    # Compared as bytes: a tampered row may contain anything.
    return hmac.compare_digest(str(found).encode("utf-8", "replace"), expected.encode())


def heads_from_checkpoint(details: str) -> Sequence[ChainHead]:
    """Return the heads recorded in a checkpoint row."""
    recorded = msgspec.json.decode(details, type=dict[str, str])
    heads = []
    for chain, head in recorded.items():
        seq, _, mac = head.partition(":")
        heads.append(ChainHead(chain, int(seq), mac))
    return heads
