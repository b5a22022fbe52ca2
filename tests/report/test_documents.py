from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler.model.addresses import Address
from reconciler.model.changes import UNKNOWN, Action, Change, FieldChange, Kind, Op, Step
from reconciler.model.findings import Finding, Place, Severity
from reconciler.model.ids import ArmId
from reconciler.model.plan import Plan
from reconciler.model.results.drift import Drift
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.report.documents import (
    apply_document,
    drift_document,
    moved,
    plan_document,
    text,
    validate_document,
)

SCHEMAS = Path(__file__).parents[2] / "schemas"
OPTIONS = {
    "prune": False,
    "adopt": False,
    "allow_delete": None,
    "accept_irreversible": False,
    "force": [],
    "only": [],
    "resource_guard_request": {"/v": ["/r"]},
    "preflight": False,
    "shard": None,
    "api_version": "2025-07-01",
}


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return loaded


def check(name: str, document: dict[str, Any]) -> dict[str, Any]:
    again: dict[str, Any] = json.loads(text(document))
    jsonschema.Draft202012Validator(schema(name)).validate(again)
    assert again == document
    return again


def saved(plan: Plan) -> dict[str, Any]:
    return plan_document(plan, path="samples/quickstart", target="sandbox:e.yaml", options=OPTIONS)


@pytest.mark.parametrize("name", ["plan", "validate", "drift", "apply", "export", "coverage", "status"])
def test_the_schemas_are_schemas_and_describe_everything(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))

    def described(part: Any, inside_properties: bool = False) -> None:
        if isinstance(part, dict):
            for key, inner in part.items():
                if inside_properties and "$ref" not in inner:
                    assert inner.get("description"), (name, key)
                described(inner, key in {"properties", "$defs"})

    described(schema(name))


def test_a_plan_has_the_promised_keys(plan: Plan) -> None:
    emitted = Step(Op.ROLE_PUT, ArmId("/s"), {"role": "g", "principal": UNKNOWN, "identity": "system", "vault": "/v"})
    document = check("plan", saved(replace(plan, emitted=(emitted,))))
    assert document["summary"] == {"add": 1, "change": 1, "destroy": 1}
    assert document["checksum"] == "0123abcd"
    assert document["changes"][0]["after"]["identity"]["principalId"] == {"unknown": "after apply"}
    assert document["changes"][1]["fields"] == [
        {"path": "policy", "before": "diskBkpPolicy-11111111", "after": "diskBkpPolicy-22222222"}
    ]
    assert document["changes"][0]["place"] == {"file": "backup.yaml", "line": 11, "column": 5}
    assert {"code", "severity", "address", "message", "hint", "place"} <= set(document["findings"][0])


def test_validation_drift_and_outcome_fit_their_schemas(plan: Plan) -> None:
    finding = Finding("unknown-key", Severity.ERROR, "x", place=Place("f", 1, 1))
    document = check("validate", validate_document([finding], manifest=None))
    assert (document["valid"], document["error_count"], document["warning_count"]) == (False, 1, 0)
    assert check("drift", drift_document(Drift(plan)))["exit_code"] == 2
    results = (
        Result(Address("disk/a"), Kind.DISK, Action.ADD, Status.FAILED, "sig=secret", "X", "y"),
        Result(Address("disk/b"), Kind.DISK, None, Status.IN_PROGRESS),
    )
    applied = check("apply", apply_document(Outcome(results, errors=(finding,)), plan))
    assert applied["summary"]["failed"] == 1
    assert "secret" not in json.dumps(applied)


def test_values_of_every_kind_become_json(change: Change, plan: Plan) -> None:
    after = {"b": ("x", ArmId("/S")), "a": frozenset({"2", "1"}), "n": 1, "k": Kind.DISK}
    document = check("plan", saved(replace(plan, changes=(replace(change, after=after),))))
    assert list(document["changes"][0]["after"]) == ["a", "b", "k", "n"]
    assert document["changes"][0]["after"] == {"a": ["1", "2"], "b": ["x", "/S"], "k": "disk", "n": 1}


def test_no_ci_command_survives_in_a_document(plan: Plan) -> None:
    evil = "###[x] ##vso[task.complete]\n::error::\u202e"
    written = text(saved(replace(plan, manifest=evil)))
    assert json.loads(written)["manifest"] == evil
    assert "##" not in written
    assert written.isascii()
    assert not [line for line in written.splitlines() if line.lstrip().startswith("::")]


def test_equal_plans_have_moved_nowhere(plan: Plan, change: Change) -> None:
    assert moved(saved(plan), saved(plan)) == []
    worded = tuple(replace(one, reason="other words", detail=("more",)) for one in plan.changes)
    assert moved(saved(plan), saved(replace(plan, changes=worded))) == []


def test_what_moved_is_told(plan: Plan, change: Change) -> None:
    fewer = replace(plan, changes=plan.changes[1:])
    assert moved(saved(plan), saved(fewer)) == ["vault/TestBkpVault: add is no longer needed"]
    assert moved(saved(fewer), saved(plan)) == ["vault/TestBkpVault: add was not in the plan"]
    other = replace(change, fields=(FieldChange("policy", "x", "y"),), after={"policy": "y"})
    assert moved(saved(plan), saved(replace(plan, changes=(plan.changes[0], other, plan.changes[2])))) == [
        f"{plan.names.shown(change.address)}: after, fields changed (fields policy)"
    ]
    assert moved(saved(plan), saved(replace(plan, manifest="b"))) == [
        "the manifest's name was 'walkthrough', is now 'b'"
    ]
    edited = saved(plan) | {"checksum": "ffff"}
    assert moved(edited, saved(plan)) == [
        "the manifest or the plan file was edited: the checksums differ, but the changes don't"
    ]


def test_no_secret_survives_in_a_document(plan: Plan, change: Change) -> None:
    evil = "https://x/?sig=planted"
    finding = Finding("x", Severity.ERROR, evil, evil)
    hostile = replace(change, reason=evil, detail=(evil,), before={"a": [evil]}, fields=(FieldChange("p", evil, evil),))
    gates = (replace(plan.gates[0], message=evil, hint=evil),)
    written = text(saved(replace(plan, changes=(hostile,), findings=(finding,), gates=gates)))
    assert "planted" not in written
    assert (
        moved(saved(replace(plan, changes=(hostile,))), json.loads(text(saved(replace(plan, changes=(hostile,))))))
        == []
    )
