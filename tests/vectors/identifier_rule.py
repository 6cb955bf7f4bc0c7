"""Runs the suite identifier_rule: for whom a UserSig may be issued."""

from datetime import timedelta

import pytest

from classgate.errors import InvalidIdentifier
from classgate.signing.encoding import from_epoch
from classgate.signing.keys import SdkSecretKey
from classgate.signing.user_sig import issue_user_sig, require_identifier

from .cases import Case
from .tokens import members_of

KEY = SdkSecretKey("5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e")


def issue_or_refuse(case: Case) -> None:
    identifier = case.inputs["identifier"]
    if case.expect["verdict"] == "issue":
        assert require_identifier(identifier) == identifier
        assert members_of(_issue(identifier))["TLS.identifier"] == identifier
        return
    assert case.expect["verdict"] == "refuse"
    with pytest.raises(InvalidIdentifier):
        require_identifier(identifier)
    with pytest.raises(InvalidIdentifier):
        _issue(identifier)


def _issue(identifier: str) -> str:
    return issue_user_sig(
        KEY,
        sdk_app_id=1400000000,
        identifier=identifier,
        issued_at=from_epoch(1_700_000_000),
        lifetime=timedelta(hours=1),
    )


HANDLERS = {"invalid": issue_or_refuse, "valid": issue_or_refuse}
