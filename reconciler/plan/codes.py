"""Every finding that planning can make, each with a stable code, its meaning and the way out."""

from __future__ import annotations

from reconciler.findings import Code, Severity, table

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

CODES = table(
    Code(
        "aks-volume",
        _W,
        "The disk is a volume of a Kubernetes cluster; its snapshots don't know the cluster's objects.",
        "use AKS backup for it, or exclude the disk with a reason",
    ),
    Code(
        "claimed-twice",
        _E,
        "Two selectors claim one disk; neither is applied.",
        "narrow one of them, or name the disk by id in one entry: the id wins",
    ),
    Code(
        "disk-gone",
        _I,
        "The disk of a backup instance is gone from Azure; its recovery points are left alone.",
        "restore it, or list it under `removed` to take it out for good",
    ),
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
        "one-way-door",
        _E,
        "Azure doesn't allow to go back from a setting that the vault already has.",
        "declare what the vault has",
    ),
    Code(
        "orphan",
        _W,
        "A backup instance that this manifest made is no longer named by it; it still runs.",
        "`apply --prune` stops its protection and keeps the recovery points",
        "orphaned",
    ),
    Code(
        "orphaned-vault",
        _W,
        "A vault bears this manifest's mark but lies outside of what the manifest names.",
        "name its subscription again, or remove the mark from the vault",
        "orphaned",
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
        "protected-elsewhere",
        _E,
        "The disk is protected by a backup instance in another vault; Azure allows one.",
        "stop and delete that instance, or declare that vault for the disk",
    ),
    Code(
        "resource-guard",
        _E,
        "The vault is under a resource guard, which must approve this change.",
        "ask the guard's owner for a request id and pass --resource-guard-request VAULT=ID",
    ),
    Code("retained", _I, "Protection is stopped and the recovery points are kept, as asked for.", "nothing to do"),
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
        "snapshot-group-immutable",
        _E,
        "The snapshot resource group of a backup instance can't be changed.",
        "declare the one it has; a new one needs a new instance, and the old recovery points stay at the old place",
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
        "uncovered",
        _W,
        "A selector found a disk that can't be protected.",
        "exclude it with a reason, or remove what stands in the way",
        "uncovered",
    ),
    Code("unchecked", _I, "Whether the disk is protected elsewhere was not asked.", "`plan --preflight` asks"),
    Code("unmanaged", _I, "A vault holds backup instances that no manifest manages.", "name their disks to adopt them"),
    Code(
        "unknown-state",
        _E,
        "A backup instance is in a state that this version doesn't know.",
        "look at it in the portal, and report the state's name",
        "unhealthy",
    ),
    Code(
        "unsupported-disk",
        _E,
        "Azure Disk Backup can't protect a disk that the manifest names.",
        "remove what stands in the way, or take the disk out of the manifest",
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
