"""Runs the group request.python of the suite sts: the form that the older SDKs sign and send."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlencode

from classgate.signing.cloud_api_v1 import ParameterCall, source_string, verify_call
from classgate.signing.cos_policy import Policy, Statement, resource
from classgate.signing.encoding import from_epoch
from classgate.signing.sts_form import (
    CONTENT_TYPE,
    HOST,
    AssumeRoleRequest,
    encode_form,
    issue_assume_role_form,
    issue_federation_token_form,
    parse_form,
    read_assume_role_fields,
)
from classgate.signing.sts_messages import FederationTokenRequest, read_federation_token_fields

from .cases import Case

Request = FederationTokenRequest | AssumeRoleRequest


def build_and_read(case: Case) -> None:
    expect = case.expect
    assert (expect["url"], expect["content_type"]) == (f"https://{HOST}/", CONTENT_TYPE)
    theirs = {name: str(value) for name, value in expect["form_fields"].items()}
    request = _request(case, theirs)
    ours = _issue(case, request)
    assert {name: ours[name] for name in theirs} == theirs
    assert ours.keys() - theirs.keys() == {"Policy", "Signature"}
    assert json.loads(unquote(ours["Policy"])) == expect["policy"]
    sent = {**theirs, "Policy": expect["policy_field"], "Signature": expect["signature"]}
    # Theirs differs from ours in the spaces of the policy; what is signed must not differ else.
    text = source_string(ParameterCall(HOST, ours))
    assert text.replace(ours["Policy"], sent["Policy"]) == source_string(ParameterCall(HOST, sent))
    for body in (urlencode(sent).encode(), encode_form(ours)):
        _require_read(case, request, body)


def _require_read(case: Case, request: Request, body: bytes) -> None:
    given = case.inputs
    fields = parse_form(body)
    issued_at = from_epoch(given["now"])
    secret_key = given["config"]["secret_key"]
    read = verify_call(ParameterCall(HOST, fields), secret_key=secret_key, at=issued_at)
    assert (read.secret_id, read.nonce) == (given["config"]["secret_id"], given["nonce"])
    if isinstance(request, AssumeRoleRequest):
        assert read_assume_role_fields(fields) == request
    else:
        assert read_federation_token_fields(dict(fields)) == request


def _request(case: Case, theirs: dict[str, str]) -> Request:
    config, role_arn = case.inputs["config"], case.inputs["role_arn"]
    lifetime = timedelta(seconds=config["duration_seconds"])
    policy = _policy(config)
    if role_arn is None:
        return FederationTokenRequest(theirs["Name"], policy, lifetime)
    return AssumeRoleRequest(role_arn, theirs["RoleSessionName"], policy, lifetime)


def _policy(config: dict[str, Any]) -> Policy:
    cloud_app_id = config["bucket"].rpartition("-")[2]
    resources = tuple(
        resource(config["region"], cloud_app_id, config["bucket"], prefix.removeprefix("/"))
        for prefix in config["allow_prefix"]
    )
    statement = Statement(
        "allow", tuple(config["allow_actions"]), resources, config.get("condition")
    )
    return Policy((statement,))


def _issue(case: Case, request: Request) -> dict[str, str]:
    config = case.inputs["config"]
    signing: dict[str, Any] = {
        "region": config["region"],
        "secret_id": config["secret_id"],
        "secret_key": config["secret_key"],
        "issued_at": from_epoch(case.inputs["now"]),
        "nonce": case.inputs["nonce"],
    }
    if isinstance(request, AssumeRoleRequest):
        return issue_assume_role_form(request, **signing)
    return issue_federation_token_form(request, **signing)
