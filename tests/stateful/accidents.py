"""Rules of loss: disks, snapshots and whole groups vanish, names are used again, and Azure tells less than it holds."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from random import Random
from typing import Any

import arm
import faults
from arm import APPS, Body
from faults import Fault
from invariants import rows
from story import DAY, DISKS, Story, disk_of, rule

ELSEWHERE = "movedrg"
LISTS = (
    "LIST disks", "LIST backupInstances", "LIST deletedBackupInstances", "LIST roleAssignments", "LIST backupPolicies",
    "LIST backupVaults", "LIST resourceGroups", "LIST snapshots", "LIST recoveryPoints", "LIST backupJobs", "LIST *",
)  # fmt: skip
EVER = 1e9


def _then(story: Story, chance: Random) -> str:
    """Often somebody asks at once how it is."""
    if chance.random() < 0.5:
        return ""
    verb = chance.choice(("drift", "status"))
    return f"; {verb}: exit {story.asks(verb).code}"


def _there(story: Story) -> list[str]:
    return [name for name in DISKS if story.there(arm.disk_id(name))]


@rule(5)
def disks_vanish(story: Story, chance: Random) -> str | None:
    """Disks are deleted; in the end they are put back, made anew, given up, or what the manifest says of gone ones holds."""
    found = _there(story)
    if not found:
        return None
    gone = chance.sample(found, min(len(found), chance.choice((1, 1, 2, 3, 6))))
    end = chance.choice((_put_back, made_anew, _given_up, _left))
    for name in gone:
        body = story.sandbox.get(arm.disk_id(name))
        story.remove(arm.disk_id(name))
        story.cures[f"disk {name}"] = end(story, name, body)
    return f"{', '.join(gone)}: {end.__name__.removeprefix('_')} in the end{_then(story, chance)}"


def _put_back(story: Story, name: str, body: Body) -> Callable[[], object]:
    """The same disk, as somebody restores it from a lock's bin: nothing of it has changed."""
    return lambda: story.there(arm.disk_id(name)) or story.sandbox.put(arm.disk_id(name), body)


def made_anew(story: Story, name: str, body: Body) -> Callable[[], object]:
    """Another disk under its name."""
    kept = {key: body[key] for key in ("location", "sku", "tags") if key in body}
    return lambda: story.there(arm.disk_id(name)) or story.sandbox.put(arm.disk_id(name), kept)


def _given_up(story: Story, name: str, _body: Body) -> Callable[[], object]:
    """Whoever owns the manifest says that it is gone, and that its recovery points stay."""
    return lambda: story.there(arm.disk_id(name)) or story.gives_up(name)


def _left(story: Story, name: str, _body: Body) -> Callable[[], object]:
    """The manifest says what becomes of a disk that is gone; or else it is given up."""

    def cure() -> None:
        entry = story.entry(name)
        if story.there(arm.disk_id(name)):
            return
        held = [row["id"] for row in story.instances() if disk_of(row) == arm.disk_id(name).lower()]
        has_backups = any(story.sandbox.ids(f"{one}/recoveryPoints/*") for one in held)
        if entry is None or entry.get("whenGone", "report") == "report" or not has_backups:
            story.gives_up(name)
        else:
            story.patience = 5 * DAY

    return cure


@rule(4)
def a_disk_is_replaced(story: Story, chance: Random) -> str | None:
    """A disk is deleted, and another, empty one made under its name."""
    found = _there(story)
    if not found:
        return None
    name = chance.choice(found)
    story.sandbox.replace(arm.disk_id(name))
    return f"{name}{_then(story, chance)}"


