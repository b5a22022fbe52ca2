"""What `apply` may do without asking: everything, a plan with a checksum, additions, or what is left of a saved plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import click

from reconciler.cli.options import Command, with_options
from reconciler.cli.planning import Planning
from reconciler.cli.saved import SavedPlan
from reconciler.model.changes import Action, Kind
from reconciler.model.errors import UsageError
from reconciler.model.ids import lower
from reconciler.model.plan import ADDITIONS, Options, Reviewed

_FOR_PEOPLE = ("prune", "adopt", "allow_delete", "accept_irreversible", "resource_guard_request")
"""Planning options that stand for somebody's decision about changes that are no additions."""


class Consent(NamedTuple):
    """The options of approval on the command line."""

    auto_approve: bool = False
    checksum: str | None = None
    approve: str | None = None
    unmoved: bool = False

    def check(self, planning: Planning, *, has_plan: bool) -> None:
        """UsageError for options that contradict each other; `has_plan`: a saved plan is applied."""
        if self.approve:
            given = {
                "--auto-approve": self.auto_approve,
                "--checksum": self.checksum is not None,
                "a saved plan": has_plan,
            }
            given |= {f"--{name.replace('_', '-')}": _is_given(getattr(planning, name)) for name in _FOR_PEOPLE}
            other = next((name for name, is_given in given.items() if is_given), None)
            if other:
                said = other if other == "a saved plan" else f"`{other}`"
                raise UsageError(
                    f"`--approve {self.approve}` and {said} can't be used together",
                    hint="use them in two runs: additions first, then what somebody has reviewed",
                )
        if self.unmoved and not has_plan:
            raise UsageError(
                "`--unmoved` needs a saved plan", hint="run `reconciler apply PLAN.json MANIFEST --unmoved`"
            )

    def limited(self, options: Options, saved: SavedPlan | None) -> Options:
        """The planner's options, limited to what is approved."""
        if self.approve:
            return replace(options, approve=ADDITIONS)
        if self.unmoved and saved:
            return replace(options, reviewed=_reviewed(saved))
        return options


def _is_given(value: object) -> bool:
    return value is not None and value is not False and value != ()


def _reviewed(saved: SavedPlan) -> Reviewed:
    """What a saved plan shows; UsageError when its changes have no digests."""
    changes = saved.document["changes"]
    if any("digest" not in change for change in changes):
        raise UsageError(
            f"`{saved.file}` has no digests of its changes, so they can't be recognized one by one.",
            hint="make a new plan with this version: `reconciler plan PATH --out FILE`",
        )
    digests = {lower(change["address"]): change["digest"] for change in changes}
    deletions = sum(change["kind"] == Kind.DISK and change["action"] == Action.DESTROY for change in changes)
    marks = saved.document.get("marks", ())
    return Reviewed(digests, deletions, frozenset((lower(one["vault"]), one["tag"], one["after"]) for one in marks))


_OPTIONS: tuple[Callable[[Command], Command], ...] = (
    click.option("--checksum", metavar="SHA", help="Apply only if the plan has this checksum, without asking."),
    click.option(
        "--approve",
        type=click.Choice([ADDITIONS]),
        help="Without asking, apply only first backup instances with what they alone need, and repairs of ProtectionError;"
        " list the rest, and exit with 2 if there is any.",
    ),
    click.option(
        "--unmoved",
        is_flag=True,
        help="Of a saved plan, apply the changes that are still exactly the same; list what changed and what is new, and exit"
        " with 2 if there is any.",
    ),
)


def consent_options(command: Command) -> Command:
    """Add `--checksum`, `--approve` and `--unmoved`."""
    return with_options(command, _OPTIONS)
