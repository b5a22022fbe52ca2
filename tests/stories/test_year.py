"""A year of the platform team, looked at once a month: status, coverage and drift tell what happened, and nothing else.

What is expected stands in a table, worked out by hand from the sample and from what is done to it below: sixty disks, of
which 48 are selected or named and one, `lake-01`, was protected before; five are left out with a reason (`scratch-01`,
two of `build`, `cache-01`, and `reports-2019`, which is removed), and six nobody claims.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from operating import done, drilled
from stage import READER, Stage, failures

from reconciler.model.results.coverage import Coverage
from reconciler.model.results.status import BackupStatus
from reconciler.sandbox.estate.reader import plain, read
from reconciler.verbs.coverage import coverage
from reconciler.verbs.status import status
from samples import copied

pytestmark = pytest.mark.long

PAYMENTS, DATA = "22222222-2222-2222-2222-222222222222", "33333333-3333-3333-3333-333333333333"
DRILLS = f"""\
apiVersion: reconciler/v1
drills:
  - name: quarterly
    targetResourceGroup: drills
    maxAge: 100d
    select: {{subscriptions: [{PAYMENTS}], tags: {{backup: gold}}, locations: [westus]}}
"""


class Month(NamedTuple):
    """What a look on the fifth, at eight in the morning (UTC), is to tell.

    `ok`, `failing`, `late`, `unprotected` count declared disks; `covered`, `excluded`, `uncovered` all disks;
    `gone` are names of disks that are gone and of whose backups nobody has decided; the rest are exit codes, and findings of drills.
    """

    day: str
    ok: int
    failing: int
    late: int
    unprotected: int
    status: int
    covered: int
    uncovered: int
    gone: tuple[str, ...]
    drift: int
    drill: tuple[str, ...] = ()
    excluded: int = 5


YEAR = (
    # day            ok fail late unpr exit  cov unc  gone            drift drill
    Month("2026-02-05", 49, 0, 0, 0, 2, 49, 6, (), 2, ("never-proven",)),
    Month("2026-03-05", 48, 1, 0, 0, 2, 49, 6, (), 0),
    Month("2026-04-05", 49, 0, 0, 0, 0, 49, 6, (), 0),
    Month("2026-05-05", 48, 0, 0, 0, 2, 48, 6, ("ingest-003",), 2),
    Month("2026-06-05", 48, 0, 0, 1, 2, 48, 7, ("ingest-003",), 2),
    Month("2026-07-05", 49, 0, 0, 0, 0, 49, 6, (), 0),
    Month("2026-08-05", 48, 0, 0, 1, 2, 48, 7, (), 2),
    Month("2026-09-05", 49, 0, 0, 0, 0, 49, 6, (), 0),
    Month("2026-10-05", 0, 0, 49, 0, 2, 49, 6, (), 2, ("drill-late",)),
    Month("2026-11-05", 49, 0, 0, 0, 0, 49, 6, (), 0),
    Month("2026-12-05", 49, 0, 0, 0, 0, 49, 6, (), 0),
    Month("2027-01-05", 49, 0, 0, 0, 0, 49, 6, (), 0),
)

KEPT = {
    # the default rule, and what the daily and the weekly rule keep beyond it; one more may be there before it expires
    "sql-001": 7 * 6 - 7 + (14 - 2) + 8,
    "app-001": 14 * 2 - 2 + 12,
    "ingest-001": 30,
    "warehouse-001": 14 - 2 + 8,
    "lake-01": 12 * 7,
}
"""Recovery points of a disk of each policy, once every rule has been at work for its whole length."""


def disk(name: str, group: str = "payments-westus", subscription: str = PAYMENTS) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/disks/{name}"


class Year:
    """The stage of the story, and its looks."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        self.events: list[tuple[datetime, Callable[[], Any]]] = []

    def on(self, moment: str, deed: Callable[[], Any]) -> None:
        self.events.append((datetime.fromisoformat(moment).replace(tzinfo=UTC), deed))

    def until(self, moment: datetime) -> None:
        """Let time pass, and everything happen that is to happen by then."""
        due = sorted((event for event in self.events if event[0] <= moment), key=lambda event: event[0])
        for when, deed in due:
            self._wait(when)
            deed()
            self.events.remove((when, deed))
        self._wait(moment)

    def _wait(self, moment: datetime) -> None:
        self.stage.wait(max(0.0, (moment - self.stage.sandbox.time()).total_seconds()))

    def apply(self) -> None:
        outcome = self.stage.apply(self.folder)
        assert outcome.ok, failures(outcome)

    def decide(self, gone: str) -> None:
        """Say that the backups of a disk that is gone are to be kept as they are."""
        entry = f"removed: [{{id: {gone}, data: retain, reason: nobody misses it}}]"
        (self.folder / "gone.yaml").write_text(f"apiVersion: reconciler/v1\n{entry}\n", encoding="utf-8")

    def drill(self) -> None:
        self.stage.sandbox.world.settle()
        outcome = done(self.stage, self.folder, drilled(self.stage, self.folder)).outcome
        assert outcome.ok, failures(outcome)

    def suspend(self, name: str) -> None:
        vault = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/backup-westus-rg/providers/Microsoft.DataProtection/backupVaults/backup-westus"
        self.stage.ask("POST", f"{self.stage.instances(vault)[name]['id']}/suspendBackups")

    def machines_apart(self) -> set[str]:
        """The machines of which several disks are backed up with newest recovery points of different moments, as Azure shows it."""
        azure, newest = self.stage.sandbox, defaultdict(list)
        sources = [row["id"].lower() for row in map(azure.get, azure.ids("*/Microsoft.Compute/disks/*"))]
        owners = {own: azure.get(own).get("managedBy") for own in sources}
        vaults = azure.ids("*/Microsoft.DataProtection/backupVaults/*")
        for row in (row for vault in vaults if vault.count("/") == 8 for row in self.stage.instances(vault).values()):
            machine = owners.get(row["properties"]["dataSourceInfo"]["resourceID"].lower())
            if machine:
                points = self.stage.get(f"{row['id']}/recoveryPoints")["value"]
                newest[machine].append(max((one["properties"]["recoveryPointTime"] for one in points), default=""))
        return {machine for machine, times in newest.items() if len(set(times)) > 1}

    def look(self) -> tuple[BackupStatus, Coverage, Any]:
        wanted = self.stage.manifest(self.folder)
        with self.stage._acting_as(READER):
            now: BackupStatus = self.stage.session.run(lambda azure, clock: status(azure, clock, wanted))
            found: Coverage = self.stage.session.run(lambda azure, clock: coverage(azure, clock, wanted))
        return now, found, self.stage.drift(self.folder)


