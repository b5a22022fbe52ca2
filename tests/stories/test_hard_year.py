"""The platform team's hardest year: a freeze, a machine and a group recovered, a vault brought back, a team taken out.

Everything is done with the installed command, or by hand in Azure. What is expected stands in tables, worked out by
hand from the sample and from what is done to it: sixty disks, of which 49 are protected, five are left out with a
reason, and six nobody claims.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from forging import Azure, Done, Estate, forged_azure

from reconciler.sandbox.estate.reader import plain, read
from samples import copied

pytestmark = pytest.mark.long

PLATFORM, PAYMENTS = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
DATA = "33333333-3333-3333-3333-333333333333"
WESTUS = f"/subscriptions/{PAYMENTS}/resourceGroups/payments-westus/providers/Microsoft.Compute"
WESTEUROPE = f"/subscriptions/{PAYMENTS}/resourceGroups/payments-westeurope/providers/Microsoft.Compute"
LAKE = f"/subscriptions/{DATA}/resourceGroups/lake-westus/providers/Microsoft.Compute"
VAULTS = (
    f"/subscriptions/{PLATFORM}/resourceGroups/backup-westeurope-rg/providers/Microsoft.DataProtection/backupVaults"
)
VAULT = f"{VAULTS}/backup-westeurope"
MACHINE = f"{WESTUS}/virtualMachines/sql-db"
SWAPPED = [f"sql-00{number}" for number in (1, 2, 3, 4)]
NEWER = "2025-09-01"
"""The api-version from which on a vault that was deleted can be brought back."""
GRANTS = "providers/Microsoft.Authorization/roleAssignments/*"
YES = "--auto-approve"
SILVER = "policy: {westus: silver, westeurope: after-hours}"
FREEZE = f"{SILVER}\n    protection: suspended\n    until: 2026-03-10\n    reason: freeze for the migration, PAY-900"


class Told(NamedTuple):
    """What a look is to tell: declared disks by state, all disks by coverage, and the exit codes of status and drift."""

    states: dict[str, int]
    covered: int
    uncovered: int
    excluded: int
    status: int
    drift: int


class Team:
    """The team's folder and its Azure."""

    def __init__(self, azure: Azure) -> None:
        self.azure = azure

    def run(self, verb: str, *words: str, code: int = 0) -> Done:
        done = self.azure.run(verb, ".", *words)
        assert done.code == code, done
        return done

    def edit(self, name: str, old: str, new: str) -> None:
        file = self.azure.folder / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def declare(self, name: str, text: str) -> None:
        (self.azure.folder / name).write_text(f"apiVersion: reconciler/v1\n{text}", encoding="utf-8")

    def look(self) -> Told:
        status, coverage, drift = (
            self.azure.run(one, ".", "--format", "json") for one in ("status", "coverage", "drift")
        )
        states, disks = status.document["summary"], coverage.document["disks"]
        counts = [sum(row["state"] == state for row in disks) for state in ("covered", "uncovered", "excluded")]
        shown = {state: count for state, count in states.items() if count and state != "disks"}
        return Told(shown, *counts, status.code, drift.code)

    def codes(self, verb: str) -> list[str]:
        return self.azure.run(verb, ".", "--format", "json").codes

    def night(self, code: int = 0) -> Done:
        """What the pipeline does every night."""
        return self.run("apply", "--approve", "additions", code=code)


@pytest.fixture
def team(tmp_path: Path, samples: Path) -> Any:
    folder = copied("platform-team", tmp_path / "team")
    estate = plain(read(folder / "azure.estate.yaml")[1])
    with forged_azure(tmp_path / "run", Estate((), json.dumps(estate)), clock="virtual") as azure:
        for one in folder.rglob("*.yaml"):
            if "estate" not in one.name:
                to = azure.folder / one.relative_to(folder)
                to.parent.mkdir(exist_ok=True)
                shutil.copy(one, to)
        yield Team(azure)


WELL = Told({"ok": 49}, 49, 6, 5, status=0, drift=0)


@pytest.mark.timeout(900)
def test_a_hard_year(team: Team) -> None:
    team.run("apply", YES)
    team.azure.advance("31d")
    assert team.look() == WELL
    for chapter in (freeze, machine, group, vault, farewell):
        chapter(team)