@rule(2)
def a_disk_is_moved(story: Story, chance: Random) -> str | None:
    """A disk lies in another group for a while; what was made for it there is cleaned up in the end."""
    found = _there(story)
    if not found:
        return None
    name = chance.choice(found)
    if not story.there(arm.group_id(APPS, ELSEWHERE)):
        story.sandbox.put(arm.group_id(APPS, ELSEWHERE), {"location": "westus"})
    elsewhere = arm.disk_id(name, ELSEWHERE)
    if story.there(elsewhere):
        return None
    story.sandbox.move(arm.disk_id(name), arm.group_id(APPS, ELSEWHERE))

    def cure() -> None:
        if story.there(elsewhere) and not story.there(arm.disk_id(name)):
            story.sandbox.move(elsewhere, arm.group_id(APPS, "diskrg"))
        elif story.there(elsewhere):
            story.remove(elsewhere)
        for row in (*story.instances(), *story.deleted()):
            if disk_of(row) == elsewhere.lower():
                story.remove(row["id"])

    story.cures[f"moved {name}"] = cure
    return f"{name}{_then(story, chance)}"


@rule(4)
def snapshots_vanish(story: Story, chance: Random) -> str | None:
    """Snapshots of recovery points are deleted: the newest of a disk, some, or all there are."""
    found = sorted(rows(story.trial, "snapshots"), key=lambda row: str(row["properties"]["timeCreated"]))
    if not found:
        return None
    share = chance.choice((0.0, 0.3, 1.0))
    gone = found[-1:] if not share else [row for row in found if chance.random() < share]
    for row in gone:
        story.remove(row["id"])
    return f"{len(gone)} of {len(found)}{_then(story, chance)}"


@rule(2)
def the_snapshot_group_vanishes(story: Story, chance: Random) -> str | None:
    """The snapshots' resource group is deleted with all that lies in it; somebody makes it again in the end."""
    address = arm.group_id(APPS, "snapshotrg")
    if not story.there(address):
        return None
    gone = story.remove(address)

    def cure() -> None:
        if not story.there(address):
            story.sandbox.put(address, {"location": "westus"})

    story.cures["snapshot group"] = cure
    return f"with {len(gone) - 1} in it{_then(story, chance)}"


@rule(4)
def resource_graph_is_away(story: Story, chance: Random) -> str | None:
    """Resource Graph fails, refuses, or knows less than there is."""
    nothing = faults.changed(lambda body: {**body, "totalRecords": 0, "count": 0, "data": []})
    name, fault = chance.choice(
        (
            ("503", faults.unavailable(503)),
            ("429", faults.throttled(60)),
            ("403", faults.error(403, "AuthorizationFailed", "The client does not have authorization.")),
            ("nothing", nothing),
            ("half", faults.changed(lambda body: _shortened(body, "data", 0.5, story.seed))),
        )
    )
    times = chance.choice((1, 5, EVER))
    hit = story.trial.inject("POST resources", fault, times=times)
    if name in ("nothing", "half"):
        story.blurs.append(hit)
    return f"{name}, {'from now on' if times == EVER else f'{times} times'}"


@rule(6)
def lists_are_short(story: Story, chance: Random) -> str | None:
    """Lists lack rows, the same ones each time, and don't say so."""
    kind, share = chance.choice(LISTS), chance.choice((0.3, 0.6, 1.0))
    times, skip = chance.choice((1, 4, EVER, EVER)), chance.choice((0, 0, 1, 3))
    story.blurs.append(story.trial.inject(kind, _short(share, story.seed), times=times, skip=skip))
    return f"{kind} lacks {share:.0%}, {'from now on' if times == EVER else f'{times} times'} after {skip}"


def _short(share: float, salt: int) -> Fault:
    def change(body: Any) -> Any:
        return _shortened(body, "value", share, salt)

    return faults.changed(change)


def _shortened(body: Any, key: str, share: float, salt: int) -> Any:
    if not isinstance(body, dict) or not isinstance(body.get(key), list):
        return body
    kept = [row for row in body[key] if _draw(row, salt) >= share]
    return {**body, key: kept}


def _draw(row: Any, salt: int) -> float:
    """A number in [0, 1) that is always the same for a row."""
    name = str(row.get("id") or row.get("name") or row) if isinstance(row, dict) else str(row)
    return zlib.crc32(f"{salt} {name.lower()}".encode()) / 2**32
