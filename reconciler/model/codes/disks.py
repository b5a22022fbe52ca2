"""The codes of findings about disks and their backups, each with its meaning and hint."""

from __future__ import annotations

from reconciler.model.findings import Code, Severity, table

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

AKS_VOLUME = Code(
    "aks-volume",
    _W,
    "The disk is a volume of a Kubernetes cluster; its snapshots don't include the cluster's objects.",
    "use AKS backup instead, or exclude the disk with a reason",
)
CLAIMED_TWICE = Code(
    "claimed-twice",
    _E,
    "Two selectors match the same disk; neither is applied to it.",
    "narrow one selector, or name the disk by id in one entry; an id takes precedence",
)
DISK_GONE = Code(
    "disk-gone",
    _W,
    "The disk of a backup instance no longer exists in Azure; this is an error if the manifest names the disk by id.",
    "restore the disk, list it under `removed`, or set `whenGone` in its entry",
    "gone",
)
DELETION_DUE = Code(
    "deletion-due",
    _W,
    "`removed` asks to delete a backup instance with its recovery points, which needs `--allow-delete`.",
    "pass `--allow-delete N` with the exact number of backup instances to delete, or declare `data: retain` to keep the recovery points",
    "not-yet-applied",
)
DISK_MOVED = Code(
    "disk-moved",
    _W,
    "A disk now has another id, so the backup instance of the old id has no disk any more.",
    "protect the new id with an entry, and list the old id under `removed`; its recovery points are kept",
    "moved",
)
DISK_REPLACED = Code(
    "disk-replaced",
    _W,
    "A new disk has the name of a disk that is backed up; the recovery points belong to the old disk.",
    "if the old disk was deleted by mistake, restore it under another name; the next backup is of the new disk",
    "replaced",
)
DRILL_LATE = Code(
    "drill-late",
    _W,
    "The last successful restores of a drill are older than the manifest allows.",
    "run `reconciler drill`, from a schedule at best",
    "unhealthy",
)
EXPIRING = Code(
    "expiring",
    _I,
    "The disk is gone and backups are suspended, as `whenGone: expire` declares; its recovery points expire by the policy.",
    "do nothing, or list the disk under `removed` to decide otherwise",
)
FOREIGN_SNAPSHOT = Code(
    "foreign-snapshot",
    _W,
    "A snapshot resource group contains a snapshot that Azure Backup did not create.",
    "move it to another resource group; here it may be mistaken for a backup, and it counts against the disk's 500 snapshots",
)
NEVER_PROVEN = Code(
    "never-proven",
    _W,
    "A drill has never restored any of its disks, or never restored a disk that each of its runs covers.",
    "run `reconciler drill`, from a schedule at best",
    "unhealthy",
)
INSTANCE_DELETING = Code(
    "instance-deleting",
    _W,
    "Azure is deleting a backup instance that the manifest keeps; its disk is no longer protected.",
    "run `apply`, which waits for the deletion to finish, then run it again to restore the instance from soft delete",
    "unhealthy",
)
ORPHAN = Code(
    "orphan",
    _W,
    "The manifest no longer names a backup instance that it created; the instance still takes backups.",
    "run `apply --prune` to stop its protection and keep the recovery points",
    "orphaned",
)
ORPHANED_VAULT = Code(
    "orphaned-vault",
    _W,
    "A vault has this manifest's tag, but the manifest does not name its subscription.",
    "name the subscription in the manifest again, or remove the tag from the vault",
    "orphaned",
)
PASSED_OVER = Code(
    "passed-over",
    _I,
    "Selectors skip disks of Kubernetes clusters and scale sets, which create and delete them on their own.",
    "name a disk by id to protect it, use AKS backup for a cluster, or exclude the disks with a reason",
)
PREFLIGHT_FAILED = Code(
    "preflight-failed",
    _E,
    "Could not check whether Azure would protect the disk.",
    "plan again; if it fails again, leave `--preflight` out, and `apply` will find out",
)
PREFLIGHT_REFUSED = Code(
    "preflight-refused",
    _E,
    "Azure would refuse to protect the disk.",
    "fix what the message says, then plan again",
)
PREFLIGHT_UNCHECKED = Code(
    "preflight-unchecked",
    _I,
    "Did not check whether Azure would protect the disk, because something that it needs does not exist yet.",
    "run `apply`, which checks once it exists",
)
PROTECTED_ELSEWHERE = Code(
    "protected-elsewhere",
    _E,
    "The disk has a backup instance in another vault; Azure allows only one vault to protect a disk.",
    "declare that vault for the disk, or run `reconciler move`, which keeps its recovery points",
)
RETAINED = Code("retained", _I, "Protection is stopped and the recovery points are kept, as declared.", "do nothing")
SNAPSHOT_GROUP_IMMUTABLE = Code(
    "snapshot-group-immutable",
    _E,
    "The snapshot resource group of a backup instance can't be changed.",
    "declare its current group; or also declare another vault, and run `reconciler move` to take the disk there",
)
UNCOVERED = Code(
    "uncovered",
    _W,
    "A selector matches a disk that can't be protected.",
    "exclude it with a reason, or fix what the message says",
    "uncovered",
)
SELECTS_NOTHING = Code(
    "selects-nothing",
    _I,
    "A selector matches no disk, so resources that only it would use are not created.",
    "check its tags, names and scopes; run `coverage` to list the disks that no entry selects",
)
UNCHECKED = Code(
    "unchecked", _I, "Did not check whether another vault already protects the disk.", "run `plan --preflight` to check"
)
UNMANAGED = Code(
    "unmanaged",
    _I,
    "A vault contains backup instances that no manifest manages.",
    "name their disks in the manifest to adopt them",
)
REGION_DIFFERS = Code(
    "region-differs",
    _E,
    "The disk's vault is in another region; Azure Disk Backup needs a vault in the disk's region.",
    "use a vault in the disk's region; `vault` accepts one vault for each region",
)
REGION_UNNAMED = Code(
    "region-unnamed",
    _E,
    "A disk is in a region for which its entry has no vault, policy or snapshot resource group.",
    "add the region to the entry",
)
DISK_ENCRYPTION = Code(
    "disk-encryption",
    _E,
    "The disk uses Azure Disk Encryption, which Azure Disk Backup does not support.",
    "use encryption at host or a disk encryption set instead, or remove the disk from the manifest",
)
DISK_AMBIGUOUS = Code(
    "disk-ambiguous",
    _E,
    "Several disks with backups have this name.",
    "name the disk by its id",
)
DISK_EXISTS = Code(
    "disk-exists",
    _E,
    "A disk with this name already exists; a restore never overwrites a disk.",
    "choose another name for the new disk with `--name`",
)
DISK_DELETING = Code("disk-deleting", _E, "Azure is deleting the disk.", "remove it from the manifest")

CODES = table(globals())
"""By code."""
