"""The five invariants, told from the simulated Azure itself and not from what the tool says of it.

I1: no write that the plan didn't list. I2: never two objects for one manifest entry. I3: a re-run reaches the desired
state, and a further plan is empty. I4: exit code and report tell the truth. I5: no secret in any output.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faults import SECRET
from stage import Call

from reconciler.model.addresses import Address
from reconciler.model.changes import Change, Op
from reconciler.model.plan import Plan

if TYPE_CHECKING:
    from trial import Run, Trial

_METHODS = {
    Op.GROUP_PUT: ("PUT", ""),
    Op.VAULT_PUT: ("PUT", ""),
    Op.VAULT_PATCH: ("PATCH", ""),
    Op.POLICY_PUT: ("PUT", ""),
    Op.POLICY_DELETE: ("DELETE", ""),
    Op.ROLE_PUT: ("PUT", "/providers/microsoft.authorization/roleassignments/*"),
    Op.ROLE_DELETE: ("DELETE", ""),
    Op.INSTANCE_PUT: ("PUT", ""),
    Op.INSTANCE_MERGE: ("PUT", ""),
    Op.INSTANCE_REPAIR: ("PUT", ""),
    Op.INSTANCE_STOP: ("POST", "/stopprotection"),
    Op.INSTANCE_SUSPEND: ("POST", "/suspendbackups"),
    Op.INSTANCE_RESUME: ("POST", "/resumeprotection"),
    Op.INSTANCE_UNDELETE: ("POST", "/undelete"),
    Op.INSTANCE_DELETE: ("DELETE", ""),
    Op.RESTORE_START: ("POST", "/restore"),
    Op.DISK_PATCH: ("PATCH", ""),
}
"""The one request that each operation may send, with what follows the target's id."""

_DERIVED = re.compile(r"-[0-9a-f]{8}$")


def after_run(trial: Trial, run: Run) -> None:
    """What holds after every single command, whatever happened to it."""
    only_planned_writes(run)
    one_object_each(trial)
    tells_the_truth(trial, run)
    keeps_secrets(trial, run)


def at_the_end(trial: Trial) -> None:
    """What holds when the faults are over: one more run, and then nothing is left to do, however often one looks."""
    trial.clear()
    for cure in trial.cures:
        cure()
    again = trial.apply()
    assert again.code == 0, again.text
    if trial.is_lagging:
        trial.wait(600)
    assert_settled(trial)


def assert_settled(trial: Trial) -> None:
    """I3: a plan is empty, and says so; an apply writes nothing."""
    plan = trial.plan("--detailed-exitcode")
    assert plan.plan is not None
    assert (plan.code, plan.plan.changes, plan.plan.waits, plan.plan.marks) == (0, (), (), ()), plan.text
    once_more = trial.apply()
    assert (once_more.code, once_more.writes) == (0, []), once_more.text


def only_planned_writes(run: Run) -> None:
    """I1."""
    allowed = _allowed(run.plan) if run.verb in ("apply", "restore") and run.plan is not None else set()
    for call in run.writes:
        shown = f"{call.method} {call.path}"
        assert (call.method, _shape(call)) in allowed, f"I1: {shown} is in no plan"
        if run.plan is not None and _is_mark_only(call, run.plan):
            assert set(call.body) == {"tags"}, f"I1: {shown} writes more than the vault's mark"


def _allowed(plan: Plan) -> set[tuple[str, str]]:
    listed = {
        (_METHODS[step.op][0], str(step.target).lower().replace("/deletedb", "/b") + _METHODS[step.op][1])
        for change in plan.changes
        for step in change.steps
        if step.op in _METHODS
    }
    return listed | {("PATCH", mark.vault.key) for mark in plan.marks}


def _shape(call: Call) -> str:
    """The path without what the plan can't know: the name of an assignment to an identity that isn't there yet."""
    path = call.path.lower()
    if call.method == "PUT":
        path = re.sub(r"(/roleassignments/)[^/]+$", r"\1*", path)
    return path.replace("/deletedbackupinstances/", "/backupinstances/")


def _is_mark_only(call: Call, plan: Plan) -> bool:
    planned = {
        str(step.target).lower() for change in plan.changes for step in change.steps if step.op is Op.VAULT_PATCH
    }
    return call.method == "PATCH" and call.path.lower() not in planned


def _disk(instance: Any) -> str:
    return str(instance["properties"]["dataSourceInfo"]["resourceID"]).lower()


def _is_stopped(instance: Any) -> bool:
    return bool(instance["properties"]["currentProtectionState"] == "ProtectionStopped")


def one_object_each(trial: Trial) -> None:
    """I2: of instances per disk, of role assignments per triple, of derived policies per content and vault.

    A move leaves a stopped instance in another vault.
    """
    disks = Counter(
        (_disk(row), row["id"].lower().rsplit("/", 2)[0] if _is_stopped(row) else "")
        for row in rows(trial, "backupinstances")
    )
    grants = Counter(
        (row["properties"]["scope"].lower(), row["properties"]["principalId"].lower(), _guid(row["properties"]))
        for row in rows(trial, "roleassignments")
    )
    policies = Counter(
        (row["id"].lower().rsplit("/", 1)[0], json.dumps(row["properties"], sort_keys=True))
        for row in rows(trial, "backuppolicies")
        if _DERIVED.search(row["id"])
    )
    for counted in (disks, grants, policies):
        twice = [key for key, count in counted.items() if count > 1]
        assert not twice, f"I2: more than one for {twice}"


