"""How many instances and policies a vault may hold: 5,000 of each, from Azure's support matrix."""

from __future__ import annotations

from collections import Counter

from reconciler.plan.draft import Draft
from reconciler.plan.model import Action, Kind

LIMIT = 5000
NEARLY = 4500


def check_capacity(draft: Draft) -> None:
    """Refuse what would not fit into a vault, in order of addresses; warn when one is nearly full."""
    for kind, what, held in (
        (Kind.DISK, "backup instances", draft.estate.instances.values()),
        (Kind.POLICY, "policies", draft.estate.policies.values()),
    ):
        counts = Counter(thing.vault.key for thing in held)
        for spec in draft.manifest.vaults.values():
            added = sorted(
                change.address
                for change in draft.changes.values()
                if change.kind is kind and change.action is Action.ADD and change.vault == spec.id
            )
            count, address = counts[spec.id.key], f"vault/{spec.name}"
            if count + len(added) > LIMIT:
                message = f"{spec.name} would hold {count + len(added)} {what}; Azure allows {LIMIT}"
                draft.note("vault-full", message, address=address, place=spec.place)
                for surplus in added[max(0, LIMIT - count) :]:
                    draft.refused[surplus] = message
                    del draft.changes[surplus]
            elif count + len(added) >= NEARLY:
                message = f"{spec.name} would hold {count + len(added)} of {LIMIT} {what}"
                draft.note("vault-nearly-full", message, address=address, place=spec.place)
