"""Who approved what: a person at the terminal, a checksum, or a saved plan."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

from reconciler.cli.output import Output
from reconciler.cli.saved import SavedPlan, stale
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import Refused
from reconciler.model.plan import Plan
from reconciler.report.documents import Document, moved


class Approval(NamedTuple):
    """Checks approvals: `asks`: a person is asked, on `output`; `checksum` and `saved` were approved before (or None).

    `document` makes a plan's document; plans are compared in that form.
    """

    asks: bool
    output: Output
    document: Callable[[Plan], Document]
    checksum: str | None = None
    saved: SavedPlan | None = None

    def check(self, plan: Plan) -> None:
        """Raise StalePlan when the plan is not the one that was approved before."""
        if self.saved and (told := moved(self.saved.document, self.document(plan))):
            raise stale("The saved plan is stale.", told)
        if self.checksum and self.checksum != plan.checksum:
            changes = [f"{change.action} {change.address}" for change in plan.changes]
            raise stale(
                f"The checksum of the current plan is `{plan.checksum}`, not `{self.checksum}`.",
                [f"now: {change}" for change in changes] or ["now: no changes"],
            )

    def check_unmoved(self, shown: Plan, fresh: Plan) -> None:
        """Raise StalePlan when Azure changed while a person was deciding."""
        told = moved(self.document(shown), self.document(fresh))
        if told:
            raise stale("Azure has changed since the plan was shown.", told)

    def ask(self) -> None:
        """Wait for `yes`; raise Refused for anything else, and when the plan could not be shown."""
        if self.output.broken:
            raise Refused(
                "Could not print the plan, so it can't be approved. Nothing was written.",
                code=error_codes.NOT_APPROVED,
            )
        self.output.tell("Apply these changes? Only `yes` is accepted: ")
        answer = sys.stdin.readline()
        if answer.strip() != "yes":
            raise Refused("Not approved. Nothing was written.", code=error_codes.NOT_APPROVED)
