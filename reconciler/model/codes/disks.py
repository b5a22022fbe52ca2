"""The codes of findings about disks and their backups, each with its meaning and hint."""

from reconciler.model.findings import error, info, table, warning

AKS_VOLUME = warning(
    "aks-volume",
    "The disk is a volume of a Kubernetes cluster; its snapshots don't include the cluster's objects.",
    "use AKS backup instead, or exclude the disk with a reason",
)
CLAIMED_TWICE = error(
    "claimed-twice",
    "Two selectors match the same disk; neither is applied to it.",
    "narrow one selector, or name the disk by id in one entry; an id takes precedence",
)
DISK_GONE = warning(
    "disk-gone",
    "The disk of a backup instance no longer exists in Azure; this is an error if the manifest names the disk by id.",
    "restore the disk, list it under `removed`, or set `whenGone` in its entry",
    "gone",
)
DELETION_DUE = warning(
    "deletion-due",
    "`removed` asks to delete a backup instance with its recovery points, which needs `--allow-delete`.",
    "pass `--allow-delete N` with the exact number of backup instances to delete, or declare `data: retain` to keep the recovery points",
    "not-yet-applied",
)
CONFIRM_DIFFERS = error(
    "confirm-differs",
    "The numbers in a `confirm` under `removed` differ from those in Azure, so nothing is deleted.",
    "check what changed, then commit the numbers that the plan shows",
)
CONFIRM_EARLY = error(
    "confirm-early",
    "An entry of `removed` has a `confirm` before the first day on which it may delete.",
    "remove `confirm`, and commit it on that day or later",
)
CONFIRM_UNCOUNTED = error(
    "confirm-uncounted",
    "The recovery points that a `confirm` under `removed` is about could not be counted, so nothing is deleted.",
    "run the command again; if it fails again, check that the caller can read the recovery points",
)
DELETION_AHEAD = info(
    "deletion-ahead",
    "Within 30 days, an entry of `removed` will allow its recovery points to be deleted; the date alone deletes nothing.",
    "do nothing if that is intended; set a later `after`, a `hold` or `data: retain` to keep them",
)
DELETION_HELD = info(
    "deletion-held",
    "Recovery points that `removed` asks to delete are on hold, so they are kept.",
    "do nothing, or remove the `hold` once its reason is gone",
)
DELETION_UNCONFIRMED = warning(
    "deletion-unconfirmed",
    "`removed` now allows recovery points to be deleted, but only after somebody commits their numbers.",
    "commit `confirm` with the numbers of instances and recovery points, or declare `data: retain`",
    "not-yet-applied",
)
REMOVAL_UNCLEAR = info(
    "removal-unclear",
    "A selector under `removed` may have matched disks that no longer exist; they are left alone.",
    "if you mean these disks, name them by id under `removed`",
)
DISK_MOVED = warning(
    "disk-moved",
    "A disk now has another id, so the backup instance of the old id has no disk any more.",
    "protect the new id with an entry, and list the old id under `removed`; its recovery points are kept",
    "moved",
)
DISK_REPLACED = warning(
    "disk-replaced",
    "A new disk has the name of a disk that is backed up; the recovery points belong to the old disk.",
    "if the old disk was deleted by mistake, restore it under another name; the next backup is of the new disk",
    "replaced",
)
DRILL_FAILED = warning(
    "drill-failed",
    "The last drill of a disk found that its backup can't be restored correctly; an earlier proof no longer counts.",
    "find out why from the drill's report or the audit file, then run `reconciler drill` again",
    "unhealthy",
)
DRILL_LATE = warning(
    "drill-late",
    "The last successful restores of a drill are older than the manifest allows.",
    "run `reconciler drill`, ideally on a schedule",
    "unhealthy",
)
EXPIRING = info(
    "expiring",
    "The disk is gone and backups are suspended, as `whenGone: expire` declares; its recovery points expire by the policy.",
    "do nothing, or list the disk under `removed` to decide otherwise",
)
FOREIGN_SNAPSHOT = warning(
    "foreign-snapshot",
    "A snapshot resource group contains a snapshot that Azure Backup did not create.",
    "move it to another resource group; here it may be mistaken for a backup, and it counts against the disk's 500 snapshots",
)
NEVER_PROVEN = warning(
    "never-proven",
    "A drill has never restored any of its disks, or never restored a disk that each of its runs covers.",
    "run `reconciler drill`, ideally on a schedule",
    "unhealthy",
)
HALT_OVER = warning(
    "halt-over",
    "The day until which an entry suspends or stops protection has passed; nothing resumes by itself.",
    "declare `protection: protected` to resume, or a later `until` with a valid reason",
    "unhealthy",
)
INSTANCE_DELETING = warning(
    "instance-deleting",
    "Azure is deleting a backup instance that the manifest keeps; its disk is no longer protected.",
    "run `apply`, which waits for the deletion to finish, then run it again to undelete the instance",
    "unhealthy",
)
NOT_CONSISTENT_TOGETHER = info(
    "not-consistent-together",
    "Several disks of a virtual machine are protected; Azure Disk Backup takes no snapshots of them at one moment.",
    "stop the machine, or flush what writes to several disks, before `reconciler backup`; or use Azure VM Backup for the machine",
)
ORPHAN = warning(
    "orphan",
    "The manifest no longer names a backup instance that it created; the instance still takes backups.",
    "run `apply --prune` to stop its protection and keep the recovery points",
    "orphaned",
)
PASSED_OVER = info(
    "passed-over",
    "Selectors skip disks of Kubernetes clusters and scale sets, which create and delete them on their own.",
    "name a disk by id to protect it, use AKS backup for a cluster, or exclude the disks with a reason",
)
PREFLIGHT_FAILED = error(
    "preflight-failed",
    "Could not check whether Azure would protect the disk.",
    "plan again; if it fails again, leave `--preflight` out, and `apply` will find out",
)
PREFLIGHT_REFUSED = error(
    "preflight-refused",
    "Azure would refuse to protect the disk.",
    "fix what the message says, then plan again",
)
PREFLIGHT_UNCHECKED = info(
    "preflight-unchecked",
    "Did not check whether Azure would protect the disk, because something that it needs does not exist yet.",
    "run `apply`, which checks once it exists",
)
PROTECTED_ELSEWHERE = error(
    "protected-elsewhere",
    "The disk has a backup instance in another vault; Azure allows only one vault to protect a disk.",
    "exclude the disk here (`excluded`), or declare it with that vault; to bring it here, name that vault in the manifest and run `reconciler move`, which keeps its recovery points",
)
RETAINED = info("retained", "Protection is stopped and the recovery points are kept, as declared.", "do nothing")
SNAPSHOT_GROUP_IMMUTABLE = error(
    "snapshot-group-immutable",
    "The snapshot resource group of a backup instance can't be changed.",
    "declare its current group; or also declare another vault, and run `reconciler move` to take the disk there",
)
UNCOVERED = warning(
    "uncovered",
    "A selector matches a disk that can't be protected.",
    "exclude it with a reason, or fix what the message says",
    "uncovered",
)
SELECTS_NOTHING = info(
    "selects-nothing",
    "A selector matches no disk, so resources that only it would use are not created; or it misses disks only by the case of a tag's value.",
    "check its tags, names and scopes, and list each spelling of a tag's value; run `coverage` to list the disks that no entry selects",
)
UNCHECKED = info(
    "unchecked",
    "Did not check whether another vault already protects the disk: Resource Graph did not answer.",
    "run `plan --preflight`, which asks about each disk",
)
UNMANAGED = info(
    "unmanaged",
    "A vault contains backup instances that no manifest manages.",
    "name their disks in the manifest to adopt them",
)
REGION_DIFFERS = error(
    "region-differs",
    "The disk's vault is in another region; Azure Disk Backup needs a vault in the disk's region.",
    "use a vault in the disk's region; `vault` accepts one vault for each region",
)
REGION_UNNAMED = error(
    "region-unnamed",
    "A disk is in a region for which its entry has no vault, policy or snapshot resource group.",
    "add the region to the entry",
)
DISK_ENCRYPTION = error(
    "disk-encryption",
    "The disk uses Azure Disk Encryption, which Azure Disk Backup does not support.",
    "use encryption at host or a disk encryption set instead, or remove the disk from the manifest",
)
DISK_AMBIGUOUS = error(
    "disk-ambiguous",
    "Several disks with backups have this name.",
    "name the disk by its id",
)
DISK_EXISTS = error(
    "disk-exists",
    "A disk with this name already exists; a restore never overwrites a disk.",
    "choose another name for the new disk with `--name`",
)
DISK_DELETING = error("disk-deleting", "Azure is deleting the disk.", "remove it from the manifest")

CODES = table(globals())
"""By code."""
