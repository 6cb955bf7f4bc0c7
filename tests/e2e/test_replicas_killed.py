"""Replicas over one PostgreSQL under load: some are killed, the server is restarted."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.databases import PostgresqlDatabases
from tests.support.killed_school import (
    assert_answered_and_whole,
    assert_audit_is_whole,
    found_school,
)
from tests.support.killed_service import (
    CLOUD,
    Answered,
    Service,
    environment_for,
    log_in,
    register,
    sign,
    upload,
)
from tests.support.postgresql_server import Server, running_server
from tests.support.replicas import Job, LoadBalancer, Outages, wait_for_answers, working_clients
from tests.support.running_emulator import Emulator, running_emulator

from classgate.clock import utc_now
from classgate.migrations.upgrade import upgrade

REPLICAS = 2
MORE = 40  # answers between two misfortunes


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as opened:
        yield opened


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with running_emulator(CLOUD, utc_now) as opened:
        yield opened


def test_clients_lose_nothing_when_replicas_die_and_the_server_restarts(
    server: Server, emulator: Emulator, tmp_path: Path
) -> None:
    databases = PostgresqlDatabases(server)
    url = databases.new()
    upgrade(url)
    environment = environment_for(url, emulator)
    found_school(environment)
    answered, outages = Answered(), Outages()
    with ExitStack() as alive:

        def replica() -> Service:
            started = Service(tmp_path, environment)
            alive.callback(started.end_if_alive)
            return started

        replicas = [replica() for _ in range(REPLICAS)]
        balancer = LoadBalancer(replicas)
        tom = balancer.log_in("tom")
        classroom = balancer.call("POST", "/v1/classrooms", tom, {"title": "数学"})["classroom_id"]
        jobs: list[Job] = [
            lambda service, turn: register(service, f"k{turn}", answered),
            lambda service, turn: log_in(service, answered),
            lambda service, turn: sign(service, tom, answered),
            lambda service, turn: upload(service, tom, classroom, answered),
        ]
        with working_clients(balancer, jobs, outages):
            for victim in replicas:
                wait_for_answers(answered, MORE)
                with outages.outage():
                    victim.kill()
                    balancer.replace(victim, replica())
            wait_for_answers(answered, MORE)
            with outages.outage(), server.stopped():
                outages.wait_for_refusal()
            wait_for_answers(answered, MORE)
    assert outages.faults == []
    answered.sessions.add(tom)
    assert_answered_and_whole(databases.raw_database(url), answered)
    assert_audit_is_whole(environment)
