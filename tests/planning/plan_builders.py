"""Short ways to say a manifest and an estate: everything has a sensible default, so that a test says only its point.

The world is the walkthrough's: vault `V` in `vaultrg` of subscription `S`, disks in `diskrg` of subscription `D`, their
snapshots in `snaprg` of `D`, all in westus; policy `gold` every 4 h, 7 days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.model import builtin_roles
from reconciler.model.addresses import pattern
from reconciler.model.changes import MANAGED, Change
from reconciler.model.codes.gates import Key
from reconciler.model.estate import ATTRIBUTES, Estate, Found, Question
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId, group_id, vault_id
from reconciler.model.known import NO, OUT_OF_REACH, No, Unsure, Yes
from reconciler.model.manifest import (
    Choice,
    DiskRule,
    GroupSpec,
    Ignore,
    Manifest,
    PolicyContent,
    PolicySpec,
    Removed,
    RoleSettings,
    SoftDelete,
    VaultSpec,
)
from reconciler.model.names import instance_name, policy_names, role_name
from reconciler.model.plan import Options, Plan
from reconciler.model.resources import Disk, Instance, Lock, Policy, ResourceGroup, RoleAssignment, Vault
from reconciler.model.selectors import Selector
from reconciler.model.tags import OWNER_TAG
from reconciler.model.vault_fields import FIELDS
from reconciler.planning.planner import make

NAME = "team"
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
S = "11111111-1111-1111-1111-111111111111"
D = "22222222-2222-2222-2222-222222222222"
PRINCIPAL = "99999999-0000-0000-0000-000000000001"
GUARD = ArmId(f"/subscriptions/{S}/resourceGroups/guards/providers/Microsoft.DataProtection/resourceGuards/g")
USER = ArmId(f"/subscriptions/{S}/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u")
GOLD = PolicyContent(4, 0, "UTC", 7)
SHORTER = PolicyContent(4, 0, "UTC", 5)
READER = builtin_roles.DISK_BACKUP_READER
CONTRIBUTOR = builtin_roles.DISK_SNAPSHOT_CONTRIBUTOR
VAULT = vault_id(S, "vaultrg", "V")
SNAPSHOTS = group_id(D, "snaprg")


def place(line: int = 1) -> Place:
    return Place("backup.yaml", line, 1)


# --- the manifest -----------------------------------------------------------------------------------------------------


def vault_spec(name: str = "V", **said: Any) -> VaultSpec:
    kept = {"subscription": S, "resource_group": "vaultrg", "location": "westus", "azure_name": name, **said}
    return VaultSpec(place(), name, **kept)


def soft(state: str | None = None, days: int | None = None) -> dict[str, SoftDelete]:
    """What a vault says of its soft delete."""
    return {"soft_delete": SoftDelete(state, days)}


def policy_spec(name: str = "gold", content: PolicyContent | None = GOLD, **said: Any) -> PolicySpec:
    days = content and {"Default": content.default_days, "Daily": content.daily_days, "Weekly": content.weekly_days}
    text = {rule: f"P{length}D" for rule, length in (days or {}).items() if length}
    kept = {"at_minutes": content.phase_minutes if content else 0, "retention_text": text, **said}
    return PolicySpec(place(), name, content=content, **kept)


def group_spec(name: str = "snaprg", **said: Any) -> GroupSpec:
    return GroupSpec(place(), name, **said)


def selector(**said: Any) -> Selector:
    return Selector(place(), **said)


def _lowered(names: Choice) -> Choice:
    """As a manifest that was read has them."""
    return names.lower() if isinstance(names, str) else {region: name.lower() for region, name in names.items()}


def rule(*ids: ArmId, number: int = 0, **said: Any) -> DiskRule:
    kept: dict[str, Any] = {"vault": "V", "policy": "gold", "snapshot_group": "snaprg", **said}
    for key in ("vault", "policy", "snapshot_group"):
        kept[key] = _lowered(kept[key])
    line = place(10 + number)
    return DiskRule(line, ids=tuple((arm_id, line) for arm_id in ids), **kept)


def removed(disk: ArmId, data: str = "retain") -> Removed:
    return Removed(place(80), disk, data, "ticket 1")


def ignore(address: str, *fields: str, **said: Any) -> Ignore:
    return Ignore(place(90), pattern(address, MANAGED), fields, "agreed", **said)


def manifest(
    *rules: DiskRule,
    vaults: Iterable[VaultSpec] = (),
    policies: Iterable[PolicySpec] = (),
    groups: Iterable[GroupSpec] = (),
    **said: Any,
) -> Manifest:
    """Without rules: one that names disk `d`. The vault V, policy gold and group snaprg exist unless others are given."""
    return Manifest(
        name=said.pop("name", NAME),
        place=place(),
        vaults={one.name.lower(): one for one in (vaults or [vault_spec()])},
        policies={one.name.lower(): one for one in (policies or [policy_spec()])},
        snapshot_groups={one.name.lower(): one for one in (groups or [group_spec()])},
        disks=rules or (rule(disk_id()),),
        **said,
    )


def bare(**said: Any) -> Manifest:
    """A manifest that names no disk."""
    return replace(manifest(**said), disks=())


def wide(mode: str = "manage", scope: str = "subscription") -> RoleSettings:
    return RoleSettings(mode, scope)


# --- the estate -------------------------------------------------------------------------------------------------------


def disk_id(name: str = "d", *, subscription: str = D, group: str = "diskrg") -> ArmId:
    return ArmId(f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/disks/{name}")


def disk(name: str | ArmId = "d", **said: Any) -> Disk:
    own = name if isinstance(name, ArmId) else disk_id(name)
    kept: dict[str, Any] = {
        "location": "westus",
        "sku": "Premium_LRS",
        "tags": {},
        "managed_by": None,
        "encryption_set": None,
        "ade": False,
        "state": "Unattached",
        "provisioning_state": "Succeeded",
        **said,
    }
    return Disk(own, **kept)


def vault(own: ArmId = VAULT, *, owner: str | None = NAME, **said: Any) -> Vault:
    tags = {OWNER_TAG: owner} if owner else {}
    kept: dict[str, Any] = {
        "location": "westus",
        "tags": {**tags, **said.pop("tags", {})},
        "principal_id": PRINCIPAL,
        "user_identities": {},
        **{row.live: None for row in FIELDS},
        "redundancy": "LocallyRedundant",
        "soft_delete_state": "On",
        "soft_delete_retention_days": 14.0,
        "guarded": False,
        "provisioning_state": "Succeeded",
        "body": {},
        **said,
    }
    return Vault(own, **kept)


def group(own: ArmId = SNAPSHOTS, **said: Any) -> ResourceGroup:
    return ResourceGroup(own, said.pop("location", "westus"), said.pop("tags", {}))


def criterion(name: str, when: str, priority: int) -> dict[str, Any]:
    return {
        "isDefault": False,
        "taggingPriority": priority,
        "tagInfo": {"id": f"{name}_", "tagName": name},
        "criteria": [{"objectType": "ScheduleBasedBackupCriteria", "absoluteCriteria": [when]}],
    }


def retention(name: str, duration: str, **said: Any) -> dict[str, Any]:
    store = {"objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore"}
    deletes = {"objectType": "AbsoluteDeleteOption", "duration": duration}
    return {
        "name": name,
        "objectType": "AzureRetentionRule",
        "isDefault": name == "Default",
        "lifecycles": [{"deleteAfter": deletes, "sourceDataStore": store, **said}],
    }


def policy_body(
    interval: str = "R/2020-01-01T00:00:00+00:00/PT4H",
    zone: str | None = "UTC",
    default: str = "P7D",
    daily: str | None = None,
    weekly: str | None = None,
) -> dict[str, Any]:
    """A raw policy as Azure returns it, independent of the code under test."""
    extra = [
        (name, duration, when, priority)
        for name, duration, when, priority in (
            ("Daily", daily, "FirstOfDay", 25),
            ("Weekly", weekly, "FirstOfWeek", 20),
        )
        if duration
    ]
    tags = [{"isDefault": True, "taggingPriority": 99, "tagInfo": {"id": "Default_", "tagName": "Default"}}]
    tags += [criterion(name, when, priority) for name, _, when, priority in extra]
    schedule = {"repeatingTimeIntervals": [interval], **({"timeZone": zone} if zone else {})}
    backup = {
        "name": "BackupHourly",
        "objectType": "AzureBackupRule",
        "backupParameters": {"objectType": "AzureBackupParams", "backupType": "Incremental"},
        "dataStore": {"objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore"},
        "trigger": {"objectType": "ScheduleBasedTriggerContext", "schedule": schedule, "taggingCriteria": tags},
    }
    rules = [backup, retention("Default", default), *(retention(name, duration) for name, duration, _, _ in extra)]
    return {"objectType": "BackupPolicy", "datasourceTypes": ["Microsoft.Compute/disks"], "policyRules": rules}


def body_for(content: PolicyContent) -> dict[str, Any]:
    """A raw body of a content in UTC."""
    hours, minutes = divmod(content.phase_minutes, 60)
    length = "P1D" if content.interval_hours == 24 else f"PT{content.interval_hours}H"
    days = [None if length is None else f"P{length}D" for length in (content.daily_days, content.weekly_days)]
    start = f"R/2020-01-01T{hours:02}:{minutes:02}:00+00:00/{length}"
    return policy_body(start, content.time_zone, f"P{content.default_days}D", *days)


def policy(
    content: PolicyContent = GOLD, name: str | None = None, *, of: ArmId = VAULT, body: Mapping[str, Any] | None = None
) -> Policy:
    """A live policy; named as ours would be unless told otherwise."""
    own = of.child("backupPolicies", name or policy_names("gold", content)[0])
    return Policy(own, of, True, body_for(content) if body is None else body)


def instance(name: str | ArmId = "d", *, owner: str | None = NAME, of: ArmId = VAULT, **said: Any) -> Instance:
    own = name if isinstance(name, ArmId) else disk_id(name)
    kept: dict[str, Any] = {
        "disk": own,
        "policy": policy(of=of).id,
        "snapshot_group": group_id(own.subscription, "snaprg"),
        "identity": None,
        "state": "ProtectionConfigured",
        "provisioning_state": "Succeeded",
        "error": None,
        "tags": {OWNER_TAG: owner} if owner else {},
        **said,
    }
    return Instance(of.child("backupInstances", instance_name(own)), of, **kept)


def deleted(name: str | ArmId = "d", **said: Any) -> Instance:
    """A soft-deleted instance, with its id among the deleted ones, as Azure lists it."""
    live = instance(name, state="SoftDeleted", deleted=True, purge_time="2026-05-18T00:00:00Z", **said)
    return replace(live, id=live.vault.child("deletedBackupInstances", live.id.name))


def role(
    scope: ArmId,
    kind: builtin_roles.Role = READER,
    principal: str = PRINCIPAL,
    *,
    age: timedelta = timedelta(days=30),
    name: str | None = None,
    **said: Any,
) -> RoleAssignment:
    own = name or role_name(scope, kind.guid, principal)
    kept: dict[str, Any] = {"conditional": False, "created": NOW - age, **said}
    path = ArmId(f"{scope}/providers/Microsoft.Authorization/roleAssignments/{own}")
    return RoleAssignment(path, scope, kind.guid, principal, **kept)


def roles_for(*disks: ArmId, principal: str = PRINCIPAL) -> list[RoleAssignment]:
    """All that disks need in the default world."""
    groups = {group_id(one.subscription, "snaprg").key: group_id(one.subscription, "snaprg") for one in disks}
    return [
        *(role(one, READER, principal) for one in disks),
        *(role(one, CONTRIBUTOR, principal) for one in groups.values()),
    ]


def lock(scope: ArmId, level: str = "ReadOnly", name: str = "stay") -> Lock:
    return Lock(ArmId(f"{scope}/providers/Microsoft.Authorization/locks/{name}"), scope, level)


def estate(*things: Any, **said: Any) -> Estate:
    """An estate that holds exactly these things; soft-deleted instances are told by their flag."""
    found = Estate(subscriptions=(S, D), disk_subscriptions=(D,), **said)
    for thing in things:
        name = "deleted_instances" if getattr(thing, "deleted", False) else ATTRIBUTES[type(thing)]
        getattr(found, name)[thing.id.key] = thing
    return found


def settled(*names: str | ArmId) -> list[Any]:
    """Everything as the default manifest wants it: vault, groups, policy, disks, roles and instances."""
    ids = [name if isinstance(name, ArmId) else disk_id(name) for name in (names or ("d",))]
    return [
        vault(),
        group(group_id(S, "vaultrg")),
        *(group(group_id(sub, "snaprg")) for sub in sorted({one.subscription for one in ids})),
        policy(),
        *map(disk, ids),
        *map(instance, ids),
        *roles_for(*ids),
    ]


def without(things: Iterable[Any], *kinds: type) -> list[Any]:
    return [thing for thing in things if not isinstance(thing, kinds)]


# --- planning ---------------------------------------------------------------------------------------------------------

GONE = NO
FORBIDDEN = Unsure("the caller may not read it", code=OUT_OF_REACH)
UNSURE = Unsure("a page that isn't Azure's came back", "look at the proxy")


def there(resource: Any = None, body: Any = None) -> Yes[Found]:
    """The answer that an object is there."""
    return Yes(Found(body or {}, resource))


def options(**said: Any) -> Options:
    return Options(**{"tool_version": "1.0", **said, "force": frozenset(map(_key, said.get("force", ())))})


def _key(text: str) -> Key:
    gate, _, value = text.partition("=")
    return Key(gate, tuple(value.split("/")) if value else ())


def answered(question: Question, answers: Mapping[Any, Any]) -> Any:
    """What a test says to a question: by (kind, subject), by kind, else that nothing is there."""
    for key in ((question.kind, question.subject), question.kind):
        if key in answers:
            return answers[key] if isinstance(answers[key], Yes | No | Unsure) else Yes(answers[key])
    return GONE if question.kind in {"exists", "deleted-vault"} else Yes(())


def plan(
    desire: Manifest, world: Estate, answers: Mapping[Any, Any] | None = None, now: datetime = NOW, **said: Any
) -> Plan:
    """The plan with every question answered, as the one look before planning does it."""
    made = make(desire, world, options(**said), now)
    while made.questions:
        world.answers.update({question: answered(question, answers or {}) for question in made.questions})
        made = make(desire, world, options(**said), now)
    return made


def addresses(made: Plan) -> list[str]:
    return [change.address for change in made.changes]


def change(made: Plan, address: str) -> Change:
    (found,) = [one for one in made.changes if one.address == address]
    return found


def steps(made: Plan, address: str) -> list[str]:
    return [step.op.value for step in change(made, address).steps]


def codes(made: Plan) -> list[str]:
    return [finding.code for finding in made.findings]


def errors(made: Plan) -> list[str]:
    return [finding.code for finding in made.errors]


def closed(made: Plan) -> list[str]:
    return [gate.name for gate in made.closed_gates]


def at(own: ArmId | str = "d") -> str:
    """The address of a disk."""
    return f"disk/{(own if isinstance(own, ArmId) else disk_id(own)).key}"


def role_at(scope: ArmId, kind: builtin_roles.Role = READER, name: str = "V") -> str:
    return f"role/{name}/{kind.word}@{scope.key}"
