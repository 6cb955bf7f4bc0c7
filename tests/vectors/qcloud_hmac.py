"""Runs the suite qcloud_hmac: the signatures of API 2.0, and signature v1 of API 3.0."""

from urllib.parse import quote

from classgate.signing.cloud_api_v1 import (
    ParameterCall,
    issue_signature,
    read_call_signature,
    sign_source,
    source_string,
    verify_call,
)
from classgate.signing.encoding import from_epoch

from .cases import Case

_DOTTED = {"names unchanged": False, "underscore in names becomes dot": True}


def generate(case: Case) -> None:
    given, expect = case.inputs, case.expect
    call = _call(case)
    assert source_string(call) == expect["source_string"]
    signature = sign_source(
        expect["source_string"], secret_key=given["secret_key"], method=given["signature_method"]
    )
    assert signature == expect["signature"]
    assert quote(signature, safe="") == expect["signature_urlencoded"]
    if all(_stays_one_signed_parameter(value) for value in call.parameters.values()):
        _require_strict_legacy_api(case, call)


def _stays_one_signed_parameter(value: str) -> bool:
    """What the SDKs paste without a look, and issuing refuses."""
    return not value.startswith("@") and "=" not in value.partition("&")[2]


def _require_strict_legacy_api(case: Case, call: ParameterCall) -> None:
    given, expect = case.inputs, case.expect
    assert issue_signature(call, secret_key=given["secret_key"]) == expect["signature"]
    received = ParameterCall(
        call.host,
        {**call.parameters, "Signature": expect["signature"]},
        call.method,
        call.path,
        call.dotted_names,
    )
    issued_at = from_epoch(int(given["params"]["Timestamp"]))
    read = verify_call(received, secret_key=given["secret_key"], at=issued_at)
    assert read == read_call_signature(received.parameters)
    assert (read.secret_id, read.method) == (given["params"]["SecretId"], given["signature_method"])


def _call(case: Case) -> ParameterCall:
    given = case.inputs
    return ParameterCall(
        given["host"],
        {name: str(value) for name, value in given["params"].items()},
        given["method"],
        given["path"],
        _DOTTED[given["name_rule"]],
    )


HANDLERS = {
    "generate.api3_v1": generate,
    "generate.qapi_php": generate,
    "generate.reference_vod": generate,
    "generate.sts_node": generate,
    "generate.sts_python": generate,
    "published": generate,
}
