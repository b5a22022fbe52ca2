"""Manifests and estates for property tests, made of raw text and ARM bodies: nothing here knows the tool's own code.

What a person, a portal or another tool may have left behind is spelled in every way that Azure accepts or tells.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import arm
from arm import APPS, OTHER, PLATFORM, Body
from hypothesis import strategies as st

OWNER = "generated"
REGIONS = {"westus": "West US", "westeurope": "West Europe"}
ZONES = {
    "UTC": (
        ("UTC", "+00:00", "+00:00"),
        ("Coordinated Universal Time", "+00:00", "+00:00"),
        (None, "+00:00", "+00:00"),
    ),
    "Europe/Berlin": (("W. Europe Standard Time", "+01:00", "+02:00"),),
    "America/New_York": (("Eastern Standard Time", "-05:00", "-04:00"),),
    "Asia/Tokyo": (("Tokyo Standard Time", "+09:00", "+09:00"),),
}
SNAPSHOTS = "snapshots-{region}"


@dataclass
class Case:
    """A manifest, an estate, what happens to it first, and what was put there to make the run fail.

    `deeds` are requests that somebody made before the run; `causes` are resources whose removal cures it.
    """

    manifest: Body
    resources: list[Body]
    deeds: list[tuple[str, str]] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    seed: int = 1

    @property
    def estate(self) -> Body:
        return arm.estate(self.resources, seed=self.seed)


@dataclass
class Wanted:
    """A policy as it is meant: hours, minute of the day, zone, days."""

    name: str
    hours: int
    minute: int
    zone: str
    default: int
    daily: int | None
    weekly: int | None

    def declared(self, spell: random.Random) -> Body:
        clock = f"{self.minute // 60:02}:{self.minute % 60:02}"
        schedule = {"daily": clock} if self.hours == 24 else {"every": f"{self.hours}h", "at": clock}
        kept = {"default": self.default, "daily": self.daily, "weekly": self.weekly}
        retention = {key: spell.choice(_days_said(days)) for key, days in kept.items() if days}
        return {"name": self.name, "schedule": schedule, "timeZone": self.zone, "retention": retention}

    def live(self, vault: str, name: str, spell: random.Random, **other: Any) -> Body:
        """The same policy as somebody else may have made it."""
        zone, winter, summer = spell.choice(ZONES[self.zone])
        shift = spell.randrange(24 // self.hours) * self.hours * 60 if self.hours < 24 else 0
        minute = (self.minute + shift) % 1440
        day, offset = spell.choice((("2021-01-12", winter), ("2025-07-01", summer), ("2020-02-29", winter)))
        every = {24: ("P1D", "PT24H")}.get(self.hours, (f"PT{self.hours}H", f"PT{self.hours * 60}M"))
        said: Body = {
            "every": spell.choice(every),
            "start": f"{day}T{minute // 60:02}:{minute % 60:02}:00{offset}",
            "zone": zone,
            "default": spell.choice(_days_on_the_wire(self.default)),
            "daily": self.daily and spell.choice(_days_on_the_wire(self.daily)),
            "weekly": self.weekly and spell.choice(_days_on_the_wire(self.weekly)),
            "rule": spell.choice(("BackupHourly", "BackupIntervals", "BackupRule")),
            "backwards": spell.random() < 0.5,
            "called": spell.choice(("{}", "{}", "first-of-{}")),
        }
        return arm.policy(vault, name, **(said | other))


def _days_said(days: int) -> list[str]:
    return [f"{days}d", f"P{days}D", *([f"{days // 7}w", f"P{days // 7}W"] if days % 7 == 0 else [])]


def _days_on_the_wire(days: int) -> list[str]:
    weeks = [f"P{days // 7}W"] if days % 7 == 0 else []
    return [f"P{days}D", f"PT{days * 24}H", *weeks, *(["P1Y"] if days == 365 else [])]


def odd(text: str, spell: random.Random) -> str:
    """The same id in another case."""
    return spell.choice((text, text, text.lower(), text.upper(), text.replace("resourceGroups", "resourcegroups")))


@st.composite
def policies(draw: st.DrawFn, name: str) -> Wanted:
    """A policy within Azure's limits."""
    hours = draw(st.sampled_from((1, 2, 4, 6, 8, 12, 24)))
    most = min(365, 400 // (24 // hours))
    zone = draw(st.sampled_from(sorted(ZONES)))
    return Wanted(
        name=name,
        hours=hours,
        minute=draw(st.integers(0, 1439)) // 30 * 30,
        zone=zone,
        default=draw(st.sampled_from([days for days in (1, 7, 10, 14, 28, 365) if days <= most])),
        daily=draw(st.sampled_from((None, 14, 35))) if hours < 24 and most < 300 else None,
        weekly=draw(st.sampled_from((None, 56, 84))),
    )


@dataclass
class Vault:
    """A vault as declared, and the id that it has in Azure."""

    name: str
    region: str
    declared: Body
    id: str
    identity: str = ""

    @property
    def principal(self) -> str:
        return arm.principal(self.identity or self.id)


class Making:
    """A case while it is being made."""

    def __init__(self, draw: st.DrawFn, *, by_hand: bool) -> None:
        self.draw = draw
        self.by_hand = by_hand
        self.spell = random.Random(draw(st.integers(0, 10_000)))
        self.resources: list[Body] = []
        self.deeds: list[tuple[str, str]] = []
        self.causes: list[str] = []
        self.kinds: list[str] = []
        self.granted: set[tuple[str, str]] = set()

    def maybe(self, *values: Any) -> Any:
        return self.draw(st.sampled_from(values))

    def vault(self, number: int) -> Vault:
        """A vault, there or not, as declared or not."""
        region = sorted(REGIONS)[number]
        name, group = f"Vault-{region}", f"Backup-{region}"
        said: Body = {"name": name, "resourceGroup": group, "location": self.maybe(region, REGIONS[region])}
        address = arm.vault_id(name, group)
        for key, values in {
            "redundancy": (None, "LocallyRedundant"),
            "softDelete": (None, {"state": "On"}, {"state": "On", "retentionDays": 14}),
            "alertsForAllJobFailures": (None, False, True),
            "crossSubscriptionRestore": (None, False),
            "tags": (None, {"Env": "prod"}),
            "immutability": (None, "Disabled"),
        }.items():
            value = self.maybe(*values)
            if value is not None:
                said[key] = value
        vault = Vault(name, region, said, address)
        if self.maybe(False, False, False, True):
            identity = arm.user_identity(f"identity-{region}")
            self.resources.append(identity)
            vault.identity = said["identity"] = identity["id"]
        if self.by_hand or self.maybe(True, True, True, False):
            self.resources.append(self._standing(vault))
        return vault

    def _standing(self, vault: Vault) -> Body:
        days = 14.0 if self.by_hand or self.maybe(True, False) else 30.0
        identity: Body | None = None
        if vault.identity:
            users = {"userAssignedIdentities": {odd(vault.identity, self.spell): {}}}
            identity = {"type": "SystemAssigned, UserAssigned", "principalId": arm.principal(vault.id), **users}
        stale = "retentionDays" in (vault.declared.get("softDelete") or {})
        return arm.vault(
            odd(vault.id, self.spell),
            location=self.maybe(vault.region, REGIONS[vault.region]),
            soft_delete=(self.spell.choice(("On", "ON", "on")), 14.0 if stale else days),
            tags={"ENV": "prod", "team": "x"}
            if self.by_hand
            else self.maybe(None, {}, {"env": "test"}, {"env": "prod"}),
            identity=identity,
            **(self._settings(vault.declared) if self.by_hand else {}),
        ) | {"_id": vault.id}

    def _settings(self, declared: Body) -> Body:
        """The settings that are declared, as a vault says them; it says nothing of those that nobody ever sent."""
        said: Body = {}
        if "alertsForAllJobFailures" in declared:
            state = self.spell.choice(("Enabled", "enabled") if declared["alertsForAllJobFailures"] else ("Disabled",))
            said["monitoringSettings"] = {"azureMonitorAlertSettings": {"alertsForAllJobFailures": state}}
        if "crossSubscriptionRestore" in declared:
            said["featureSettings"] = {
                "crossSubscriptionRestoreSettings": {"state": self.spell.choice(("Disabled", "disabled"))}
            }
        if "immutability" in declared:
            said["securitySettings"] = {"immutabilitySettings": {"state": self.spell.choice(("Disabled", "disabled"))}}
        return said

    def grant(self, vault: Vault, scope: str, role: str) -> None:
        """Grant a role once; where it is granted twice only the first row counts for Azure."""
        if (scope, role) not in self.granted:
            self.granted.add((scope, role))
            self.resources.append(arm.role(scope, vault.principal, role))

    def grants(self, vault: Vault, disk: Body, group: str) -> None:
        """What a hand-made instance needs, at some scope that reaches far enough."""
        subscription = "/".join(disk["id"].split("/")[:3])
        self.grant(vault, self.maybe(disk["id"], "/".join(disk["id"].split("/")[:5]), subscription), arm.BACKUP_READER)
        self.grant(vault, self.maybe(group, subscription), arm.SNAPSHOT_CONTRIBUTOR)

    def instance(self, vault: Vault, disk: Body, policy: Wanted, group: str) -> None:
        """An instance that somebody made for a declared disk."""
        standing = any(body.get("_id") == vault.id for body in self.resources)
        kinds = ["equal"] if self.by_hand else ["none", "equal", "other", "stopped", "suspended", "deleted", "ours"]
        if not standing:
            kinds = ["none"]
        kind = self.maybe(*kinds)
        self.kinds.append(kind)
        if kind == "none":
            if self.maybe(False, False, True):
                self.grants(vault, disk, group)
            return
        name = f"by-hand-{policy.name}" if kind != "other" else "another"
        other = {"default": "P3D"} if kind == "other" else {}
        address = arm.policy_id(vault.id, name)
        if not any(body["id"] == address for body in self.resources):
            self.resources.append(policy.live(vault.id, name, self.spell, **other))
        state = {"stopped": "ProtectionStopped", "suspended": "BackupsSuspended"}.get(kind, "ProtectionConfigured")
        body = arm.instance(
            vault.id,
            odd(disk["id"], self.spell),
            odd(name, self.spell),
            name=f"{disk['id'].rsplit('/', 1)[-1]}-{self.spell.choice(('x', 'portal', '7'))}",
            snapshots=odd(group, self.spell),
            state=state,
            tags={"Reconciler-Owner": OWNER} if kind == "ours" else self.maybe(None, {"team": "x"}),
            identity=odd(vault.identity, self.spell) if vault.identity else "",
            location=vault.region,
        )
        self.resources.append(body)
        self.stands(group)
        self.grants(vault, disk, group)
        if kind == "deleted":
            self.deeds.append(("DELETE", body["id"]))

    def stands(self, group: str) -> None:
        """A resource group is there, its name in any case; live instances have theirs, or their recovery points are lost."""
        if not any(body["id"].lower() == group.lower() for body in self.resources):
            name = self.spell.choice((str.upper, str.lower, str))(group.rsplit("/", 1)[-1])
            self.resources.append(arm.group(group.split("/")[2], name))

    def noise(self, vault: Vault) -> None:
        """What is none of the manifest's business."""
        if not any(body.get("_id") == vault.id for body in self.resources) or self.maybe(True, False):
            return
        account = f"{arm.group_id(APPS, 'storage')}/providers/Microsoft.Storage/storageAccounts/blobs{vault.region}"
        blob = arm.instance(vault.id, account, "blobs", name="blobs")
        source = blob["properties"]["dataSourceInfo"]
        source["datasourceType"] = source["resourceType"] = "Microsoft.Storage/storageAccounts/blobServices"
        rule = arm.policy(vault.id, "blobs")
        rule["properties"]["datasourceTypes"] = ["Microsoft.Storage/storageAccounts/blobServices"]
        stranger = arm.disk(f"stranger-{vault.region}", "strangers", location=vault.region)
        theirs = arm.instance(vault.id, stranger["id"], "theirs", tags={"reconciler-owner": "somebody-else"})
        self.resources += [rule, blob, stranger, theirs, arm.policy(vault.id, "theirs", default="P2D")]
        self.stands(_snapshot_group(theirs))
        self.resources.append(arm.role(vault.id, arm.principal("nobody"), arm.READER, condition="@Resource[x]"))

    def spoil(self, vault: Vault, disk: Body) -> None:
        """One thing that makes the run fail, and can be taken away."""
        standing = any(body.get("_id") == vault.id for body in self.resources)
        kind = self.maybe("lock-on-disk", "lock-on-group", *(["foreign"] if standing else []), "elsewhere")
        self.kinds.append(kind)
        if kind in {"lock-on-disk", "lock-on-group"}:
            scope = disk["id"] if kind == "lock-on-disk" else "/".join(disk["id"].split("/")[:5])
            body = arm.lock(scope)
        else:
            elsewhere = arm.vault_id("Elsewhere", "elsewhere", OTHER) if kind == "elsewhere" else vault.id
            if kind == "elsewhere":
                self.resources.append(arm.vault(elsewhere, location=vault.region))
            self.resources.append(arm.policy(elsewhere, "theirs", default="P2D"))
            tags = {"reconciler-owner": "somebody-else"} if kind == "foreign" else None
            body = arm.instance(elsewhere, disk["id"], "theirs", name="theirs", tags=tags, location=vault.region)
            self.stands(_snapshot_group(body))
        self.resources.append(body)
        self.causes.append(body["id"])


def _snapshot_group(instance: Body) -> str:
    stores = instance["properties"]["policyInfo"]["policyParameters"]["dataStoreParametersList"]
    return str(stores[0]["resourceGroupId"])


@st.composite
def cases(draw: st.DrawFn, *, by_hand: bool = False, spoilt: bool | None = None) -> Case:
    """A manifest and an estate; `by_hand`: everything is there already, as declared, and nothing stands in the way.

    `spoilt`: whether something makes the run fail (None: in one of ten).
    """
    if spoilt is None:
        spoilt = not by_hand and draw(st.sampled_from((*(False,) * 9, True)))
    making = Making(draw, by_hand=by_hand)
    vaults = [making.vault(number) for number in range(draw(st.integers(1, 2)))]
    wanted = [draw(policies(f"policy-{number}")) for number in range(draw(st.integers(1, 2)))]
    scope = draw(st.sampled_from(("disk", "disk", "resourceGroup", "subscription")))
    entries: list[Body] = []
    groups: set[str] = set()
    victim = draw(st.integers(0, 2)) if spoilt else -1
    for number in range(draw(st.integers(3 if spoilt else 1, 5))):
        vault, policy = draw(st.sampled_from(vaults)), draw(st.sampled_from(wanted))
        _disk(making, number, vault, policy, entries, groups, spoil=number == victim)
    for vault in vaults:
        making.noise(vault)
    manifest = _manifest(making, vaults, wanted, entries, groups, scope)
    resources = [{key: value for key, value in body.items() if key != "_id"} for body in making.resources]
    making.spell.shuffle(resources)
    return Case(manifest, resources, making.deeds, making.causes, making.kinds, making.spell.randrange(1000))


def _disk(
    making: Making, number: int, vault: Vault, policy: Wanted, entries: list[Body], groups: set[str], *, spoil: bool
) -> None:
    subscription = making.maybe(APPS, APPS, PLATFORM)
    mark = f"{vault.region}-{policy.name}"
    by_tag = making.maybe(True, False)
    tags = {making.spell.choice(("Backup", "backup", "BACKUP")): mark} if by_tag else making.maybe(None, {"x": "y"})
    disk = arm.disk(f"Disk-{number}", f"Apps-{vault.region}", subscription, location=vault.region, tags=tags)
    making.resources.append(disk)
    group = arm.group_id(subscription, SNAPSHOTS.format(region=vault.region))
    groups.add(SNAPSHOTS.format(region=vault.region))
    if spoil:
        making.spoil(vault, disk)
    if not spoil or making.kinds[-1].startswith("lock"):
        making.instance(vault, disk, policy, group)
    if making.by_hand or making.maybe(True, False):
        making.stands(group)
    chosen = {"vault": vault.name.lower() if making.spell.random() < 0.3 else vault.name, "policy": policy.name}
    chosen["snapshotResourceGroup"] = SNAPSHOTS.format(region=vault.region)
    if by_tag:
        select = {"subscriptions": [APPS, PLATFORM.upper()], "tags": {"backup": mark}}
        if not any(entry.get("select") == select for entry in entries):
            entries.append({"select": select, **chosen})
    else:
        entries.append({"id": odd(disk["id"], making.spell), **chosen})


def _manifest(
    making: Making, vaults: list[Vault], wanted: list[Wanted], entries: list[Body], groups: set[str], scope: str
) -> Body:
    making.spell.shuffle(entries)
    snapshot_groups: list[Body] = [{"name": name, "location": "westus"} for name in sorted(groups)]
    return {
        "apiVersion": "reconciler/v1",
        "name": OWNER,
        "defaults": {"subscription": PLATFORM, "tags": {"cost-centre": "4711"}},
        "vaults": [vault.declared for vault in vaults],
        "policies": [policy.declared(making.spell) for policy in wanted],
        "snapshotResourceGroups": snapshot_groups,
        "roleAssignments": {"mode": "manage", "scope": scope},
        "disks": entries,
    }
