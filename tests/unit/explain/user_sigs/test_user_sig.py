"""One UserSig for each known mistake: the check that fails, and the cause, come first."""

import base64
import gzip
import json
import zlib
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from tests.support.explained_tokens import (
    APP,
    CONFIGURED,
    ISSUED,
    NOW,
    json_text,
    lines,
    mac,
    record,
    standard,
    user_sig,
)
from tests.support.user_sig_tokens import SECRET, spell

from classgate.explain.explanation import explain
from classgate.explain.models import CloudKey, ExplainContext, Explanation, Kind, SdkSecret

TOKEN = user_sig()
KEY = SECRET.encode()
# The first identifier whose token has all signs of the alphabet, so that each mistake shows.
SIGNS = next(
    token
    for number in range(1000)
    if {"*", "-", "_"} <= set(token := user_sig(identifier=f"student_{number}"))
)


def codes(explanation: Explanation) -> list[str]:
    return [each.code for each in explanation.causes]


def outcome(text: str, context: ExplainContext = CONFIGURED) -> tuple[str | None, str]:
    """The first failed check and the first cause."""
    explanation = explain(text, context)
    assert explanation.kind is Kind.USER_SIG
    assert explanation.valid is False
    assert not explanation.is_answered
    return explanation.first_failure, codes(explanation)[0]


def test_a_valid_one_is_valid_and_shown_without_its_signature() -> None:
    explanation = explain(TOKEN, CONFIGURED)
    assert explanation.valid is True
    assert explanation.causes == []
    assert [each.name for each in explanation.checks] == [
        "format",
        "version",
        "sdk_app_id",
        "identifier",
        "signature",
        "time",
    ]
    assert explanation.content == {
        "version": 2,
        "sdk_app_id": APP,
        "identifier": "amy",
        "issued_at": ISSUED,
        "expires_at": ISSUED + 86400,
        "issued": "2023-11-14 22:13:20 UTC",
        "expires": "2023-11-15 22:13:20 UTC",
    }


