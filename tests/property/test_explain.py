"""For all texts: an answer that can be encoded; for all UserSigs: the verdict of the verifier."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classgate.errors import VerificationFailed
from classgate.explain.explanation import explain
from classgate.explain.models import ExplainContext, SdkSecret
from classgate.signing.keys import SdkSecretKey
from classgate.signing.user_sig import issue_user_sig, verify_user_sig

SECRET = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
KEY = SdkSecretKey(SECRET)
APP = 1400000001
ISSUED = datetime(2026, 11, 29, tzinfo=UTC)
CONTEXT = ExplainContext(
    now=ISSUED + timedelta(minutes=1),
    sdk_app_id=APP,
    sdk_secrets=(SdkSecret("im.secret_key", SECRET),),
)
IDENTIFIERS = st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True)
LIFETIMES = st.integers(60, 10**8).map(lambda seconds: timedelta(seconds=seconds))
PIECES = st.sampled_from(
    [
        *("eJx", "eJyrVgrxCdYrSy1SslIy", "usersig=", '"user_sig":"', "TLS.sig", "%2B", "="),
        *("{", "}", "[", '"', "\\", "&", " ", "\n", "\0"),
        *("70003", "-100018", "AuthFailure.", "<Error><Code>", "q-sign-time="),
    ]
)


def issue(identifier: str, lifetime: timedelta) -> str:
    return issue_user_sig(
        KEY, sdk_app_id=APP, identifier=identifier, issued_at=ISSUED, lifetime=lifetime
    )


def is_verified(token: str, identifier: str) -> bool:
    try:
        verify_user_sig(token, KEY, sdk_app_id=APP, identifier=identifier, at=CONTEXT.now)
    except VerificationFailed:
        return False
    return True


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=5))).map("".join)))
@example("\ud800")
@example('{"user_sig":"\\ud800"}')
def test_every_text_has_an_answer(text: str) -> None:
    explanation = explain(text, CONTEXT)
    json.dumps(explanation.to_json(), ensure_ascii=False).encode()
    assert explanation.valid is not True
    assert explanation.is_answered or explanation.first_failure or explanation.causes


@settings(deadline=None)
@given(IDENTIFIERS, LIFETIMES)
def test_what_was_issued_is_valid(identifier: str, lifetime: timedelta) -> None:
    explanation = explain(issue(identifier, lifetime), CONTEXT)
    assert explanation.valid is True
    assert explanation.content["identifier"] == identifier
    assert explanation.causes == []


@pytest.mark.parametrize("change", ["replace", "insert", "delete"])
@given(
    identifier=IDENTIFIERS, place=st.integers(0, 10**6), sign=st.sampled_from("AZaz09*-_+/= \n%")
)
def test_a_changed_one_has_the_verdict_of_the_verifier(
    change: str, identifier: str, place: int, sign: str
) -> None:
    token = issue(identifier, timedelta(days=1))
    at = place % len(token)
    after = at if change == "insert" else at + 1
    changed = token[:at] + ("" if change == "delete" else sign) + token[after:]
    explanation = explain(changed, CONTEXT)
    assert (explanation.valid is True) == is_verified(changed, identifier)
    if explanation.valid is not True:
        assert explanation.causes
