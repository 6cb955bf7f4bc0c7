"""Refusals of the emulator, explained from the request and the answer as a browser records them."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from tests.support.contract_cloud import APP_ID, BUCKET, REGION, SECRET_ID, SECRET_KEY
from tests.support.cos_policies import policy, statement
from tests.support.node_clients import NodeClients, step
from tests.support.pasted_requests import Sent, as_curl, as_har
from tests.support.running_emulator import Answer, Emulator
from tests.support.storage_cases import first
from tests.support.sts_client import federation_token

from classgate.explain.explanation import explain
from classgate.explain.models import CloudKey, ExplainContext, Explanation

HOST = f"{BUCKET}.cos.{REGION}.myqcloud.com"
KEY = "classes/7/课件 (1).pdf"
KEYS = (CloudKey(name="cloud.secret_key", secret_id=SECRET_ID, secret_key=SECRET_KEY),)


def context(keys: tuple[CloudKey, ...] = KEYS) -> ExplainContext:
    return ExplainContext(
        now=datetime.now(UTC), cloud_keys=keys, cloud_app_id=APP_ID, bucket=BUCKET, region=REGION
    )


def auth(emulator: Emulator, method: str = "PUT", key: str = KEY, **more: Any) -> str:
    secrets = {name: more.pop(name) for name in ("secret_id", "secret_key") if name in more}
    # The client connects to the emulator, and signs the bucket's host.
    headers = {"host": HOST, **more.pop("Headers", {})}
    client = emulator.cos_client(**secrets)
    made = client.get_auth(method, BUCKET, key, 600, Headers=headers, **more)
    assert isinstance(made, str)
    return made


def send(emulator: Emulator, sent: Sent, **in_transit: str) -> Answer:
    """Send a request; a proxy changes the headers that are named."""
    changes = {name.replace("_", "-"): text for name, text in in_transit.items()}
    path = sent.url.partition(HOST)[2]
    body = None if sent.body is None else sent.body.encode()
    return emulator.call(sent.method, path, body, {**sent.headers, **changes})


def put(authorization: str, path: str = quote(f"/{KEY}"), **headers: str) -> Sent:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    given = {"Authorization": authorization, "Host": HOST, **named}
    return Sent("PUT", f"http://{HOST}{path}", given, "x")


def har(sent: Sent, answer: Answer) -> str:
    return as_har(sent, answer.status, answer.body.decode(), answer.headers)


@pytest.mark.parametrize("keys", [KEYS, ()])
def test_proxy_that_changed_a_header_is_found_without_any_key(
    emulator: Emulator, keys: tuple[CloudKey, ...]
) -> None:
    sent = put(
        auth(emulator, Headers={"content-type": "application/pdf"}), content_type="application/pdf"
    )
    answer = send(emulator, sent, content_type="application/pdf;charset=UTF-8")
    explanation = explain(har(sent, answer), context(keys))
    assert first(explanation) == ("signature", "header_changed")
    lines = list(explanation.comparison)
    place = lines.index("< content-type=application%2Fpdf&host=" + HOST)
    assert lines[place + 1] == "> content-type=application%2Fpdf%3Bcharset%3DUTF-8&host=" + HOST
    assert lines[place + 2] == "  " + " " * len("content-type=application%2Fpdf") + "^"


def test_escaped_path(emulator: Emulator) -> None:
    sent = put(auth(emulator, key=quote(KEY)))
    explanation = explain(har(sent, send(emulator, sent)), context())
    assert first(explanation) == ("signature", "percent_encoded_path")


def test_wrong_key_is_first_when_the_cloud_received_what_was_pasted(emulator: Emulator) -> None:
    sent = put(auth(emulator, secret_key="w" * 32))
    answer = send(emulator, sent)
    explanation = explain(har(sent, answer), context())
    assert first(explanation) == ("signature", "wrong_key")
    assert "  =" in explanation.comparison
    without = explain(har(sent, answer), context(()))
    assert first(without) == ("signature", "signed_text_differs")


def test_answer_pasted_after_curl(emulator: Emulator) -> None:
    sent = put(auth(emulator, "GET"))
    answer = send(emulator, sent)
    pasted = f"{as_curl(sent)}\n\nHTTP/1.1 {answer.status} Forbidden\n\n{answer.body.decode()}"
    assert first(explain(pasted, context())) == ("signature", "wrong_method")


def test_temporary_key_without_its_action(emulator: Emulator) -> None:
    granted = federation_token(emulator, policy(statement("classes/7/*", ["name/cos:GetObject"])))
    text = auth(emulator, secret_id=granted.secret_id, secret_key=granted.secret_key)
    sent = put(text, x_cos_security_token=granted.token)
    explanation = explain(har(sent, send(emulator, sent)), context())
    assert first(explanation) == ("policy", "missing_action")
    assert "name/cos:PutObject" in explanation.causes[0].evidence
    shown = json.dumps(explanation.to_json(), ensure_ascii=False)
    assert granted.token not in shown
    assert granted.secret_key not in shown
    missing = sent.without_header("x-cos-security-token")
    explanation = explain(har(missing, send(emulator, missing)), context())
    assert first(explanation) == ("token", "session_token_missing")


def test_clock_of_the_client_is_behind(emulator: Emulator) -> None:
    emulator.set_clock(7200)
    sent = put(auth(emulator))
    answer = send(emulator, sent)
    now = datetime.now(UTC).isoformat()
    text = as_har(sent, answer.status, answer.body.decode(), answer.headers, now)
    explanation = explain(text, context())
    assert first(explanation) == ("time", "clock_skew")
    assert "behind" in explanation.causes[0].evidence


def test_accepted_request_is_valid(emulator: Emulator) -> None:
    sent = put(auth(emulator))
    answer = send(emulator, sent)
    assert answer.status == 200
    assert explain(har(sent, answer), context()).valid is True


# ── signatures of the SDK for Node ──────────────────────────────────────────────────────────────


def made_by_node(node: NodeClients, emulator: Emulator, call: str, **more: Any) -> str:
    text = node.play_one(emulator, step(call, KEY, Sign=True, Expires=600, **more))["Url"]
    assert isinstance(text, str)
    return text


def of_node(text: str) -> Explanation:
    return explain(text, context())


def test_url_of_the_node_sdk(emulator: Emulator, node: NodeClients) -> None:
    url = made_by_node(node, emulator, "getObjectUrl")
    assert of_node(url).valid is True
    assert first(of_node(re.sub("q-signature=[0-9a-f]{12}", "q-signature=", url)))[0] == "format"
    assert first(of_node(url.replace("7/", "8/"))) == ("signature", "wrong_key")
    renamed = url.replace("&q-key-time", "&q-key-time-x")
    assert first(of_node(renamed))[0] == "format"


def test_authorization_of_the_node_sdk(emulator: Emulator, node: NodeClients) -> None:
    text = made_by_node(node, emulator, "getAuth", Method="PUT")
    assert of_node(as_curl(put(text))).valid is True
    other = put(text).changed(method="DELETE", body=None)
    assert first(of_node(as_curl(other))) == ("signature", "wrong_method")
    assert of_node(text).valid is None
