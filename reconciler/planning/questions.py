"""What a plan asks of Azure beyond the lists: how many questions, and what stands for a missing answer.

An object that exists by its id although its list lacks it raises a doubt about that list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any, Final, TypeVar

from reconciler.model import addresses
from reconciler.model.addresses import NOWHERE, Address
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ReadIncomplete
from reconciler.model.estate import (
    DELETED_VAULT,
    EXISTS,
    HELD,
    PROTECTED_ELSEWHERE,
    RECOVERY_POINTS,
    RESTORES,
    ROLE_COUNT,
    Found,
    Question,
)
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.known import Known, No, Unsure, Yes
from reconciler.model.manifest import VaultSpec
from reconciler.planning.decisions import Decisions
from reconciler.planning.world import World

T = TypeVar("T")


class Pending(Enum):
    """The type of `PENDING`."""

    PENDING = "not asked yet"


class Unasked(Enum):
    """The type of `UNASKED`."""

    UNASKED = "asked before it is made"


PENDING: Final = Pending.PENDING
"""The answer to a question that hasn't been asked yet: decide nothing; the plan is made again with the answer."""

UNASKED: Final = Unasked.UNASKED
"""Stands for an unlisted object that wasn't asked for by id: that is done before it is created."""

DOUBTS = {
    DELETED_VAULT.word: "whether a soft-deleted vault has the name {}",
    HELD.word: "what the vault {} holds",
    PROTECTED_ELSEWHERE.word: "whether another backup instance protects {}",
    RECOVERY_POINTS.word: "which recovery points {} has",
    RESTORES.word: "which restores of {} there are",
    ROLE_COUNT.word: "how many role assignments there are in {}",
}
"""What isn't known while a question has no answer, by its kind."""

MOST_CONTRADICTED = 10
"""How many unlisted objects may exist; above that the lists count as broken, and nothing is concluded from them."""

MOST_ASKED = 100
"""How many objects that a list lacks are asked for by id, and how many more for each that exists."""


def broken(count: int) -> ReadIncomplete:
    """The error that stops a run whose lists were contradicted too often."""
    return ReadIncomplete(
        f"Azure's lists lack {count} objects that exist, found by their ids. Nothing more is concluded from these lists.",
        hint="look for a proxy that rewrites answers, check that the caller may read everything, then run the command again",
        code=error_codes.LISTS_BROKEN,
    )


def _lists(world: World) -> Mapping[str, tuple[Mapping[str, object], Collection[str]]]:
    """What lists show, by type, and the subscriptions of which they were read."""
    return {
        "microsoft.compute/disks": (world.estate.disks, world.estate.disk_subscriptions),
        "microsoft.compute/virtualmachines": (world.estate.machines, world.reach.machine_subscriptions),
        "microsoft.authorization/roleassignments": (world.estate.roles, world.reach.role_subscriptions),
        "microsoft.dataprotection/backupvaults": (world.estate.vaults, world.estate.subscriptions),
        "microsoft.dataprotection/backupvaults/backupinstances": (world.estate.instances, world.estate.subscriptions),
        "microsoft.dataprotection/backupvaults/backuppolicies": (world.estate.policies, world.estate.subscriptions),
        "": (world.estate.groups, world.estate.subscriptions),
    }


