"""The watch's metrics for Prometheus, in a registry of their own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from reconciler.model.results.drift import CLASSES
from reconciler.model.results.outcome import Status
from reconciler.model.results.status import STATES
from reconciler.watch.rounds import Round, Seen

RESULTS = ("clean", "drift", "unhealthy", "unclear", "error")
_MINUTES = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)


class Metrics:
    """The counters and gauges; also listens to the governor (`throttled`, `held_back`, `retrying`) and to every request."""

    def __init__(self) -> None:
        self.is_simulated = False
        self.registry = registry = CollectorRegistry()
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        self._rounds = counter("reconciler_rounds", "Rounds by how they ended.", ["result"])
        self._seconds = Histogram(
            "reconciler_round_duration_seconds", "How long rounds took.", buckets=_MINUTES, registry=registry
        )
        self._last = gauge("reconciler_last_round_timestamp_seconds", "When the last round ended, with any result.")
        self._success = gauge(
            "reconciler_last_success_timestamp_seconds",
            "When Azure was last read completely; the other metrics are as old as this.",
        )
        self._state = gauge("reconciler_state", "1 for the result of the last round, 0 for the others.", ["result"])
        self._drift = gauge("reconciler_drift", "Objects that differ, by class of drift.", ["class"])
        self._disks = gauge("reconciler_disks", "Declared disks, by whether they are as declared.", ["state"])
        self._status = gauge("reconciler_status", "Declared disks by backup state, as in `status`.", ["state"])
        self._findings = gauge("reconciler_findings", "Findings by code and severity.", ["code", "severity"])
        self._changes = counter("reconciler_changes", "Changes applied, by how they ended.", ["action", "status"])
        self._calls = counter("reconciler_arm_calls", "Requests to Azure by method and status.", ["method", "status"])
        self._throttled = counter(
            "reconciler_throttled_seconds", "Seconds that Azure asked to wait, by provider.", ["by"]
        )
        self._retries = counter("reconciler_retries", "Requests retried after transient errors.")
        self._notices = counter("reconciler_notices", "Messages to webhooks, by whether they arrived.", ["result"])
        for result in RESULTS:
            self._rounds.labels(result)
            self._state.labels(result).set(0)

    def text(self) -> bytes:
        """All metrics in Prometheus's text format."""
        return generate_latest(self.registry)

    def ended(self, one: Round) -> None:
        """Record the end of a round."""
        end = one.begun.timestamp() + one.seconds
        self._rounds.labels(one.result).inc()
        self._seconds.observe(one.seconds)
        self._last.set(end)
        for result in RESULTS:
            self._state.labels(result).set(result == one.result)
        if one.seen is not None:
            self._success.set(end)
            self._saw(one.seen)

    def _saw(self, seen: Seen) -> None:
        for name in CLASSES:
            self._drift.labels(name).set(seen.drift.count(name))
        self._findings.clear()
        for finding in seen.findings:
            self._findings.labels(finding.code, str(finding.severity)).inc()
        for state in STATES:
            self._status.labels(state).set(seen.status.count(state))
        for state, count in _disks(seen).items():
            self._disks.labels(state).set(count)
        for result in seen.outcome.results if seen.outcome else ():
            self._changes.labels(str(result.action or "wait"), str(result.status)).inc()

    def called(self, method: str, status: int | None) -> None:
        """Azure answered a request (None: it did not)."""
        self._calls.labels(method, str(status or "none")).inc()

    def throttled(self, what: str, seconds: float) -> None:
        """Count the seconds that Azure asked to wait."""
        self._throttled.labels(what).inc(seconds)

    def held_back(self, what: str, seconds: float) -> None:
        """Do nothing: the tool waits on its own here, Azure didn't ask for it."""

    def retrying(self, why: str, seconds: float) -> None:  # noqa: ARG002 - the governor's words
        """Count a retry."""
        self._retries.inc()

    def simulated(self) -> None:
        """Record that a sandbox answered, not Azure."""
        self.is_simulated = True

    def notified(self, *, arrived: bool) -> None:
        """Count a message to a webhook."""
        self._notices.labels("arrived" if arrived else "failed").inc()


def _disks(seen: Seen) -> Mapping[str, int]:
    """How many declared disks are as declared, and how many aren't: they have a change, wait, error, drift or open result."""
    plan = seen.drift.plan
    expected = set(plan.expected)
    open_ones = {change.address for change in plan.changes} | {wait.address for wait in plan.waits}
    open_ones |= {finding.address for finding in plan.errors}
    open_ones |= {finding.address for name in seen.drift.counted for finding in seen.drift.findings_of(name)}
    if seen.outcome:
        open_ones |= {row.address for row in seen.outcome.results if row.status is not Status.DONE}
    return {"as-declared": len(expected - open_ones), "otherwise": len(expected & open_ones)}
