"""Runs the group post_policy of the suite cos_xml_v5: the signature of an upload form."""

import base64
import json

from classgate.signing.cos_post_policy import (
    issue_post_form,
    read_post_form,
    sign_policy,
    string_to_sign,
    verify_post_form,
)
from classgate.signing.cos_request import KeyTime, sign_key

from .cases import Case


def generate(case: Case) -> None:
    given, expect = case.inputs, case.expect
    text, key_time = given["policy_text"].encode(), KeyTime.from_wire(given["key_time"])
    assert base64.b64encode(text).decode() == expect["policy_base64"]
    assert sign_key(given["secret_key"], given["key_time"]) == expect["sign_key"]
    assert string_to_sign(text) == expect["string_to_sign"]
    signature = sign_policy(text, secret_key=given["secret_key"], key_time=key_time)
    assert signature == expect["signature"]
    fields = issue_post_form(
        given["policy_text"],
        secret_id=given["secret_id"],
        secret_key=given["secret_key"],
        key_time=key_time,
    )
    assert fields == expect["form_fields"]
    _require_reading(case, key_time)


def _require_reading(case: Case, key_time: KeyTime) -> None:
    given, fields = case.inputs, case.expect["form_fields"]
    form = verify_post_form(fields, secret_key=given["secret_key"], at=key_time.starts_at)
    assert form == read_post_form(fields)
    assert (form.secret_id, form.key_time) == (given["secret_id"], key_time)
    conditions = json.loads(given["policy_text"])["conditions"]
    assert len(form.policy.conditions) + len(form.policy.size_ranges) == len(conditions)