@pytest.mark.parametrize(
    "text",
    [
        f"{TOKEN}\n",
        f"  {TOKEN}\r\n",
        f"https://gate.example/login?sdkappid={APP}&identifier=amy&usersig={quote(TOKEN)}&random=1",
        json.dumps({"sdk_app_id": APP, "identifier": "amy", "user_sig": TOKEN, "lease_id": "l"}),
        json.dumps({"data": {"userSig": TOKEN}}),
        f"sdkAppId: {APP}, userId: 'amy', userSig: '{TOKEN}',",
        f"2026-11-29 10:00:00 INFO login of amy failed with {TOKEN} at attempt 2",
        f"userSig={TOKEN}",
        json.dumps(json.dumps({"identifier": "amy", "userSig": TOKEN})),
        f"const userSig = '{TOKEN}'; // of amy",
        f"curl 'https://im.example/v4/a/b?sdkappid={APP}&identifier=amy&usersig={TOKEN}&random=9'",
    ],
)
def test_a_valid_one_is_found_in_what_surrounds_it(text: str) -> None:
    explanation = explain(text, CONFIGURED)
    assert explanation.valid is True
    assert explanation.causes == []


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (TOKEN[:100], "truncated"),
        (TOKEN[:12], "truncated"),
        (TOKEN[: len(TOKEN) // 4 * 4 - 4], "truncated"),
        (f"usersig={TOKEN[:60]}&random=4", "truncated"),
        (TOKEN[2:], "cut_at_start"),
        (SIGNS[11:], "cut_at_start"),
        (f"userSig={TOKEN[20:]}", "cut_at_start"),
        (f"{TOKEN}abc", "trailing_text"),
        (f"{TOKEN}{TOKEN}", "trailing_text"),
        (f'{TOKEN}"', "trailing_text"),
        (f"{TOKEN},", "trailing_text"),
        (f"{TOKEN}\\n", "trailing_text"),
        (f"{TOKEN} and more", "trailing_text"),
        (f"{TOKEN}.x", "trailing_text"),
        (f"Bearer {TOKEN}", "leading_text"),
        (f"'{TOKEN}", "leading_text"),
        (standard(SIGNS), "standard_base64"),
        (standard(SIGNS).replace("+", " "), "plus_became_space"),
        (SIGNS.replace("*", " "), "plus_became_space"),
        (f"usersig={standard(SIGNS).replace('+', ' ')}", "plus_became_space"),
        (standard(SIGNS).replace("+", "-").replace("/", "_"), "base64url_alphabet"),
        (SIGNS.rstrip("_"), "padding_missing"),
        (quote(standard(SIGNS), safe=""), "percent_encoded"),
        (f"https://a.example/?usersig={quote(quote(standard(SIGNS), safe=''))}", "percent_encoded"),
        (json.dumps(standard(SIGNS)).replace("/", "\\/")[1:-1], "json_escaped"),
        (f"{TOKEN[:40]}\u200b{TOKEN[40:]}", "invisible_character"),
        (f"\ufeff{TOKEN}", "invisible_character"),
        (TOKEN.lower(), "case_changed"),
        (f"{TOKEN[:50]}{'A' if TOKEN[50] != 'A' else 'B'}{TOKEN[51:]}", "altered"),
        (f"{TOKEN[:70]}{TOKEN[71:]}", "altered"),
        (spell(zlib.compress(json_text(TOKEN))[2:-4]), "raw_deflate"),
        (spell(gzip.compress(json_text(TOKEN), mtime=0)), "gzip"),
        (spell(json_text(TOKEN)), "not_compressed"),
        (spell(zlib.compress(zlib.compress(json_text(TOKEN)))), "encoded_twice"),
        (spell(zlib.compress(TOKEN.encode())), "encoded_twice"),
        (user_sig(sdkappid=str(APP)), "wrong_member_type"),
        (user_sig(ver="3.0"), "unknown_version"),
        (spell(zlib.compress(b'{"TLS.ver":"2.0","TLS.identifier":"amy"}')), "incomplete"),
        (spell(zlib.compress(b"not a UserSig at all, but long enough")), "incomplete"),
    ],
)
def test_what_happened_on_the_way_is_the_first_cause(text: str, cause: str) -> None:
    assert outcome(text) == ("format", cause)


def test_a_repair_that_is_proven_leaves_the_other_checks_to_be_made() -> None:
    explanation = explain(standard(SIGNS).replace("+", " "), CONFIGURED)
    assert codes(explanation) == ["plus_became_space", "standard_base64"]
    assert [each.ok for each in explanation.checks] == [False, True, True, True, True, True]


def test_a_wrapped_one_is_valid_as_for_the_official_verifiers() -> None:
    explanation = explain(
        "\n".join(TOKEN[at : at + 64] for at in range(0, len(TOKEN), 64)), CONFIGURED
    )
    assert explanation.valid is True
    assert codes(explanation) == ["line_break_inside"]


@pytest.mark.parametrize("length", range(20, 160, 7))
def test_what_is_read_of_a_cut_one_is_no_wrong_claim(length: int) -> None:
    explanation = explain(TOKEN[:length], CONFIGURED)
    assert codes(explanation) == ["truncated"]
    assert [each.ok for each in explanation.checks].count(False) == 1


@pytest.mark.parametrize("text", ['{"user_sig": ""}', "usersig=&identifier=amy"])
def test_an_empty_one_is_said_to_be_empty(text: str) -> None:
    assert outcome(text) == ("format", "incomplete")
    assert "70002" in explain(text, CONFIGURED).causes[0].evidence


def test_the_length_of_a_column_is_evidence_for_the_cut() -> None:
    long = user_sig(userbuf=bytes(range(256)))
    assert len(long) > 255
    explanation = explain(long[:255], CONFIGURED)
    assert codes(explanation)[0] == "truncated"
    assert "255" in explanation.causes[0].evidence


