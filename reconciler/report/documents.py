"""The machine-readable documents: one per command, versioned, with stable keys; their schemas are in `schemas/`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from reconciler import __version__
from reconciler.base import durations, escape
from reconciler.base.redaction import redact
from reconciler.model.changes import Action, Change, Kind, Step
from reconciler.model.findings import Finding, Place, Severity
from reconciler.model.outlines import change_digest
from reconciler.model.plan import Gate, Mark, Plan
from reconciler.model.results.drift import CLASSES, Drift
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.model.short_names import ShortNames
from reconciler.report import trials
from reconciler.report.plans.verdict import is_clean
from reconciler.report.rest import rest_document
from reconciler.report.runbook import rebuild_document
from reconciler.report.values import jsonable

FORMAT_VERSION = "1.0"
"""The version of every document: the first number changes when readers would break, the second when keys are added."""

_COMMAND = re.compile(r"#(?=#)")

Document = dict[str, Any]
"""A JSON object."""


def text(document: Mapping[str, Any] | Sequence[Any], *, indent: int | None = 2) -> str:
    """The document as JSON, in ASCII and without CI commands; ends with a newline.

    `indent` None: on one line.
    """
    return _COMMAND.sub(r"\\u0023", json.dumps(document, indent=indent)) + "\n"


def stamp(moment: datetime | None) -> str | None:
    """A time as every document writes it; None stays None."""
    return None if moment is None else durations.stamp(moment)


def place_document(place: Place | None) -> Document | None:
    """A place in the manifest, as every document shows it."""
    if place is None:
        return None
    return {"file": place.file, "line": place.line, "column": place.column}


def finding_document(finding: Finding, names: ShortNames) -> Document:
    """A finding, as every document shows it, with the short name of its address."""
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "address": finding.address,
        "name": names.shown(finding.address),
        "message": redact(finding.message),
        "hint": redact(finding.hint),
        "place": place_document(finding.place),
        "drift": finding.drift,
    }


def change_document(change: Change, names: ShortNames) -> Document:
    """A change, as every document shows it."""
    return {
        "address": change.address,
        "name": names.shown(change.address),
        "kind": str(change.kind),
        "action": str(change.action),
        "reason": redact(change.reason),
        "before": jsonable(change.before),
        "after": jsonable(change.after),
        "fields": [
            {"path": one.path, "before": jsonable(one.before), "after": jsonable(one.after)} for one in change.fields
        ],
        "detail": list(map(redact, change.detail)),
        "expires": change.expires,
        "drift": change.drift,
        "depends_on": list(change.depends),
        "steps": [{"op": str(step.op), "target": str(step.target)} for step in change.steps],
        "place": place_document(change.place),
    }


def _mark(mark: Mark, names: ShortNames, *, alone: bool) -> Document:
    return {
        "address": mark.address,
        "name": names.shown(mark.address),
        "vault": mark.vault.text,
        "tag": mark.tag,
        "before": mark.before or None,
        "after": mark.after,
        "alone": alone,
    }


def _gate(gate: Gate, names: ShortNames) -> Document:
    return {
        "name": gate.name,
        "open": gate.is_open,
        "local": gate.is_local,
        "message": redact(gate.message),
        "hint": redact(gate.hint),
        "addresses": list(gate.addresses),
        "names": list(map(names.shown, gate.addresses)),
    }


def _emitted(step: Step) -> Document:
    return {
        "scope": str(step.target),
        "role": jsonable(step.grant["role"]),
        "principal": jsonable(step.grant["principal"]),
        "identity": jsonable(step.grant["identity"]),
        "vault": jsonable(step.grant["vault"]),
    }


def head(manifest: str | None) -> Document:
    """The keys that every document begins with."""
    return {"format_version": FORMAT_VERSION, "tool_version": __version__, "manifest": manifest}


def plan_document(
    plan: Plan, *, path: str = "", target: str = "", options: Mapping[str, Any] | None = None
) -> Document:
    """The plan; `path`, `target` and `options` say how it was made, so that it can be saved and applied."""
    counts, names = plan.summary, plan.names
    return {
        **head(plan.manifest),
        "path": path,
        "target": target,
        "options": jsonable(options or {}),
        "checksum": plan.checksum,
        "clean": is_clean(plan),
        "summary": {"add": counts.add, "change": counts.change, "destroy": counts.destroy},
        "changes": [{**change_document(change, names), "digest": change_digest(change)} for change in plan.changes],
        "marks": [_mark(mark, names, alone=mark.vault.key in plan.marked_alone) for mark in plan.marks],
        "gates": [_gate(gate, names) for gate in plan.gates],
        "waits": [
            {"address": wait.address, "name": names.shown(wait.address), "goal": wait.goal} for wait in plan.waits
        ],
        "emitted": [_emitted(step) for step in plan.emitted],
        "findings": [finding_document(finding, names) for finding in plan.findings],
    }


def validate_document(findings: Sequence[Finding], *, manifest: str | None) -> Document:
    """What `validate` found; `manifest` is the manifest's name (None: unknown)."""
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    return {
        **head(manifest),
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": sum(finding.severity is Severity.WARNING for finding in findings),
        "findings": [finding_document(finding, ShortNames()) for finding in findings],
    }


def drift_document(drift: Drift) -> Document:
    """What differs now, with the count of each class and whether it counts as drift."""
    names = drift.plan.names
    return {
        **head(drift.plan.manifest),
        "checksum": drift.plan.checksum,
        "drifted": bool(drift.counted),
        "exit_code": drift.exit_code,
        "classes": {name: {"count": drift.count(name), "counted": name in drift.fail_on} for name in CLASSES},
        "changes": [change_document(change, names) for change in drift.plan.changes],
        "findings": [finding_document(finding, names) for finding in drift.plan.findings],
    }


