"""The records of an audit file: one line of JSON for the intent to write, one for the result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.base.redaction import redact
from reconciler.report.documents import FORMAT_VERSION, Document, text
from reconciler.report.trials import facts
from reconciler.report.values import jsonable

if TYPE_CHECKING:
    from reconciler.model.results.trial import Trial
    from reconciler.model.writes import Answer, Write


@dataclass(frozen=True, slots=True)
class RunOrigin:
    """What all records of one run share: its id, the manifest's name, the commit (None: not known).

    `simulated`: the writes went to a sandbox, not to Azure.
    """

    run: str
    manifest: str
    commit: str | None
    simulated: bool = False


def intent_line(origin: RunOrigin, write: Write, at: datetime) -> str:
    """The record of a write that is about to be sent, with the owned fields before and after it."""
    subject = write.subject
    values = {"before": jsonable(subject.before), "after": jsonable(subject.after)}
    return text({**_common("intent", origin, write, at), **values}, indent=None)


def result_line(origin: RunOrigin, write: Write, answer: Answer, at: datetime) -> str:
    """The record of how a write was answered."""
    told = {
        "status": answer.status,
        "code": redact(answer.code),
        "request_id": redact(answer.request_id),
        "correlation_id": redact(answer.correlation_id),
    }
    return text({**_common("result", origin, write, at), **told}, indent=None)


def trial_line(origin: RunOrigin, trial: Trial, at: datetime) -> str:
    """The record of a trial restore's verdict, without what the user's program wrote."""
    return text({**_head("drill", origin, at), "address": redact(trial.address), **facts(trial)}, indent=None)


def _head(record: str, origin: RunOrigin, at: datetime) -> Document:
    return {
        "format_version": FORMAT_VERSION,
        "record": record,
        "time": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "run": origin.run,
        "commit": origin.commit,
        "manifest": origin.manifest,
        **({"simulated": True} if origin.simulated else {}),
    }


def _common(record: str, origin: RunOrigin, write: Write, at: datetime) -> Document:
    return {
        **_head(record, origin, at),
        "number": write.number,
        "caller": {"object_id": redact(write.object_id), "app_id": redact(write.app_id)},
        "address": redact(write.subject.address),
        "operation": str(write.subject.operation),
        "method": write.method,
        "target": redact(write.target),
        "client_request_id": write.client_request_id,
    }
