"""The dashboard and the alert rules name only metrics, labels and values that exist."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from classgate.accounts.models import SessionChannel
from classgate.cloud.circuit_breaker import CircuitState
from classgate.leases.kinds import LeaseKind
from classgate.metrics import (
    CallbackOutcome,
    CallOutcome,
    DeliveryOutcome,
    GrantOutcome,
    LogInOutcome,
    RefusalOutcome,
    RequestClass,
    ShedReason,
)
from classgate.outbox.models import MessageKind
from classgate.reasons import Reason

importlib.import_module("classgate.cli.single_process")  # registers every metric of the service

CONTRIB = Path(__file__).parents[2] / "contrib"
DASHBOARD = json.loads((CONTRIB / "grafana" / "classgate.json").read_text())
RULES = yaml.safe_load((CONTRIB / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]
]
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}
VALUES: dict[tuple[str, str], set[str]] = {
    ("classgate_grants", "kind"): set(LeaseKind),
    ("classgate_grants", "outcome"): set(GrantOutcome),
    ("classgate_log_ins", "channel"): set(SessionChannel),
    ("classgate_log_ins", "outcome"): set(LogInOutcome),
    ("classgate_refusals", "reason"): set(Reason),
    ("classgate_refusal_records", "outcome"): set(RefusalOutcome),
    ("classgate_callbacks", "outcome"): set(CallbackOutcome),
    ("classgate_requests_shed", "class"): set(RequestClass),
    ("classgate_requests_shed", "reason"): set(ShedReason),
    ("classgate_cloud_calls", "outcome"): set(CallOutcome),
    ("classgate_outbox_deliveries", "kind"): set(MessageKind),
    ("classgate_outbox_deliveries", "outcome"): set(DeliveryOutcome),
    ("classgate_cloud_circuit_state", "state"): {each.value for each in CircuitState},
}
SELECTOR = re.compile(r"(classgate_\w+)(?:\{([^}]*)\})?")


def series() -> dict[str, tuple[str, set[str]]]:
    """Every series: the name of its metric, and its labels."""
    labels = {
        next(iter(each.describe())).name: set(each._labelnames)  # no public way
        for each in list(REGISTRY._collector_to_names)
        if isinstance(each, MetricWrapperBase)
    }
    return {
        family.name + suffix: (family.name, labels[family.name])
        for family in REGISTRY.collect()
        if family.name.startswith("classgate_")
        for suffix in SUFFIXES[family.type]
    }


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression_selects_series_that_exist(expression: str) -> None:
    known = series()
    selected = SELECTOR.findall(expression)
    assert selected or expression == 'up{job="classgate"} == 0'
    for name, matchers in selected:
        metric, labels = known[name]
        for label, value in re.findall(r'(\w+)[=!]~?"([^"]*)"', matchers):
            assert label in labels
            assert set(value.split("|")) <= VALUES[metric, label]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression_groups_by_labels_that_exist(expression: str) -> None:
    labels = {"le"}.union(
        *(series()[name][1] for name, _ in SELECTOR.findall(expression) if name in series())
    )
    for grouped in re.findall(r"\bby \(([^)]*)\)", expression):
        assert {each.strip() for each in grouped.split(",")} <= labels


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_alert_says_what_it_means_and_uses_labels_it_keeps(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description"}
    used = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
    kept = set(re.findall(r"\bby \((\w+)\)", rule["expr"]))
    assert used <= kept


def test_dashboard_shows_every_metric_of_the_school() -> None:
    shown = {name for each in EXPRESSIONS for name, _ in SELECTOR.findall(each)}
    metrics = {series()[name][0] for name in shown}
    assert metrics == {metric for metric, _ in series().values()}
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_no_panel_overlaps_another() -> None:
    squares = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(squares) == len(set(squares))
    assert max(x for x, _ in squares) < 24
