"""The account of one trial restore: kept while it goes on, closed with a verdict, and told to the ledger before any tag."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from reconciler.applying.run import Run, Skip
from reconciler.base.programs import Ending
from reconciler.model.changes import Change, Op
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ReconcilerError
from reconciler.model.ids import ArmId
from reconciler.model.results.trial import Trial, TrialVerdict

_VERDICTS = frozenset({error_codes.RESTORED_DIFFERENTLY.code, error_codes.VERIFY_FAILED.code})
"""What says that a copy isn't as it must be; after any other error nobody knows."""


class Account:
    """What is found out about a disk; its `trial` is also in `run.trials`, for the result."""

    def __init__(self, run: Run, change: Change) -> None:
        self._run = run
        steps = {step.op: step for step in change.steps}
        verification = steps.get(Op.DISK_VERIFY)
        after = change.after or {}
        self.trial = Trial(
            change.address,
            source=ArmId(str(after["source"])),
            point=ArmId(str(after["recoveryPoint"])),
            taken=steps[Op.DISK_CHECK].expectation["claim"]["taken"],
            copy=steps[Op.DISK_PATCH].target,
            began=run.clock.now(),
            command=tuple(verification.verification["command"]) if verification else (),
        )
        self._note()

    def heard(self, job: ArmId) -> None:
        """The restore's job is known."""
        self._note(job=job)

    def restored(self) -> None:
        """The copy is there."""
        self._note(restored=self._run.clock.now())

    def verified(self) -> None:
        """The program has ended, or was ended."""
        self._note(verified=self._run.clock.now())

    def ended(self, ending: Ending) -> None:
        """The program's exit code and output are known."""
        self._note(exit_code=ending.code, output=ending.output)

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Within this block the trial goes on; its end is the verdict, which the ledger is told.

        A disk whose verdict the ledger can't record isn't proven.
        """
        try:
            yield
        except (ReconcilerError, Skip) as error:
            code = error.code if isinstance(error, ReconcilerError) else ""
            self._close(TrialVerdict.FAILED if code in _VERDICTS else TrialVerdict.UNKNOWN, code)
            raise
        except asyncio.CancelledError:
            self._close(TrialVerdict.UNKNOWN, "")
            raise
        self._note(verdict=TrialVerdict.PASSED)
        try:
            self._tell()
        except ReconcilerError:
            self._note(verdict=TrialVerdict.UNKNOWN, code=error_codes.UNAUDITED.code)
            raise

    def _close(self, verdict: TrialVerdict, code: str) -> None:
        """Note and tell how it ended; that the ledger fails doesn't hide why the trial did."""
        self._note(verdict=verdict, code=code)
        try:
            self._tell()
        except ReconcilerError as error:
            self._run.tell(self.trial.address, error.message)

    def _tell(self) -> None:
        ledger = self._run.azure.audited.ledger
        if ledger is not None:
            ledger.trial(self.trial)

    def _note(self, **found: Any) -> None:
        self.trial = replace(self.trial, **found)
        self._run.trials[self.trial.address] = self.trial
