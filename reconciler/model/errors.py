"""Every error that a user may see, as one tree.

ReconcilerError
├── UsageError            the command line asks for something impossible
├── ManifestError         the manifest is wrong: all findings at once
├── Refused               a gate is closed, or a saved plan doesn't fit: nothing was written
│   └── StalePlan         the approved plan differs from the current one
├── ReadIncomplete        Azure could not be read completely: nothing was concluded from the part
└── AzureError            Azure answered with an error
    ├── NotFound          404 of Resource Manager, for what was asked
    ├── Unproven          404 that proves no absence: a proxy's page, or about something else
    ├── OutOfReach        401, 403: the caller lacks permissions
    ├── Conflict          409, 412
    ├── Transient         408, 429, 5xx, resets: retried until the deadline, then raised
    ├── Blocked           refused for hours: never retried
    └── OperationFailed   a long-running operation ended in failure, or not at all
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from reconciler.base.plurals import counted
from reconciler.model.codes import errors as error_codes

if TYPE_CHECKING:
    from reconciler.model.findings import Code, Finding


class ReconcilerError(Exception):
    """The base of all our errors: `code` is stable, `hint` says what to do next.

    `aftermath` says what became of things after it, where somebody looked.
    """

    code = error_codes.ERROR.code
    aftermath = ""

    def __init__(self, message: str, *, hint: str = "", code: Code | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = str(code)


class UsageError(ReconcilerError):
    """The command line asks for something impossible."""

    code = error_codes.USAGE.code


class ManifestError(ReconcilerError):
    """The manifest is wrong; `findings` has every problem, `sources` the text of each file for caret lines.

    `root` is the folder that was named, which prefixes file names where places are shown. The hint has the first error,
    for output without room for findings.
    """

    code = error_codes.MANIFEST.code
    root = ""

    def __init__(self, findings: Sequence[Finding], sources: dict[str, str]) -> None:
        errors = [finding for finding in findings if finding.severity == "error"]
        place = f"{errors[0].place}: " if errors and errors[0].place else ""
        hint = f"the first is {place}{errors[0].message}" if errors else ""
        super().__init__(f"The manifest has {counted(len(errors), 'error')}.", hint=hint)
        self.findings = tuple(findings)
        self.sources = sources


class Refused(ReconcilerError):
    """Nothing was written, on purpose."""

    code = error_codes.REFUSED.code


class StalePlan(Refused):
    """The approved plan differs from the current one; the message lists the differences."""

    code = error_codes.STALE_PLAN.code


class ReadIncomplete(ReconcilerError):
    """Azure could not be read completely; nothing was concluded from the part that was read."""

    code = error_codes.READ_INCOMPLETE.code


class AzureError(ReconcilerError):
    """Azure answered with an error.

    `status` is HTTP's (0: no answer), `code` Azure's, or one of ours if it gave none, `advice` its recommended actions,
    `target` the id or URL path of the request (never with a query string: it may be signed), `request_id` the one for
    Azure support, `said` the message without what was added to it later. `sent_unknown`: the answer to a POST was lost,
    so it may have had an effect; look before it is sent again.
    """

    code = error_codes.AZURE.code
    sent_unknown = False

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: Code | str = "",
        advice: Sequence[str] = (),
        target: str = "",
        request_id: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint or " ".join(advice))
        self.said = message
        self.code = str(code) or self.code
        self.status = status
        self.advice = tuple(advice)
        self.target = target
        self.request_id = request_id


class NotFound(AzureError):
    """Resource Manager's own 404: the object doesn't exist (or doesn't exist yet).

    `absent` is the lower-cased id of what doesn't exist: the object (or empty), or what encloses it.
    """

    def __init__(self, message: str, *, absent: str = "", **said: Any) -> None:
        super().__init__(message, **said)
        self.absent = absent


class Unproven(AzureError):
    """A 404 that doesn't prove that anything is gone. `is_passing`: it isn't from Azure, and may pass."""

    is_passing = False


class OutOfReach(AzureError):
    """401 or 403: the caller lacks permissions. Says nothing about whether the object exists."""

    @property
    def is_unsigned(self) -> bool:
        """Whether it is the sign-in that Azure doesn't accept: then a role would not help."""
        return self.status == HTTPStatus.UNAUTHORIZED or self.code == error_codes.NO_TOKEN.code


class Conflict(AzureError):
    """409 or 412: something else locks or changed the object."""


class Transient(AzureError):
    """An error that may pass with time, but the deadline came first."""


class Blocked(AzureError):
    """Azure refuses for hours (`CloudDosTimeboudLimitReached`); trying again makes it worse."""


class OperationFailed(AzureError):
    """A long-running operation failed, was cancelled, or was still running at the deadline.

    `tells_limit`: it was still running, and the message says after how long.
    """

    tells_limit = False


@dataclass(frozen=True, slots=True)
class Told:
    """What an error body says: Azure's code, a message a person can read, and the recommended actions."""

    code: str
    message: str
    advice: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """The message, or that there is none."""
        return self.message or "Azure gave no reason"
