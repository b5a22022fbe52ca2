"""Every finding that planning can make, each with a stable code, its meaning and the way out."""

from __future__ import annotations

from reconciler.findings import Code, Severity, table
from reconciler.planning.disk_codes import CODES as _ABOUT_DISKS

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

CODES = table(
    *_ABOUT_DISKS.values(),
    Code(
        "group-location-unknown",
        _E,
        "A snapshot resource group must be made, but its disks lie in several regions.",
        "give it a `location` under `snapshotResourceGroups`",
    ),
    Code(
        "group-missing",
        _E,
        "A resource group that the manifest uses but doesn't manage isn't there.",
        "make it, or let the manifest manage it",
    ),
    Code(
        "guard-differs",
        _E,
        "The vault isn't under the resource guard that the manifest names.",
        "have the guard's owner map it to the vault; reconciler verifies guards and never writes them",
    ),
    Code("ignored", _I, "A difference is left alone because the manifest says so.", "remove the `ignore` entry"),
    Code(
        "ignore-expired",
        _W,
        "An `ignore` entry has expired: its differences count again.",
        "remove the entry, or extend `expires` with a reason that still holds",
    ),
    Code(
        "immutable-field",
        _E,
        "A field that Azure never changes in place differs from the manifest.",
        "declare what Azure holds, or make a new object under another name",
    ),
    Code(
        "in-progress",
        _I,
        "Azure is still working on the object; nothing is planned for it.",
        "apply waits for it; else look again in some minutes",
        "in-progress",
    ),
    Code(
        "list-incomplete",
        _E,
        "Azure's list lacks an object that is there when asked for by id, so the list proves nothing.",
        "run again in a minute; if it stays, check that the caller may read the whole subscription",
        "out-of-reach",
    ),
    Code(
        "locked",
        _E,
        "A management lock forbids a change that the manifest asks for.",
        "have the lock's owner lift it; reconciler never removes a lock",
    ),
    Code(
        "lock-keeps-snapshots",
        _W,
        "A lock on a snapshot resource group keeps expired snapshots from being deleted.",
        "remove the lock: Azure Backup manages this resource group",
    ),
    Code(
        "managed-elsewhere",
        _E,
        "Another manifest owns an object that this one claims.",
        "take it out of one of them; or declare `formerly` here and `handsOverTo` there to move it",
    ),
    Code(
        "mark-not-written",
        _W,
        "All was applied in a vault, but the tag that says so could not be written.",
        "the next apply that writes in this vault writes it; until then drift can't tell who changed it",
    ),
    Code(
        "move-impossible",
        _E,
        "A disk's backups can't be moved as the manifest asks.",
        "declare another vault for the disk; Azure changes the snapshot resource group of no instance",
    ),
    Code("moved-already", _I, "The disk is protected where the manifest wants it, and nowhere else.", "nothing to do"),
    Code(
        "no-recovery-point",
        _W,
        "A disk has no recovery point that could be restored.",
        "wait for its first backup, or make one with `reconciler backup`",
    ),
    Code(
        "nothing-drilled",
        _E,
        "A drill found no disk that it could restore, so it proves nothing.",
        "check its `select` with `reconciler status`, and what there is with `reconciler recovery-points`",
    ),
    Code(
        "nothing-to-move",
        _E,
        "No other vault protects the disk, and neither does the one that the manifest wants.",
        "`reconciler apply` protects it there",
    ),
    Code(
        "nothing-to-restore",
        _E,
        "No recovery point was found as asked for.",
        "check the disk's name, and which recovery points it has",
    ),
    Code(
        "not-known",
        _E,
        "Azure's answer doesn't tell whether something is so, and nothing was concluded from it.",
        "run it again; if it stays, follow the message: mostly a proxy answers in Azure's place",
        "out-of-reach",
    ),
    Code(
        "one-way-door",
        _E,
        "Azure doesn't allow to go back from a setting that the vault already has.",
        "declare what the vault has",
    ),
    Code(
        "only-unmatched",
        _E,
        "`--only` names nothing that is known here, so nothing can be said about it.",
        "copy the address from `plan`; `*` stands for any text",
    ),
    Code(
        "out-of-reach",
        _E,
        "The caller's rights don't reach an object, so nothing is known of it.",
        "grant the caller Reader there",
        "out-of-reach",
    ),
    Code(
        "policy-differs",
        _E,
        "A policy that the manifest doesn't manage has another content than declared.",
        "declare what it holds, or let the manifest manage it",
    ),
    Code(
        "policy-missing",
        _E,
        "A policy that the manifest uses but doesn't manage isn't in the vault.",
        "make it, correct `azureName`, or let the manifest manage it",
    ),
    Code(
        "resource-guard",
        _E,
        "The vault is under a resource guard, which must approve this change.",
        "ask the guard's owner for a request id and pass --resource-guard-request VAULT=ID",
    ),
    Code(
        "restore-impossible",
        _E,
        "Azure can't restore a disk that way.",
        "restore it as it was, and change it afterwards",
    ),
    Code(
        "restore-limit",
        _E,
        "Azure restores a disk ten times a day at most.",
        "wait until the oldest of these is a day old",
    ),
    Code(
        "role-conditional",
        _E,
        "A role assignment with a condition stands where one without is needed; Azure allows one of each kind.",
        "remove its condition, or delete it so that one without can be made",
    ),
    Code(
        "role-left-behind",
        _I,
        "A role assignment of ours names an identity that no vault has any more.",
        "delete it; it grants nothing to anybody",
    ),
    Code(
        "role-missing",
        _W,
        "A role assignment that protection needs isn't there, and this manifest doesn't make them.",
        "have it granted; `roleAssignments: {mode: emit}` writes a ready script",
    ),
    Code(
        "points-expire",
        _W,
        "A soft-deleted backup instance in another vault keeps older recovery points of a protected disk, for now.",
        "`reconciler move` brings them back for good; do nothing if they may go",
    ),
    Code(
        "soft-deleted",
        _E,
        "A soft-deleted backup instance of the disk stands in the way and can't come back as declared.",
        "declare its vault and snapshot resource group to bring it back, or wait until it is purged",
    ),
    Code(
        "stronger-than-declared",
        _I,
        "The vault is safer than the manifest asks for, which satisfies it.",
        "declare what the vault has",
    ),
    Code(
        "unknown-policy",
        _E,
        "A disk's backups follow a policy that does something this version can't read, so the policy is not replaced.",
        "declare the policy with `manage: false` to keep it, or pass --force unknown-policy=VAULT/POLICY to replace it",
    ),
    Code(
        "unknown-state",
        _E,
        "A backup instance is in a state that this version doesn't know.",
        "look at it in the portal, and report the state's name",
        "unhealthy",
    ),
    Code(
        "replica-disk",
        _E,
        "The disk is a replica that Azure Site Recovery keeps rewriting; a snapshot of it is worth nothing.",
        "protect the source disk",
    ),
    Code(
        "schedule-too-fast",
        _E,
        "Premium SSD v2 and Ultra disks can be backed up every 12 hours or daily only.",
        "give the disk a policy with `every: 12h` or `daily`",
    ),
    Code(
        "vault-deleting",
        _E,
        "The vault is being deleted; nothing can be planned in it.",
        "wait until it is gone and run again, or declare another vault",
    ),
    Code(
        "vault-differs",
        _E,
        "A vault that the manifest doesn't manage isn't as declared.",
        "declare what it has, or let the manifest manage it",
    ),
    Code(
        "vault-full",
        _E,
        "The vault would hold more than Azure allows.",
        "spread the disks over another vault",
    ),
    Code(
        "vault-nearly-full",
        _W,
        "The vault is close to what Azure allows.",
        "plan another vault",
    ),
    Code(
        "vault-missing",
        _E,
        "A vault that the manifest uses but doesn't manage isn't there.",
        "make it, or let the manifest manage it",
    ),
    Code(
        "vault-soft-deleted",
        _E,
        "A soft-deleted vault has the name of one that would be made; its backups are still restorable.",
        "restore it in the portal, or pass --force deleted-vault to make an empty one beside it",
    ),
    Code(
        "vault-without-identity",
        _E,
        "The vault has no identity that could reach disks.",
        "declare `identity: system` on the vault",
    ),
    Code(
        "waits-for",
        _W,
        "Something else must be mended first, so nothing is planned for the object.",
        "mend what it waits for; the next run goes on",
    ),
)
"""By code."""
