"""The form of an estate file as data: what each mapping takes, with its meaning. The reader, the JSON Schema and the
reference page are made of it.

`TEXT` stands for text, numbers included; `TEXTS` is a list of it, `TAGS` a mapping to it, `OBJECT` any mapping.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TEXT, COUNT, FLAG, TEXTS, TAGS, OBJECT, SWITCHES = "text", "count", "flag", "texts", "tags", "object", "switches"


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a mapping: `kind` is one of the words above, or the form of each entry of a list."""

    name: str
    kind: str | Form
    meaning: str
    example: Any = None
    is_required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What a mapping takes. `article` names one of its kind in messages; an `is_open` one takes other keys as well."""

    name: str
    article: str
    keys: tuple[Key, ...]
    is_open: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Its keys."""
        return tuple(key.name for key in self.keys)


_GUID = "22222222-2222-2222-2222-222222222222"
_DISK = f"/subscriptions/{_GUID}/resourceGroups/diskrg/providers/Microsoft.Compute/disks/data"
_ROLE = Key("role", TEXT, "Name or GUID of a built-in role, name of one of `roleDefinitions`, or the id of a role definition.",
            "Disk Backup Reader", is_required=True)  # fmt: skip
_CONDITION = Key(
    "condition",
    TEXT,
    "A condition in Azure's language; `samples/roles/condition.txt` shows what the sandbox understands.",
)
_CACHING = ("None", "ReadOnly", "ReadWrite")
_PLACE = (
    Key("name", TEXT, "The resource's name.", "data", is_required=True),
    Key("location", TEXT, "The region; by default that of the resource group.", "westus"),
    Key("tags", TAGS, "Tags.", {"backup": "gold"}),
    Key(
        "properties",
        OBJECT,
        "More of the ARM body's `properties`; they override all other keys.",
        {"diskState": "Attached"},
    ),
)

