"""The alerts for Prometheus: Prometheus takes them, they fire when they should, and they ask for what the watch tells."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from externals import program

from reconciler.model.results.drift import CLASSES
from reconciler.model.results.outcome import Status
from reconciler.model.results.status import BAD, STATES
from reconciler.watch.metrics import RESULTS, Metrics

ALERTS = Path(__file__).parents[2] / "samples" / "prometheus" / "alerts.yaml"
RULES = {rule["alert"]: rule for rule in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"][0]["rules"]}
LABEL = re.compile(r'(reconciler_\w+)\{(\w+)(?:=~?|!=)"([^"]+)"\}')
VALUES = {
    ("reconciler_status", "state"): STATES,
    ("reconciler_drift", "class"): CLASSES,
    ("reconciler_state", "result"): RESULTS,
    ("reconciler_changes_total", "status"): tuple(Status),
    ("reconciler_notices_total", "result"): ("arrived", "failed"),
}


@pytest.mark.external
@pytest.mark.parametrize("words", [("check", "rules", "alerts.yaml"), ("test", "rules", "alerts_test.yaml")])
def test_prometheus_takes_them_and_they_fire_when_they_should(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [program("promtool"), *words], cwd=ALERTS.parent, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_they_ask_for_what_the_watch_tells() -> None:
    told = {sample for family in Metrics().registry.collect() for sample in (family.name, f"{family.name}_total")}
    asked = {name for rule in RULES.values() for name in re.findall(r"reconciler_\w+", rule["expr"])}
    assert asked <= told
    found = [match for rule in RULES.values() for match in LABEL.findall(rule["expr"])]
    assert len(found) == sum(rule["expr"].count("{") for rule in RULES.values())
    for metric, label, values in found:
        assert set(values.split("|")) <= set(VALUES[metric, label]), (metric, label)


def test_no_bad_state_is_without_an_alert() -> None:
    text = " ".join(rule["expr"] for rule in RULES.values())
    asked = {
        state
        for metric, _, values in LABEL.findall(text)
        if metric == "reconciler_status"
        for state in values.split("|")
    }
    assert asked >= {*BAD, "unknown"}


def test_each_tells_what_to_do_and_has_a_test() -> None:
    tests = (ALERTS.parent / "alerts_test.yaml").read_text(encoding="utf-8")
    for name, rule in RULES.items():
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert tests.count(f"alertname: {name}") >= 2, "it is quiet when all is well, and fires"