class Questions:
    """What one plan asks of Azure, and what is known of it.

    `contradicted` are the subscriptions whose lists lack disks that exist; `unlisted_ids` are the lower-cased ids of
    objects that exist although their list lacks them.
    """

    def __init__(self, world: World, decisions: Decisions) -> None:
        self._world, self._decisions = world, decisions
        self.asked: set[Question[Any]] = set()
        self._told: set[Question[Any]] = set()
        self._counted: dict[str, set[str]] = defaultdict(set)
        self._lists = _lists(world)
        self.unlisted_ids: set[str] = set()
        self.contradicted: set[str] = set()

    def beside(self, decisions: Decisions) -> Questions:
        """The same questions and doubts for a draft with other decisions; incomplete lists are counted once for both."""
        other = Questions(self._world, decisions)
        other.asked, other._counted = self.asked, self._counted
        other.unlisted_ids, other.contradicted = self.unlisted_ids, self.contradicted
        return other

    @property
    def open(self) -> tuple[Question[Any], ...]:
        """What was asked and isn't answered yet, in an order that doesn't depend on chance."""
        return tuple(sorted(self.asked, key=lambda question: (question.kind, question.subject.key)))

    def answer(self, question: Question[T]) -> Known[T] | Pending:
        """What is known of a question; PENDING: decide nothing."""
        answer = self._world.estate.answer(question)
        if answer is None:
            self.asked.add(question)
            return PENDING
        return answer

    def ask(self, question: Question[T], *, address: Address = NOWHERE) -> T | Pending | None:
        """The value of the answer to one of the questions in `DOUBTS` (None: there is none), or PENDING: decide nothing.

        Where the answer can't be known, it stays PENDING and a finding says why; nothing that depends on `address` is planned.
        """
        match self.answer(question):
            case Yes(value):
                return value
            case No():
                return None
            case Unsure() as answer:
                self._tell_unsure(question, answer, address)
        return PENDING

    def _tell_unsure(self, question: Question[Any], answer: Unsure, address: Address) -> None:
        what = DOUBTS[question.kind].format(question.subject.name)
        message = f"could not tell {what}: {answer.because}"
        if question not in self._told:
            self._told.add(question)
            subject = address or addresses.resource(question.subject)
            self._decisions.note(answer.code, message, address=subject, hint=answer.hint)
        if address:
            self._decisions.refuse_untold(address, message)

    def presence(
        self, subject: ArmId, address: Address, place: Place | None = None, *, may_come: bool = False
    ) -> Yes[Found] | No | None:
        """Whether an unlisted object exists; None: decide nothing (not asked yet, or a finding says why).

        `may_come`: Azure may have made it since the list was read, so that it contradicts no list.
        """
        match self.answer(EXISTS(subject)):
            case Yes() as answer:
                if not may_come:
                    self._note_there(subject)
                return answer
            case No() as answer:
                return answer
            case Unsure() as answer:
                self._decisions.refuse_unsure(answer, subject, address, place)
        return None

    def unlisted(self, vault: VaultSpec, subject: ArmId, address: Address, place: Place | None = None) -> object:
        """An object of a vault that exists although its list lacks it; None: it doesn't. PENDING: decide nothing.

        UNASKED for objects beyond the first hundred, which are asked for before they are created.
        """
        if vault.id.key not in self._world.estate.vaults:
            return None
        if not self.fits(subject.type, subject, MOST_ASKED * (1 + len(self.unlisted_ids))):
            return UNASKED
        match self.presence(subject, address, place):
            case Yes(found):
                return found.resource
            case No():
                return None
        return PENDING

    def tell_unread(self) -> None:
        """Refuse the declared vaults that could not be read: unknown content is never taken for none."""
        for vault in self._world.vaults.values():
            if vault.id.key not in self._world.estate.vaults:
                self.presence(vault.id, addresses.vault(vault.name), vault.place)

    def is_unread(self, vault: VaultSpec) -> bool:
        """Whether a declared vault could not be read."""
        address = self._decisions.spelled(addresses.vault(vault.name))
        return vault.id.key not in self._world.estate.vaults and address in self._decisions.refused

    def _note_there(self, subject: ArmId) -> None:
        """Note that an object exists by its id; ReadIncomplete when lists lack too many of these."""
        listed, read = self._lists.get(subject.type, ({}, ()))
        if subject.subscription in read and subject.key not in listed:
            self.unlisted_ids.add(subject.key)
        if len(self.unlisted_ids) > MOST_CONTRADICTED:
            raise broken(len(self.unlisted_ids))

    def fits(self, purpose: str, subject: ArmId, most: int) -> bool:
        """Whether a subject is one of so many that are asked about for that purpose at most; it is counted if so."""
        counted = self._counted[purpose]
        if subject.key not in counted and len(counted) >= most:
            return False
        counted.add(subject.key)
        return True