CALLER_ROLE = Form("callerRole", "a caller's role", (
    _ROLE,
    Key("scope", TEXT, "Where the role applies.", f"/subscriptions/{_GUID}", is_required=True),
    _CONDITION,
))  # fmt: skip
CALLER = Form("caller", "a caller", (
    Key("name", TEXT, "A name, from which the ids are derived.", "ci"),
    Key("objectId", TEXT, "The object id; by default derived.", _GUID),
    Key("appId", TEXT, "The client id; by default derived. Who signs in with it is this caller.", _GUID),
    Key("token", TEXT, "The bearer token by which a request is this caller's. The caller without one is everybody else.", "ci"),
    Key("roles", CALLER_ROLE, "The caller's roles; a caller without this key may do everything."),
))  # fmt: skip
PRINCIPAL = Form("principal", "a principal", (
    Key("objectId", TEXT, "The object id.", _GUID, is_required=True),
    Key("name", TEXT, "The display name.", "somebody"),
))  # fmt: skip
ROLE_DEFINITION = Form("roleDefinition", "a role definition", (
    Key("Name", TEXT, "The role's name.", "Backup operator", is_required=True),
    Key("Id", TEXT, "Its GUID; by default derived.", _GUID),
    Key("IsCustom", FLAG, "Ignored: every role here is a custom one."),
    Key("Description", TEXT, "What the role is for.", "May run backups"),
    Key("Actions", TEXTS, "What the role allows.", ["Microsoft.DataProtection/*/read"]),
    Key("NotActions", TEXTS, "What it doesn't allow of that.", ["Microsoft.Compute/disks/delete"]),
    Key("DataActions", TEXTS, "Data actions that it allows.", []),
    Key("NotDataActions", TEXTS, "What it doesn't allow of those.", []),
    Key("AssignableScopes", TEXTS, "Where it may be assigned.", [f"/subscriptions/{_GUID}"]),
))  # fmt: skip
MANAGEMENT_GROUP = Form("managementGroup", "a management group", (
    Key("name", TEXT, "The group's name, which is part of its id.", "corp", is_required=True),
    Key("displayName", TEXT, "What people call it; by default its name.", "Corporation"),
    Key("parent", TEXT, "The name of the management group that it lies in.", "root"),
    Key("subscriptions", TEXTS, "Ids of the subscriptions right below it.", [_GUID]),
))  # fmt: skip
ROLE_ASSIGNMENT = Form("roleAssignment", "a role assignment", (
    _ROLE,
    Key("principal", TEXT, "The object id, or the id of a vault or a user-assigned identity, whose principal it then is.",
        "33333333-3333-3333-3333-333333333333", is_required=True),
    Key("scope", TEXT, "Where the role applies; by default the subscription or resource group that lists it.", _DISK),
    Key("principalType", TEXT, "The type of the principal; by default `ServicePrincipal`.", "User"),
    _CONDITION,
))  # fmt: skip
LOCK = Form("lock", "a lock", (
    Key("name", TEXT, "The lock's name.", "keep", is_required=True),
    Key("level", TEXT, "What it prevents.", "CanNotDelete", is_required=True, choices=("CanNotDelete", "ReadOnly")),
    Key("notes", TEXT, "Why it is there.", "Ask the team first"),
))  # fmt: skip
DISK = Form("disk", "a disk", (
    *_PLACE,
    Key("sku", TEXT, "The SKU; by default `Premium_LRS`.", "PremiumV2_LRS"),
    Key("sizeGB", COUNT, "The size in GiB; by default 128.", 1024),
    Key("zones", TEXTS, "Availability zones.", ["1"]),
    Key("encryptionSet", TEXT, "Name or id of the disk encryption set whose customer-managed key encrypts it.", "keys"),
    Key("encryptedInside", FLAG, "Encrypted in the guest by Azure Disk Encryption, which Disk Backup doesn't support.", example=True),
    Key("attachedTo", TEXT, "Name or id of the virtual machine that uses it; `workers/0` is an instance of a scale set.", "web"),
    Key("managedBy", TEXT, "The id of whatever uses it.", f"/subscriptions/{_GUID}/resourceGroups/diskrg/providers/x.y/z/w"),
    Key("count", COUNT, "So many disks alike, named with three digits: `data-001`, `data-002` and so on.", 12),
    Key("uniqueId", TEXT, "Azure's own id of the disk; by default derived.", _GUID),
    Key("claim", TEXT, "The Kubernetes volume claim that it was created for, as `namespace/name`.", "shop/orders"),
))  # fmt: skip
DATA_DISK = Form("dataDisk", "an entry of dataDisks", (
    Key("disk", TEXT, "Name or id of the disk.", "data", is_required=True),
    Key("lun", COUNT, "Its LUN; by default its place in the list, from 0.", 3),
    Key("caching", TEXT, "The machine's cache for it; by default `None`.", "ReadOnly", choices=_CACHING),
    Key("writeAccelerator", FLAG, "Whether write accelerator is on for it.", example=True),
))  # fmt: skip
MACHINE = Form("virtualMachine", "an entry of virtualMachines", (
    *_PLACE,
    Key("zones", TEXTS, "Availability zones.", ["1"]),
    Key("osDisk", TEXT, "Name or id of its OS disk. A machine with neither `osDisk` nor `dataDisks` has the disks that are "
        "attached to it (`attachedTo`) in the order of their names: the one whose properties have an `osType`, or else the "
        "first, is its OS disk, the others have the LUNs 0, 1 and so on. If nothing is attached to it, its OS disk is an "
        "unmanaged one.", "web-os"),
    Key("osCaching", TEXT, "The machine's cache for its OS disk; by default `ReadWrite`.", "ReadOnly", choices=_CACHING),
    Key("dataDisks", DATA_DISK, "Its data disks. Disks that a machine names are attached to it."),
))  # fmt: skip
SCALE_SET = Form("scaleSet", "an entry of virtualMachineScaleSets", (
    *_PLACE, Key("instances", COUNT, "How many machines it has, named from 0.", 2),
))  # fmt: skip
ENCRYPTION_SET = Form("encryptionSet", "an entry of diskEncryptionSets", _PLACE)
IDENTITY = Form("identity", "an entry of identities", _PLACE)
SNAPSHOT = Form("snapshot", "an entry of snapshots", (
    *_PLACE,
    Key("disk", TEXT, "Name or id of the disk that it was made from.", "data"),
    Key("sku", TEXT, "The SKU; by default `Standard_ZRS`.", "Standard_LRS"),
))  # fmt: skip
GROUP = Form("resourceGroup", "a resource group", (
    Key("name", TEXT, "The resource group's name.", "diskrg", is_required=True),
    Key("location", TEXT, "The region of the group, and of what it lists by default.", "westus", is_required=True),
    Key("tags", TAGS, "Tags.", {"team": "payments"}),
    Key("managedBy", TEXT, "The id of what manages the group, such as an AKS cluster.", "/subscriptions/…/managedClusters/aks"),
    Key("disks", DISK, "Managed disks."),
    Key("locks", LOCK, "Locks on the resource group."),
    Key("roleAssignments", ROLE_ASSIGNMENT, "Role assignments, by default at the resource group."),
    Key("virtualMachines", MACHINE, "Virtual machines."),
    Key("virtualMachineScaleSets", SCALE_SET, "Virtual machine scale sets."),
    Key("diskEncryptionSets", ENCRYPTION_SET, "Disk encryption sets."),
    Key("identities", IDENTITY, "User-assigned identities."),
    Key("snapshots", SNAPSHOT, "Snapshots of disks."),
))  # fmt: skip
SUBSCRIPTION = Form("subscription", "a subscription", (
    Key("id", TEXT, "The subscription's id.", _GUID, is_required=True),
    Key("name", TEXT, "Its display name; by default its id.", "applications"),
    Key("state", TEXT, "Its state; only `Enabled` and `PastDue` ones take writes.", "Disabled",
        choices=("Enabled", "PastDue", "Warned", "Disabled", "Deleted", "Expired")),
    Key("providers", TAGS, "Resource providers with their registration state; all others are `Registered`.",
        {"Microsoft.DataProtection": "NotRegistered"}),
    Key("resourceGroups", GROUP, "Resource groups, with what lies in them."),
    Key("locks", LOCK, "Locks on the subscription."),
    Key("roleAssignments", ROLE_ASSIGNMENT, "Role assignments, by default at the subscription."),
))  # fmt: skip
RESOURCE = Form("resource", "a resource", (
    Key("id", TEXT, "The resource's id.", _DISK, is_required=True),
), is_open=True)  # fmt: skip
ESTATE = Form("estate", "an estate", (
    Key("seed", COUNT, "Where chance starts: the same seed and the same requests end alike. By default 0.", 1),
    Key("clock", TEXT, "The time at which a virtual clock starts, by default 2026-01-05T08:00:00Z.", "2026-01-05T08:00:00Z"),
    Key("tenant", TEXT, "The tenant's id; by default derived from the seed.", _GUID),
    Key("switches", SWITCHES, "Switches that don't have their default: unconfirmed behaviours of Azure, faults, and delays.",
        {"propagation": "60..300"}),
    Key("callers", CALLER, "Who sends requests. Without any, everybody may do everything."),
    Key("principals", PRINCIPAL, "Other principals that the directory knows."),
    Key("managementGroups", MANAGEMENT_GROUP, "Management groups."),
    Key("subscriptions", SUBSCRIPTION, "Subscriptions, with what lies in them."),
    Key("resources", RESOURCE, "Any other resources, such as vaults, each as Azure's REST API returns it, in any order."),
    Key("roleAssignments", ROLE_ASSIGNMENT, "Role assignments at any scope."),
    Key("roleDefinitions", ROLE_DEFINITION, "Custom roles, in the form that `az role definition create` takes."),
))  # fmt: skip
