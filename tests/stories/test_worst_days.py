"""The worst days of the platform team: what was frozen, deleted, lost and given up comes back or goes, and nothing else does.

What is expected stands in a table, worked out by hand from the sample as in the story of a year, whose 49 protected disks
are 53 here: `till` is a machine with four.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from operating import RUN, done, moment
from stage import HOST, READER, Stage, failures

from reconciler.planning import machine, recovering
from reconciler.planning.restoring import Wish
from reconciler.sandbox.estate.reader import plain, read
from reconciler.verbs.coverage import coverage
from reconciler.verbs.status import status
from samples import copied

pytestmark = pytest.mark.long

PLATFORM, PAYMENTS, DATA = (f"{digit * 8}-{digit * 4}-{digit * 4}-{digit * 4}-{digit * 12}" for digit in "123")
VAULTS = "providers/Microsoft.DataProtection/backupVaults"
VAULT = f"/subscriptions/{PLATFORM}/resourceGroups/backup-westeurope-rg/{VAULTS}/backup-westeurope"
EUROPE = f"/subscriptions/{PAYMENTS}/resourceGroups/payments-westeurope"
TILL = f"/subscriptions/{PAYMENTS}/resourceGroups/payments-westus/providers/Microsoft.Compute/virtualMachines/till"
SNAPSHOTS = f"/subscriptions/{DATA}/resourceGroups/snapshots-westeurope"
DISKS = "providers/Microsoft.Compute/disks"
WAREHOUSE = 8
FROZEN = """\
      tags: {backup: silver}
    protection: suspended
    until: 2026-03-20
    reason: the quarter is being closed
"""
GOING = """\
  - select: {subscriptions: [33333333-3333-3333-3333-333333333333], locations: [westeurope]}
    data: delete
    reason: the team is gone, DATA-5001
    after: 2026-08-01
