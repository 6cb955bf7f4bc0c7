"""Signatures as official clients and servers make them at the edges: early, in a form, wrong."""

import time
from xml.etree import ElementTree

import pytest
from tests.support.contract_cloud import BUCKET, SECRET_ID
from tests.support.cos_policies import policy, statement
from tests.support.cos_signing import authorization, format_string, string_to_sign
from tests.support.post_forms import CONTENT, KEY, post, refused, signed, stored
from tests.support.running_emulator import Answer, Emulator
from tests.support.sts_client import federation_token

HOST = f"{BUCKET}.cos.ap-guangzhou.myqcloud.com"


def put(emulator: Emulator, text: str, **headers: str) -> Answer:
    return emulator.call("PUT", "/a", b"x", {"Authorization": text} | headers)


# ── the start of a signature ────────────────────────────────────────────────────────────────────


def starting_in(seconds: int) -> str:
    start = int(time.time()) + seconds
    return f"{start};{start + 600}"


@pytest.mark.parametrize(("seconds", "status"), [(-60, 200), (1, 200), (2, 200), (3600, 403)])
def test_start_that_a_server_rounded_up_is_accepted(
    emulator: Emulator, seconds: int, status: int
) -> None:
    answer = put(emulator, authorization("PUT", "/a", times=starting_in(seconds)))
    assert answer.status == status
    assert (b"<Code>RequestTimeTooSkewed</Code>" in answer.body) == (status == 403)


def test_end_has_no_tolerance(emulator: Emulator) -> None:
    end = int(time.time()) - 2
    answer = put(emulator, authorization("PUT", "/a", times=f"{end - 600};{end}"))
    assert refused(answer) == (403, "AccessDenied")


def test_form_may_start_a_moment_later_too(emulator: Emulator) -> None:
    fields = signed({"key": KEY})
    emulator.set_clock(-61)  # the form starts a minute before the real time
    assert post(emulator, fields).status == 204
    emulator.set_clock(-120)
    assert refused(post(emulator, fields)) == (403, "RequestTimeTooSkewed")


# ── a form with the field Signature ─────────────────────────────────────────────────────────────


def signature_form(text: str, key: str = KEY, **fields: str) -> dict[str, str]:
    """As cos-wx-sdk-v5 fills it."""
    return {"key": key, "success_action_status": "200", "Signature": text, "Content-Type": ""} | {
        name.replace("_", "-"): value for name, value in fields.items()
    }


def test_form_is_signed_as_a_post_to_the_root(emulator: Emulator) -> None:
    text = authorization("post", "/", headers={"host": emulator.address})
    answer = post(emulator, signature_form(text, x_cos_meta_class="1"))
    assert answer.status == 200
    assert stored(emulator) == CONTENT
    head = emulator.cos_client().head_object(Bucket=BUCKET, Key=KEY)
    assert (head["Content-Type"], head["x-cos-meta-class"]) == ("application/pdf", "1")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (authorization("put", "/"), "SignatureDoesNotMatch"),
        (authorization("post", f"/{KEY}"), "SignatureDoesNotMatch"),
        (authorization("post", "/", secret_key="x" * 32), "SignatureDoesNotMatch"),
        (authorization("post", "/", headers={"host": HOST}), "SignatureDoesNotMatch"),
        (authorization("post", "/", secret_id="AKIDnobody"), "InvalidAccessKeyId"),
        ("q-sign-algorithm=sha1", "AccessDenied"),
        ("", "AccessDenied"),
    ],
)
def test_form_with_another_signature_is_refused(emulator: Emulator, text: str, code: str) -> None:
    assert refused(post(emulator, signature_form(text)))[1] == code
    assert stored(emulator) is None


def test_temporary_keys_sign_such_a_form_for_their_keys_only(emulator: Emulator) -> None:
    granted = federation_token(
        emulator, policy(statement("classes/1/*", ["name/cos:PostObject"])), seconds=60
    )
    text = authorization("post", "/", secret_id=granted.secret_id, secret_key=granted.secret_key)
    token = {"x_cos_security_token": granted.token}
    assert post(emulator, signature_form(text, **token)).status == 200
    other = post(emulator, signature_form(text, "classes/2/a", **token))
    assert refused(other) == (403, "AccessDenied")
    assert refused(post(emulator, signature_form(text))) == (403, "InvalidSecurity")
    only_put = federation_token(emulator, policy(statement("*", ["name/cos:PutObject"])))
    text = authorization("post", "/", secret_id=only_put.secret_id, secret_key=only_put.secret_key)
    fields = signature_form(text, x_cos_security_token=only_put.token)
    assert refused(post(emulator, fields)) == (403, "AccessDenied")


def test_policy_counts_when_a_form_has_both(emulator: Emulator) -> None:
    text = authorization("post", "/")
    fields = signed({"key": "another"}) | {"Signature": text}
    assert refused(post(emulator, fields)) == (403, "AccessDenied")


# ── a signature that does not match ─────────────────────────────────────────────────────────────


def test_mismatch_says_what_should_have_been_signed(emulator: Emulator) -> None:
    times = starting_in(-60)
    text = authorization(
        "PUT", "/课 (1)", {"b": "2", "A": "x y"}, {"host": HOST, "x-cos-meta-a": "ü"},
        secret_key="w" * 32, times=times,
    )  # fmt: skip
    answer = emulator.call(
        "PUT", "/%E8%AF%BE%20(1)?b=2&A=x%20y&c=3", b"x",
        {"Authorization": text, "Host": HOST, "x-cos-meta-a": "ü".encode().decode("latin-1")},
    )  # fmt: skip
    error = ElementTree.fromstring(answer.body)  # noqa: S314 - our own emulator
    assert error.findtext("Code") == "SignatureDoesNotMatch"
    # As the document builds them, from the same request.
    expected = format_string(
        "PUT", "/课 (1)", {"b": "2", "A": "x y"}, {"host": HOST, "x-cos-meta-a": "ü"}
    )
    assert error.findtext("FormatString") == expected
    assert error.findtext("StringToSign") == string_to_sign(times, expected)


def test_mismatch_never_tells_a_signature(emulator: Emulator) -> None:
    times = starting_in(-60)
    right = authorization("PUT", "/a", times=times).rpartition("q-signature=")[2]
    for text in (
        authorization("PUT", "/a", times=times, secret_key="w" * 32),
        authorization("PUT", "/a", times=times).replace(right, "0" * 40),
    ):
        answer = put(emulator, text)
        assert refused(answer) == (403, "SignatureDoesNotMatch")
        assert right.encode() not in answer.body


def test_signed_header_that_is_missing_is_left_out(emulator: Emulator) -> None:
    text = authorization("PUT", "/a", headers={"x-cos-meta-b": "1"})
    answer = put(emulator, text)
    error = ElementTree.fromstring(answer.body)  # noqa: S314 - our own emulator
    assert error.findtext("FormatString") == "put\n/a\n\n\n"


def test_form_that_does_not_match_says_so_too(emulator: Emulator) -> None:
    answer = post(emulator, signed({"key": KEY}) | {"q-signature": "0" * 40})
    assert refused(answer) == (403, "SignatureDoesNotMatch")
    assert b"<StringToSign>" in answer.body
    assert b"<FormatString>" in answer.body
    assert SECRET_ID.encode() in answer.body  # it is part of the policy that was sent


def test_head_has_no_body(emulator: Emulator) -> None:
    headers = {"Authorization": authorization("GET", "/a")}
    answer = emulator.call("HEAD", "/a", headers=headers)
    assert (answer.status, answer.body) == (403, b"")