@pytest.mark.parametrize(
    ("token", "cause"),
    [
        (user_sig(b"0" * 64), "wrong_key"),
        (user_sig(bytes.fromhex(SECRET)), "hex_decoded_key"),
        (user_sig(base64.b64decode(SECRET)), "base64_decoded_key"),
        (user_sig(KEY + b"\n"), "white_space_around_key"),
        (user_sig(KEY + b"\r\n"), "white_space_around_key"),
        (user_sig(b" " + KEY), "white_space_around_key"),
        (user_sig("\ufeff".encode() + KEY), "invisible_character"),
        (user_sig(KEY + "\u200b".encode()), "invisible_character"),
        (user_sig(b'"%b"' % KEY), "quotes_around_key"),
        (user_sig(SECRET.upper().encode()), "key_case_changed"),
        (user_sig(KEY[:-1]), "key_cut"),
        (user_sig(b"key of the cloud API"), "cloud_key_used"),
        (user_sig(sig=mac(KEY, lines(), "sha1")), "wrong_hash"),
        (user_sig(sig=mac(KEY, lines(), "sha512")), "wrong_hash"),
        (user_sig(sig=base64.b64decode(mac(KEY, lines())).hex()), "signature_in_hex"),
        (
            user_sig(
                sig=base64.b64encode(base64.b64decode(mac(KEY, lines())).hex().encode()).decode()
            ),
            "signature_in_hex",
        ),
        (user_sig(signed=lines().removesuffix("\n")), "signed_text_differs"),
        (user_sig(signed=lines().replace("\n", "\r\n")), "signed_text_differs"),
        (
            user_sig(signed="".join(reversed(lines().splitlines(keepends=True)))),
            "signed_text_differs",
        ),
        (user_sig(userbuf=b"free text", signed=lines()), "userbuf_not_signed"),
        (user_sig(signed=lines(identifier="AMY")), "altered"),
    ],
)
def test_a_mistake_of_the_signer_is_tried_and_proven(token: str, cause: str) -> None:
    cloud = CloudKey(
        name="cloud.secret_key", secret_id="AKIDexample", secret_key="key of the cloud API"
    )
    assert outcome(token, replace(CONFIGURED, cloud_keys=(cloud,))) == ("signature", cause)


def test_the_evidence_says_what_was_proven_and_what_is_a_guess() -> None:
    proven = explain(user_sig(bytes.fromhex(SECRET)), CONFIGURED).causes[0]
    assert proven.evidence.startswith("tried: ")
    assert "im.secret_key" in proven.evidence
    guess = explain(user_sig(b"0" * 64), CONFIGURED).causes[0]
    assert not guess.evidence.startswith("tried: ")


def test_content_that_was_changed_is_found_by_the_identifier_that_was_asked_about() -> None:
    token = user_sig(identifier="eve", signed=lines(identifier="amy"))
    explanation = explain(token, replace(CONFIGURED, identifier="amy"))
    assert explanation.first_failure == "identifier"
    assert set(codes(explanation)) == {"wrong_identifier", "altered"}


@pytest.mark.parametrize(
    ("token", "cause"),
    [
        (user_sig(issued=ISSUED - 86401), "expired"),
        (user_sig(lifetime=30), "expired"),
        (user_sig(lifetime=0), "lifetime_zero"),
        (user_sig(issued=ISSUED * 1000), "time_in_milliseconds"),
        (user_sig(lifetime=15_552_000_000), "lifetime_in_milliseconds"),
    ],
)
def test_a_wrong_time_is_found(token: str, cause: str) -> None:
    assert outcome(token) == ("time", cause)


def test_the_last_second_of_the_lifetime_is_valid() -> None:
    last = replace(CONFIGURED, now=NOW + timedelta(seconds=86400 - 60))
    assert explain(TOKEN, last).valid is True
    assert outcome(TOKEN, replace(last, now=last.now + timedelta(seconds=1))) == ("time", "expired")


