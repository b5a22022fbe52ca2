"""Rules of every night and of the worst day: additions without a review, and lost disks restored to their old ids."""

from __future__ import annotations

from random import Random

import arm
from accidents import made_anew
from arm import Body
from invariants import rows
from story import DAY, Story, disk_of, rule

_MADE = ("put backupinstances", "put roleassignments", "put resourcegroups")
_FAILING = {"protectionerror"}


@rule(5)
def adds_at_night(story: Story, chance: Random) -> str | None:
    """`apply --approve additions`: it makes what is new or repairs what fails, and touches nothing else."""
    before = {row["id"].lower(): row for row in story.instances()}
    buried = {disk_of(row) for row in story.deleted()}
    kept = {row["id"].lower(): row for kind in ("backupvaults", "backuppolicies") for row in rows(story.trial, kind)}
    groups = {row["id"].lower() for row in rows(story.trial, "resourcegroups")}
    run = story.runs_apply("--approve", "additions")
    for call in run.writes:
        assert call.kind.lower() in _MADE, f"additions: {call.method} {call.path}"
        address = call.path.lower()
        if call.kind.lower() == "put backupinstances":
            _is_addition(before.get(address), call.body, {disk_of(row) for row in before.values()} | buried)
        assert address not in groups, f"additions: {address} is written over"
    now = {row["id"].lower(): row for kind in ("backupvaults", "backuppolicies") for row in rows(story.trial, kind)}
    assert _settings(now) == _settings(kept), "additions: a vault or a policy changed"
    return f"exit {run.code}"


def _is_addition(there: Body | None, sent: Body, held: set[str]) -> None:
    """A disk's first instance, or the same again for one whose protection fails."""
    disk = str(sent["properties"]["dataSourceInfo"]["resourceID"]).lower()
    if there is None:
        assert disk not in held, f"additions: {disk} has an instance"
        return
    state = str(there["properties"]["currentProtectionState"]).lower()
    assert state in _FAILING, f"additions: {there['id']} is {state}, and is written"
    was, said = there["properties"]["policyInfo"]["policyId"], sent["properties"]["policyInfo"]["policyId"]
    assert was.lower() == said.lower(), f"additions: {there['id']} gets another policy"


def _settings(found: dict[str, Body]) -> dict[str, Body]:
    """What somebody has set; Azure's own states come and go."""
    return {
        key: {name: value for name, value in row.items() if name in ("tags", "location", "identity")}
        for key, row in found.items()
    }


def _backed_up(story: Story) -> list[str]:
    """The disks that have recovery points."""
    return sorted({disk_of(row) for row in story.instances() if story.sandbox.ids(f"{row['id']}/recoveryPoints/*")})


@rule(6)
def restores_lost_disks(story: Story, chance: Random) -> str | None:
    """Some of the disks that are gone come back to their old ids from the newest recovery point that they have."""
    held = _backed_up(story)
    if not held:
        story.apply(*story.flags())
        story.trial.wait(1.1 * DAY)
        held = _backed_up(story)
    if not held:
        return None
    lost = [one for one in held if not story.there(one)]
    if not lost:
        lost = chance.sample(held, chance.randint(1, len(held)))
        for one in lost:
            name, body = one.rsplit("/", 1)[-1], story.sandbox.get(one)
            story.remove(one)
            story.cures[f"disk {name}"] = made_anew(story, name, body)
        story.trial.wait(chance.choice((1, 600)))
    names = [one.rsplit("/", 1)[-1] for one in chance.sample(lost, chance.randint(1, len(lost)))]
    there = {one["id"].lower(): one["properties"]["uniqueId"] for one in rows(story.trial, "disks")}
    run = story.asks_back([arm.disk_id(name) for name in names])
    for one in rows(story.trial, "disks"):
        address = one["id"].lower()
        if address in there:
            assert one["properties"]["uniqueId"] == there[address], f"restore: {address} was exchanged"
            continue
        assert address.rsplit("/", 1)[-1] in names, f"restore: nobody asked for {address}"
        if run.code == 0:
            source = str(one["properties"]["creationData"].get("sourceResourceId", ""))  # a switch: it isn't told
            origin = source and story.sandbox.get(source)["properties"]["creationData"]["sourceResourceId"]
            assert origin.lower() in (address, ""), f"restore: {address} holds the data of {origin}"
            assert "reconciler-returned" in (one.get("tags") or {}), f"restore: {address} isn't marked"
    if run.code == 0:
        for name in names:
            assert story.there(arm.disk_id(name)), f"restore: {name} is called back and isn't there"
    return f"{', '.join(names)}: exit {run.code}"
