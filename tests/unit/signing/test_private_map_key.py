"""What a PrivateMapKey must agree on, inside and out."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.support.user_sig_tokens import SECRET

from classgate.errors import InvalidIdentifier, SigningError, VerificationFailed
from classgate.signing.keys import SdkSecretKey
from classgate.signing.private_map_key import (
    PrivateMapKeyPayload,
    Privilege,
    from_wire,
    issue_private_map_key,
    to_wire,
    verify_private_map_key,
)
from classgate.signing.user_sig import issue_user_sig

KEY = SdkSecretKey(SECRET)
ISSUED_AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
LIFETIME = timedelta(seconds=300)


def private_map_key_token(userbuf: bytes | None, lifetime: timedelta = LIFETIME) -> str:
    return issue_user_sig(
        KEY,
        sdk_app_id=1400000000,
        identifier="amy",
        issued_at=ISSUED_AT,
        lifetime=lifetime,
        userbuf=userbuf,
    )


def reason_of(token: str, at: datetime = ISSUED_AT) -> str:
    with pytest.raises(VerificationFailed) as refusal:
        verify_private_map_key(token, KEY, sdk_app_id=1400000000, identifier="amy", at=at)
    return refusal.value.failed_check


def record(
    *, identifier: str = "amy", sdk_app_id: int = 1400000000, lifetime: timedelta = LIFETIME
) -> bytes:
    return to_wire(PrivateMapKeyPayload(identifier, sdk_app_id, 42, ISSUED_AT + lifetime, 170))


def test_the_privileges_are_those_of_the_official_libraries() -> None:
    assert sum(Privilege) == 255
    receive = Privilege.RECEIVE_AUDIO | Privilege.RECEIVE_VIDEO | Privilege.RECEIVE_SUBSTREAM
    assert Privilege.ENTER | receive == 170


def test_a_numeric_room_is_laid_out_byte_by_byte() -> None:
    fields = ("00", "0003", "616d79", "53724e00", "0000002a", "6553f22c", "000000aa", "00000000")
    assert record().hex() == "".join(fields)


def test_a_private_map_key_for_someone_else_inside_is_refused() -> None:
    assert reason_of(private_map_key_token(record(identifier="bob"))) == "identifier"


def test_a_private_map_key_for_another_application_inside_is_refused() -> None:
    assert reason_of(private_map_key_token(record(sdk_app_id=1400000001))) == "sdkappid"


def test_a_private_map_key_that_ends_before_its_token_is_refused_after_its_own_end() -> None:
    # As the 2018 backend made them: ten minutes inside, half a year outside.
    token = private_map_key_token(record(), lifetime=timedelta(days=180))
    verify_private_map_key(
        token, KEY, sdk_app_id=1400000000, identifier="amy", at=ISSUED_AT + LIFETIME
    )
    assert reason_of(token, ISSUED_AT + LIFETIME + timedelta(seconds=1)) == "expired"


def test_a_token_without_a_private_map_key_is_refused() -> None:
    assert reason_of(private_map_key_token(None)) == "userbuf"
    assert reason_of(private_map_key_token(b"")) == "format"
    assert reason_of(private_map_key_token(b'{"a":1}')) == "format"


@pytest.mark.parametrize(
    "wire",
    [
        "02" + record().hex()[2:],
        "01" + record().hex()[2:],
        record().hex() + "00",
        record().hex()[:-2],
        "00ffff" + record().hex()[6:],
        record().hex().replace("616d79", "ffffff"),
        to_wire(PrivateMapKeyPayload("amy", 1400000000, "room", ISSUED_AT, 1)).hex()[:-2],
        to_wire(PrivateMapKeyPayload("amy", 1400000000, "room", ISSUED_AT, 1)).hex() + "61",
    ],
)
def test_a_record_that_is_not_exact_is_refused(wire: str) -> None:
    with pytest.raises(VerificationFailed) as refusal:
        from_wire(bytes.fromhex(wire))
    assert refusal.value.failed_check == "format"


@pytest.mark.parametrize("room_id", [0, -1, 2**32, "", "x" * 65, "课" * 22, "\ud800"])
def test_a_room_outside_the_format_gets_no_private_map_key(room_id: int | str) -> None:
    with pytest.raises(SigningError):
        _issue(room_id=room_id)


def _issue(*, identifier: str = "amy", room_id: int | str = 42, privileges: int = 170) -> str:
    return issue_private_map_key(
        KEY,
        sdk_app_id=1400000000,
        identifier=identifier,
        room_id=room_id,
        privileges=privileges,
        issued_at=ISSUED_AT,
        lifetime=LIFETIME,
    )


def test_an_identifier_or_privileges_outside_the_format_get_no_private_map_key() -> None:
    with pytest.raises(InvalidIdentifier):
        _issue(identifier="a b")
    with pytest.raises(SigningError, match="privilege"):
        _issue(privileges=-1)


def test_a_number_and_a_string_of_the_same_digits_are_two_rooms() -> None:
    payloads = [
        verify_private_map_key(
            _issue(room_id=room_id), KEY, sdk_app_id=1400000000, identifier="amy", at=ISSUED_AT
        )
        for room_id in (42, "42")
    ]
    assert [payload.room_id for payload in payloads] == [42, "42"]
