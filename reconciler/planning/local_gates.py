"""Local gates: refusals that leave the changes of their own objects out of the plan, and close nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reconciler.model.codes import planning as codes
from reconciler.model.errors import UsageError
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.plan import Gate
from reconciler.planning.draft import Draft
from reconciler.planning.world import World

UNKNOWN_POLICY = "unknown-policy"


def may_replace(
    draft: Draft, policy: ArmId, unknown: Iterable[str], address: str, place: Place, *, instead: str
) -> bool:
    """Whether a policy that isn't fully understood may be replaced for a disk; else an error says why not.

    `unknown` names the parts that aren't understood, `instead` what would replace it.
    """
    vault = next((spec.name for spec in draft.world.manifest.vaults.values() if spec.id == policy.parent), "")
    value = f"{vault}/{policy.name}"
    parts = ", ".join(f"`{part}`" for part in unknown)
    message = f"the policy {policy.name} would be replaced by {instead}, but isn't fully understood: {parts}"
    draft.decisions.gated.setdefault((UNKNOWN_POLICY, value), {})[address] = message
    if draft.world.forces(UNKNOWN_POLICY, value):
        return True
    key = f"{UNKNOWN_POLICY}={value}" if vault else UNKNOWN_POLICY
    hint = f"declare it with `manage: false` to keep it, or pass --force {key} to replace it"
    draft.decisions.note(codes.POLICY_NOT_UNDERSTOOD, message, address=address, place=place, hint=hint)
    draft.decisions.held_vaults.add(policy.parent.key)
    return False


def check_keys(world: World) -> None:
    """UsageError when `--force` names a policy that its vault doesn't have: a typo must not open anything."""
    for key in sorted(world.options.force):
        gate, _, value = key.partition("=")
        vault, _, name = value.partition("/")
        spec = world.vaults.get(vault) if gate == UNKNOWN_POLICY else None
        if spec and spec.id.child("backupPolicies", name).key not in world.estate.policies:
            raise UsageError(
                f"--force {gate} names the policy {name!r}, which the vault {spec.name} does not have",
                hint="copy it from the plan's hint",
            )


def local_gates(draft: Draft, takes: Callable[[str], bool]) -> Iterable[Gate]:
    """Every local gate that concerns this plan, open or closed; `takes` says which addresses `--only` leaves."""
    for (name, value), reasons in sorted(draft.decisions.gated.items()):
        addresses = sorted(filter(takes, reasons))
        if addresses:
            hint = f"pass `--force {name}={value}` to continue"
            is_open = draft.world.forces(name, value)
            yield Gate(name, reasons[addresses[0]], hint, is_open, tuple(addresses), is_local=True)
