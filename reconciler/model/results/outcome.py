"""What became of a plan: one result per change, and whether everything is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from reconciler.model.addresses import NOWHERE, Address
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.codes import errors as error_codes
from reconciler.model.findings import Finding
from reconciler.model.plan import NOTHING_LEFT, Plan, Rest
from reconciler.model.results.trial import Trial


class Status(StrEnum):
    """How a change ended; only `done` means that Azure was checked to be as wanted."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    IN_PROGRESS = "in-progress"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one change, or of a wait (then `action` is None).

    `message` is for a person, `code` Azure's or ours, `hint` what to do next, `because` why it was skipped. `cause` is what
    it waited for in vain, at the end of a chain; `waiting` is what waited for it, where a report tells both in one.
    `request` is Azure's id of the request that failed, which the message has, too. `trial` is what a drill found out.
    """

    address: Address
    kind: Kind
    action: Action | None
    status: Status
    message: str = ""
    code: str = ""
    hint: str = ""
    because: str = ""
    cause: Address = NOWHERE
    waiting: tuple[Address, ...] = ()
    request: str = ""
    trial: Trial | None = None

    effect: ClassVar[tuple[str, str, str]] = ("was skipped", "were skipped", "because of this")
    """What is said of one thing, and of several, in `waiting`."""

    @property
    def said(self) -> str:
        """Why it ended so, in a sentence; may be empty."""
        return self.because or self.message

    @property
    def rank(self) -> int:
        """Its place among results of one object: what went wrong first, what is done last."""
        return _RANKS.index(self.status)

    @property
    def traits(self) -> tuple[str, ...]:
        """What results have in common that are told in one, besides what they say."""
        is_done = self.status is Status.DONE
        return (self.status, self.code, *((str(self.action), self.kind) if is_done else ()))

    @property
    def incidental(self) -> tuple[str, ...]:
        """What it says that no other result does, and that means nothing."""
        return (self.request,) if self.request else ()


_RANKS = (Status.FAILED, Status.IN_PROGRESS, Status.SKIPPED, Status.DONE)


def result_of(
    change: Change,
    status: Status,
    *,
    message: str = "",
    code: str = "",
    hint: str = "",
    cause: Address = NOWHERE,
    request: str = "",
) -> Result:
    """The result of a change; a skipped one says why in `because` as well."""
    because = message if status is Status.SKIPPED else ""
    own = (change.address, change.kind, change.action)
    return Result(*own, status, message, code, hint, because, cause, request=request)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results in the plan's order, waits last.

    `interrupted` names what cut the run short (empty: nothing did); `warnings` are findings that fail nothing, such as
    a mark that could not be written, or a deletion that was left out; `errors` are the plan's own errors: declared disks
    that no change could fix. `rest` is what the options of approval have left.
    """

    results: tuple[Result, ...]
    interrupted: str = ""
    warnings: tuple[Finding, ...] = ()
    errors: tuple[Finding, ...] = ()
    rest: Rest = NOTHING_LEFT

    def compared(self, later: Plan) -> Outcome:
        """The outcome after another look: a wait whose object still has a change, a wait or an error isn't done."""
        left = {change.address: change for change in (*later.changes, *later.rest.changes)}
        at_work = {wait.address for wait in later.waits}
        return replace(
            self, results=tuple(_seen_again(result, left, at_work) for result in self.results), errors=later.errors
        )

    def unseen(self, why: str) -> Outcome:
        """The outcome when that other look failed: no wait may be called done."""
        results = tuple(
            replace(
                result,
                status=Status.IN_PROGRESS,
                message=f"Azure has finished; could not check whether it is as declared: {why}",
                hint="run `apply` or `plan` again to check it",
            )
            if result.action is None and result.status is Status.DONE
            else result
            for result in self.results
        )
        return replace(self, results=results)

    def with_status(self, status: Status) -> tuple[Result, ...]:
        """The results with this status."""
        return tuple(result for result in self.results if result.status is status)

    @property
    def added(self) -> int:
        """The number of objects created."""
        return self._done(Action.ADD)

    @property
    def changed(self) -> int:
        """The number of objects changed."""
        return self._done(Action.CHANGE)

    @property
    def destroyed(self) -> int:
        """The number of objects deleted."""
        return self._done(Action.DESTROY)

    @property
    def ok(self) -> bool:
        """Whether everything declared is now as it should be: exit code 0."""
        return not self.interrupted and not self.errors and all(result.status is Status.DONE for result in self.results)

    def _done(self, action: Action) -> int:
        return sum(result.status is Status.DONE and result.action is action for result in self.results)


def _seen_again(result: Result, left: Mapping[Address, Change], at_work: Collection[str]) -> Result:
    if result.action is not None or result.status is not Status.DONE:
        return result
    if result.address in at_work:
        message = "Azure had finished, but is working on it again"
        return replace(result, status=Status.IN_PROGRESS, message=message, hint="apply again, which waits for it")
    if result.address not in left:
        return result
    return replace(
        result,
        status=Status.FAILED,
        code=error_codes.DIFFERS_STILL.code,
        message=f"Azure has finished, but it differs: {left[result.address].reason}",
        hint="apply again, now that Azure has finished with it",
    )
