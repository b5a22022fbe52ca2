"""Rules that edit the manifest: every edit leaves one that is valid."""

from __future__ import annotations

from random import Random

import arm
from arm import APPS
from story import DISKS, POLICIES, VAULTS, Story, entry, policy, rule


@rule(6)
def adds_a_disk(story: Story, chance: Random) -> str | None:
    """A disk is declared by its id: in the vault that has its instance, if any."""
    taken = {row.get("id") for key in ("disks", "removed", "excluded") for row in story.said[key]}
    free = [name for name in DISKS if arm.disk_id(name) not in taken]
    if not free:
        return None
    name = chance.choice(free)
    made = entry(name, chance)
    standing = [row for row in (*story.instances(), *story.deleted()) if _is_of(row, name)]
    if standing and chance.random() < 0.85:
        made["vault"] = next(vault for vault in VAULTS if vault.lower() == standing[0]["id"].split("/")[8].lower())
    story.said["disks"].append(made)
    return f"{name} in {made['vault']} under {made['policy']}"


def _is_of(row: arm.Body, name: str) -> bool:
    return str(row["properties"]["dataSourceInfo"]["resourceID"]).lower() == arm.disk_id(name).lower()


@rule(3)
def drops_a_disk(story: Story, chance: Random) -> str | None:
    """An entry leaves the manifest."""
    if not story.said["disks"]:
        return None
    gone = story.said["disks"].pop(chance.randrange(len(story.said["disks"])))
    return str(gone.get("id", gone.get("select")))


@rule(3)
def removes_a_disk(story: Story, chance: Random) -> str | None:
    """A disk is taken out for good."""
    named = [row for row in story.said["disks"] if "id" in row]
    if not named:
        return None
    row = chance.choice(named)
    story.said["disks"].remove(row)
    data = chance.choice(("retain", "delete"))
    story.said["removed"].append({"id": row["id"], "data": data, "reason": "ticket 4711"})
    return f"{row['id'].rsplit('/', 1)[-1]}, data: {data}"


@rule(2)
def forgets_a_removal(story: Story, chance: Random) -> str | None:
    """A removal, or an exclusion, is taken back."""
    key = chance.choice(("removed", "excluded"))
    if not story.said[key]:
        return None
    row = story.said[key].pop(chance.randrange(len(story.said[key])))
    return f"{key} {row['id'].rsplit('/', 1)[-1]}"


@rule(1)
def excludes_a_disk(story: Story, chance: Random) -> str | None:
    """A disk is kept from selectors."""
    taken = {row.get("id") for key in ("disks", "removed", "excluded") for row in story.said[key]}
    free = [name for name in DISKS if arm.disk_id(name) not in taken]
    if not free:
        return None
    name = chance.choice(free)
    story.said["excluded"].append({"id": arm.disk_id(name), "reason": "a cache"})
    return name


@rule(2)
def selects_by_tag(story: Story, chance: Random) -> str | None:
    """One selector for what bears the tag `backup: gold`."""
    if any("select" in row for row in story.said["disks"]):
        return None
    chosen = {"vault": chance.choice(VAULTS), "policy": chance.choice(POLICIES)}
    story.said["disks"].append({"select": {"subscriptions": [APPS], "tags": {"backup": "gold"}}, **chosen})
    return chosen["vault"]


@rule(3)
def sets_protection(story: Story, chance: Random) -> str | None:
    """A disk is to be protected, suspended or stopped."""
    if not story.said["disks"]:
        return None
    row = chance.choice(story.said["disks"])
    row["protection"] = chance.choice(("protected", "suspended", "stopped"))
    return f"{row.get('id', 'selector').rsplit('/', 1)[-1]}: {row['protection']}"


@rule(3)
def says_when_gone(story: Story, chance: Random) -> str | None:
    """What becomes of the backups of a disk that Azure no longer has."""
    if not story.said["disks"]:
        return None
    row = chance.choice(story.said["disks"])
    row["whenGone"] = chance.choice(("report", "retain", "retain", "expire"))
    row["for"] = chance.choice(("1d", "3d"))
    return f"{row.get('id', 'selector').rsplit('/', 1)[-1]}: {row['whenGone']} for {row['for']}"


@rule(3)
def moves_to_another_policy(story: Story, chance: Random) -> str | None:
    """A disk gets another policy."""
    if not story.said["disks"]:
        return None
    row = chance.choice(story.said["disks"])
    row["policy"] = chance.choice(POLICIES)
    return f"{row.get('id', 'selector').rsplit('/', 1)[-1]}: {row['policy']}"


@rule(1)
def moves_to_another_vault(story: Story, chance: Random) -> str | None:
    """A disk is declared in another vault, which is refused as long as it has an instance."""
    if not story.said["disks"]:
        return None
    row = chance.choice(story.said["disks"])
    row["vault"] = chance.choice(VAULTS)
    return f"{row.get('id', 'selector').rsplit('/', 1)[-1]}: {row['vault']}"


@rule(4)
def changes_a_policy(story: Story, chance: Random) -> str | None:
    """Another schedule, retention or time zone."""
    place = chance.randrange(len(story.said["policies"]))
    name = story.said["policies"][place]["name"]
    story.said["policies"][place] = policy(name, chance)
    return str(story.said["policies"][place])


@rule(3)
def changes_a_vault(story: Story, chance: Random) -> str | None:
    """A setting of a vault is declared, changed, or no longer said."""
    row = chance.choice(story.said["vaults"])
    key, *values = chance.choice(
        (
            ("alertsForAllJobFailures", True, False, None),
            ("softDelete", {"state": "On", "retentionDays": 14}, {"state": "On", "retentionDays": 30}, None),
            ("immutability", "Disabled", "Unlocked", None),
            ("tags", {"env": "prod"}, {"env": "test", "team": "x"}, None),
            ("identity", "system", None),
        )
    )
    value = chance.choice(values)
    row.pop(key, None)
    if value is not None:
        row[key] = value
    return f"{row['name']}: {key} {value}"


@rule(1)
def changes_the_scope_of_roles(story: Story, chance: Random) -> str | None:
    """Role assignments stand at disks, resource groups or subscriptions."""
    story.said["roleAssignments"] = {"scope": chance.choice(("disk", "resourceGroup", "subscription"))}
    return str(story.said["roleAssignments"]["scope"])
