"""Advice never contradicts itself (R7): what hints are for, what takes it back, and where both stand in one plan.

`stage` and `forging` look at every plan that a test makes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

ANYWHERE: dict[str, tuple[str, str]] = {
    "a lock on what Azure Backup deletes": (r"\b(with|by|add|set) a lock", r"lock nothing|lock's owner to remove"),
    "an entry of `ignore`": (r"under `ignore`", r"^remove the (`ignore` )?entry"),
    "the api-version": (r"use api-version", r"pass (the )?`--api-version"),
    "soft delete": (r"turn on soft delete|state: AlwaysOn", r"state: Off|turn off soft delete"),
    "a resource group": (r"\bcreate (it|the group)|az group create", r"(delete|remove) the group"),
    "an identity": (r"identity: system", r"remove (its|the) identity"),
    "who may delete": (r"let few people delete", r"grant .*(Contributor|Owner)"),
}
"""What no plan advises together with its contrary, whatever both are about."""

OF_ONE_OBJECT: dict[str, tuple[str, str]] = {
    "who manages it": (r"let the (manifest|tool) manage", r"`manage: false`"),
    "its entry": (
        r"protect (the|it)\b|declare the disk|to protect it|add (an|the) (entry|region)|name (a|their) disks?",
        r"\bexclude|from the manifest|--prune|under `removed`",
    ),
    "its points": (r"to keep (them|the recovery points)|data: retain", r"--allow-delete|\bto delete"),
    "its protection": (r"declare it `protected`|undelete|continue backups", r"protection: stopped|--prune"),
    "its setting": (r"declare (what it has|what the vault has|its content)", r"remove the setting|, or remove `"),
    "its vault": (r"another vault", r"declare (that|its) vault"),
    "its snapshot group": (r"its current group", r"another resource group|group for snapshots only"),
    "its role assignment": (r"be granted|have it assigned", r"delete it; it no longer grants|remove its condition"),
    "the next run": (r"run `(reconciler )?apply`(?! --prune)", r"wait until|fix what it waits for"),
    "its move": (r"run `reconciler move`", r"until it is moved"),
    "doing anything": (r"^do nothing$", r"^(?!do nothing)"),
    "its name": (r"another name|own `azureName`", r"remove `azureName`"),
}
"""What isn't advised together with its contrary of one object."""


class Advice(NamedTuple):
    """A hint, and the address of what it is about."""

    address: str
    hint: str


def contradictions(every: Iterable[Advice]) -> list[tuple[str, str, str]]:
    """What two hints are at odds about, and both; a hint that offers either way leaves the choice."""
    advice = sorted({one for one in every if one.hint})
    by_address: dict[str, list[str]] = defaultdict(list)
    for one in advice:
        if one.address:
            by_address[one.address.lower()].append(one.hint)
    found = _at_odds(ANYWHERE, [one.hint for one in advice])
    for hints in by_address.values():
        found += _at_odds(OF_ONE_OBJECT, hints)
    return found


def _at_odds(stances: dict[str, tuple[str, str]], hints: Iterable[str]) -> list[tuple[str, str, str]]:
    told = [*dict.fromkeys(hints)]
    found = []
    for about, (pro, contra) in stances.items():
        sides = {one: (bool(re.search(pro, one)), bool(re.search(contra, one))) for one in told}
        for_it, against = ([one for one in told if sides[one] == side] for side in ((True, False), (False, True)))
        found += [(about, one, other) for one, other in product(for_it, against)]
    return found
