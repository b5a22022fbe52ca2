from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.addresses import Address
from reconciler.model.changes import UNKNOWN, Action, Change, FieldChange, Kind, Op, Step
from reconciler.model.findings import Finding, Severity
from reconciler.model.ids import ArmId
from reconciler.model.plan import Plan
from reconciler.model.results.drift import Drift
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.report.plans.text import plan_text
from reconciler.report.style import Style
from reconciler.report.terminal import drift_text, outcome_text, what_next


def test_a_plan_reads_like_this(plan: Plan) -> None:
    assert (
        plan_text(plan)
        == """\
Manifest walkthrough: refused by 1 closed gate; nothing will be written.

Look closely: 1 change that deletes:
  - policy/TestBkpVault/diskBkpPolicy-11111111  (nothing uses it)
      interval: 4h

Changes (+ add, ~ change, - destroy):
  + vault/TestBkpVault  --> backup.yaml:11:5
      location: westus; identity: {principalId: (known after apply)}; tags: {cost-centre: 4711}
  ~ disk/s2/diskrg/pstestdisk  (the policy differs)  --> backup.yaml:33:5
      ~ policy: "diskBkpPolicy-11111111" -> "diskBkpPolicy-22222222"
      chosen by disks[0]

Already in progress in Azure; apply waits for these:
  disk/waiting: ProtectionConfigured

Warnings:
  warning[orphaned] disk/old: no longer named by the manifest
    hint: apply --prune

Refused, nothing will be written while these gates are closed:
  gate[empty]: no disk is left
      vault/TestBkpVault
    hint: is the manifest complete?; if this is intended, pass `--force empty`

Plan: 1 to add, 1 to change, 1 to destroy.
Checksum: 0123abcd
"""
    )


def test_nothing_to_do_is_said_in_the_known_words(clean: Plan) -> None:
    assert plan_text(clean) == "No changes. Azure matches the manifest.\nChecksum: 0123abcd\n"


def test_a_part_that_is_as_declared_is_not_said_of_the_whole(clean: Plan) -> None:
    part = replace(clean, is_partial=True)
    assert "Azure matches" not in plan_text(part) + Drift(part).summary


def test_no_changes_is_never_said_beside_an_error_or_a_closed_gate(clean: Plan, plan: Plan) -> None:
    error = Finding("unsupported", Severity.ERROR, "an ADE disk cannot be protected")
    for unclean in (replace(clean, findings=(error,)), replace(clean, gates=plan.gates)):
        text = plan_text(unclean)
        assert "No changes" not in text
        assert "Plan: 0 to add, 0 to change, 0 to destroy.\n" in text


def test_a_verb_that_is_refused_tells_of_no_plan_and_no_checksum(clean: Plan, plan: Plan) -> None:
    error = Finding("disk-exists", Severity.ERROR, "there is a disk of that name")
    for refused in (replace(clean, findings=(error,)), replace(clean, gates=plan.gates)):
        text = plan_text(refused, verb="restore")
        assert text.endswith("\nRestore refused.\n")
        assert "Plan:" not in text
        assert "Checksum:" not in text
    assert plan_text(clean, verb="restore") == "Nothing to restore.\n"


def test_an_open_gate_is_shown_and_refuses_nothing(clean: Plan, plan: Plan) -> None:
    text = plan_text(replace(clean, gates=(replace(plan.gates[0], is_open=True),)))
    assert "Opened on the command line:\n  gate[empty]: no disk is left\n" in text
    assert "No changes." in text


def test_a_hint_that_many_findings_share_is_said_once(clean: Plan, orphan: Finding) -> None:
    many = tuple(replace(orphan, address=Address(f"disk/{number}")) for number in range(5))
    assert plan_text(replace(clean, findings=many)).count("hint:") == 1


def test_fields_that_come_and_go_have_their_own_symbols(change: Change, clean: Plan) -> None:
    fields = (FieldChange("tags.a", None, "1"), FieldChange("tags.b", "2", None), FieldChange("p", "x", UNKNOWN))
    text = plan_text(replace(clean, changes=(replace(change, fields=fields),)))
    assert '      + tags.a: "1"\n      - tags.b: "2"\n      ~ p: "x" -> (known after apply)\n' in text


