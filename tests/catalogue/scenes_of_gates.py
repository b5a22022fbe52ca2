"""Scenes of the gates that refuse a plan, or a part of it: plans of estates that are built here."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from plan_builders import (
    D,
    disk,
    disk_id,
    instance,
    manifest,
    removed,
    role,
    rule,
    selector,
    settled,
    soft,
    vault,
    vault_spec,
)
from scenes import Scenes
from scenes_of_disks import SCENES as DISKS
from scenes_of_disks import points, shown, world
from scenes_of_vaults import SCENES as VAULTS

from reconciler.model.estate import KEPT_POINTS
from reconciler.model.ids import subscription_id
from reconciler.model.resources import Instance, Vault
from reconciler.model.tags import SOURCE_TAG
from reconciler.planning import capacity, gates


def ids(count: int, letter: str = "d") -> list[Any]:
    """So many disks."""
    return [disk_id(f"{letter}{number:03}") for number in range(count)]


def mass_change() -> str:
    """Four disks of ten are to be stopped."""
    own = ids(10)
    return shown(manifest(rule(*own[:4], protection="stopped"), rule(*own[4:], number=1)), world(*settled(*own)))


def mass_gone() -> str:
    """Five disks of ten are gone, and `whenGone` would act."""
    own = ids(10)
    rows = [one for one in settled(*own) if one.id not in own[:5]]
    entry = rule(select=selector(subscriptions=(D,)), when_gone="retain", gone_after_hours=0)
    return shown(manifest(entry), world(*rows, *map(instance, own[:5])), {KEPT_POINTS.word: points(8, 9)})


def selects_nothing() -> str:
    """A tag was renamed, and the disks would be stopped."""
    own = ids(9)
    rows = [one for one in settled(*own) if type(one) is not type(disk())]
    entries = [rule(own[0], number=1), rule(select=selector(subscriptions=(D,), tags={"backup": ("gold",)}))]
    return shown(manifest(*entries), world(*rows, *(disk(one, tags={"backup": "Gold"}) for one in own)), prune=True)


def many_roles(limit: str, most: int) -> str:
    """A subscription would have too many role assignments."""
    own, held = ids(4), [one for one in settled() if not isinstance(one, Instance)]
    answers = {("role-count", subscription_id(D)): (role(disk_id("a")), role(disk_id("b")))}
    with patch.object(gates, limit, most), patch.object(capacity, limit, most):
        return shown(manifest(rule(*own)), world(*held, *map(disk, own)), answers)


SCENES: Scenes = {
    "allow-delete": lambda: shown(
        manifest(removed=(removed(disk_id("x"), "delete"),)), world(*settled(), disk("x"), instance("x")), allow_delete=3
    ),
    "deleted-vault": VAULTS["vault-soft-deleted"],
    "empty": lambda: shown(
        manifest(rule(select=selector(subscriptions=(D,), names=("no-*",)))), world(*settled())
    ),
    "irreversible": lambda: shown(manifest(vaults=[vault_spec(immutability="Locked")]), world(*settled())),
    "mass-addition": lambda: shown(
        manifest(rule(disk_id(), *ids(21, "n"))), world(*settled(), *map(disk, ids(21, "n"))), approve="additions"
    ),
    "mass-change": mass_change,
    "mass-gone": mass_gone,
    "resume-expires": DISKS["resume-expires"],
    "role-quota": lambda: many_roles("QUOTA", 2),
    "role-scope": lambda: many_roles("DISK_SCOPE_LIMIT", 2),
    "selects-nothing": selects_nothing,
    "two-sources": lambda: shown(
        manifest(rule(disk_id(), protection="stopped")),
        world(*(one for one in settled() if not isinstance(one, Vault)), vault(tags={SOURCE_TAG: "0a1b2c3d"})),
        source="4e5f6a7b",
    ),
    "unknown-policy": DISKS["policy-not-understood"],
    "weakens-protection": lambda: shown(manifest(vaults=[vault_spec(**soft("Off"))]), world(*settled())),
}  # fmt: skip
