"""The codes of everything that planning may find, each with its meaning and hint."""

from reconciler.model import known
from reconciler.model.codes import disks as disk_codes
from reconciler.model.findings import error, info, table, warning

GROUP_LOCATION_UNKNOWN = error(
    "group-location-unknown",
    "A snapshot resource group must be created, but its disks are in several regions.",
    "set its `location` under `snapshotResourceGroups`",
)
GROUP_MISSING = error(
    "group-missing",
    "A resource group that the manifest uses but does not manage does not exist.",
    "create it, or let the manifest manage it",
)
GUARD_DIFFERS = error(
    "guard-differs",
    "The vault is not protected by the resource guard that the manifest names.",
    "ask the guard's owner to map it to the vault; reconciler checks guards and never writes them",
)
IGNORES_NOTHING = warning(
    "ignores-nothing",
    "An `ignore` entry names nothing that the manifest declares or that Azure has, so it ignores no difference.",
    "correct the address, as `plan` shows it, or remove the entry",
)
IGNORED = info(
    "ignored",
    "A difference is ignored, as the manifest declares.",
    "do nothing, or remove the `ignore` entry to have it planned",
)
IGNORE_EXPIRED = warning(
    "ignore-expired",
    "An `ignore` entry has expired, so its differences are planned again.",
    "remove the entry, or set a later `expires` with a valid reason",
)
IMMUTABLE_FIELD = error(
    "immutable-field",
    "A field that Azure can't change on an existing object differs from the manifest.",
    "declare the value in Azure, or create a new object with another name",
)
IN_PROGRESS = info(
    "in-progress",
    "An operation on the object is still running in Azure; no change is planned for it.",
    "run `apply`, which waits for it, or plan again in a few minutes",
    "in-progress",
)
LIST_INCOMPLETE = error(
    "list-incomplete",
    "Azure's list lacks an object that exists when read by id, so nothing was concluded from the list.",
    "run the command again in a minute; if it fails again, check that the caller can read the whole subscription",
    "out-of-reach",
)
LOCKED = error(
    "locked",
    "A management lock forbids a change that the manifest asks for.",
    "ask the lock's owner to remove it; reconciler never removes a lock",
)
LOCK_KEEPS_SNAPSHOTS = warning(
    "lock-keeps-snapshots",
    "A lock on a snapshot resource group prevents Azure Backup from deleting expired snapshots.",
    "ask the lock's owner to remove it: Azure Backup manages the snapshots in this resource group",
)
MACHINE_LEFT = warning(
    "machine-left",
    "Some disks of the virtual machine are not protected, so they get no copies, and the runbook leaves them as they are.",
    "check that the data on these disks fits the restored data on the others",
)
MACHINE_MISSING = error(
    "machine-missing",
    "There is no virtual machine with this id.",
    "correct the id; if the machine is gone, restore its disks by name, and create a new machine from them",
)
MACHINE_MOMENT = info(
    "machine-moment",
    "The recovery points that all copies are made from: when the last was taken, and how long after the first.",
    "do nothing; for an earlier moment, pass `--before`; for recovery points that are closer together, pass `--max-spread`",
)
MACHINE_PARTLY = error(
    "machine-partly-protected",
    "Some disks of the virtual machine are not protected, so it can't be restored as a whole.",
    "protect these disks; to restore only the others, pass `--partial`",
)
MANAGED_ELSEWHERE = error(
    "managed-elsewhere",
    "Another manifest owns an object that this manifest declares.",
    "remove it from one of the manifests; or declare `formerly` here and `handsOverTo` there to move it",
)
MARK_NOT_WRITTEN = warning(
    "mark-not-written",
    "All changes in a vault were applied, but the tag that records this was not written.",
    "do nothing; the next apply that changes this vault writes the tag, and until then `drift` can't tell who changed the vault",
)
MOVE_IMPOSSIBLE = error(
    "move-impossible",
    "A disk's backups can't be moved as the manifest declares.",
    "declare another vault for the disk; Azure can't change the snapshot resource group of a backup instance",
)
MOVED_ALREADY = info(
    "moved-already", "The disk is already protected in the declared vault, and in no other.", "do nothing"
)
NEEDS_API_VERSION = error(
    "needs-api-version",
    "The manifest declares a setting that Azure has only under a newer api-version, so it is neither compared nor written.",
    "pass the `--api-version` that has it, or remove the setting",
)
NO_RECOVERY_POINT = warning(
    "no-recovery-point",
    "A disk has no recovery point that can be restored.",
    "wait for its first backup, or run `reconciler backup`",
)
NOTHING_DRILLED = error(
    "nothing-drilled",
    "A drill found no disk that it could restore, so it failed.",
    "check its `select` with `reconciler status`, and list the recovery points with `reconciler recovery-points`",
)
NOTHING_TO_MOVE = error(
    "nothing-to-move",
    "No vault protects the disk, so there is nothing to move.",
    "run `reconciler apply` to protect it in the declared vault",
)
NOTHING_TO_RESTORE = error(
    "nothing-to-restore",
    "No recovery point matches the request.",
    "check the disk's name, and list its recovery points with `reconciler recovery-points`",
)
ONE_WAY_DOOR = error(
    "one-way-door",
    "The vault has a setting that can't be undone.",
    "declare what the vault has",
)
ONLY_UNMATCHED = error(
    "only-unmatched",
    "`--only` matches no object, so nothing can be said about it.",
    "copy the address from `plan`; `*` matches any text",
)
ORPHANED_VAULT = warning(
    "orphaned-vault",
    "A vault has this manifest's tag, but the manifest does not name its subscription.",
    "name the subscription in the manifest again, or remove the tag from the vault",
    "orphaned",
)
POLICY_DIFFERS = error(
    "policy-differs",
    "A policy that the manifest does not manage differs from the declared one.",
    "declare its content, or let the manifest manage it",
)
POLICY_MISSING = error(
    "policy-missing",
    "A policy that the manifest uses but does not manage does not exist in the vault.",
    "create it, correct `azureName`, or let the manifest manage it",
)
POLICY_START_UNSURE = info(
    "policy-start-unsure",
    "A policy's start has an offset that its time zone has on other days only, and how Azure reads it is not documented. Nothing is changed for it alone.",
    "compare both times with those of the disk's recovery points, which `reconciler recovery-points` lists; a policy that reconciler creates has only one reading",
)
RESOURCE_GUARD = error(
    "resource-guard",
    "A resource guard protects the vault, and must approve this change.",
    "ask the guard's owner for a request id, and pass `--resource-guard-request VAULT=ID`",
)
RESTORE_IMPOSSIBLE = error(
    "restore-impossible",
    "Azure can't restore a disk this way.",
    "restore the disk as it was, then change it",
)
RESTORE_LIMIT = error(
    "restore-limit",
    "The disk was restored ten times in the last day; Azure allows no more.",
    "wait until the oldest of these restores is a day old",
)
RESTORE_OUTLOOK = info(
    "restore-outlook",
    "What a restore of several disks takes at least, in time and in calls, and how often Azure can restore these disks again today.",
    "do nothing; restore the most important disks first with `--first`",
)
RESTORED_UNSELECTED = warning(
    "restored-unselected",
    "A restored disk has lost the tags by which an entry of the manifest selected it; Azure doesn't restore tags.",
    "pass its tags to `restore` with `--tags`, or give them to the disk once it is back",
)
RESTORED_ALREADY = info(
    "restored-already",
    "An earlier run restored this disk from the same recovery point, so it is not restored again.",
    "do nothing; to restore it once more, choose another name with `--name`",
)
RESUME_EXPIRES = error(
    "resume-expires",
    "Resuming a disk's protection would delete recovery points that have expired since it was stopped, so it is not resumed.",
    "pass `--force resume-expires=N` with the exact number of recovery points that would be deleted, or declare `protection: stopped` to keep them",
    "unhealthy",
)
ROLE_CONDITIONAL = error(
    "role-conditional",
    "A role assignment has a condition, but one without is needed; Azure allows only one for the same role, principal and scope.",
    "remove its condition, or delete it so that one without can be created",
)
ROLE_LEFT_BEHIND = info(
    "role-left-behind",
    "A role assignment that this manifest created is for an identity that no vault has any more.",
    "delete it; it no longer grants anything",
)
ROLE_MISSING = warning(
    "role-missing",
    "A role assignment that protection needs is missing, and this manifest does not create role assignments.",
    "ask for it to be granted; `roleAssignments: {mode: emit}` writes a script for that",
)
POINTS_EXPIRE = warning(
    "points-expire",
    "A soft-deleted backup instance in another vault has older recovery points of a protected disk, until Azure purges it.",
    "run `reconciler move` to keep them; do nothing if you don't need them",
)
SNAPSHOTS_GONE = error(
    "snapshots-gone",
    "A snapshot resource group that backup instances use no longer exists, so their recovery points are lost.",
    "find out who deleted it, then create it by hand so that backups continue",
)
SOFT_DELETED = error(
    "soft-deleted",
    "A soft-deleted backup instance of the disk blocks the declared one, and can't be undeleted as declared.",
    "declare its vault and snapshot resource group to undelete it, or wait until Azure purges it",
)
SPREAD_TOO_WIDE = error(
    "spread-too-wide",
    "A virtual machine's disks have no recovery points that are as close together as required.",
    "back up the disks at about the same time, or allow a wider `--max-spread` if the disks don't depend on each other",
)
STRONGER_THAN_DECLARED = info(
    "stronger-than-declared",
    "The vault is safer than the manifest declares; this is accepted.",
    "declare what the vault has",
)
POLICY_NOT_UNDERSTOOD = error(
    "policy-not-understood",
    "A disk uses a policy with rules that this version can't read, so the policy is not replaced.",
    "declare the policy with `manage: false` to keep it, or pass `--force unknown-policy=VAULT/POLICY` to replace it",
)
UNKNOWN_STATE = error(
    "unknown-state",
    "A backup instance has a state that this version does not know.",
    "check it in the Azure portal, and report the name of the state",
    "unhealthy",
)
REPLICA_DISK = error(
    "replica-disk",
    "The disk is a replica that Azure Site Recovery keeps overwriting, so its snapshots are of no use.",
    "protect the source disk",
)
SCHEDULE_TOO_FAST = error(
    "schedule-too-fast",
    "Premium SSD v2 and Ultra disks can only be backed up every 12 hours or daily.",
    "use a policy with `every: 12h` or `daily` for the disk",
)
VAULT_DELETING = error(
    "vault-deleting",
    "Azure is deleting the vault, so nothing can be planned in it.",
    "wait until it is deleted and plan again, or declare another vault",
)
VAULT_DIFFERS = error(
    "vault-differs",
    "A vault that the manifest does not manage differs from the declared one.",
    "declare what it has, remove the setting, or let the manifest manage it",
)
VAULT_FULL = error(
    "vault-full",
    "The vault would exceed a limit of Azure.",
    "move some of the disks to another vault",
)
VAULT_NEARLY_FULL = warning(
    "vault-nearly-full",
    "The vault is close to a limit of Azure.",
    "prepare another vault",
)
VAULT_MISSING = error(
    "vault-missing",
    "A vault that the manifest uses but does not manage does not exist.",
    "create it, or let the manifest manage it",
)
VAULT_SOFT_DELETED = error(
    "vault-soft-deleted",
    "A soft-deleted vault has the name of a vault to create; its backups can still be restored.",
    "restore it in the Azure portal, or pass `--force deleted-vault` to create an empty one beside it",
)
VAULT_WITHOUT_IDENTITY = error(
    "vault-without-identity",
    "The vault has no identity to access disks with.",
    "declare `identity: system` on the vault",
)
WAITS_FOR = warning(
    "waits-for",
    "Something else must be fixed first, so nothing is planned for the object.",
    "fix what it waits for, then run the command again",
)

CODES = table(vars(known), vars(disk_codes), globals())
"""By code."""