def test_an_issue_time_in_the_future_is_a_hint_at_the_clock_and_no_verdict() -> None:
    explanation = explain(user_sig(issued=ISSUED + 7200), CONFIGURED)
    assert explanation.valid is None
    assert codes(explanation) == ["clock_skew"]
    assert explain(user_sig(issued=ISSUED + 120), CONFIGURED).valid is True


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (f"https://a.example/?identifier=tom&usersig={TOKEN}", '"tom"'),
        (json.dumps({"identifier": "tom", "user_sig": TOKEN}), '"tom"'),
        (json.dumps({"userID": "Amy", "userSig": TOKEN}), "case"),
        (f"userId=%20amy&userSig={TOKEN}", "blanks"),
    ],
)
def test_the_identifier_that_was_pasted_with_it_is_compared(text: str, evidence: str) -> None:
    assert outcome(text) == ("identifier", "wrong_identifier")
    assert evidence in explain(text, CONFIGURED).causes[0].evidence


def test_the_identifier_that_was_asked_about_is_compared() -> None:
    assert outcome(TOKEN, replace(CONFIGURED, identifier="tom")) == (
        "identifier",
        "wrong_identifier",
    )
    assert explain(TOKEN, replace(CONFIGURED, identifier="amy")).valid is True


@pytest.mark.parametrize(
    ("identifier", "valid"),
    [("小明", False), ("a" * 33, False), ("", False), ("tom smith", None), ("tom@school", None)],
)
def test_an_identifier_that_the_cloud_refuses_is_found(identifier: str, valid: bool | None) -> None:
    explanation = explain(user_sig(identifier=identifier), CONFIGURED)
    assert explanation.valid is valid
    assert codes(explanation) == ["invalid_identifier"]


def test_another_application_is_found_by_its_sdk_app_id() -> None:
    assert outcome(user_sig(b"1" * 64, app=APP + 1)) == ("sdk_app_id", "wrong_sdk_app_id")
    assert outcome(f"sdkappid={APP + 1}&usersig={TOKEN}") == ("sdk_app_id", "wrong_sdk_app_id")
    confused = explain(user_sig(app=1250000000), replace(CONFIGURED, cloud_app_id="1250000000"))
    assert "APPID of the account" in confused.causes[0].evidence


def test_the_previous_key_is_named_and_no_verdict() -> None:
    both = (SdkSecret("im.secret_key", "9" * 64), SdkSecret("im.previous_secret_key", SECRET))
    explanation = explain(TOKEN, replace(CONFIGURED, sdk_secrets=both))
    assert explanation.valid is None
    assert codes(explanation) == ["previous_key"]
    assert "im.previous_secret_key" in explanation.causes[0].evidence


def test_without_a_key_the_signature_is_not_judged() -> None:
    explanation = explain(TOKEN, ExplainContext(now=NOW))
    assert explanation.valid is None
    assert explanation.first_failure is None
    assert codes(explanation) == ["key_not_configured"]
    late = explain(TOKEN, ExplainContext(now=NOW + timedelta(days=2)))
    assert codes(late) == ["expired", "key_not_configured"]


def test_a_userbuf_in_place_of_a_user_sig_is_found_and_the_other_way_round() -> None:
    ticket = user_sig(userbuf=record())
    swapped = explain(json.dumps({"user_sig": ticket}), CONFIGURED)
    assert swapped.first_failure == "userbuf"
    assert codes(swapped)[0] == "private_map_key_as_user_sig"
    assert outcome(json.dumps({"private_map_key": TOKEN})) == (
        "userbuf",
        "user_sig_as_private_map_key",
    )


def test_of_two_credentials_the_refused_one_is_explained() -> None:
    ticket = user_sig(userbuf=record(expires=ISSUED))
    explanation = explain(json.dumps({"user_sig": TOKEN, "private_map_key": ticket}), CONFIGURED)
    assert explanation.kind is Kind.PRIVATE_MAP_KEY
    assert explanation.first_failure == "record_time"


def test_the_decoded_text_is_explained_too() -> None:
    explanation = explain(json_text(TOKEN).decode(), CONFIGURED)
    assert explanation.kind is Kind.USER_SIG
    assert explanation.valid is None
    assert [each.ok for each in explanation.checks] == [None, True, True, True, True, True]


def test_an_answer_is_in_chinese_for_whoever_asks_in_chinese() -> None:
    explanation = explain(user_sig(lifetime=30), replace(CONFIGURED, chinese=True))
    assert "已过期" in explanation.causes[0].evidence
    assert "续期" in explanation.fix