def _result(result: Result, names: ShortNames) -> Document:
    return {
        "address": result.address,
        "name": names.shown(result.address),
        "kind": str(result.kind),
        "action": str(result.action) if result.action else None,
        "status": str(result.status),
        "code": result.code,
        "message": redact(result.message),
        "hint": redact(result.hint),
        "because": redact(result.because),
        **({"cause": result.cause, "cause_name": names.shown(result.cause)} if result.cause else {}),
    }


def apply_document(outcome: Outcome, plan: Plan) -> Document:
    """The outcome of an apply of `plan`."""
    return {
        **head(plan.manifest),
        "checksum": plan.checksum,
        "ok": outcome.ok,
        "interrupted": outcome.interrupted,
        "summary": {
            "added": outcome.added,
            "changed": outcome.changed,
            "destroyed": outcome.destroyed,
            "failed": len(outcome.with_status(Status.FAILED)),
            "skipped": len(outcome.with_status(Status.SKIPPED)),
            "in_progress": len(outcome.with_status(Status.IN_PROGRESS)),
        },
        "results": [_result(result, plan.names) for result in outcome.results],
        "findings": [finding_document(finding, plan.names) for finding in (*outcome.errors, *outcome.warnings)],
        **rest_document(plan),
    }


def operation_document(verb: str, outcome: Outcome, plan: Plan) -> Document:
    """The outcome of a restore, a drill or a move, with its plan; `verb` is the command's name."""
    return {
        **apply_document(outcome, plan),
        "verb": verb,
        "changes": [change_document(change, plan.names) for change in plan.changes],
        "made": [
            {
                "disk": change.address,
                "name": plan.names.shown(change.address),
                "source": jsonable((change.after or {}).get("source")),
            }
            for change, result in zip(plan.changes, outcome.results, strict=False)
            if change.kind is Kind.RESTORE and change.action is not Action.DESTROY and result.status is Status.DONE
        ],
        "notes": [finding_document(finding, plan.names) for finding in plan.findings],
        **({"trials": tried} if (tried := trials.documents(outcome, plan.names)) else {}),
        **({"machine": rebuild_document(plan.rebuild)} if plan.rebuild else {}),
    }


def saved_changes(document: Mapping[str, Any]) -> dict[str, Document]:
    """The changes of a plan document by address, without keys that don't affect the writes."""
    told_only = {"name", "reason", "detail", "drift", "place", "digest"}
    return {
        change["address"]: {"expires": 0, **{key: value for key, value in change.items() if key not in told_only}}
        for change in document["changes"]
    }


def moved(saved: Mapping[str, Any], fresh: Mapping[str, Any]) -> list[str]:
    """The differences between two plan documents, one sentence each; empty when they are equivalent."""
    told = _foreign(saved, fresh)
    old, new = saved_changes(saved), saved_changes(fresh)
    names = {one["address"]: one.get("name") or one["address"] for one in (*saved["changes"], *fresh["changes"])}
    told += [f"{names[one]}: {old[one]['action']} is no longer needed" for one in old if one not in new]
    told += [f"{names[one]}: {new[one]['action']} was not in the plan" for one in new if one not in old]
    told += [_difference(names[one], old[one], new[one]) for one in old if one in new and old[one] != new[one]]
    if not told and (saved.get("checksum"), _counts(saved)) != (fresh.get("checksum"), _counts(fresh)):
        told.append("the manifest or the plan file was edited: the checksums differ, but the changes don't")
    return told


def _foreign(saved: Mapping[str, Any], fresh: Mapping[str, Any]) -> list[str]:
    """Why a plan document isn't one of the same manifest and tool, or no longer as it was made."""
    told = [
        f"{name} was '{escape.spelled(saved.get(key))}', is now '{escape.spelled(fresh.get(key))}'"
        for key, name in (("manifest", "the manifest's name"), ("tool_version", "the tool's version"))
        if saved.get(key) != fresh.get(key)
    ]
    if len(saved_changes(saved)) != len(saved["changes"]):
        told.append("the plan file was edited: it has the same change twice")
    return told


def edited(saved: Mapping[str, Any], fresh: Mapping[str, Any]) -> list[str]:
    """Why the changes of a plan, recognized by their digests, aren't those that a saved document shows; mostly nothing."""
    told, old = _foreign(saved, fresh), saved_changes(saved)
    for one, change in saved_changes(fresh).items():
        said = {key: value for key, value in old.get(one, {}).items() if key != "depends_on"}
        if said != {key: value for key, value in change.items() if key != "depends_on"}:
            told.append(f"the plan file was edited: {one} isn't the change that its digest names")
    return told


def _counts(document: Mapping[str, Any]) -> Document:
    """The summary without vaults of which only the mark changes, since that may already be written."""
    alone = {mark["vault"] for mark in document.get("marks", ()) if mark["alone"]}
    counts = document.get("summary") or {}
    return {**counts, "change": counts.get("change", 0) - len(alone)}


def _difference(name: str, old: Document, new: Document) -> str:
    keys = [key for key in new if old.get(key) != new[key]]
    fields = sorted(
        {one["path"] for one in [*old.get("fields", []), *new["fields"]]}
        - {one["path"] for one in old.get("fields", []) if one in new["fields"]}
    )
    what = f" (fields {', '.join(fields)})" if fields else ""
    return f"{name}: {', '.join(keys)} changed{what}"
