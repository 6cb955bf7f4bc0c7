"""docs/reference/metrics.md lists every metric with its type and labels, and no other."""

import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY, Gauge
from prometheus_client.metrics import MetricWrapperBase

import classgate.cli.single_process  # every metric that a service registers
from classgate.accounts.models import SessionChannel
from classgate.cloud.circuit_breaker import CircuitState
from classgate.leases.kinds import LeaseKind
from classgate.metrics import (
    CallOutcome,
    DeliveryOutcome,
    GrantOutcome,
    LogInOutcome,
    RequestClass,
    ShedReason,
)
from classgate.outbox.models import MessageKind

assert classgate.cli.single_process

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "metrics.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(classgate_\w+)` \| (\w+) \|([^|]*)\|", re.MULTILINE)


def registered() -> set[str]:
    return {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in REGISTRY.collect()
        if family.name.startswith("classgate_")
    }


def test_page_lists_exactly_the_registered_metrics() -> None:
    rows = ROW.findall(PAGE)
    assert {name for name, _, _ in rows} == registered()
    assert len(rows) == len(registered())


def test_every_gauge_says_what_it_is_over_several_workers() -> None:
    gauges = [each for each in list(REGISTRY._collector_to_names) if isinstance(each, Gauge)]
    modes = {
        next(iter(each.describe())).name: each._multiprocess_mode for each in gauges
    }  # no public way
    assert modes
    assert set(modes.values()) <= {"mostrecent", "livemax", "livemin", "livesum"}, modes


def test_page_names_type_and_labels() -> None:
    types = {family.name: family.type for family in REGISTRY.collect()}
    labels = {
        next(iter(collector.describe())).name: collector._labelnames  # no public way
        for collector in list(REGISTRY._collector_to_names)
        if isinstance(collector, MetricWrapperBase)
    }
    for name, kind, listed in ROW.findall(PAGE):
        family = name.removesuffix("_total")
        assert types[family] == kind, name
        assert tuple(re.findall(r"`(\w+)`", listed)) == labels[family], name


@pytest.mark.parametrize(
    "values",
    [
        LeaseKind,
        GrantOutcome,
        LogInOutcome,
        CallOutcome,
        SessionChannel,
        CircuitState,
        MessageKind,
        DeliveryOutcome,
        RequestClass,
        ShedReason,
    ],
)
def test_page_names_every_value_of_the_labels(values: type[LeaseKind]) -> None:
    assert [each.value for each in values if f"`{each.value}`" not in PAGE] == []


def test_chinese_quick_reference_lists_the_same_metrics() -> None:
    text = (DOCS / "zh-CN" / "quick-reference.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(classgate_\w+)`", text)) == registered()
