"""The registry of credential kinds."""

from unittest.mock import Mock

from classgate.api.leases import renewals_of
from classgate.leases.kinds import KINDS, LeaseKind


def test_every_kind_has_its_events() -> None:
    assert set(KINDS) == set(LeaseKind)


def test_what_has_a_renewal_event_can_be_renewed() -> None:
    renewable = {kind for kind, events in KINDS.items() if events.renewed is not None}
    assert renewable == {
        LeaseKind.USER_SIG,
        LeaseKind.ENTRY,
        LeaseKind.UPLOAD,
        LeaseKind.UPLOAD_PREFIX,
    }
    assert set(renewals_of(Mock())) == renewable


def test_entries_contain_a_user_sig_too() -> None:
    with_user_sig = {kind for kind, events in KINDS.items() if events.contains_user_sig}
    assert with_user_sig == {LeaseKind.USER_SIG, LeaseKind.ENTRY}
