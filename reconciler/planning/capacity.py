"""Azure's limits: instances and policies of a vault, from the support matrix, and role assignments."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Kind
from reconciler.model.codes import planning as codes
from reconciler.model.estate import ROLE_COUNT
from reconciler.model.ids import lower, subscription_id
from reconciler.model.resources import RoleAssignment
from reconciler.planning.draft import Draft
from reconciler.planning.questions import PENDING
from reconciler.planning.role_book import is_derived

LIMIT = 5000
NEARLY = 4500
QUOTA = 4000
"""Role assignments per subscription, from Azure's limits page."""
DISK_SCOPE_LIMIT = 500
"""How many disk-scope role assignments per subscription this tool makes before it asks for a wider scope."""


def check_capacity(draft: Draft) -> None:
    """Refuse what doesn't fit into a vault, in order of addresses; warn when a vault is nearly full."""
    for kind, what, held in (
        (Kind.DISK, "backup instances", draft.world.estate.instances.values()),
        (Kind.POLICY, "policies", draft.world.estate.policies.values()),
    ):
        counts = Counter(thing.vault.key for thing in held)
        additions: defaultdict[str, list[Address]] = defaultdict(list)
        for change in draft.decisions.changes.values():
            if change.kind is kind and change.action is Action.ADD and change.vault:
                additions[change.vault.key].append(change.address)
        for spec in draft.world.vaults.values():
            added = sorted(additions[spec.id.key])
            count, address = counts[spec.id.key], addresses.vault(spec.name)
            if added and count + len(added) > LIMIT:
                message = f"the vault would have {count + len(added)} {what}; Azure allows {LIMIT}"
                draft.decisions.note(codes.VAULT_FULL, message, address=address, place=spec.place)
                draft.decisions.drop(added[max(0, LIMIT - count) :], message)
            elif count + len(added) >= NEARLY:
                message = f"the vault would have {count + len(added)} {what}; Azure allows {LIMIT}"
                draft.decisions.note(codes.VAULT_NEARLY_FULL, message, address=address, place=spec.place)


def over_quota(draft: Draft, additions: Mapping[str, int]) -> dict[str, int]:
    """Subscriptions whose role assignments would exceed Azure's limit, with the count they would reach."""
    over: dict[str, int] = {}
    for subscription, added in sorted(additions.items()):
        rows = draft.questions.ask(ROLE_COUNT(subscription_id(subscription)))
        if rows is PENDING or rows is None:
            continue
        _tell_left_behind(draft, rows)
        if len(rows) + added > QUOTA:
            over[subscription] = len(rows) + added
    return over


def _tell_left_behind(draft: Draft, rows: tuple[RoleAssignment, ...]) -> None:
    """Warn of our assignments on disks whose principal belongs to no known vault: a re-created identity leaves them."""
    known = {lower(vault.principal_id) for vault in draft.world.estate.vaults.values() if vault.principal_id}
    known |= {lower(identity.principal_id) for identity in draft.world.estate.identities.values()}
    for row in sorted(rows, key=lambda row: row.id.key):
        if is_derived(row) and lower(row.principal) not in known and row.scope.key in draft.world.disks:
            message = f"this role assignment on {draft.world.names.of(row.scope)} is for the principal {row.principal}, which no vault here has"
            draft.decisions.note(codes.ROLE_LEFT_BEHIND, message, address=addresses.resource(row.id))
