"""The results of listing verbs for some forty disks of three teams, where names repeat and little is well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reconciler.model.addresses import disk as address_of
from reconciler.model.errors import Told
from reconciler.model.findings import Finding, Place, Severity
from reconciler.model.ids import ArmId, group_id
from reconciler.model.jobs import Job
from reconciler.model.resources import Disk, Instance, Target
from reconciler.model.results.backup import Backup
from reconciler.model.results.coverage import Coverage, Covered
from reconciler.model.results.identity import Bearer, Identity, SubscriptionRights
from reconciler.model.results.recovery_points import DiskPoints, Point
from reconciler.model.results.status import BackupStatus, DiskStatus
from reconciler.model.short_names import ShortNames
from reconciler.report.backup import backups_listing
from reconciler.report.coverage import coverage_listing
from reconciler.report.jobs import jobs_listing
from reconciler.report.listing import Listing
from reconciler.report.recovery_points import points_listing
from reconciler.report.status import status_counts, status_listing
from reconciler.report.whoami import identity_listing

NOW = datetime(2026, 1, 8, 9, 0, tzinfo=UTC)
PLATFORM, PAYMENTS, DATA = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "123")
NAMES = ShortNames({PLATFORM: "platform", PAYMENTS: "payments", DATA: "data"})
PLACE = Place("teams/payments.yaml", 12, 5)
GROUPS = ((PAYMENTS, "payments-westus"), (PAYMENTS, "payments-westeurope"), (DATA, "payments-westus"))


def disk_of(subscription: str, group: str, name: str) -> ArmId:
    """A disk's id."""
    return ArmId(f"{group_id(subscription, group)}/providers/Microsoft.Compute/disks/{name}")


def vault_of(name: str) -> ArmId:
    """A vault's id."""
    return ArmId(f"{group_id(PLATFORM, 'backup')}/providers/Microsoft.DataProtection/backupVaults/{name}")


DISKS = [
    disk_of(*place, name)
    for at, place in enumerate(GROUPS)
    for name in ("data", "os", *(f"{('sql', 'web', 'lake')[at]}-{number:03}" for number in range(1, 13)))
]
VAULTS = (vault_of("payments-westus"), vault_of("payments-westeurope"))


def _status(number: int, disk: ArmId) -> DiskStatus:
    hours = timedelta(hours=1 + number % 4)
    late = number in (3, 4, 5, 19)
    states = {0: ("failing", "the backup of 2026-01-08 02:14 UTC failed"), 7: ("gone", "Azure no longer has the disk")}
    state, note = states.get(number, ("late", "the newest recovery point is too old") if late else ("ok", ""))
    if number == 40:
        return DiskStatus(
            disk, "unprotected", "no backup instance yet", "", "gold", PLACE, snapshots=0, vault=VAULTS[0]
        )
    if number == 41:
        untold = frozenset({"newest", "job", "promise"})
        return DiskStatus(disk, "unknown", "its vault can't be read", "", "gold", PLACE, untold=untold, vault=VAULTS[1])
    age = timedelta(days=2) if late else hours
    return DiskStatus(
        disk=disk,
        state=state,
        note=note,
        protection="protected",
        policy="gold-462d374b" if number % 2 else "after-hours-c0b66aab",
        place=PLACE,
        newest=NOW - age,
        age=age,
        promise=timedelta(hours=6 if number % 2 else 26),
        job="failed" if number == 0 else "completed",
        job_began=NOW - age,
        jobs_known=True,
        proven=NOW - timedelta(days=12) if number == 20 else None,
        snapshots=number,
        vault=VAULTS[number % 3 == 0],
    )


STATUS = BackupStatus(
    "platform-team",
    tuple(_status(number, disk) for number, disk in enumerate(DISKS)),
    (
        Finding(
            "never-proven",
            Severity.WARNING,
            "no drill has restored it in the last 30 days",
            "run `reconciler drill`",
            address_of(DISKS[1]),
            PLACE,
        ),
    ),
    (),
    NOW,
    NAMES,
    {"gold-462d374b": "gold", "after-hours-c0b66aab": "after-hours"},
)


