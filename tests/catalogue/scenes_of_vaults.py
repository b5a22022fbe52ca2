"""Scenes of findings about vaults, policies, resource groups, role assignments, locks and the manifest as a whole."""

from __future__ import annotations

from datetime import date
from typing import Any
from unittest.mock import patch

from plan_builders import (
    CONTRIBUTOR,
    GUARD,
    SNAPSHOTS,
    USER,
    VAULT,
    D,
    S,
    disk,
    disk_id,
    group,
    group_id,
    ignore,
    instance,
    lock,
    manifest,
    policy,
    policy_body,
    policy_spec,
    role,
    rule,
    settled,
    soft,
    there,
    vault,
    vault_spec,
    wide,
    without,
)
from scenes import Scenes
from scenes_of_disks import held, shown, world

from reconciler.model.ids import subscription_id, vault_id
from reconciler.model.known import Yes
from reconciler.model.policy_reading import read
from reconciler.model.resources import (
    DeletedVault,
    Instance,
    OwnedVault,
    Policy,
    ResourceGroup,
    RoleAssignment,
    UserIdentity,
    Vault,
)
from reconciler.planning import capacity

LOST = vault_id(S, "vaultrg", "Lost")


def said(**fields: Any) -> Any:
    """A manifest whose vault says so."""
    return manifest(vaults=[vault_spec(**fields)])


def having(**fields: Any) -> Any:
    """The settled world with another vault."""
    return world(*without(settled(), Vault), vault(**fields))


def lacking(*kinds: type, more: tuple[Any, ...] = ()) -> Any:
    """The settled world without such things."""
    return world(*without(settled(), *kinds), *more)


def bereft() -> str:
    """The vault is soft-deleted."""
    deleted = Yes(DeletedVault(VAULT, "2026-05-18T00:00:00Z"))
    return shown(manifest(), world(disk(), group(), group(group_id(S, "vaultrg"))), {"deleted-vault": deleted})


def two_regions() -> str:
    """A snapshot resource group is to be made for disks of two regions."""
    entry = rule(disk_id(), disk_id("e"), vault={"westus": "V", "eastus": "E"})
    desire = manifest(entry, vaults=[vault_spec(), vault_spec("E", location="eastus")])
    return shown(desire, world(vault(), group(group_id(S, "vaultrg")), disk(), disk("e", location="eastus")))


def crowded(limit: int) -> str:
    """The vault has as many instances as Azure allows, where it allows so many."""
    with patch.object(capacity, "LIMIT", limit):
        return shown(manifest(rule(disk_id(), disk_id("e"))), world(*settled(), disk("e")))


def nearly() -> str:
    """The vault has nearly as many."""
    with patch.object(capacity, "NEARLY", 2):
        return shown(manifest(rule(disk_id(), disk_id("e"))), world(*settled("d", "e")))


def odd_start() -> str:
    """A policy's start has an offset that its zone has in summer only."""
    odd = policy(name="odd", body=policy_body("R/2026-01-10T23:30:00+02:00/P1D", "W. Europe Standard Time"))
    rows = (odd, instance(policy=odd.id))
    return shown(manifest(policies=[policy_spec(content=read(odd).content)]), lacking(Policy, Instance, more=rows))


def left_behind() -> str:
    """An identity that no vault has any more still has a role."""
    stale = role(disk_id(), principal="99999999-0000-0000-0000-000000000009")
    own = lacking(Instance, RoleAssignment, more=(UserIdentity(USER, "u-1"),))
    return shown(manifest(), own, {("role-count", subscription_id(D)): (stale,)})


SCENES: Scenes = {
    "group-location-unknown": two_regions,
    "group-missing": lambda: shown(
        manifest(vaults=[vault_spec(manage_resource_group=False)]), world(disk())
    ),
    "guard-differs": lambda: shown(said(resource_guard=GUARD), world(*settled())),
    "ignores-nothing": lambda: shown(manifest(ignore=(ignore("vault/Nowhere"),)), world(*settled())),
    "ignored": lambda: shown(manifest(ignore=(ignore("disk/*"),)), held(state="ProtectionStopped")),
    "ignore-expired": lambda: shown(
        manifest(ignore=(ignore("disk/*", expires=date(2026, 4, 30)),)), held(state="ProtectionStopped")
    ),
    "immutable-field": lambda: shown(said(redundancy="GeoRedundant"), world(*settled())),
    "locked": lambda: shown(manifest(), world(*settled(), lock(VAULT), disk("x"), instance("x")), prune=True),
    "lock-keeps-snapshots": lambda: shown(manifest(), world(*settled(), lock(SNAPSHOTS, "CanNotDelete"))),
    "managed-elsewhere": lambda: shown(manifest(), held(owner="other")),
    "needs-api-version": lambda: shown(said(cost_management="VaultLevel"), world(*settled())),
    "one-way-door": lambda: shown(said(**soft("Off")), having(soft_delete_state="AlwaysOn")),
    "only-unmatched": lambda: shown(manifest(), world(*settled()), only=("sql-004",)),
    "orphaned-vault": lambda: shown(
        manifest(), world(*settled(), owned_vaults=Yes((OwnedVault(LOST, "team"),))), {("exists", LOST): there()}
    ),
    "policy-differs": lambda: shown(
        manifest(policies=[policy_spec(manage=False, azure_name="theirs")]),
        world(*settled(), policy(name="theirs", body=policy_body(default="P30D"))),
    ),
    "policy-missing": lambda: shown(
        manifest(policies=[policy_spec(manage=False, azure_name="theirs")]), world(*settled())
    ),
    "policy-start-unsure": odd_start,
    "resource-guard": lambda: shown(said(**soft(days=14)), having(guarded=True, soft_delete_retention_days=30.0)),
    "role-conditional": lambda: shown(
        manifest(),
        lacking(
            RoleAssignment, Instance,
            more=(role(disk_id(), name="0f8fad5b-d9cb-469f-a165-70867728950e", conditional=True), role(SNAPSHOTS, CONTRIBUTOR)),
        ),
    ),
    "role-left-behind": left_behind,
    "role-missing": lambda: shown(manifest(roles=wide("verify", "disk")), lacking(RoleAssignment)),
    "snapshots-gone": lambda: shown(manifest(), lacking(ResourceGroup, more=(group(group_id(S, "vaultrg")),))),
    "stronger-than-declared": lambda: shown(said(immutability="Unlocked"), having(immutability="Locked")),
    "vault-deleting": lambda: shown(manifest(), having(provisioning_state="Deleting")),
    "vault-differs": lambda: shown(
        said(manage=False, alerts_for_all_job_failures=True), having(owner=None)
    ),
    "vault-full": lambda: crowded(1),
    "vault-nearly-full": nearly,
    "vault-missing": lambda: shown(said(manage=False), world(disk(), group())),
    "vault-soft-deleted": bereft,
    "vault-without-identity": lambda: shown(
        manifest(), world(*without(settled(), Vault, Instance, RoleAssignment), vault(principal_id=None))
    ),
    "waits-for": lambda: shown(manifest(ignore=(ignore("vault/V"),)), world(disk(), group())),
}  # fmt: skip