"""


class Look(NamedTuple):
    """What status, coverage and drift tell at eight in the morning (UTC); `status` and `drift` are exit codes.

    `grants` are those that restores needed, and that the next full apply takes away.
    """

    day: str
    ok: int
    halted: int
    unprotected: int
    status: int
    covered: int
    uncovered: int
    excluded: int
    drift: int
    grants: int


LOOKS = (
    # day          ok halt unp exit cov unc exc drift grants
    Look("2026-02-05", 53, 0, 0, 0, 53, 6, 5, 0, 0),
    Look(
        "2026-03-05", 43, 10, 0, 0, 43, 16, 5, 0, 0
    ),  # six and four silver disks are frozen, and no backup covers them
    Look("2026-04-05", 43, 10, 0, 0, 43, 16, 5, 2, 0),  # the day has passed, and they still are
    Look("2026-05-05", 35, 0, 18, 2, 35, 24, 5, 1, 0),  # six, four and eight disks of the vault that was deleted
    Look("2026-06-05", 53, 0, 0, 0, 53, 6, 5, 0, 0),
    Look("2026-06-15", 53, 0, 0, 0, 53, 6, 9, 2, 1),  # four copies of the machine's disks, which no selector takes yet
    Look("2026-07-05", 53, 0, 0, 0, 53, 6, 9, 2, 2),  # ten disks were lost, and came back
    Look("2026-08-05", 45, 0, 0, 0, 45, 4, 19, 0, 0),  # eight protected disks and two others are given up, and on hold
    Look("2026-08-10", 45, 0, 0, 0, 45, 4, 19, 2, 0),  # the hold is lifted, and the deletion isn't confirmed
    Look("2026-08-20", 45, 0, 0, 0, 45, 4, 19, 0, 0),
    Look("2026-10-05", 45, 0, 0, 0, 45, 4, 19, 0, 0),
)


class Story:
    """The stage, the manifest, and what is done to them; each deed says in its name what it is."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder, self.azure = stage, folder, stage.sandbox
        self.payments, self.data = folder / "teams" / "payments.yaml", folder / "teams" / "data.yaml"
        self.before, self.given = self.payments.read_text(encoding="utf-8"), self.data.read_text(encoding="utf-8")

    def until(self, day: str) -> None:
        self.stage.wait((moment(day) - self.azure.time()).total_seconds())

    def apply(self, **options: Any) -> None:
        outcome = self.stage.apply(self.folder, **options)
        assert outcome.ok, failures(outcome)

    def look(self, day: str) -> Look:
        self.until(f"{day}T08:00")
        wanted = self.stage.manifest(self.folder)
        with self.stage._acting_as(READER):
            now = self.stage.session.run(lambda azure, clock: status(azure, clock, wanted))
            found = self.stage.session.run(lambda azure, clock: coverage(azure, clock, wanted))
        counts = now.count("ok"), now.count("halted"), now.count("unprotected")
        seen = found.count("covered"), found.count("uncovered"), found.count("excluded")
        drift = self.stage.drift(self.folder)
        grants = sum("disk-restore-operator" in one.address for one in drift.plan.changes)
        return Look(day, *counts, now.exit_code, *seen, drift.exit_code, grants)

    def states(self, vault: str = VAULT) -> list[str]:
        return sorted({row["properties"]["currentProtectionState"] for row in self.stage.instances(vault).values()})

    def freeze(self) -> None:
        text = self.before.replace("      tags: {backup: silver}\n", FROZEN)
        self.payments.write_text(text, encoding="utf-8")
        self.apply()

    def thaw(self) -> None:
        self.payments.write_text(self.before, encoding="utf-8")
        self.apply()

    def delete_the_vault(self) -> None:
        for row in self.stage.instances(VAULT).values():
            self.stage.ask("DELETE", row["id"])
        self.stage.wait(600)
        self.stage.ask("DELETE", VAULT, version="2025-09-01")

    def bring_back_the_vault(self) -> None:
        place = f"/subscriptions/{PLATFORM}/providers/Microsoft.DataProtection/locations/westeurope/deletedVaults"
        (gone,) = self.stage.ask("GET", place, version="2025-09-01")["value"]
        headers = {
            "Content-Type": "application/json",
            "Authorization": "Bearer somebody",
            "x-ms-deleted-vault-id": gone["id"],
        }
        body = {
            "location": gone["location"],
            "identity": {"type": "SystemAssigned"},
            "properties": {"storageSettings": gone["properties"]["storageSettings"]},
        }
        url = f"{HOST}{VAULT}?api-version=2025-09-01"
        answered = self.azure.handle("PUT", url, headers, json.dumps(body).encode())
        assert answered[0] < 300, answered
        self.stage.wait(600)
        outcome = self.stage.apply(self.folder)
        assert not outcome.ok, "a resume would clean up what has expired meanwhile, and waits for its own word"
        assert self.states() == ["ProtectionStopped"]
        self.apply(force=frozenset({f"resume-expires={self.expired()}"}))

    def expired(self) -> int:
        """How many recovery points in the vault have expired, without each disk's newest."""
        count = 0
        for row in self.stage.instances(VAULT).values():
            points = [one["properties"] for one in self.stage.get(f"{row['id']}/recoveryPoints")["value"]]
            points.sort(key=lambda one: one["recoveryPointTime"])
            count += sum(moment(one["expiryTime"][:19]) <= self.azure.time() for one in points[:-1])
        return count

    def recover_the_machine(self) -> None:
        wish = Wish(disk="", group="", run=RUN, before=self.azure.time(), resumes=True)
        asked = machine.MachineRecovery(TILL, wish, timedelta(hours=4))
        plan, outcome = done(self.stage, self.folder, partial(machine.make, asked=asked))
        assert outcome.ok, failures(outcome)
        assert plan.rebuild is not None
        assert len(plan.rebuild.replaced) == 4

    def lose_and_restore_a_group(self) -> None:
        lost = {own: self.azure.get(own) for own in self.group()}
        assert len(lost) == 10
        for own in lost:
            self.azure.remove(own)
        for tags in ({"backup": "gold", "env": "prod"}, {"backup": "silver"}):
            names = tuple(own.rsplit("/", 1)[-1] for own, row in lost.items() if row["tags"] == tags)
            wish = Wish(disk="", group="", run=RUN, before=moment("2026-06-20T11:00"), tags=tags, resumes=True)
            asked = recovering.Recovery(names, wish)
            _, outcome = done(self.stage, self.folder, partial(recovering.make, asked=asked))
            assert outcome.ok, failures(outcome)
        assert self.group() == list(lost)

    def group(self) -> list[str]:
        """The ids of the disks in the group that is lost."""
        return sorted(own.lower() for own in self.azure.ids(f"{EUROPE}/{DISKS}/*") if own.count("/") == 8)

    def nightly(self) -> None:
        """Only additions; nobody is there to approve anything else."""
        self.apply(approve="additions")

    def give_up(self, more: str = "") -> None:
        """Take the team's rule for Western Europe away, and its disks out."""
        second = self.given.index("  - select:", self.given.index("  - select:") + 1)
        before, after = self.given[:second], self.given[self.given.index("removed:\n") + len("removed:\n") :]
        self.data.write_text(f"{before}removed:\n{GOING}{more}{after}", encoding="utf-8")

    def give_up_on_hold(self) -> None:
        self.give_up("    hold: a lawsuit\n")
        self.apply(force=frozenset({"mass-change"}))
        assert self.warehouse() == ["ProtectionStopped"] * WAREHOUSE

    def lift_the_hold(self) -> None:
        self.give_up()
        self.apply()
        assert self.warehouse() == ["ProtectionStopped"] * WAREHOUSE, "a day that has passed deletes nothing"

    def confirm(self) -> None:
        own = [row["id"] for name, row in self.stage.instances(VAULT).items() if name.startswith("warehouse")]
        points = sum(len(self.stage.get(f"{one}/recoveryPoints")["value"]) for one in own)
        assert points > WAREHOUSE
        self.give_up(f"    confirm: {{instances: {WAREHOUSE}, points: {points}}}\n")
        self.apply(allow_delete=WAREHOUSE, force=frozenset({"mass-change"}))
        assert self.warehouse() == []
        assert self.grants(), "soft-deleted points still need what they needed"

    def warehouse(self) -> list[str]:
        """The states of the warehouse's backup instances."""
        rows = self.stage.instances(VAULT).items()
        return [row["properties"]["currentProtectionState"] for name, row in rows if name.startswith("warehouse")]

    def grants(self) -> list[str]:
        """The role assignments at the team's snapshot group, which is there."""
        assert self.azure.get(SNAPSHOTS)
        principal = self.azure.get(VAULT)["identity"]["principalId"]
        rows = map(self.azure.get, self.azure.ids(f"{SNAPSHOTS}/providers/Microsoft.Authorization/roleAssignments/*"))
        return [row["name"] for row in rows if row["properties"]["principalId"] == principal]


