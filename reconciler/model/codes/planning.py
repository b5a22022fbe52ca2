"""The codes of everything that planning may find, each with its meaning and hint."""

from __future__ import annotations

from reconciler.model import known
from reconciler.model.codes import disks as disk_codes
from reconciler.model.findings import Code, Severity, table

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

GROUP_LOCATION_UNKNOWN = Code(
    "group-location-unknown",
    _E,
    "A snapshot resource group must be created, but its disks are in several regions.",
    "set its `location` under `snapshotResourceGroups`",
)
GROUP_MISSING = Code(
    "group-missing",
    _E,
    "A resource group that the manifest uses but does not manage does not exist.",
    "create it, or let the manifest manage it",
)
GUARD_DIFFERS = Code(
    "guard-differs",
    _E,
    "The vault is not protected by the resource guard that the manifest names.",
    "ask the guard's owner to map it to the vault; reconciler checks guards and never writes them",
)
IGNORED = Code("ignored", _I, "A difference is ignored, as the manifest declares.", "remove the `ignore` entry")
IGNORE_EXPIRED = Code(
    "ignore-expired",
    _W,
    "An `ignore` entry has expired, so its differences are planned again.",
    "remove the entry, or set a later `expires` with a valid reason",
)
IMMUTABLE_FIELD = Code(
    "immutable-field",
    _E,
    "A field that Azure can't change on an existing object differs from the manifest.",
    "declare the value in Azure, or create a new object with another name",
)
IN_PROGRESS = Code(
    "in-progress",
    _I,
    "An operation on the object is still running in Azure; no change is planned for it.",
    "run `apply`, which waits for it, or plan again in a few minutes",
    "in-progress",
)
LIST_INCOMPLETE = Code(
    "list-incomplete",
    _E,
    "Azure's list lacks an object that exists when read by id, so nothing was concluded from the list.",
    "run the command again in a minute; if it fails again, check that the caller can read the whole subscription",
    "out-of-reach",
)
LOCKED = Code(
    "locked",
    _E,
    "A management lock forbids a change that the manifest asks for.",
    "ask the lock's owner to remove it; reconciler never removes a lock",
)
LOCK_KEEPS_SNAPSHOTS = Code(
    "lock-keeps-snapshots",
    _W,
    "A lock on a snapshot resource group prevents Azure Backup from deleting expired snapshots.",
    "remove the lock; Azure Backup manages the snapshots in this resource group",
)
MANAGED_ELSEWHERE = Code(
    "managed-elsewhere",
    _E,
    "Another manifest owns an object that this manifest declares.",
    "remove it from one of the manifests; or declare `formerly` here and `handsOverTo` there to move it",
)
MARK_NOT_WRITTEN = Code(
    "mark-not-written",
    _W,
    "All changes in a vault were applied, but the tag that records this was not written.",
    "do nothing; the next apply that changes this vault writes the tag, and until then `drift` can't tell who changed the vault",
)
MOVE_IMPOSSIBLE = Code(
    "move-impossible",
    _E,
    "A disk's backups can't be moved as the manifest declares.",
    "declare another vault for the disk; Azure can't change the snapshot resource group of a backup instance",
)
MOVED_ALREADY = Code(
    "moved-already", _I, "The disk is already protected in the declared vault, and in no other.", "do nothing"
)
NO_RECOVERY_POINT = Code(
    "no-recovery-point",
    _W,
    "A disk has no recovery point that can be restored.",
    "wait for its first backup, or run `reconciler backup`",
)
NOTHING_DRILLED = Code(
    "nothing-drilled",
    _E,
    "A drill found no disk that it could restore, so it failed.",
    "check its `select` with `reconciler status`, and list the recovery points with `reconciler recovery-points`",
)
NOTHING_TO_MOVE = Code(
    "nothing-to-move",
    _E,
    "No vault protects the disk, so there is nothing to move.",
    "run `reconciler apply` to protect it in the declared vault",
)
NOTHING_TO_RESTORE = Code(
    "nothing-to-restore",
    _E,
    "No recovery point matches the request.",
    "check the disk's name, and list its recovery points with `reconciler recovery-points`",
)
ONE_WAY_DOOR = Code(
    "one-way-door",
    _E,
    "The vault has a setting that Azure does not allow to undo.",
    "declare what the vault has",
)
ONLY_UNMATCHED = Code(
    "only-unmatched",
    _E,
    "`--only` matches no object, so nothing can be said about it.",
    "copy the address from `plan`; `*` matches any text",
)
POLICY_DIFFERS = Code(
    "policy-differs",
    _E,
    "A policy that the manifest does not manage differs from the declared one.",
    "declare its content, or let the manifest manage it",
)
POLICY_MISSING = Code(
    "policy-missing",
    _E,
    "A policy that the manifest uses but does not manage does not exist in the vault.",
    "create it, correct `azureName`, or let the manifest manage it",
)
RESOURCE_GUARD = Code(
    "resource-guard",
    _E,
    "A resource guard protects the vault, and must approve this change.",
    "ask the guard's owner for a request id, and pass `--resource-guard-request VAULT=ID`",
)
RESTORE_IMPOSSIBLE = Code(
    "restore-impossible",
    _E,
    "Azure can't restore a disk this way.",
    "restore the disk as it was, then change it",
)
RESTORE_LIMIT = Code(
    "restore-limit",
    _E,
    "The disk was restored ten times in the last day; Azure allows no more.",
    "wait until the oldest of these restores is a day old",
)
RESUME_EXPIRES = Code(
    "resume-expires",
    _E,
    "Resuming a disk's protection would delete recovery points that have expired since it was stopped, so it is not resumed.",
    "pass `--force resume-expires=N` with the exact number of recovery points to resume, or declare `protection: stopped` to keep them",
    "unhealthy",
)
ROLE_CONDITIONAL = Code(
    "role-conditional",
    _E,
    "A role assignment has a condition, but one without is needed; Azure allows only one for the same role, principal and scope.",
    "remove its condition, or delete it so that one without can be created",
)
ROLE_LEFT_BEHIND = Code(
    "role-left-behind",
    _I,
    "A role assignment that this manifest created is for an identity that no vault has any more.",
    "delete it; it no longer grants anything",
)
ROLE_MISSING = Code(
    "role-missing",
    _W,
    "A role assignment that protection needs is missing, and this manifest does not create role assignments.",
    "ask for it to be granted; `roleAssignments: {mode: emit}` writes a script for that",
)
POINTS_EXPIRE = Code(
    "points-expire",
    _W,
    "A soft-deleted backup instance in another vault has older recovery points of a protected disk, until Azure purges it.",
    "run `reconciler move` to keep them; do nothing if you don't need them",
)
SNAPSHOTS_GONE = Code(
    "snapshots-gone",
    _E,
    "A snapshot resource group that backup instances use no longer exists, so their recovery points are lost.",
    "find out who deleted it, then create it by hand so that backups continue",
)
SOFT_DELETED = Code(
    "soft-deleted",
    _E,
    "A soft-deleted backup instance of the disk blocks the declared one, and can't be restored as declared.",
    "declare its vault and snapshot resource group to restore it, or wait until Azure purges it",
)
STRONGER_THAN_DECLARED = Code(
    "stronger-than-declared",
    _I,
    "The vault is safer than the manifest declares; this is accepted.",
    "declare what the vault has",
)
POLICY_NOT_UNDERSTOOD = Code(
    "policy-not-understood",
    _E,
    "A disk uses a policy with rules that this version can't read, so the policy is not replaced.",
    "declare the policy with `manage: false` to keep it, or pass `--force unknown-policy=VAULT/POLICY` to replace it",
)
UNKNOWN_STATE = Code(
    "unknown-state",
    _E,
    "A backup instance has a state that this version does not know.",
    "check it in the Azure portal, and report the name of the state",
    "unhealthy",
)
REPLICA_DISK = Code(
    "replica-disk",
    _E,
    "The disk is a replica that Azure Site Recovery keeps overwriting, so its snapshots are of no use.",
    "protect the source disk",
)
SCHEDULE_TOO_FAST = Code(
    "schedule-too-fast",
    _E,
    "Premium SSD v2 and Ultra disks can only be backed up every 12 hours or daily.",
    "use a policy with `every: 12h` or `daily` for the disk",
)
VAULT_DELETING = Code(
    "vault-deleting",
    _E,
    "Azure is deleting the vault, so nothing can be planned in it.",
    "wait until it is deleted and plan again, or declare another vault",
)
VAULT_DIFFERS = Code(
    "vault-differs",
    _E,
    "A vault that the manifest does not manage differs from the declared one.",
    "declare its settings, or let the manifest manage it",
)
VAULT_FULL = Code(
    "vault-full",
    _E,
    "The vault would exceed a limit of Azure.",
    "move some of the disks to another vault",
)
VAULT_NEARLY_FULL = Code(
    "vault-nearly-full",
    _W,
    "The vault is close to a limit of Azure.",
    "prepare another vault",
)
VAULT_MISSING = Code(
    "vault-missing",
    _E,
    "A vault that the manifest uses but does not manage does not exist.",
    "create it, or let the manifest manage it",
)
VAULT_SOFT_DELETED = Code(
    "vault-soft-deleted",
    _E,
    "A soft-deleted vault has the name of a vault to create; its backups can still be restored.",
    "restore it in the Azure portal, or pass `--force deleted-vault` to create an empty one beside it",
)
VAULT_WITHOUT_IDENTITY = Code(
    "vault-without-identity",
    _E,
    "The vault has no identity to access disks with.",
    "declare `identity: system` on the vault",
)
WAITS_FOR = Code(
    "waits-for",
    _W,
    "Something else must be fixed first, so nothing is planned for the object.",
    "fix what it waits for, then run the command again",
)

CODES = table(vars(known), vars(disk_codes), globals())
"""By code."""
