"""U4: what waits for one thing is one line under what is wrong with that thing; documents keep every finding."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import disk as disk_body
from forging import Azure, bare, names
from manifests import disk, manifest

from reconciler.model import addresses
from reconciler.model.addresses import NOWHERE, Address
from reconciler.model.changes import Action, Kind
from reconciler.model.codes import planning as codes
from reconciler.model.findings import Finding
from reconciler.model.ids import ArmId
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.model.short_names import ShortNames
from reconciler.report.annotations import github
from reconciler.report.causes import under_causes, waiting_line
from reconciler.report.documents import apply_document
from reconciler.report.markdown import outcome_markdown
from reconciler.report.notices import Base, of_findings, of_outcome
from reconciler.report.page.model import Page
from reconciler.report.page.tables import finding_table, result_table
from reconciler.report.scanning import sarif
from reconciler.report.style import Style
from reconciler.report.terminal import outcome_text

Forged = Callable[..., AbstractContextManager[Azure]]
UNMANAGED = [{"name": "snapshotrg", "manage": False}]


def thirty(**said: Any) -> Any:
    found = [disk_body(name) for name in names(30)]
    return bare(manifest(disks=[disk(name) for name in names(30)], **said), *found)


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("verb", "form"), [("plan", "text"), ("plan", "markdown"), ("drift", "text"), ("drift", "markdown")]
)
def test_thirty_disks_that_wait_for_one_group_are_one_line(forged: Forged, verb: str, form: str) -> None:
    with forged(thirty(snapshotResourceGroups=UNMANAGED), clock="virtual") as azure:
        done = azure.run(verb, "--format", form)
        assert done.code == 1, done
        assert (
            flat(done.out).count(
                "30 disks and 1 role assignment wait for this: disk-01, disk-02, disk-03 … and 27 more"
            )
            == 1
        ), done
        assert "waits-for" not in done.out


def test_verbose_tells_each_by_itself_with_its_short_name(forged: Forged) -> None:
    with forged(thirty(snapshotResourceGroups=UNMANAGED), clock="virtual") as azure:
        done = azure.run("plan", "--verbose")
        assert done.out.count("warning[waits-for]") == 31, done
        assert "/subscriptions/" not in done.out


def test_documents_keep_every_finding(forged: Forged) -> None:
    with forged(thirty(snapshotResourceGroups=UNMANAGED), clock="virtual") as azure:
        told = azure.run("plan", "--format", "json").document["findings"]
        assert [row["code"] for row in told].count("waits-for") == 31


def found(code: Any, name: str, cause: str = "", **said: Any) -> Finding:
    return code.at(
        "told", address=addresses.vault(name), cause=addresses.vault(cause) if cause else addresses.NOWHERE, **said
    )


def test_the_last_cause_is_the_one_that_counts() -> None:
    told = under_causes(
        [found(codes.WAITS_FOR, "c", "b"), found(codes.WAITS_FOR, "b", "a"), found(codes.VAULT_MISSING, "a")]
    )
    assert [(one.address, one.waiting) for one in told] == [("vault/a", ("vault/c", "vault/b"))]


def test_an_error_is_never_hidden_under_an_info() -> None:
    told = under_causes([found(codes.IGNORED, "a"), found(codes.WAITS_FOR.as_error, "b", "a")])
    assert [(one.code, one.waiting) for one in told] == [("ignored", ()), ("waits-for", ())]


def test_what_waits_in_a_circle_is_told() -> None:
    told = under_causes([found(codes.WAITS_FOR, "a", "b"), found(codes.WAITS_FOR, "b", "a")])
    assert {one.address for one in told} | {address for one in told for address in one.waiting} == {
        "vault/a",
        "vault/b",
    }


def test_a_cause_that_nothing_tells_of_stays_in_the_message() -> None:
    (told,) = under_causes([found(codes.WAITS_FOR, "a", "elsewhere")])
    assert (told.code, told.waiting) == ("waits-for", ())


def test_the_disk_is_named_before_what_it_needs() -> None:
    role = addresses.role("v", "reader", ArmId("/subscriptions/s/resourceGroups/g"))
    disk = addresses.disk(ArmId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d"))
    waits = [codes.WAITS_FOR.at("waits", address=one, cause=addresses.vault("v")) for one in (role, disk)]
    (told,) = under_causes([found(codes.VAULT_MISSING, "v"), *waits])
    assert waiting_line(told.waiting, ShortNames()) == ("1 disk and 1 role assignment wait for this: s/g/d")


SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
NAMES = ShortNames({SUBSCRIPTION: "payments"})
BASE = Base("infra", "backup.yaml")
VAULT = addresses.vault("v")


def disk_id(number: int) -> ArmId:
    return ArmId(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Compute/disks/d-{number:02}")


def result(address: Address, status: Status, said: str = "", cause: Address = NOWHERE, **more: Any) -> Result:
    because = said if status is Status.SKIPPED else ""
    return Result(address, Kind(address.kind), Action.ADD, status, said, because=because, cause=cause, **more)


def skipped(number: int, cause: Address) -> Result:
    said = f"{cause} failed: no right over {cause.arm_id or cause}"
    return result(addresses.disk(disk_id(number)), Status.SKIPPED, said, cause)


def denied(number: int) -> Result:
    """A role assignment that failed; Azure names the assignment and the request, which differ for each."""
    scope = disk_id(number)
    own = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{number:08}-0000-0000-0000-000000000000"
    return result(
        addresses.role("v", "reader", scope),
        Status.FAILED,
        f"no right over '{own}' [request r-{number}]",
        code="AuthorizationFailed",
        hint=f"run `az role assignment create --scope '{scope}'`",
        request=f"r-{number}",
    )


def forty_roles() -> Outcome:
    """Forty role assignments failed alike, and forty disks waited, each for its own."""
    roles = [denied(number) for number in range(40)]
    return Outcome((*roles, *(skipped(number, roles[number].address) for number in range(40))))


def one_vault() -> Outcome:
    """A vault failed, and its policy and thirty disks waited for it."""
    failed = result(VAULT, Status.FAILED, "a lock forbids it", code="ScopeLocked", hint="remove the lock")
    policy = result(addresses.policy("v", "p"), Status.SKIPPED, "vault/v failed: a lock forbids it", VAULT)
    return Outcome((failed, policy, *(skipped(number, VAULT) for number in range(30))))


PLAN = Plan("m", (), (), (), "0", names=NAMES)
FORTY = "40 disks were skipped because of this: d-00, d-01, d-02 … and 37 more (in payments/g)"
THIRTY = "30 disks and 1 policy were skipped because of this: d-00, d-01, d-02 … and 27 more (in payments/g)"


@pytest.mark.parametrize(("outcome", "line"), [(forty_roles(), FORTY), (one_vault(), THIRTY)], ids=["roles", "vault"])
def test_what_is_skipped_is_told_in_one_line_under_what_failed(outcome: Outcome, line: str) -> None:
    for told in (
        outcome_text(outcome, names=NAMES, style=Style(width=200)),
        outcome_markdown(outcome, PLAN),
        "\n".join(github(of_outcome(outcome, PLAN, BASE))),
    ):
        assert flat(told).count(line) == 1, told
        assert told.count("d-00") <= 5, told
        assert "/subscriptions/" not in told.replace("az role assignment create --scope '/subscriptions/", "")


def test_the_terminal_says_where_the_skipped_ones_are_told() -> None:
    told = outcome_text(one_vault(), names=NAMES, style=Style(width=200))
    assert (
        told
        == f"""\
