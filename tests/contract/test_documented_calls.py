"""`call` and `keepPresent` of docs/how-to/upload-from-a-client.md, run in Node as they stand there,
against a server that answers whatever a gate, its proxy or its network may.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.documented_snippets import helper
from tests.support.lying_gate import (
    LOST,
    PROXY_PAGE,
    LyingGate,
    Said,
    lying_gate,
    refused,
    said,
)
from tests.support.node_clients import require_node

Run = Callable[[str], dict[str, Any]]

HEARTBEAT = "/v1/classrooms/7/heartbeat"
PRESENT = said({"present": True, "state": "live"})
ENDED = said({"present": False, "state": "ended"})
EXPIRED = refused(401, "not_authenticated", "session_ended")

# Waits of half a second and more are noted, and pass at once. What is answered is printed, and
# the program ends by itself: a promise that nobody waits for, or that is rejected unseen, fails it.
_PROGRAM = """
const waits = [];
const setTimer = globalThis.setTimeout;
globalThis.setTimeout = (run, wait, ...rest) => {
  if (wait >= 500) waits.push(wait / 1000);
  return setTimer(run, wait >= 500 ? 0 : wait, ...rest);
};
Math.random = () => 0;
const {call, keepPresent, session} = await import('./classgate.mjs');
session.accessToken = 'first';
const outcome = (promise) => promise.then(
  (value) => ({value}),
  ({status, reason, message}) => ({error: {status, reason, message}}),
);
const result = await (async () => { %s })();
console.log(JSON.stringify({result, waits, token: session.accessToken}));
"""


@pytest.fixture
def gate() -> Iterator[LyingGate]:
    with lying_gate() as gate:
        yield gate


@pytest.fixture
def run(gate: LyingGate, tmp_path: Path) -> Run:
    """Run the body of a function; its result, the waits in seconds, and the token at the end."""
    require_node()
    code = helper(f"http://127.0.0.1:{gate.port}")
    (tmp_path / "classgate.mjs").write_text(code.replace("import COS from 'cos-js-sdk-v5';", ""))

    def run_it(body: str) -> dict[str, Any]:
        (tmp_path / "program.mjs").write_text(_PROGRAM % body)
        done = subprocess.run(
            ["node", "program.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run_it


def error(status: int, reason: str, message: str) -> dict[str, Any]:
    return {"error": {"status": status, "reason": reason, "message": message}}


def test_call_sends_the_token_and_reads_the_answer(gate: LyingGate, run: Run) -> None:
    gate.answer("/v1/cos/signature", said({"sign": "x"}))
    body = "return call('/v1/cos/signature', {type: 'reusable'})"
    assert run(body)["result"] == {"sign": "x"}
    (sent,) = gate.requests
    assert sent.line == "POST /v1/cos/signature"
    assert (sent.token, sent.content_type) == ("Bearer first", "application/json")
    assert json.loads(sent.body) == {"type": "reusable"}


def test_call_of_another_method_without_a_body(gate: LyingGate, run: Run) -> None:
    gate.answer("/v1/me", said({"identifier": "tom"}))
    assert run("return call('/v1/me', undefined, {method: 'GET'})")["result"] == {
        "identifier": "tom"
    }
    (sent,) = gate.requests
    assert (sent.line, sent.content_type, sent.body) == ("GET /v1/me", None, "")


def test_no_content_is_null(gate: LyingGate, run: Run) -> None:
    gate.answer("/v1/classrooms/7/leave", Said(204))
    assert run("return call('/v1/classrooms/7/leave')") == {
        "result": None, "waits": [], "token": "first",
    }  # fmt: skip


def test_refusal_is_rejected_with_its_problem_and_not_repeated(gate: LyingGate, run: Run) -> None:
    gate.answer("/v1/x", refused(403, "permission_denied", "kicked"))
    assert run("return outcome(call('/v1/x'))") == {
        "result": error(403, "kicked", "because kicked"), "waits": [], "token": "first",
    }  # fmt: skip
    assert len(gate.requests) == 1


@pytest.mark.parametrize(
    ("first", "waits"),
    [
        (PROXY_PAGE, [1, 2]),
        (LOST, [1, 2]),
        (Said(504, ""), [1, 2]),
        (Said(200, "<html>Log in to the school's Wi-Fi</html>", "text/html"), [1, 2]),
        (Said(200, '{"cut": '), [1, 2]),
        (refused(503, "cloud_unavailable", "cloud_unavailable", Retry_After="7"), [7, 7]),
        (refused(503, "service_unavailable", "database_unavailable"), [1, 2]),
        (refused(429, "too_many_attempts", "too_many_grants", Retry_After="3"), [3, 3]),
        (Said(503, '{"error": "restarting"}', headers={"Retry_After": "2"}), [2, 2]),
        (Said(503, "", headers={"Retry_After": "Wed, 21 Oct 2026 07:28:00 GMT"}), [1, 2]),
    ],
)
def test_passing_faults_are_waited_for(
    gate: LyingGate, run: Run, first: Said, waits: list[int]
) -> None:
    gate.answer("/v1/x", first, first, said({"good": True}))
    found = run("return outcome(call('/v1/x'))")
    assert found == {"result": {"value": {"good": True}}, "waits": waits, "token": "first"}


@pytest.mark.parametrize(
    ("fault", "rejected"),
    [
        (PROXY_PAGE, error(502, "no_answer", "no answer of classgate (502)")),
        (LOST, error(0, "no_answer", "no answer of classgate (0)")),
        (Said(200, "<html>"), error(0, "no_answer", "no answer of classgate (0)")),
        (
            refused(503, "cloud_unavailable", "cloud_unavailable"),
            error(503, "cloud_unavailable", "because cloud_unavailable"),
        ),
    ],
)
def test_faults_that_stay_are_rejected(
    gate: LyingGate, run: Run, fault: Said, rejected: dict[str, Any]
) -> None:
    gate.answer("/v1/x", fault)
    assert run("return outcome(call('/v1/x'))") == {
        "result": rejected, "waits": [1, 2, 4, 8], "token": "first",
    }  # fmt: skip
    assert len(gate.requests) == 5


@pytest.mark.parametrize(
    "fault",
    [
        refused(429, "too_many_attempts", "too_many_logins", Retry_After="900"),
        refused(500, "internal_error", "internal_error"),
        refused(502, "cloud_rejected", "cloud_rejected"),
        Said(403, "<html>blocked</html>", "text/html"),
        Said(413, "<html>too large</html>", "text/html"),
    ],
)
def test_what_waiting_does_not_help_is_rejected_at_once(
    gate: LyingGate, run: Run, fault: Said
) -> None:
    gate.answer("/v1/x", fault)
    found = run("return outcome(call('/v1/x'))")
    assert (found["result"]["error"]["status"], found["waits"]) == (fault.status, [])


def test_call_that_must_not_run_twice_runs_once(gate: LyingGate, run: Run) -> None:
    gate.answer("/v1/classrooms", LOST)
    found = run("return outcome(call('/v1/classrooms', {title: 'x'}, {tries: 1}))")
    assert (found["result"]["error"]["status"], len(gate.requests)) == (0, 1)


LOG_IN = """
session.logIn = async () => (await call('/v1/sessions', {identifier: 'tom'})).access_token;
"""


def test_calls_that_wait_share_one_log_in(gate: LyingGate, run: Run) -> None:
    gate.answer("/v1/a", EXPIRED, said("a"))
    gate.answer("/v1/b", EXPIRED, said("b"))
    gate.answer("/v1/sessions", said({"access_token": "second"}))
    body = LOG_IN + "return Promise.all([call('/v1/a'), call('/v1/b')])"
    assert run(body) == {"result": ["a", "b"], "waits": [], "token": "second"}
    assert gate.lines().count("POST /v1/sessions") == 1
    assert [each.token for each in gate.requests[-2:]] == ["Bearer second"] * 2


def test_log_in_is_tried_once_for_each_call(gate: LyingGate, run: Run) -> None:
    """A session that ends at once, as of a disabled account, is no reason to ask for ever."""
    gate.answer("/v1/a", EXPIRED)
    gate.answer("/v1/sessions", said({"access_token": "second"}))
    found = run(LOG_IN + "return outcome(call('/v1/a'))")
    assert found["result"] == error(401, "session_ended", "because session_ended")
    assert gate.lines() == ["POST /v1/a", "POST /v1/sessions", "POST /v1/a"]


def test_wrong_password_is_rejected_and_does_not_wait_for_itself(gate: LyingGate, run: Run) -> None:
    gate.answer("/v1/a", EXPIRED)
    gate.answer("/v1/sessions", refused(401, "not_authenticated", "wrong_credentials"))
    found = run(LOG_IN + "return outcome(call('/v1/a'))")
    assert found["result"] == error(401, "wrong_credentials", "because wrong_credentials")
    assert gate.lines() == ["POST /v1/a", "POST /v1/sessions"]


def test_without_log_in_a_401_is_rejected(gate: LyingGate, run: Run) -> None:
    gate.answer("/v1/a", EXPIRED)
    found = run("return outcome(call('/v1/a'))")
    assert found["result"] == error(401, "session_ended", "because session_ended")
    assert len(gate.requests) == 1


def test_heartbeats_outlive_a_proxy_and_a_network(gate: LyingGate, run: Run) -> None:
    unavailable = refused(503, "service_unavailable", "database_unavailable", Retry_After="1")
    internal = refused(500, "internal_error", "internal_error")
    pages = (Said(404, "default backend - 404"), Said(403, "<html>blocked</html>", "text/html"))
    faults = (PROXY_PAGE, *pages, LOST, unavailable, internal)
    gate.answer(HEARTBEAT, PRESENT, *faults, PRESENT, ENDED)
    found = run("return keepPresent(7)")
    assert found == {"result": "class_ended", "waits": [5] * 8, "token": "first"}
    assert len(gate.requests) == 9


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (EXPIRED, "session_ended"),
        (refused(403, "permission_denied", "kicked"), "kicked"),
        (refused(404, "not_found", "classroom_not_found"), "classroom_not_found"),
        (refused(409, "conflict", "class_ended"), "class_ended"),
    ],
)
def test_heartbeats_end_with_the_reason_of_a_refusal(
    gate: LyingGate, run: Run, refusal: Said, reason: str
) -> None:
    gate.answer(HEARTBEAT, PRESENT, refusal)
    assert run("return keepPresent(7)")["result"] == reason
    assert len(gate.requests) == 2


def test_heartbeats_log_in_again(gate: LyingGate, run: Run) -> None:
    gate.answer(HEARTBEAT, EXPIRED, PRESENT, said({"present": False, "state": "replayable"}))
    gate.answer("/v1/sessions", said({"access_token": "second"}))
    assert run(LOG_IN + "return keepPresent(7)") == {
        "result": "class_ended", "waits": [5], "token": "second",
    }  # fmt: skip


def test_heartbeats_end_when_nobody_logs_in(gate: LyingGate, run: Run) -> None:
    gate.answer(HEARTBEAT, EXPIRED)
    body = "session.logIn = async () => { throw new Error('closed'); }; return keepPresent(7)"
    assert run(body)["result"] == "session_ended"


def test_absence_is_reported_and_heartbeats_can_be_stopped(gate: LyingGate, run: Run) -> None:
    gate.answer(HEARTBEAT, PRESENT, said({"present": False, "state": "live"}))
    body = """
    const leaving = new AbortController();
    let absent = 0;
    const onAbsent = () => { absent += 1; leaving.abort(); };
    const reason = await keepPresent(7, {onAbsent, signal: leaving.signal});
    return {reason, absent};
    """
    assert run(body)["result"] == {"reason": "stopped", "absent": 1}
    assert len(gate.requests) == 2
