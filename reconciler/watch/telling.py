"""Reports a round: a line of JSON, metrics, health, and a message to each webhook for what is new."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.base.redaction import redact
from reconciler.model.findings import Severity
from reconciler.model.results.outcome import Outcome
from reconciler.report.documents import text
from reconciler.watch.health import Liveness
from reconciler.watch.metrics import Metrics
from reconciler.watch.news import Bulletin, body
from reconciler.watch.posting import Webhook, post
from reconciler.watch.rounds import Round
from reconciler.watch.tracing import Tracing

Post = Callable[[Webhook, Mapping[str, Any]], str]


class Teller:
    """Reports rounds; `say` takes a line of the log, `manifest` is the manifest's name once a round has read it.

    `is_virtual`: time is simulated, so no thread may run beside its loop. Each webhook has a bulletin of its own, so that
    what didn't arrive is sent again after the next round.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        metrics: Metrics,
        health: Liveness,
        traces: Tracing,
        hooks: Sequence[Webhook] = (),
        *,
        is_virtual: bool = False,
        send: Post = post,
    ) -> None:
        self.manifest = ""
        self.traces = traces
        self._say = say
        self._metrics = metrics
        self._health = health
        self._hooks = [(hook, Bulletin()) for hook in hooks]
        self._is_virtual = is_virtual
        self._send = send

    def log(self, event: str, fields: Mapping[str, Any]) -> None:
        """Write one line of JSON."""
        told = {"simulated": True} if self._metrics.is_simulated else {}
        self._say(text({"event": event, **fields, **told}, indent=None))

    def called(self, method: str, status: int | None) -> None:
        """Report a request to the metrics (None: no answer)."""
        self._metrics.called(method, status)
        self.traces.called(method, status)

    async def round(self, one: Round) -> None:
        """Report a round that has ended."""
        self._metrics.ended(one)
        self._health.turned(saw=one.seen is not None)
        self.log("round", {"time": one.begun.isoformat(), "manifest": self.manifest, **_fields(one)})
        for hook, bulletin in self._hooks:
            await self._notify(hook, bulletin, one)

    def interrupted(self, outcome: Outcome) -> None:
        """Report an apply that a signal interrupted, together with its round."""
        self.log("interrupted", {"manifest": self.manifest, **_applied(outcome)})

    async def _notify(self, hook: Webhook, bulletin: Bulletin, one: Round) -> None:
        news = bulletin.news(self.manifest, one, simulated=self._metrics.is_simulated)
        if news is None:
            return
        message = body(hook.kind, news)
        failed = self._send(hook, message) if self._is_virtual else await asyncio.to_thread(self._send, hook, message)
        self._metrics.notified(arrived=not failed)
        if failed:
            self.log("notify-failed", {"time": one.begun.isoformat(), "message": failed})
        else:
            bulletin.told(news)


def _fields(one: Round) -> Mapping[str, Any]:
    fields: dict[str, Any] = {"round": one.number, "result": one.result, "seconds": round(one.seconds, 3)}
    if one.error is not None:
        return {**fields, "code": one.error.code, "message": redact(one.error.message), "hint": redact(one.error.hint)}
    if one.seen is not None:
        fields["drift"] = one.seen.drift.counted
        fields["status"] = one.seen.status.counts
        fields["errors"] = sum(found.severity is Severity.ERROR for found in one.seen.findings)
        fields["refused"] = list(one.seen.refused)
        if one.seen.left:
            fields["left"] = [change.address for change in one.seen.left]
        if one.seen.outcome is not None:
            fields.update(_applied(one.seen.outcome))
    return fields


def _applied(outcome: Outcome) -> Mapping[str, Any]:
    return {
        "applied": {"add": outcome.added, "change": outcome.changed, "destroy": outcome.destroyed},
        "unfinished": [row.address for row in outcome.results if row.status != "done"],
    }