def _covered(number: int, own: ArmId) -> Covered:
    disk = Disk(own, "westus", "Premium_LRS", {}, None, None, False, "Attached", "Succeeded", 128 << number % 4)
    if number == 0:
        return Covered(disk, "uncovered", "Azure Disk Encryption is on", PLACE, rule="disk-encryption")
    if number in (14, 15):
        return Covered(disk, "uncovered", "no entry of the manifest claims it")
    if number == 28:
        why = "rebuilt every night by the batch job of the payments team, see PAY-812 and the runbook"
        return Covered(disk, "excluded", why, Place("teams/payments.yaml", 9, 11))
    if number == 30:
        return Covered(disk, "unknown", "could not tell whether another vault protects it")
    return Covered(disk, "covered", "", PLACE)


COVERAGE = Coverage(
    "platform-team", tuple(_covered(*one) for one in enumerate(DISKS)), (), ("subscription x: no access",), NAMES
)


def _job(number: int, disk: ArmId) -> Job:
    failed = number in (2, 9, 10)
    began = NOW - timedelta(minutes=7 * (number // 2), seconds=number % 2)
    return Job(
        id=ArmId(f"{VAULTS[0]}/backupJobs/{number:08d}-1111-4222-8333-444444444444"),
        status="Failed" if failed else "InProgress" if number == 0 else "Completed",
        operation="Restore" if number == 5 else "Backup",
        by_user=number in (3, 5),
        began=began,
        ended=None if number == 0 else began + timedelta(seconds=40 + number),
        instance=None,
        disk=disk,
        policy="gold",
        error=Told("UserErrorDiskNotFound", "The disk could not be read.", ("restore the disk",)) if failed else None,
        disk_name=NAMES.of(disk),
    )


JOBS = [_job(*one) for one in enumerate([*DISKS, DISKS[-1], DISKS[-1]])]

BACKUPS = [
    Backup(
        disk,
        "refused" if number == 9 else "started",
        retention_rule="" if number == 9 else "Default",
        job_id=None if number == 9 else JOBS[number].id,
        code="not-protected" if number == 9 else "",
        message="it has no backup instance" if number == 9 else "",
        hint="protect it first: `reconciler apply`" if number == 9 else "",
        name=NAMES.of(disk),
    )
    for number, disk in enumerate(DISKS)
]


def _points(disk: ArmId, count: int) -> DiskPoints:
    points = [
        Point(
            ArmId(f"{VAULTS[0]}/backupInstances/i/recoveryPoints/{number:032x}"),
            NOW - timedelta(hours=4 * number),
            NOW + timedelta(days=7) if number != 1 else None,
            "Incremental",
            "Daily" if number == 2 else "Default",
            "",
        )
        for number in range(count)
    ]
    instance = ArmId(f"{VAULTS[0]}/backupInstances/i")
    held = Instance(instance, VAULTS[0], disk, None, None, None, "ProtectionConfigured", "Succeeded", None, {})
    return DiskPoints(Target(disk, (held,) if count else ()), tuple(points), count + 2 if count else 0, NAMES.of(disk))


POINTS = [_points(DISKS[0], 3), _points(DISKS[14], 0), _points(DISKS[28], 2)]

IDENTITY = Identity(
    "https://management.azure.com",
    Bearer("static-token", kind="application", name="pipeline", tenant=PLATFORM),
    (
        SubscriptionRights(
            PAYMENTS, "payments", "Enabled", {"plan": (), "apply": ("Microsoft.Compute/snapshots/write",)}
        ),
        SubscriptionRights(DATA, problem="not visible to this caller"),
    ),
)

LISTINGS: dict[str, Listing] = {
    "status": status_listing(STATUS),
    "status-summary": status_counts(STATUS),
    "coverage": coverage_listing(COVERAGE, root="samples"),
    "jobs": jobs_listing(JOBS),
    "backup": backups_listing(BACKUPS),
    "recovery-points": points_listing(POINTS),
    "whoami": identity_listing(IDENTITY, ways={}),
}
"""Every listing by its name."""
