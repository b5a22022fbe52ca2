"""Cases of the property tests, tried on a stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from generated import Case
from hypothesis import HealthCheck, settings
from stage import Stage, failures

from reconciler.model.plan import Plan

GATES = frozenset({"empty", "mass-change", "weakens-protection", "role-quota"})
LAG = 120


def examples(count: int) -> settings:
    """The same examples in every run."""
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def told(plan: Plan) -> list[str]:
    """A plan in few words, for the message of an assertion."""
    changes = [f"{change.action} {change.address}: {change.reason} {change.fields}" for change in plan.changes]
    return changes + [f"{finding.code} {finding.address}: {finding.message}" for finding in plan.errors]


def prepared(case: Case, folder: Path, **switches: Any) -> Stage:
    """The stage of a case, its deeds done."""
    stage = Stage(folder, case.estate | {"switches": switches})
    for method, address in case.deeds:
        stage.ask(method, address)
    if case.deeds:
        stage.wait(600)
    return stage


def cured(stage: Stage, case: Case) -> bool:
    """Apply; where that fails, take the injected causes away and apply again. Whether the first time was enough."""
    outcome = stage.apply(case.manifest, force=GATES)
    if not outcome.ok:
        assert case.causes, failures(outcome)
        for cause in case.causes:
            stage.sandbox.remove(cause)
        stage.wait(LAG)
        again = stage.apply(case.manifest, force=GATES)
        assert again.ok, failures(again)
    return outcome.ok
