"""Runs the suite sts: policies and answers. The form request is `sts_request`'s."""

import json
from datetime import timedelta
from typing import Any

from classgate.signing.cos_policy import (
    ObjectResource,
    Policy,
    Statement,
    policy_allows,
    resource,
)
from classgate.signing.sts_messages import (
    StsError,
    TemporaryCredentials,
    error_reply,
    federation_token_reply,
    read_federation_token_reply,
    to_client_form,
)

from .cases import Case
from .sts_request import build_and_read


def policy_from_scopes(case: Case) -> None:
    policy = Policy(tuple(_statement(scope) for scope in case.inputs["scopes"]))
    assert json.loads(policy.to_wire()) == case.expect["policy"]
    assert Policy.from_wire(json.dumps(case.expect["policy"])) == policy


def _statement(scope: dict[str, Any]) -> Statement:
    bucket = scope["bucket"]
    cloud_app_id = bucket.rpartition("-")[2]
    named = resource(scope["region"], cloud_app_id, bucket, scope["prefix"].removeprefix("/"))
    # GetService is about no bucket, so every SDK writes a star for it.
    everywhere = scope["action"] == "name/cos:GetService"
    return Statement("allow", (scope["action"],), ("*" if everywhere else named,))


def policy_is_read_as_its_scopes(case: Case) -> None:
    """The Node SDK's form, with a principal, is never written here; but it has to be understood."""
    policy = Policy.from_wire(json.dumps(case.expect["policy"]))
    for scope in case.inputs["scopes"]:
        key = scope["prefix"].removeprefix("/").removesuffix("*")
        asked = ObjectResource(
            scope["region"], scope["bucket"].rpartition("-")[2], scope["bucket"], key
        )
        assert policy_allows(policy, action=scope["action"], resource=asked)
        assert not policy_allows(policy, action="name/cos:DeleteBucket", resource=asked)


def read_error(case: Case) -> None:
    body = json.dumps(case.inputs["response"]).encode()
    error = read_federation_token_reply(body, lifetime=timedelta(seconds=1800))
    assert isinstance(error, StsError)
    expected = {"Code": error.code, "Message": error.message, "RequestId": error.request_id}
    assert expected == case.expect["error"]
    assert json.loads(error_reply(error)) == case.inputs["response"]


def read_credentials(case: Case) -> None:
    body = json.dumps(case.inputs["response"]).encode()
    lifetime = timedelta(seconds=case.inputs["duration_seconds"])
    credentials = read_federation_token_reply(body, lifetime=lifetime)
    assert isinstance(credentials, TemporaryCredentials)
    assert to_client_form(credentials) == case.expect["client"]
    assert json.loads(federation_token_reply(credentials)) == case.inputs["response"]


HANDLERS = {
    "policy.node": policy_is_read_as_its_scopes,
    "policy.python": policy_from_scopes,
    "request.python": build_and_read,
    "response.error": read_error,
    "response.normalised": read_credentials,
}