def freeze(team: Team) -> None:
    """Ten silver disks are suspended until 10 March; after that somebody has to say so, and nothing resumes by itself."""
    team.edit("teams/payments.yaml", SILVER, FREEZE)
    team.run("apply", YES)
    team.azure.advance("28d")
    frozen = Told({"ok": 39, "halted": 10}, 39, 16, 5, status=0, drift=0)
    assert team.look() == frozen
    team.azure.advance("10d")
    assert team.look() == frozen._replace(drift=2)
    assert "halt-over" in team.codes("drift")
    assert not team.night().writes
    team.edit("teams/payments.yaml", FREEZE, SILVER)
    team.run("apply", YES)
    team.azure.advance("2d")
    assert team.look() == WELL


def machine(team: Team) -> None:
    """Four disks of one machine are copied as of one moment; the copies take over, and the old disks are let go."""
    azure = team.azure
    put_machine(azure, SWAPPED)
    words = (
        "--machine",
        MACHINE,
        "--before",
        azure.now.isoformat(),
        "--tags",
        "backup=gold",
        "--runbook",
        "book.md",
        YES,
    )
    team.run("restore", *words)
    book = (azure.folder / "book.md").read_text(encoding="utf-8")
    copies = sorted(one.rsplit("/", 1)[-1] for one in azure.ids(f"{WESTUS}/disks/sql-00*-r*"))
    assert len(copies) == 4
    assert all(copy in book for copy in copies)
    assert team.look() == WELL._replace(excluded=9), "nobody uses the copies yet"
    put_machine(azure, copies)
    azure.patch(f"{WESTUS}/disks/sql-00?", {"managedBy": None})
    assert team.look() == Told({"ok": 49, "unprotected": 4}, 49, 10, 5, status=2, drift=2)
    team.night()
    old = "".join(f"    - {WESTUS}/disks/{name}\n" for name in SWAPPED)
    team.declare("swapped.yaml", f"removed:\n  - id:\n{old}    data: retain\n    reason: copies took over, PAY-1001\n")
    team.run("apply", YES)
    azure.advance("2d")
    team.run("apply", YES)  # takes back the role that the restore needed
    assert team.look() == WELL._replace(excluded=9)


def put_machine(azure: Azure, names: list[str]) -> None:
    """A machine with these disks, the first of which is its OS disk."""
    disks = [{"name": name, "managedDisk": {"id": f"{WESTUS}/disks/{name}"}} for name in names]
    data = [{"lun": lun, **one} for lun, one in enumerate(disks[1:])]
    profile = {"osDisk": disks[0], "dataDisks": data}
    azure.put(MACHINE, {"location": "westus", "properties": {"storageProfile": profile}})
    for name in names:
        azure.patch(f"{WESTUS}/disks/{name}", {"managedBy": MACHINE})


def group(team: Team) -> None:
    """All ten disks of a resource group are deleted, and come back to their old ids between two backups."""
    azure = team.azure
    azure.advance("2h30m")
    azure.delete(f"{WESTEUROPE}/disks/*")
    lost = Told({"ok": 39, "gone": 10}, 39, 6, 9, status=2, drift=2)
    assert team.look() == lost
    assert not team.night().writes
    assert team.look() == lost, "nothing is made, stopped or taken back because disks are gone"
    for names, tag in (("eu-orders-*", "gold"), ("eu-app-*", "silver")):
        where = ("--select", "resourceGroups=payments-westeurope", "--select", f"names={names}")
        team.run("restore", *where, "--newest", "--tags", f"backup={tag}", YES)
    assert len(azure.ids(f"{WESTEUROPE}/disks/*")) == 10
    assert not team.night().writes, "each is protected as before"
    assert team.look() == WELL._replace(excluded=9)


