"""How many instances and policies a vault may hold: 5,000 of each, from Azure's support matrix."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from reconciler.manifest import addresses
from reconciler.planning.draft import Draft
from reconciler.planning.model import Action, Kind

LIMIT = 5000
NEARLY = 4500


def check_capacity(draft: Draft) -> None:
    """Refuse what would not fit into a vault, in order of addresses; warn when one is nearly full."""
    for kind, what, held in (
        (Kind.DISK, "backup instances", draft.estate.instances.values()),
        (Kind.POLICY, "policies", draft.estate.policies.values()),
    ):
        counts = Counter(thing.vault.key for thing in held)
        additions: defaultdict[str, list[str]] = defaultdict(list)
        for change in draft.changes.values():
            if change.kind is kind and change.action is Action.ADD and change.vault:
                additions[change.vault.key].append(change.address)
        for spec in draft.vaults.values():
            added = sorted(additions[spec.id.key])
            count, address = counts[spec.id.key], addresses.vault(spec.name)
            if added and count + len(added) > LIMIT:
                message = f"{spec.name} would hold {count + len(added)} {what}; Azure allows {LIMIT}"
                draft.note("vault-full", message, address=address, place=spec.place)
                _drop(draft, added[max(0, LIMIT - count) :], message)
            elif count + len(added) >= NEARLY:
                message = f"{spec.name} would hold {count + len(added)} of {LIMIT} {what}"
                draft.note("vault-nearly-full", message, address=address, place=spec.place)


def _drop(draft: Draft, surplus: Iterable[str], message: str) -> None:
    """Take changes out of the plan, and with them whatever depends on them."""
    dropped = dict.fromkeys(surplus, message)
    while dropped:
        draft.refused.update(dropped)
        for address in dropped:
            del draft.changes[address]
        dropped = {
            change.address: f"waits for {because}"
            for change in draft.changes.values()
            if (because := next((address for address in change.depends if address in dropped), None))
        }
        for address, waits in dropped.items():
            draft.note("waits-for", waits, address=address, place=draft.changes[address].place)
