"""Doubts about lists: what is there by its id, though its list lacks it, and how often that is asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ReadIncomplete
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId
from reconciler.model.scope import Reach

MOST_CONTRADICTED = 10
"""How many objects that lists lack may be there: above that the lists are broken, and nothing follows from them."""

MOST_ASKED = 100
"""How many objects that a list lacks are asked for by id, and how many more for each that is there then."""


def broken(count: int) -> ReadIncomplete:
    """The error that stops a run whose lists were contradicted too often."""
    return ReadIncomplete(
        f"Lists of Azure lack what is there: {count} objects were found by their ids. Nothing more follows from them.",
        hint="Look for a proxy that rewrites answers, and whether the caller may read all; then run it again.",
        code=error_codes.LISTS_BROKEN,
    )


class Doubts:
    """What one plan has asked for by id, and what of that its lists lack."""

    def __init__(self, estate: Estate, reach: Reach) -> None:
        self.contradicted: set[str] = set()
        self._asked: dict[str, set[str]] = {}
        in_all = estate.subscriptions
        self._lists: Mapping[str, tuple[Mapping[str, object], Collection[str]]] = {
            "microsoft.compute/disks": (estate.disks, estate.disk_subscriptions),
            "microsoft.compute/virtualmachines": (estate.machines, reach.machine_subscriptions),
            "microsoft.authorization/roleassignments": (estate.roles, reach.role_subscriptions),
            "microsoft.dataprotection/backupvaults": (estate.vaults, in_all),
            "microsoft.dataprotection/backupvaults/backupinstances": (estate.instances, in_all),
            "microsoft.dataprotection/backupvaults/backuppolicies": (estate.policies, in_all),
            "": (estate.groups, in_all),
        }

    def there(self, subject: ArmId) -> None:
        """Note what is there by its id; ReadIncomplete when lists lack too much of that."""
        listed, read = self._lists.get(subject.type, ({}, ()))
        if subject.subscription in read and subject.key not in listed:
            self.contradicted.add(subject.key)
        if len(self.contradicted) > MOST_CONTRADICTED:
            raise broken(len(self.contradicted))

    def may_ask(self, subject: ArmId) -> bool:
        """Whether one more of its kind is worth asking for: a list that lacked something may lack more."""
        asked = self._asked.setdefault(subject.type, set())
        if subject.key not in asked and len(asked) >= MOST_ASKED * (1 + len(self.contradicted)):
            return False
        asked.add(subject.key)
        return True