@pytest.fixture
def story(samples: Path, tmp_path: Path, on_stage: Callable[..., Stage]) -> Story:
    folder = copied("platform-team", tmp_path / "team")
    estate: Any = plain(read(folder / "azure.estate.yaml")[1])
    (group,) = (
        row for one in estate["subscriptions"] for row in one["resourceGroups"] if row["name"] == "payments-westus"
    )
    group["virtualMachines"].append({"name": "till"})
    group["disks"].append({"name": "till", "count": 4, "tags": {"backup": "gold"}, "attachedTo": "till"})
    targets = [EUROPE, f"/subscriptions/{PAYMENTS}/resourceGroups/payments-westus"]
    return Story(on_stage({**estate, "restoreTargets": targets}), folder)


@pytest.mark.timeout(600)
def test_the_worst_days(story: Story) -> None:
    story.azure.set_switch("vault_lingers", "0")
    deeds = {
        "2026-02-10T10:00": story.freeze,
        "2026-04-05T09:00": story.thaw,
        "2026-05-01T10:00": story.delete_the_vault,
        "2026-05-05T09:00": story.bring_back_the_vault,
        "2026-06-10T12:00": story.recover_the_machine,
        "2026-06-20T12:00": story.lose_and_restore_a_group,
        "2026-06-21T03:00": story.nightly,
        "2026-07-10T09:00": story.give_up_on_hold,
        "2026-08-05T09:00": story.lift_the_hold,
        "2026-08-10T09:00": story.confirm,
        "2026-09-20T09:00": story.apply,
    }
    story.apply()
    told = []
    for look in LOOKS:
        for day in sorted(day for day in deeds if day < look.day + "T08"):
            story.until(day)
            deeds.pop(day)()
        told.append(story.look(look.day))
    assert tuple(told) == LOOKS
    assert story.grants() == [], "the last points are gone, and so is what they needed"