def told(day: str, now: BackupStatus, found: Coverage, drift: Any) -> Month:
    counts = [now.count(state) for state in ("ok", "failing", "late", "unprotected")]
    gone = tuple(one.address.rsplit("/", 1)[-1] for one in found.findings if one.code == "disk-gone")
    drills = tuple(one.code for one in now.findings if one.code != "not-consistent-together")
    covered = [found.count(state) for state in ("covered", "uncovered")]
    return Month(day, *counts, now.exit_code, *covered, gone, drift.exit_code, drills, found.count("excluded"))


@pytest.fixture
def year(samples: Path, tmp_path: Path, on_stage: Callable[..., Stage]) -> Year:
    folder = copied("platform-team", tmp_path / "team")
    (folder / "drills.yaml").write_text(DRILLS, encoding="utf-8")
    estate: Any = plain(read(folder / "azure.estate.yaml")[1])
    for row in estate["subscriptions"]:
        if row["id"] == PAYMENTS:
            row["resourceGroups"].append({"name": "drills", "location": "westus"})
    opened = on_stage({**estate, "restoreTargets": [f"/subscriptions/{PAYMENTS}/resourceGroups/drills"]})
    return Year(opened, folder)


@pytest.mark.timeout(600)
def test_a_year(year: Year) -> None:
    azure = year.stage.sandbox
    year.on("2026-03-01T10:00", year.drill)
    year.on("2026-03-05T03:00", lambda: azure.fail(disk("sql-001"), "UserErrorNotEnoughPermissionOnDisk", 1))
    year.on("2026-03-20T12:00", lambda: azure.fail(disk("app-001"), "CloudInternalError", 1))
    year.on("2026-04-20T12:00", lambda: azure.remove(disk("ingest-003", "lake-westus", DATA)))
    new = {"location": "westus", "tags": {"backup": "gold"}, "properties": {"creationData": {"createOption": "Empty"}}}
    year.on("2026-05-10T12:00", lambda: azure.put(disk("orders-009"), new))
    year.on("2026-06-01T10:00", year.drill)
    year.on("2026-06-05T08:30", lambda: year.decide(disk("ingest-003", "lake-westus", DATA)))
    year.on("2026-06-05T09:00", year.apply)
    year.on("2026-07-20T12:00", lambda: year.suspend("sql-002"))
    year.on("2026-08-05T09:00", year.apply)
    year.on("2026-08-05T12:00", lambda: year.stage.switch(backup_start="7200"))
    year.on("2026-10-03T12:00", lambda: year.stage.switch(scheduled_backups=False))
    year.on("2026-10-06T12:00", lambda: year.stage.switch(scheduled_backups=True))
    year.on("2026-11-01T10:00", year.drill)
    year.apply()
    for month in YEAR:
        moment = datetime.fromisoformat(month.day).replace(tzinfo=UTC) + timedelta(hours=8)
        year.until(moment)
        now, found, drift = year.look()
        apart = {one.address.lower() for one in now.findings if one.code == "not-consistent-together"}
        assert apart == {machine.lower() for machine in year.machines_apart()}
        assert len(apart) == 1, "the sample has one machine with eight disks"
        assert told(month.day, now, found, drift) == month, [row for row in now.rows if row.state != "ok"]
        check_what_it_says_of_each(month, now)
    check_retention(now)


def check_what_it_says_of_each(month: Month, now: BackupStatus) -> None:
    """Whoever isn't well is who was meddled with, for the reason that it was."""
    notes = {row.disk.name: row.note for row in now.rows if row.state not in {"ok", "late"}}
    expected = {
        "2026-03-05": {"sql-001": "the backup of 2026-03-05 0"},
        "2026-05-05": {"ingest-003": "Azure no longer has the disk"},
        "2026-06-05": {"orders-009": "no backup instance", "ingest-003": "Azure no longer has the disk"},
        "2026-08-05": {"sql-002": "protection is suspended"},
    }.get(month.day, {})
    assert set(notes) == set(expected)
    assert all(notes[name].startswith(note) for name, note in expected.items())
    fresh = [row for row in now.rows if row.state == "ok"]
    assert all(row.age is not None and row.promise is not None and row.age <= row.promise for row in fresh)
    assert all(row.newest and row.newest > now.now - timedelta(hours=26) for row in fresh)
    proven = [row for row in now.rows if row.proven]
    assert bool(proven) == (month.day >= "2026-03-05")


def check_retention(now: BackupStatus) -> None:
    """What each rule keeps is there, and what it doesn't keep is gone."""
    counted = {row.disk.name: row.snapshots for row in now.rows}
    for name, kept in KEPT.items():
        found = counted[name]
        assert found is not None
        assert kept - 1 <= found <= kept + 2, (name, found, kept)
