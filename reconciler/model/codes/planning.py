"""Every finding that planning can make, each with a stable code, its meaning and the way out."""

from __future__ import annotations

from reconciler.model import known
from reconciler.model.codes import disks as disk_codes
from reconciler.model.findings import Code, Severity, table

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

GROUP_LOCATION_UNKNOWN = Code(
    "group-location-unknown",
    _E,
    "A snapshot resource group must be made, but its disks lie in several regions.",
    "give it a `location` under `snapshotResourceGroups`",
)
GROUP_MISSING = Code(
    "group-missing",
    _E,
    "A resource group that the manifest uses but doesn't manage isn't there.",
    "make it, or let the manifest manage it",
)
GUARD_DIFFERS = Code(
    "guard-differs",
    _E,
    "The vault isn't under the resource guard that the manifest names.",
    "have the guard's owner map it to the vault; reconciler verifies guards and never writes them",
)
IGNORED = Code("ignored", _I, "A difference is left alone because the manifest says so.", "remove the `ignore` entry")
IGNORE_EXPIRED = Code(
    "ignore-expired",
    _W,
    "An `ignore` entry has expired: its differences count again.",
    "remove the entry, or extend `expires` with a reason that still holds",
)
IMMUTABLE_FIELD = Code(
    "immutable-field",
    _E,
    "A field that Azure never changes in place differs from the manifest.",
    "declare what Azure holds, or make a new object under another name",
)
IN_PROGRESS = Code(
    "in-progress",
    _I,
    "Azure is still working on the object; nothing is planned for it.",
    "apply waits for it; else look again in some minutes",
    "in-progress",
)
LIST_INCOMPLETE = Code(
    "list-incomplete",
    _E,
    "Azure's list lacks an object that is there when asked for by id, so the list proves nothing.",
    "run again in a minute; if it stays, check that the caller may read the whole subscription",
    "out-of-reach",
)
LOCKED = Code(
    "locked",
    _E,
    "A management lock forbids a change that the manifest asks for.",
    "have the lock's owner lift it; reconciler never removes a lock",
)
LOCK_KEEPS_SNAPSHOTS = Code(
    "lock-keeps-snapshots",
    _W,
    "A lock on a snapshot resource group keeps expired snapshots from being deleted.",
    "remove the lock: Azure Backup manages this resource group",
)
MANAGED_ELSEWHERE = Code(
    "managed-elsewhere",
    _E,
    "Another manifest owns an object that this one claims.",
    "take it out of one of them; or declare `formerly` here and `handsOverTo` there to move it",
)
MARK_NOT_WRITTEN = Code(
    "mark-not-written",
    _W,
    "All was applied in a vault, but the tag that says so could not be written.",
    "the next apply that writes in this vault writes it; until then drift can't tell who changed it",
)
MOVE_IMPOSSIBLE = Code(
    "move-impossible",
    _E,
    "A disk's backups can't be moved as the manifest asks.",
    "declare another vault for the disk; Azure changes the snapshot resource group of no instance",
)
MOVED_ALREADY = Code(
    "moved-already", _I, "The disk is protected where the manifest wants it, and nowhere else.", "nothing to do"
)
NO_RECOVERY_POINT = Code(
    "no-recovery-point",
    _W,
    "A disk has no recovery point that could be restored.",
    "wait for its first backup, or make one with `reconciler backup`",
)
NOTHING_DRILLED = Code(
    "nothing-drilled",
    _E,
    "A drill found no disk that it could restore, so it proves nothing.",
    "check its `select` with `reconciler status`, and what there is with `reconciler recovery-points`",
)
NOTHING_TO_MOVE = Code(
    "nothing-to-move",
    _E,
    "No other vault protects the disk, and neither does the one that the manifest wants.",
    "`reconciler apply` protects it there",
)
NOTHING_TO_RESTORE = Code(
    "nothing-to-restore",
    _E,
    "No recovery point was found as asked for.",
    "check the disk's name, and which recovery points it has",
)
ONE_WAY_DOOR = Code(
    "one-way-door",
    _E,
    "Azure doesn't allow to go back from a setting that the vault already has.",
    "declare what the vault has",
)
ONLY_UNMATCHED = Code(
    "only-unmatched",
    _E,
    "`--only` names nothing that is known here, so nothing can be said about it.",
    "copy the address from `plan`; `*` stands for any text",
)
POLICY_DIFFERS = Code(
    "policy-differs",
    _E,
    "A policy that the manifest doesn't manage has another content than declared.",
    "declare what it holds, or let the manifest manage it",
)
POLICY_MISSING = Code(
    "policy-missing",
    _E,
    "A policy that the manifest uses but doesn't manage isn't in the vault.",
    "make it, correct `azureName`, or let the manifest manage it",
)
RESOURCE_GUARD = Code(
    "resource-guard",
    _E,
    "The vault is under a resource guard, which must approve this change.",
    "ask the guard's owner for a request id and pass --resource-guard-request VAULT=ID",
)
RESTORE_IMPOSSIBLE = Code(
    "restore-impossible",
    _E,
    "Azure can't restore a disk that way.",
    "restore it as it was, and change it afterwards",
)
RESTORE_LIMIT = Code(
    "restore-limit",
    _E,
    "Azure restores a disk ten times a day at most.",
    "wait until the oldest of these is a day old",
)
RESUME_EXPIRES = Code(
    "resume-expires",
    _E,
    "Resuming a disk's protection would clean up recovery points that expired meanwhile, so it is not resumed.",
    "pass `--force resume-expires=N` with the exact number to resume; declare `protection: stopped` to keep them",
    "unhealthy",
)
ROLE_CONDITIONAL = Code(
    "role-conditional",
    _E,
    "A role assignment with a condition stands where one without is needed; Azure allows one of each kind.",
    "remove its condition, or delete it so that one without can be made",
)
ROLE_LEFT_BEHIND = Code(
    "role-left-behind",
    _I,
    "A role assignment of ours names an identity that no vault has any more.",
    "delete it; it grants nothing to anybody",
)
ROLE_MISSING = Code(
    "role-missing",
    _W,
    "A role assignment that protection needs isn't there, and this manifest doesn't make them.",
    "have it granted; `roleAssignments: {mode: emit}` writes a ready script",
)
POINTS_EXPIRE = Code(
    "points-expire",
    _W,
    "A soft-deleted backup instance in another vault keeps older recovery points of a protected disk, for now.",
    "`reconciler move` brings them back for good; do nothing if they may go",
)
SNAPSHOTS_GONE = Code(
    "snapshots-gone",
    _E,
    "A snapshot resource group that backup instances use is gone, and their recovery points with it.",
    "find out who deleted it; then make it by hand, so that backups go on",
)
SOFT_DELETED = Code(
    "soft-deleted",
    _E,
    "A soft-deleted backup instance of the disk stands in the way and can't come back as declared.",
    "declare its vault and snapshot resource group to bring it back, or wait until it is purged",
)
STRONGER_THAN_DECLARED = Code(
    "stronger-than-declared",
    _I,
    "The vault is safer than the manifest asks for, which satisfies it.",
    "declare what the vault has",
)
POLICY_NOT_UNDERSTOOD = Code(
    "policy-not-understood",
    _E,
    "A disk's backups follow a policy that does something this version can't read, so the policy is not replaced.",
    "declare the policy with `manage: false` to keep it, or pass --force unknown-policy=VAULT/POLICY to replace it",
)
UNKNOWN_STATE = Code(
    "unknown-state",
    _E,
    "A backup instance is in a state that this version doesn't know.",
    "look at it in the portal, and report the state's name",
    "unhealthy",
)
REPLICA_DISK = Code(
    "replica-disk",
    _E,
    "The disk is a replica that Azure Site Recovery keeps rewriting; a snapshot of it is worth nothing.",
    "protect the source disk",
)
SCHEDULE_TOO_FAST = Code(
    "schedule-too-fast",
    _E,
    "Premium SSD v2 and Ultra disks can be backed up every 12 hours or daily only.",
    "give the disk a policy with `every: 12h` or `daily`",
)
VAULT_DELETING = Code(
    "vault-deleting",
    _E,
    "The vault is being deleted; nothing can be planned in it.",
    "wait until it is gone and run again, or declare another vault",
)
VAULT_DIFFERS = Code(
    "vault-differs",
    _E,
    "A vault that the manifest doesn't manage isn't as declared.",
    "declare what it has, or let the manifest manage it",
)
VAULT_FULL = Code(
    "vault-full",
    _E,
    "The vault would hold more than Azure allows.",
    "spread the disks over another vault",
)
VAULT_NEARLY_FULL = Code(
    "vault-nearly-full",
    _W,
    "The vault is close to what Azure allows.",
    "plan another vault",
)
VAULT_MISSING = Code(
    "vault-missing",
    _E,
    "A vault that the manifest uses but doesn't manage isn't there.",
    "make it, or let the manifest manage it",
)
VAULT_SOFT_DELETED = Code(
    "vault-soft-deleted",
    _E,
    "A soft-deleted vault has the name of one that would be made; its backups are still restorable.",
    "restore it in the portal, or pass --force deleted-vault to make an empty one beside it",
)
VAULT_WITHOUT_IDENTITY = Code(
    "vault-without-identity",
    _E,
    "The vault has no identity that could reach disks.",
    "declare `identity: system` on the vault",
)
WAITS_FOR = Code(
    "waits-for",
    _W,
    "Something else must be mended first, so nothing is planned for the object.",
    "mend what it waits for; the next run goes on",
)

CODES = table(vars(known), vars(disk_codes), globals())
"""By code."""
