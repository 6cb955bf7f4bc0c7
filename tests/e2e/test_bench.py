"""The benchmark against the real service: its school is accepted, and its calls are right."""

import pytest
from bench.calls import hot_calls, legacy_log_in, log_in
from bench.load import load_process
from bench.school import School, fetch_number, fill
from bench.service import new_database, serving
from bench.targets import measure_round

SCHOOL = School(accounts=40, classes=12, members=20, live_classes=2)


def test_each_call_is_answered_as_the_benchmark_expects(capfd: pytest.CaptureFixture[str]) -> None:
    errors = {}
    with new_database(None) as database:
        fill(database, SCHOOL)
        with load_process() as load, serving(database) as target:
            for call in (*hot_calls(SCHOOL), log_in(SCHOOL), legacy_log_in(SCHOOL)):
                done = measure_round(load, target, call, connections=2, count=len(call.requests))
                errors[call.name] = done.result.errors
                assert done.cpu_ms > 0
        assert fetch_number(database, "SELECT count(*) FROM leases WHERE kind = 'entry'") == 18
    assert errors == dict.fromkeys(errors, 0), capfd.readouterr().err