def vault(team: Team) -> None:
    """Somebody deletes a vault with all that is in it, and brings it back two days later."""
    azure = team.azure
    azure.advance("2d")
    team.run("apply", YES)
    for one in azure.ids(f"{VAULT}/backupInstances/*"):
        azure.ask("DELETE", one, version=NEWER)
    azure.advance("1h")
    hit = Told({"ok": 31, "unprotected": 18}, 31, 24, 9, status=2, drift=2)
    assert team.look() == hit
    azure.ask("DELETE", VAULT, version=NEWER)
    azure.advance("1h")
    assert team.look() == hit._replace(drift=1)
    assert "vault-soft-deleted" in team.run("apply", "--format", "json", YES, code=1).codes
    assert not azure.ids(VAULT), "no empty vault is made in its place"
    azure.advance("2d")
    bring_back(azure)
    azure.advance("1h")
    team.night(code=2)
    assert team.look() == hit, "a pipeline that may only add undeletes nothing"
    team.run("apply", YES, code=1)
    (number,) = set(re.findall(r"--force resume-expires=(\d+)", azure.run("plan", ".").text))
    team.run("apply", "--force", f"resume-expires={number}", YES)
    azure.advance("1d")
    assert team.look() == WELL._replace(excluded=9)


def bring_back(azure: Azure) -> None:
    """Restore the deleted vault as its portal page does, under a new identity."""
    where = f"/subscriptions/{PLATFORM}/providers/Microsoft.DataProtection/locations/westeurope/deletedVaults"
    (deleted,) = azure.ask("GET", where, version=NEWER)["value"]
    kept = deleted["properties"]
    body = {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "tags": deleted["tags"],
        "properties": {
            key: kept[key] for key in ("storageSettings", "securitySettings", "monitoringSettings") if key in kept
        },
    }
    body["properties"]["securitySettings"]["softDeleteSettings"]["state"] = "AlwaysOn"
    azure.ask("PUT", VAULT, body, version=NEWER, headers={"x-ms-deleted-vault-id": deleted["id"]})


def farewell(team: Team) -> None:
    """The lake's team leaves: stopped at once, deleted only on its day, as confirmed, with the key; one disk is on hold."""
    azure = team.azure
    entry = (
        f"removed:\n  - select: {{subscriptions: [{DATA}], resourceGroups: [lake-westus], names: [ingest-*]}}\n"
        "    data: delete\n    after: 2026-06-20\n    reason: the team has left, DATA-5000\n"
        f"  - id: {LAKE}/disks/ingest-008\n    data: retain\n    hold: legal case 12\n    reason: the team has left, DATA-5000\n"
    )
    team.declare("farewell.yaml", entry)
    assert not team.run("apply", YES, code=1).writes, "eight of the ten disks in a vault"
    team.run("apply", "--force", "mass-change", YES)
    gone = Told({"ok": 41}, 41, 6, 17, status=0, drift=0)
    assert team.look() == gone
    azure.advance("60d")
    assert team.look() == gone
    assert "deletion-ahead" in team.codes("plan")
    azure.advance("40d")
    assert team.look() == gone._replace(drift=2)
    assert "deletion-unconfirmed" in team.codes("plan")
    taken = [one for one in azure.ids("*/recoveryPoints/*") if re.search(r"ingest-00[1-7]-", one)]
    assert len(taken) in range(7 * 29, 7 * 32), "thirty days of each, which a stop keeps"
    confirmed = f"    confirm: {{instances: 7, points: {len(taken)}}}\n"
    team.declare("farewell.yaml", entry.replace("    after:", f"{confirmed}    after:"))
    team.run("apply", YES)
    assert len(azure.ids("*/backupInstances/ingest-*")) == 8, "nothing is deleted without the key"
    team.run("apply", "--force", "mass-change", "--allow-delete", "6", YES, code=1)
    assert len(azure.ids("*/backupInstances/ingest-*")) == 8, "nor with the key to another number"
    team.run("apply", "--force", "mass-change", "--allow-delete", "7", YES)
    assert team.look() == gone
    azure.advance("20d")
    team.run("apply", YES)
    assert team.look() == gone
    left = [one for one in azure.ids("*/recoveryPoints/*") if "ingest-" in one]
    assert left
    assert all("ingest-008" in one for one in left), "what is on hold is kept"
    for name in ("lake-westus", "snapshots-westus"):
        assert azure.ids(f"/subscriptions/{DATA}/resourceGroups/{name}"), "groups are never deleted"
        assert azure.ids(f"/subscriptions/{DATA}/resourceGroups/{name}/{GRANTS}"), "nor is a grant made by hand revoked"
