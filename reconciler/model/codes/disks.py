"""The findings about disks and their backups, each with a stable code, its meaning and the way out."""

from __future__ import annotations

from reconciler.model.findings import Code, Severity, table

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

AKS_VOLUME = Code(
    "aks-volume",
    _W,
    "The disk is a volume of a Kubernetes cluster; its snapshots don't know the cluster's objects.",
    "use AKS backup for it, or exclude the disk with a reason",
)
CLAIMED_TWICE = Code(
    "claimed-twice",
    _E,
    "Two selectors claim one disk; neither is applied.",
    "narrow one of them, or name the disk by id in one entry: the id wins",
)
DISK_GONE = Code(
    "disk-gone",
    _W,
    "Azure no longer has the disk of a backup instance; an error where the manifest names the disk by id.",
    "restore it, list it under `removed` to take it out for good, or say `whenGone` in its entry",
    "gone",
)
DELETION_DUE = Code(
    "deletion-due",
    _W,
    "`removed` asks to delete a backup instance with its recovery points, and the key to that was not given.",
    "pass `--allow-delete N` with the exact count to delete; declare `data: retain` to keep the recovery points",
    "not-yet-applied",
)
DISK_MOVED = Code(
    "disk-moved",
    _W,
    "A disk goes on under another id, and what backed it up under the old one has no disk any more.",
    "have an entry take the new id, and list the old one under `removed`: its recovery points stay",
    "moved",
)
DISK_REPLACED = Code(
    "disk-replaced",
    _W,
    "Another disk was made under the name of one that is backed up: the recovery points are those of the old disk.",
    "restore the old one beside it if it was not meant to go; the next backup is one of the new disk",
    "replaced",
)
DRILL_LATE = Code(
    "drill-late",
    _W,
    "The proofs of a drill are older than the manifest allows.",
    "run `reconciler drill`, from a schedule at best",
    "unhealthy",
)
EXPIRING = Code(
    "expiring",
    _I,
    "The disk is gone and backups are suspended, as `whenGone: expire` asks for; its recovery points age by the policy.",
    "nothing to do; list the disk under `removed` to decide otherwise",
)
FOREIGN_SNAPSHOT = Code(
    "foreign-snapshot",
    _W,
    "A snapshot resource group holds a snapshot that Azure Backup didn't make.",
    "move it elsewhere: what lies there may be taken for a backup, and counts against the disk's 500 snapshots",
)
NEVER_PROVEN = Code(
    "never-proven",
    _W,
    "A drill has never restored any of its disks, or one that every run of it is for.",
    "run `reconciler drill`, from a schedule at best",
    "unhealthy",
)
INSTANCE_DELETING = Code(
    "instance-deleting",
    _W,
    "Azure is deleting a backup instance that is to stay: its disk is no longer protected.",
    "apply waits for the end of it; the next apply then brings the instance back from soft delete",
    "unhealthy",
)
ORPHAN = Code(
    "orphan",
    _W,
    "A backup instance that this manifest made is no longer named by it; it still runs.",
    "`apply --prune` stops its protection and keeps the recovery points",
    "orphaned",
)
ORPHANED_VAULT = Code(
    "orphaned-vault",
    _W,
    "A vault bears this manifest's mark but lies outside of what the manifest names.",
    "name its subscription again, or remove the mark from the vault",
    "orphaned",
)
PASSED_OVER = Code(
    "passed-over",
    _I,
    "Selectors pass over the disks of Kubernetes clusters and scale sets, which are made and deleted by these.",
    "name a disk by id to protect it, use AKS backup for a cluster, or exclude them with a reason",
)
PREFLIGHT_FAILED = Code(
    "preflight-failed",
    _E,
    "Azure could not be asked whether it would protect the disk.",
    "plan again; if it stays, leave --preflight out and let apply find out",
)
PREFLIGHT_REFUSED = Code(
    "preflight-refused",
    _E,
    "Azure says that it would refuse to protect the disk.",
    "mend what the message says, then plan again",
)
PREFLIGHT_UNCHECKED = Code(
    "preflight-unchecked",
    _I,
    "Whether Azure would protect the disk can't be asked yet, since something that it needs isn't there yet.",
    "apply asks once it is there",
)
PROTECTED_ELSEWHERE = Code(
    "protected-elsewhere",
    _E,
    "The disk has a backup instance in another vault; Azure allows one that protects it.",
    "declare that vault for the disk, or `reconciler move` it, which keeps its recovery points",
)
RETAINED = Code(
    "retained", _I, "Protection is stopped and the recovery points are kept, as asked for.", "nothing to do"
)
SNAPSHOT_GROUP_IMMUTABLE = Code(
    "snapshot-group-immutable",
    _E,
    "The snapshot resource group of a backup instance can't be changed.",
    "declare the one it has; or declare another vault, too, and `reconciler move` the disk there",
)
UNCOVERED = Code(
    "uncovered",
    _W,
    "A selector found a disk that can't be protected.",
    "exclude it with a reason, or remove what stands in the way",
    "uncovered",
)
SELECTS_NOTHING = Code(
    "selects-nothing",
    _I,
    "A selector takes no disk: what only it would use is not made either.",
    "check its tags, names and places; `coverage` lists the disks that nothing takes",
)
UNCHECKED = Code(
    "unchecked", _I, "Did not check whether another vault already protects the disk.", "run `plan --preflight` to check"
)
UNMANAGED = Code(
    "unmanaged", _I, "A vault holds backup instances that no manifest manages.", "name their disks to adopt them"
)
REGION_DIFFERS = Code(
    "region-differs",
    _E,
    "Azure Disk Backup protects a disk only from a vault in its own region.",
    "give the disk a vault in its region; `vault` takes one per region",
)
REGION_UNNAMED = Code(
    "region-unnamed",
    _E,
    "A disk lies in a region for which its entry names no vault, policy or snapshot resource group.",
    "add the region to the entry",
)
DISK_ENCRYPTION = Code(
    "disk-encryption",
    _E,
    "Azure Disk Backup doesn't support disks under Azure Disk Encryption.",
    "move to encryption at host or a disk encryption set, or take the disk out of the manifest",
)
DISK_AMBIGUOUS = Code(
    "disk-ambiguous",
    _E,
    "Several disks with backups have that name.",
    "name the disk by its id",
)
DISK_EXISTS = Code(
    "disk-exists",
    _E,
    "A disk of that name exists; a restore never writes over a disk.",
    "give the new disk another name with --name",
)
DISK_DELETING = Code("disk-deleting", _E, "Azure is deleting the disk.", "take it out of the manifest")

CODES = table(globals())
"""By code."""
