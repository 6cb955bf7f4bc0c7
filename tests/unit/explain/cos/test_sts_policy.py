"""Policies for temporary keys as users get them wrong; the right cause comes first."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest
from tests.support.sdk_requests import (
    APP_ID,
    BUCKET,
    REGION,
)
from tests.support.storage_cases import (
    MULTIPART,
    first,
    sdk_policy,
    storage_context,
)

from classgate.explain.explanation import explain
from classgate.explain.models import Explanation, GrantRequest, Kind


def changed(old: str, new: str) -> str:
    text = sdk_policy()
    assert old in text
    return text.replace(old, new)


RESOURCE = f"qcs::cos:{REGION}:uid/{APP_ID}:{BUCKET}/classes/7/*"


@pytest.mark.parametrize(
    ("make", "check", "cause"),
    [
        (lambda: changed(f":{BUCKET}/", ":examplebucket/"), "resource", "bucket_without_app_id"),
        (lambda: changed(f"uid/{APP_ID}", "uid/100000000001"), "resource", "wrong_app_id"),
        (lambda: changed(f"uid/{APP_ID}", "uin/100000000001"), "resource", "wrong_app_id"),
        (lambda: changed(APP_ID, "1250000009"), "resource", "wrong_app_id"),
        (lambda: changed("/classes", "//classes"), "resource", "leading_slash"),
        (lambda: changed(REGION, "ap-beijing"), "resource", "wrong_region"),
        (lambda: changed("qcs::cos", "qcs:cos"), "resource", "wrong_resource"),
        (lambda: changed(RESOURCE, "/classes/7/*"), "resource", "wrong_resource"),
        (lambda: changed("name/cos:", "cos:"), "action", "name_prefix_missing"),
        (lambda: changed("name/cos:", ""), "action", "name_prefix_missing"),
        (lambda: changed("name/cos:PutObject", "name/cos:putObject"), "action", "unknown_action"),
        (lambda: changed('"2.0"', "2.0"), "version", "wrong_policy_version"),
        (lambda: changed('"2.0"', '"2012-10-17"'), "version", "wrong_policy_version"),
        (lambda: changed("statement", "Statement"), "format", "wrong_policy_form"),
        (lambda: changed('"allow"', '"Allow"'), "effect", "wrong_policy_form"),
        (lambda: sdk_policy()[:-1], "format", "wrong_policy_form"),
        (lambda: sdk_policy().replace('"', "'"), "format", "wrong_policy_form"),
        (lambda: re.sub(r'"resource": \[[^\]]*\]', '"resource": []', sdk_policy()), "resource",
         "wrong_policy_form"),
        (
            lambda: changed('"effect"', '"principal": {"qcs": "qcs::cam::uin/1:uin/1"}, "effect"'),
            "principal",
            "principal_present",
        ),
    ],
)  # fmt: skip
def test_policy_that_grants_nothing(make: Callable[[], str], check: str, cause: str) -> None:
    for text in (
        make(),
        quote(make(), safe=""),
        json.dumps({"Name": "x", "Policy": quote(make())}),
    ):
        explanation = explain(text, storage_context())
        assert explanation.kind is Kind.STS_POLICY
        assert first(explanation) == (check, cause)


@pytest.mark.parametrize(
    "text",
    [
        sdk_policy(),
        sdk_policy("classes/7/a.pdf", ["PutObject"]),
        sdk_policy("classes/7/a.pdf", ["GetObject"]),
        # The sample of the documents, which lacks AbortMultipartUpload.
        sdk_policy(actions=["PutObject", "PostObject", *MULTIPART[:-1]]),
        json.dumps({"version": "2.0", "statement": {"effect": "allow", "action": ["name/cos:*"],
                    "resource": f"qcs::cos:{REGION}:uid/{APP_ID}:prefix//{APP_ID}/"
                    "examplebucket/a/*"}}),
    ],
)  # fmt: skip
def test_good_policy_is_valid(text: str) -> None:
    assert explain(text, storage_context()).valid is True


@pytest.mark.parametrize(
    ("prefix", "cause"),
    [("*", "wildcard_resource"), ("课件/*", "non_ascii_key"),
     ("classes/7/", "prefix_without_wildcard"), ("classes/*/a", "wrong_resource"),
     ("%E8%AF%BE/*", "percent_encoded_path")],
)  # fmt: skip
def test_doubtful_resource_is_neither_valid_nor_wrong(prefix: str, cause: str) -> None:
    text = sdk_policy(prefix)
    if prefix == "*":
        text = text.replace(RESOURCE.replace("classes/7/*", "*"), "*")
    explanation = explain(text, storage_context())
    assert (explanation.valid, explanation.causes[0].code) == (None, cause)


def only_put() -> str:
    return sdk_policy(actions=["PutObject"])


def with_deny() -> str:
    deny = '{"effect": "deny", "action": "name/cos:*", "resource": "*"}'
    return changed('"statement": [', f'"statement": [{deny}, ')


def ask(text: str, method: str, key: str, *query: str, is_form: bool = False) -> Explanation:
    request = GrantRequest(method, BUCKET, key, query, is_form)
    return explain(text, replace(storage_context(), grant_request=request))


def test_mini_program_uploads_with_a_form_which_needs_another_action() -> None:
    text = sdk_policy(actions=["PutObject", *MULTIPART])
    assert ask(text, "PUT", "classes/7/a.pdf").valid is True
    explanation = ask(text, "POST", "classes/7/a.pdf", is_form=True)
    assert first(explanation) == ("grant", "missing_action")
    assert "name/cos:PostObject" in explanation.causes[0].evidence


@pytest.mark.parametrize(
    ("make", "method", "key", "query", "cause"),
    [
        (only_put, "POST", "classes/7/a", ["uploads"], "missing_action"),
        (only_put, "PUT", "classes/7/a", ["partNumber", "uploadId=1"], "missing_action"),
        (only_put, "GET", "classes/7/a", [], "missing_action"),
        (sdk_policy, "PUT", "classes/8/a", [], "wrong_resource"),
        (sdk_policy, "PUT", "/classes/7/a", [], "wrong_resource"),
        (lambda: changed("/classes", "//classes"), "PUT", "classes/7/a", [], "leading_slash"),
        (lambda: changed(f":{BUCKET}/", ":examplebucket/"), "PUT", "classes/7/a", [],
         "bucket_without_app_id"),
        (lambda: sdk_policy(condition={"string_equal": {"cos:content-type": "image/png"}},
                            actions=["PutObject"]), "PUT", "classes/7/a", [], "condition_not_met"),
        (with_deny, "PUT", "classes/7/a", [], "explicit_deny"),
    ],
)  # fmt: skip
def test_grant_does_not_allow_the_request(
    make: Callable[[], str], method: str, key: str, query: list[str], cause: str
) -> None:
    explanation = ask(make(), method, key, *query)
    assert explanation.valid is not True
    assert explanation.causes[0].code == cause


def test_grant_names_the_statement_that_allows_the_request() -> None:
    explanation = ask(sdk_policy(), "PUT", "classes/7/a.pdf", "partNumber=1", "uploadId=2")
    assert explanation.valid is True
    request = explanation.content["request"]
    assert isinstance(request, dict)
    assert (request["action"], request["allowed"]) == ("name/cos:UploadPart", True)
    assert isinstance(request["statement"], int)


# ── uploads in parts ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("left_out", MULTIPART)
def test_upload_in_parts_needs_all_its_actions(left_out: str) -> None:
    actions = [each for each in ["PutObject", *MULTIPART] if each != left_out]
    explanation = explain(sdk_policy(actions=actions), storage_context())
    assert explanation.causes[0].code == "missing_action"
    assert f"name/cos:{left_out}" in explanation.causes[0].evidence
    # Without it an upload works, as in the sample of the documents; its parts cannot be removed.
    assert (explanation.valid is False) == (left_out != "AbortMultipartUpload")


@pytest.mark.parametrize("key", ["cos:content-length", "cos:content-type", "cos:x-cos-acl"])
def test_condition_on_a_header_breaks_the_requests_without_it(key: str) -> None:
    condition = {"string_equal": {key: "1"}}
    explanation = explain(sdk_policy(condition=condition), storage_context())
    assert first(explanation) == ("condition", "condition_on_other_action")
    one = explain(sdk_policy(actions=["PutObject"], condition=condition), storage_context())
    assert one.first_failure is None


def test_question_without_a_policy_is_left_open() -> None:
    context = replace(storage_context(), grant_request=GrantRequest("PUT", BUCKET, "a"))
    explanation = explain("70003", context)
    assert [(each.name, each.ok) for each in explanation.checks][-1] == ("grant", None)
