"""Which new disks a vault protects that this run did not list.

Resource Graph is asked about all of them at once. It lags, so it proves nothing: the disks that it shows under protection
are asked about by their ids, and what it doesn't show is found by apply at the latest.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.base.plurals import counted
from reconciler.model import protection
from reconciler.model.codes import disks as disk_codes
from reconciler.model.estate import HOLDERS, PROTECTED_ELSEWHERE
from reconciler.model.ids import ArmId
from reconciler.model.known import Unsure, Yes
from reconciler.model.protection import Health
from reconciler.model.resources import Instance
from reconciler.model.short_names import ShortNames
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.questions import PENDING, Pending

_LIMIT = 500
"""About how many disks Azure is asked one by one."""


class Holders:
    """What holds new disks elsewhere; `unchecked` counts those for which it couldn't be told."""

    def __init__(self, draft: Draft) -> None:
        self._world, self._decisions, self._questions = draft.world, draft.decisions, draft.questions
        self.unchecked = 0
        self._why = ""

    def ask(self, wanted: DesiredDisk) -> None:
        """Ask Resource Graph in the first round, for all new disks at once; the rest of the sketch needs no answer yet."""
        self._questions.answer(HOLDERS(wanted.disk.id))
        if self._world.options.preflight:
            self._fits(wanted)  # it has its turn in every round

    def refuse(self, wanted: DesiredDisk) -> bool:
        """Whether nothing may be planned for a new disk: another vault holds it, as a finding says, or it's not known yet."""
        answer = self._questions.answer(HOLDERS(wanted.disk.id))
        shown = [one for one in answer.value if self._is_far(one.vault)] if isinstance(answer, Yes) else []
        listed: Sequence[ArmId] | Pending | None = [one.id for one in shown]
        must_know = self._world.options.additions and isinstance(answer, Unsure)
        if (shown or must_know or self._world.options.preflight) and self._fits(wanted):
            listed = self._questions.ask(PROTECTED_ELSEWHERE(wanted.disk.id), address=wanted.address)
        elif isinstance(answer, Unsure) and must_know:
            message = f"could not tell whether another vault already protects the disk: {answer.because}"
            self._decisions.refuse(wanted.address, answer.code, message, place=wanted.place, hint=answer.hint)
            return True
        elif isinstance(answer, Unsure):
            self.unchecked += 1
            self._why = answer.because
        if listed is PENDING:
            return True
        if not listed:
            return False
        how = _how(self._world.names, listed[0], shown)
        message = how
        self._decisions.refuse(wanted.address, disk_codes.PROTECTED_ELSEWHERE, message, place=wanted.place)
        return True

    def _is_far(self, vault: ArmId) -> bool:
        """Whether a vault is none of those whose own lists were read, which know better."""
        return vault.key not in self._world.estate.vaults

    def _fits(self, wanted: DesiredDisk) -> bool:
        return self._questions.fits(PROTECTED_ELSEWHERE.word, wanted.disk.id, _LIMIT)

    def conclude(self) -> None:
        """Say how many disks were not checked, and why."""
        if not self.unchecked:
            return
        disks = counted(self.unchecked, "new disk")
        message = f"did not check whether another vault already protects {disks}: {self._why}"
        self._decisions.note(disk_codes.UNCHECKED, message)


def _how(names: ShortNames, listed: ArmId, shown: Sequence[Instance]) -> str:
    """`it is already protected by NAME in the vault VAULT (subscription SUB)`, with its state and owner where they are known."""
    known = next((one for one in shown if one.id == listed), None)
    where = names.in_vault(listed)
    mark = tag_of(known.tags, OWNER_TAG) if known else None
    owner = f"; the manifest `{mark}` manages it" if mark else ""
    if known is None or protection.health_of(known) is Health.CONFIGURED:
        return f"it is already protected by {where}{owner}"
    return f"it already has {where}, which is {known.state} and doesn't protect it{owner}"
