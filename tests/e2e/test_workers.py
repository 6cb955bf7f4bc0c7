"""`serve` with several workers on PostgreSQL: killed, replaced, and counted together."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.postgresql_server import Server, running_server
from tests.support.worker_service import Client, WorkerService, worker_service

from classgate.migrations.upgrade import upgrade

ORIGIN = "https://school.example"
REQUESTS = "classgate_requests_total"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def database(server: Server) -> str:
    url = server.new()
    upgrade(url)
    return url


@pytest.fixture(scope="module")
def service(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerService]:
    """Two workers, for the tests of this module; SIGTERM ends them with exit code 0."""
    with worker_service(tmp_path_factory.mktemp("service"), database, workers=2) as service:
        assert service.serving()["workers"] == 2
        yield service
        service.process.send_signal(signal.SIGTERM)
        service.wait_until_nobody_is_left()
        assert service.process.wait() == 0


def test_metrics_of_all_workers_are_added_up_whichever_is_asked(service: WorkerService) -> None:
    first, second = service.workers()
    before = service.metric(REQUESTS)
    with service.stopped(first):
        for _ in range(3):
            assert service.get()[0] == 404
        # Asked before it is stopped: it counts a request after it has answered it.
        assert service.metric(REQUESTS) - before == 3
    with service.stopped(second):
        for _ in range(2):
            assert service.get()[0] == 404
        assert service.metric(REQUESTS) - before == 5
        # Read from the database: adding them up would be wrong.
        assert service.metric("classgate_database_writable") == 1
        assert service.get("/readyz", "operations")[0] == 200
    with service.stopped(first):
        assert service.metric(REQUESTS) - before == 5
        assert service.metric("classgate_database_writable") == 1


def test_killed_worker_is_replaced_and_its_counters_stay(service: WorkerService) -> None:
    killed, other = service.workers()
    with service.stopped(other):
        service.get()
        before = service.metric(REQUESTS)  # it counts a request after it has answered it
    os.kill(killed, signal.SIGKILL)
    assert '"exit_code": -9' in service.wait_for('"worker died and is replaced"')
    with service.stopped(other):  # the new one has to answer
        assert service.get()[0] == 404
        assert service.metric(REQUESTS) - before == 1
    assert killed not in service.workers()


def test_hangup_replaces_every_worker_without_a_failed_request(service: WorkerService) -> None:
    before = service.workers()
    assert "access-control-allow-origin" not in service.get(Origin=ORIGIN)[1]
    # The command line's --workers counts, not the file's; an address is kept until a restart.
    service.write_settings(http__cors_origins=[ORIGIN], http__workers=7, operations__port=9)

    replaced = threading.Event()
    clients = [Client(service, keeps) for keeps in (False, True, True)]
    with ThreadPoolExecutor(len(clients)) as threads:
        asking = [threads.submit(each.ask_until, replaced.is_set) for each in clients]
        try:
            service.process.send_signal(signal.SIGHUP)
            service.wait_for('"workers replaced"')
        finally:
            replaced.set()
        for each in asking:
            each.result()

    assert '{"settings": ["operations.port"], ' in service.wait_for('"settings need a restart"')
    assert [each.faults for each in clients] == [[], [], []]
    # An old worker had the connection at first, and took leave of it.
    assert all(each.closed_politely for each in clients if each.keeps)
    assert not before & service.workers()
    assert service.get(Origin=ORIGIN)[1]["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(
    ("changed", "event", "said"),
    [
        (
            {"http__cors_origins": ["*"], "log__level": "loud"},
            "settings not reloaded",
            ("http.cors_origins: ", "log.level: "),
        ),
        (
            {"database__url": "sqlite:///x.db"},
            "settings not reloaded",
            ("http.workers: one process serves a SQLite file",),
        ),
        # Only a worker that starts finds out.
        ({"audit__key": "27b64fc0de1538a99a8351ed0cf46b72"}, "keeping worker", ()),
    ],
    ids=["invalid", "file", "audit-key"],
)
def test_old_workers_go_on_when_the_new_settings_are_wrong(
    service: WorkerService, changed: dict[str, object], event: str, said: tuple[str, ...]
) -> None:
    before, times = service.workers(), sum(event in line for line in service.lines)
    service.write_settings(**changed)
    try:
        service.process.send_signal(signal.SIGHUP)
        line = service.wait_for(event, times + 1)
    finally:
        service.write_settings()
    assert [each for each in said if each not in line] == []
    if event == "keeping worker":
        service.wait_for('{"old": 2, "new": 0, "event": "workers not replaced"')
    assert service.workers() == before
    assert service.get()[0] == 404


def test_worker_that_cannot_start_ends_the_command(server: Server, tmp_path: Path) -> None:
    with worker_service(tmp_path, server.new(), workers=2) as service:
        service.wait_until_nobody_is_left()
        (fault,) = service.lines  # once, not once for each worker
        assert fault.startswith("classgate: database: it is empty or missing; ")
        assert fault.endswith("; run: classgate db upgrade\n")
        assert service.process.wait() == 2


def test_workers_end_with_a_supervisor_that_is_killed(database: str, tmp_path: Path) -> None:
    with worker_service(tmp_path, database, workers=1) as service:
        service.serving()
        service.write_settings(database__url="sqlite:///x.db")
        service.process.send_signal(signal.SIGHUP)
        assert "cannot change to SQLite; restart" in service.wait_for("settings not reloaded")
        assert len(list(service.folder.glob("classgate-metrics-*"))) == 1
        service.process.kill()
        service.wait_until_nobody_is_left()
        assert list(service.folder.glob("classgate-metrics-*")) == []