def _guid(properties: dict[str, Any]) -> str:
    return str(properties["roleDefinitionId"]).lower().rsplit("/", 1)[-1]


def rows(trial: Trial, kind: str) -> list[dict[str, Any]]:
    """Every resource of a type, as it is, whatever lists show."""
    trial.sandbox.world.settle()
    found = [address for address in trial.sandbox.ids(f"*/{kind}/*") if address.lower().rsplit("/", 2)[1] == kind]
    return [trial.sandbox.get(address) for address in found]


def tells_the_truth(trial: Trial, run: Run) -> None:
    """I4: the exit code, the report and the results say what Azure holds, and nothing is called done that isn't."""
    assert run.is_verbose or "Traceback" not in run.text, run.text
    if run.verb != "apply" or run.outcome is None or run.plan is None:
        return
    outcome = run.outcome
    was_cut = run.code in (130, 143) or "could not write" in run.err  # after the apply itself
    well = 2 if run.plan.rest else 0
    assert run.code == well if outcome.ok and not was_cut else run.code not in (0, 2), (run.code, run.text)
    assert ("Apply complete!" in run.out) is outcome.ok or was_cut, run.out
    assert {row.address for row in outcome.results} >= {change.address for change in run.plan.changes}
    left = [row for row in outcome.results if row.status != "done"]
    for row in left:
        assert _is_told(run, row.address), f"I4: {row.address} is not told: {run.out}"
        assert row.message or row.code, f"I4: {row.address} ended {row.status} without a word"
    counts = {} if run.out.startswith("{") else Counter(row.status for row in left)
    for status, count in counts.items():
        assert f" ({count})" in run.out, f"I4: not told how many ended {status}: {run.out}"
    if run.meets_others:
        return
    done = {row.address for row in outcome.results if row.status == "done"}
    for change in run.plan.changes:
        if change.address in done:
            assert is_done(trial, change, _missed(run)), f"I4: {change.address} is called done and isn't: {run.out}"
    if outcome.ok and not (run.plan.rest or trial.is_lagging or trial.is_blurred or trial.is_over):
        waiting = list(trial.weather.injections)
        trial.clear()
        assert_nothing_left(trial, run)
        trial.weather.injections = waiting


def _is_told(run: Run, address: Address) -> bool:
    """Whether the result names an object, or says that there are more beside those of one cause that it names."""
    assert run.plan is not None
    said = " ".join(run.out.replace("&#8203;", "").split())  # lines may be wrapped anywhere
    folded = ("the same of ", " skipped because of this: ")
    return address in said or run.plan.names.shown(address) in said or any(one in said for one in folded)


def assert_nothing_left(trial: Trial, run: Run) -> None:
    """A run that ended well leaves nothing to plan."""
    path = run.path
    if path.suffix == ".json":  # a saved plan knows its manifest
        path = Path(json.loads(path.read_text())["path"])
    plan = trial.plan(path=path)
    assert plan.plan is not None, plan.text
    assert (plan.plan.changes, plan.plan.waits) == ((), ()), f"I3: {plan.text}"


def _missed(run: Run) -> set[str]:
    """What the run deleted and Azure itself said wasn't there, such as in a group that is gone."""
    return {call.path.lower() for call in run.calls if (call.method, call.status) == ("DELETE", 404)}


def is_done(trial: Trial, change: Change, missed: AbstractSet[str] = frozenset()) -> bool:
    """Whether Azure holds what the change was for; what was `missed` is no longer of this change."""
    if change.goal:
        return _states(trial, change) == ({change.goal.lower()} - {"gone"})
    steps = [step for step in change.steps if str(step.target).lower() not in missed]
    return all(_is_written(trial, step.op, str(step.target), step.body) for step in steps)


def _states(trial: Trial, change: Change) -> set[str]:
    """The states of the change's own instance; steps in other vaults only make room for it."""
    own = [step for step in change.steps if step.target.parent == change.vault]
    targets = {str(step.target).lower().replace("deletedbackupinstances", "backupinstances") for step in own}
    found = [row for row in rows(trial, "backupinstances") if row["id"].lower() in targets]
    return {row["properties"]["currentProtectionState"].lower() for row in found}


def _is_written(trial: Trial, op: Op, target: str, body: Any) -> bool:
    there = {address.lower() for address in trial.sandbox.ids(target)}
    if op in (Op.POLICY_DELETE, Op.ROLE_DELETE):
        return not there
    if op is not Op.ROLE_PUT:
        return bool(there)
    held = [row["properties"] for row in rows(trial, "roleassignments")]
    return any(row["scope"].lower() == target.lower() and _guid(row) == body["role"].lower() for row in held)


def keeps_secrets(trial: Trial, run: Run) -> None:
    """I5: neither the token nor a signature of a link is in any output, the log at DEBUG included."""
    for sink, text in (("output", run.text), ("log and reports", run.log)):
        assert SECRET not in text, f"I5: the secret is in {sink}: {_around(text, SECRET)}"
        for signature in trial.weather.signatures:
            assert signature not in text, f"I5: a signature is in {sink}: {_around(text, signature)}"


def _around(text: str, secret: str) -> str:
    at = text.index(secret)
    return text[max(0, at - 80) : at + 80]