def test_hostile_text_is_tamed_everywhere(change: Change, clean: Plan) -> None:
    evil = "\n::error::owned\x1b[2J##vso[task.complete]"
    finding = Finding(evil, Severity.ERROR, evil, evil, Address(evil))
    hostile = replace(
        change, address=Address(evil), reason=evil, detail=(evil,), fields=(FieldChange(evil, evil, evil),)
    )
    for text in (
        plan_text(replace(clean, manifest=evil, changes=(hostile,), findings=(finding,), checksum=evil)),
        outcome_text(Outcome((Result(Address(evil), Kind.DISK, None, Status.FAILED, evil, evil, evil),), evil)),
    ):
        assert "\x1b" not in text
        assert "##vso[" not in text
        assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]


def test_role_assignments_for_others_are_ready_to_run(clean: Plan) -> None:
    scope = ArmId("/subscriptions/s/resourceGroups/it's")
    known = Step(Op.ROLE_PUT, scope, {"role": "guid", "principal": "p-1", "identity": "system", "vault": "/v"})
    unknown = Step(Op.ROLE_PUT, scope, {"role": "guid", "principal": UNKNOWN, "identity": "system", "vault": "/v"})
    text = plan_text(replace(clean, emitted=(known, unknown)))
    assert "--role guid --assignee-object-id p-1 --assignee-principal-type ServicePrincipal" in text
    assert """--scope '/subscriptions/s/resourceGroups/it'"'"'s'""" in text
    assert '"$(az resource show --ids /v --query identity.principalId --output tsv)"' in text


def test_a_complete_apply_is_one_line() -> None:
    results = (
        Result(Address("vault/a"), Kind.VAULT, Action.ADD, Status.DONE),
        Result(Address("disk/b"), Kind.DISK, Action.CHANGE, Status.DONE),
        Result(Address("disk/w"), Kind.DISK, None, Status.DONE),
    )
    assert outcome_text(Outcome(results)) == "Apply complete! Resources: 1 added, 1 changed, 0 destroyed.\n"


def test_a_partial_apply_lists_what_became_of_everything() -> None:
    results = (
        Result(Address("vault/a"), Kind.VAULT, Action.ADD, Status.DONE),
        Result(Address("policy/a/p"), Kind.POLICY, Action.ADD, Status.FAILED, "no such thing", "UserErrorX", "try y"),
        Result(
            Address("disk/b"), Kind.DISK, Action.ADD, Status.SKIPPED, "policy/a/p failed", because="policy/a/p failed"
        ),
        Result(Address("disk/c"), Kind.DISK, Action.CHANGE, Status.IN_PROGRESS, "ConfiguringProtection"),
    )
    assert (
        outcome_text(Outcome(results, interrupted="SIGTERM"))
        == """\
Failed (1):
  + policy/a/p: UserErrorX: no such thing
      hint: try y

Skipped (1):
  + disk/b: skipped (because policy/a/p failed)

Still in progress in Azure (1):
  ~ disk/c: ConfiguringProtection

Done (1):
  + vault/a

Apply interrupted by SIGTERM! Resources: 1 added, 0 changed, 0 destroyed; 1 failed, 1 skipped, 1 in progress.
1 of 4 done. Fix any errors and run `apply` again; finished work is skipped.
"""
    )


@pytest.mark.parametrize(("verb", "is_skipped"), [("apply", True), ("move", True), ("backup", False), ("drill", False)])
def test_only_what_does_nothing_twice_promises_to_skip_finished_work(verb: str, is_skipped: bool) -> None:
    assert ("finished work is skipped" in what_next(Outcome(()), verb)) is is_skipped


def test_an_apply_beside_impossible_disks_is_not_complete() -> None:
    error = Finding("ade", Severity.ERROR, "Azure Disk Encryption is on", address=Address("disk/x"))
    text = outcome_text(Outcome((), errors=(error,)))
    assert "error[ade] disk/x: Azure Disk Encryption is on" in text
    assert "Apply incomplete! Resources: 0 added, 0 changed, 0 destroyed; 1 not possible." in text


def test_drift_keeps_its_classes_apart(plan: Plan) -> None:
    text = drift_text(Drift(plan))
    positions = [
        text.index(name) for name in ("changed-outside (1)", "not-yet-applied (1)", "differs (1)", "orphaned (1)")
    ]
    assert positions == sorted(positions)
    assert text.endswith("Drift: 1 changed-outside, 1 not-yet-applied, 1 differs, 1 orphaned.\n")


def test_colour_says_nothing_that_the_text_does_not(plan: Plan) -> None:
    import re

    coloured = plan_text(plan, style=Style(colour=True))
    assert "\x1b[32m+\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plan_text(plan)


def test_drift_tells_what_stops_or_deletes(plan: Plan, destroy: Change) -> None:
    text = drift_text(Drift(plan))
    assert f"- {destroy.address}  (nothing uses it)" in text