Failed (1):
  + vault/v: ScopeLocked: a lock forbids it
      {THIRTY}
      hint: remove the lock

Skipped (31), all told above.

Apply incomplete! Resources: 0 added, 0 changed, 0 destroyed; 1 failed, 31 skipped.
0 of 32 done. Fix any errors and run `apply` again; finished work is skipped.
"""
    )
    late = result(addresses.disk(disk_id(99)), Status.SKIPPED, "the run reached its timeout")
    outcome = Outcome((*one_vault().results, late))
    assert "Skipped (32), 31 of them told above:\n  + disk/payments/g/d-99: skipped (because the run" in outcome_text(
        outcome, names=NAMES, style=Style(width=200)
    )
    assert "### Skipped (32), 31 of them told above\n" in outcome_markdown(outcome, PLAN)
    assert "### Skipped (31), all told above\n" in outcome_markdown(one_vault(), PLAN)


def test_verbose_tells_every_result() -> None:
    told = outcome_text(forty_roles(), names=NAMES, style=Style(width=500, whole=True))
    assert told.count("skipped (because role/v/reader@") == 40
    assert told.count("AuthorizationFailed") == 40


def test_documents_keep_every_result_with_its_cause() -> None:
    rows = apply_document(forty_roles(), PLAN)["results"]
    assert len(rows) == 80
    assert [row.get("cause") for row in rows[:40]] == [None] * 40
    assert [row["cause"] for row in rows[40:]] == [row["address"] for row in rows[:40]]
    assert rows[40]["cause_name"] == "role/v/reader@payments/g/d-00"
    assert sarif(of_outcome(forty_roles(), PLAN, BASE, whole=True)).count('"ruleId"') == 80


def cells(table: Any) -> list[tuple[Any, ...]]:
    return list(zip(*table.columns, strict=True))


def test_the_page_has_a_row_for_what_failed_and_one_for_what_waited() -> None:
    rows = cells(result_table(Page("m", "2026-01-05", "1", outcome=forty_roles(), names=NAMES)))
    assert [row[:3] for row in rows] == [("failed", "add", "AuthorizationFailed"), ("skipped", "add", "")]
    roles = "role/v/reader@payments/g/d-00, role/v/reader@payments/g/d-01, role/v/reader@payments/g/d-02 … and 37 more"
    assert rows[1][3] == f"because of {roles}"
    assert [len(row[5]) for row in rows] == [40, 40]


def test_findings_that_wait_are_one_row_and_one_notice() -> None:
    waits = [
        codes.WAITS_FOR.at("waits for vault/v", address=addresses.disk(disk_id(number)), cause=VAULT)
        for number in range(30)
    ]
    missing = codes.VAULT_MISSING.at("no such vault", address=VAULT)
    rows = cells(finding_table(Page("m", "2026-01-05", "1", findings=(missing, *waits), names=NAMES)))
    assert [(row[1], row[2], len(row[4])) for row in rows] == [
        ("vault-missing", "no such vault", 1),
        ("waits-for", "waits for vault/v", 30),
    ]
    (notice,) = of_findings((missing, *waits), BASE)
    assert notice.message.startswith("no such vault; 30 disks wait for this: ")
    assert len(of_findings((missing, *waits), BASE, whole=True)) == 31


def test_skipped_results_whose_cause_nothing_tells_are_told_together() -> None:
    """A role that is missing and not ours to make has no result of its own."""
    missing = [addresses.role("v", "reader", disk_id(number)) for number in range(5)]
    rows = [
        result(addresses.disk(disk_id(at)), Status.SKIPPED, f"role missing: {one}", one)
        for at, one in enumerate(missing)
    ]
    told = outcome_text(Outcome(tuple(rows)), names=NAMES, style=Style(width=200))
    assert told.count("role missing: role/v/reader@payments/g/d-00") == 1
    assert told.count("role missing") == 1
    assert "the same of 4 more: disk/payments/g/d-01" in told
