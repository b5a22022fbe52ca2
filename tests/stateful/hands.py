"""Rules that change Azure behind the tool's back: the portal, other tools, accidents. And time."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import arm
from arm import APPS
from invariants import rows
from story import DAY, DISKS, VAULTS, Story, rule, vault_of


def portal(story: Story, method: str, path: str, body: arm.Body | None = None) -> bool:
    """A request of somebody else; whether Azure took it."""
    try:
        story.trial.ask(method, path, body)
    except AssertionError:
        return False
    return True


def _vault(story: Story, chance: Random) -> str | None:
    found = [vault_of(name) for name in VAULTS if story.there(vault_of(name))]
    return chance.choice(found) if found else None


@rule(4)
def operates_an_instance(story: Story, chance: Random) -> str | None:
    """Somebody stops, suspends, resumes or deletes a disk's protection in the portal."""
    found = story.instances()
    if not found:
        return None
    row = chance.choice(found)
    verb = chance.choice(("stopProtection", "suspendBackups", "resumeProtection", "DELETE"))
    method, path = ("DELETE", row["id"]) if verb == "DELETE" else ("POST", f"{row['id']}/{verb}")
    done = portal(story, method, path)
    story.trial.rests_at = story.sandbox.time() + timedelta(seconds=120)  # until then it shows nowhere
    if verb == "DELETE" and done:
        story.gone_by_hand.add(row["id"].lower())
    if chance.random() < 0.6 or verb == "DELETE":
        story.trial.wait(120)
    return f"{verb} {row['id'].rsplit('/', 1)[-1]}: {done}"


@rule(2)
def undeletes_an_instance(story: Story, chance: Random) -> str | None:
    """Somebody brings a soft-deleted instance back."""
    found = story.deleted()
    if not found:
        return None
    row = chance.choice(found)
    done = portal(story, "POST", f"{row['id']}/undelete")
    story.trial.wait(chance.choice((5, 120)))
    return f"{row['id'].rsplit('/', 1)[-1]}: {done}"


@rule(2)
def loses_an_instance(story: Story, chance: Random) -> str | None:
    """An instance is gone, for good."""
    found = [*story.instances(), *story.deleted()]
    if not found:
        return None
    row = chance.choice(found)
    story.remove(row["id"])
    story.gone_by_hand.add(row["id"].lower())
    return str(row["id"].rsplit("/", 1)[-1])


@rule(2)
def breaks_an_instance(story: Story, chance: Random) -> str | None:
    """Protection fails."""
    found = story.instances()
    if not found:
        return None
    row = chance.choice(found)
    problem = {"code": "UserErrorSnapshotRG", "message": "It failed.", "recommendedAction": ["Try again."]}
    state = chance.choice(("ProtectionError", "ConfiguringProtectionFailed"))
    status = {"status": state, "errorDetails": problem}
    story.sandbox.patch(row["id"], {"properties": {"currentProtectionState": state, "protectionStatus": status}})
    return str(row["id"].rsplit("/", 1)[-1])


@rule(3)
def repoints_an_instance(story: Story, chance: Random) -> str | None:
    """Somebody makes a policy, and points an instance at it."""
    found = [row for row in story.instances() if story.there(row["id"].rsplit("/", 2)[0])]
    if not found:
        return None
    row = chance.choice(found)
    vault = row["id"].rsplit("/", 2)[0]
    address = arm.policy_id(vault, f"by-hand-{chance.randrange(3)}")
    if not story.there(address):
        days = chance.choice((3, 7, 14))
        story.sandbox.put(address, arm.policy(vault, "x", every=chance.choice(("PT4H", "PT720M")), default=f"P{days}D"))
    info = {**row["properties"]["policyInfo"], "policyId": address}
    story.sandbox.patch(row["id"], {"properties": {"policyInfo": info}})
    return f"{row['id'].rsplit('/', 1)[-1]} to {address.rsplit('/', 1)[-1]}"


@rule(3)
def retags_something(story: Story, chance: Random) -> str | None:
    """Tags of a vault or an instance, the tool's own marks among them."""
    found = [vault_of(name) for name in VAULTS if story.there(vault_of(name))] + [
        row["id"] for row in story.instances()
    ]
    if not found:
        return None
    address = chance.choice(found)
    tags = chance.choice(({"env": "hand"}, {"reconciler-owner": None}, {"reconciler-applied": None}, {"ENV": "x"}))
    story.sandbox.patch(address, {"tags": tags})
    return f"{address.rsplit('/', 1)[-1]}: {tags}"


@rule(1)
def marks_as_somebody_elses(story: Story, chance: Random) -> str | None:
    """Another manifest claims an instance; taken back in the end."""
    found = story.instances()
    if not found:
        return None
    address = chance.choice(found)["id"]
    story.sandbox.patch(address, {"tags": {"reconciler-owner": "somebody-else"}})

    def cure() -> None:
        for one in (address, address.replace("/backupInstances/", "/deletedBackupInstances/")):
            if story.there(one):
                story.sandbox.patch(one, {"tags": {"reconciler-owner": None}})

    story.cures[f"mark {address.lower()}"] = cure
    return str(address.rsplit("/", 1)[-1])


