"""Who approved what: a person at the terminal, a checksum, or a saved plan."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from reconciler.cli.output import Output
from reconciler.cli.saved import SavedPlan, stale
from reconciler.errors import Refused


class Approval(NamedTuple):
    """`asks`: a person will be asked; `checksum` and `saved` are what was approved before (None: neither)."""

    asks: bool
    checksum: str | None = None
    saved: SavedPlan | None = None

    def check(self, fresh: Mapping[str, Any]) -> None:
        """StalePlan when what would be done now (a plan document) is not what was approved before."""
        from reconciler.report.documents import moved

        if self.saved:
            told = moved(self.saved.document, fresh)
            if told:
                raise stale("Saved plan is stale.", told)
        if self.checksum and self.checksum != fresh["checksum"]:
            changes = [f"{change['action']} {change['address']}" for change in fresh["changes"]]
            raise stale(
                f"The checksum {self.checksum} is not that of the plan now, {fresh['checksum']}.",
                [f"now: {change}" for change in changes] or ["now: no changes"],
            )

    def check_unmoved(self, shown: Mapping[str, Any], fresh: Mapping[str, Any]) -> None:
        """StalePlan when Azure moved while a person was thinking."""
        from reconciler.report.documents import moved

        told = moved(shown, fresh)
        if told:
            raise stale("Azure has changed since the plan was shown.", told)

    def ask(self, output: Output) -> None:
        """Wait for `yes`; Refused for anything else, and when the plan could not be shown."""
        if output.broken:
            raise Refused(
                "Not approved: stdout took no plan that could be looked at. Nothing was written.", code="not-approved"
            )
        output.tell("Apply these changes? Only `yes` is accepted: ")
        answer = sys.stdin.readline()
        if answer.strip() != "yes":
            raise Refused("Not approved. Nothing was written.", code="not-approved")