@rule(3)
def changes_a_vault_by_hand(story: Story, chance: Random) -> str | None:
    """Alerts, soft delete, cross-subscription restore."""
    vault = _vault(story, chance)
    if vault is None:
        return None
    state = {"softDeleteSettings": {"state": "On", "retentionDurationInDays": float(chance.choice((14, 20, 40)))}}
    alerts = {"azureMonitorAlertSettings": {"alertsForAllJobFailures": chance.choice(("Enabled", "Disabled"))}}
    properties = chance.choice(({"securitySettings": state}, {"monitoringSettings": alerts}))
    done = portal(story, "PATCH", vault, {"properties": properties})
    return f"{vault.rsplit('/', 1)[-1]}: {properties} {done}"


@rule(2)
def switches_the_identity(story: Story, chance: Random) -> str | None:
    """A vault's system identity is switched off, and mostly on again: a new principal."""
    vault = _vault(story, chance)
    if vault is None:
        return None
    off = portal(story, "PATCH", vault, {"identity": {"type": "None"}})
    story.trial.wait(60)
    if chance.random() < 0.7:
        portal(story, "PATCH", vault, {"identity": {"type": "SystemAssigned"}})
        story.trial.wait(chance.choice((5, 60)))

    def cure() -> None:
        """Where the manifest doesn't say that the vault has one, the tool tells of it, and somebody switches it on."""
        entry = next(row for row in story.said["vaults"] if vault_of(row["name"]) == vault)
        if (
            "identity" not in entry
            and story.there(vault)
            and not story.sandbox.get(vault)["identity"].get("principalId")
        ):
            portal(story, "PATCH", vault, {"identity": {"type": "SystemAssigned"}})

    story.cures[f"identity {vault.lower()}"] = cure
    return f"{vault.rsplit('/', 1)[-1]}: {off}"


@rule(3)
def deletes_a_role_assignment(story: Story, chance: Random) -> str | None:
    """A permission is gone, by accident or with a clean-up."""
    backup = (arm.BACKUP_READER, arm.SNAPSHOT_CONTRIBUTOR)
    found = [
        row for row in rows(story.trial, "roleassignments") if row["properties"]["roleDefinitionId"].endswith(backup)
    ]
    if not found:
        return None
    gone = chance.sample(found, min(len(found), chance.choice((1, 1, 3))))
    for row in gone:
        story.remove(row["id"])
    return str(len(gone))


@rule(2)
def retags_a_disk(story: Story, chance: Random) -> str | None:
    """A disk comes to be selected, or no longer."""
    name = chance.choice(DISKS)
    if not story.there(arm.disk_id(name)):
        return None
    tier = chance.choice(("gold", "gold", "none"))
    story.sandbox.patch(arm.disk_id(name), {"tags": {"backup": tier}})
    return f"{name}: {tier}"


@rule(1)
def deletes_a_vault(story: Story, chance: Random) -> str | None:
    """A vault is gone with all that it held."""
    vault = _vault(story, chance)
    if vault is None:
        return None
    story.gone_by_hand |= {address.lower() for address in story.remove(vault)}
    return vault.rsplit("/", 1)[-1]


@rule(1)
def deletes_a_policy(story: Story, chance: Random) -> str | None:
    """A policy that no instance uses is deleted in the portal."""
    found = rows(story.trial, "backuppolicies")
    if not found:
        return None
    row = chance.choice(found)
    return f"{row['name']}: {portal(story, 'DELETE', row['id'])}"


@rule(1)
def locks_something(story: Story, chance: Random) -> str | None:
    """A management lock; lifted in the end."""
    scopes = [arm.disk_id(chance.choice(DISKS)), arm.group_id(APPS, "snapshotrg"), vault_of(chance.choice(VAULTS))]
    scopes = [scope for scope in scopes if story.there(scope)]
    if not scopes:
        return None
    held = arm.lock(chance.choice(scopes), chance.choice(("ReadOnly", "CanNotDelete")))
    story.trial.place(held)

    def cure() -> None:
        if story.there(held["id"]):
            story.remove(held["id"])

    story.cures[held["id"]] = cure
    return str(held["id"])


@rule(5)
def lets_time_pass(story: Story, chance: Random) -> str | None:
    """Minutes, hours, or so many days that soft-deleted instances are purged."""
    seconds = chance.choice((60.0, 600.0, 3600.0, DAY, 3 * DAY, 16 * DAY))
    before = {row["id"].lower() for row in story.instances()}
    story.trial.wait(seconds)
    story.gone_by_hand |= before - {row["id"].lower() for row in story.instances()}
    return f"{seconds / 3600:.1f} h"
