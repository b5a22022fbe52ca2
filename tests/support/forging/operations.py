"""Operations that end as the test says."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from forging.lists import with_rows
from forging.rule import Answer, Asked, Rule, edited, reply, rule

NEVER = "0001-01-01T00:00:00Z"
LINKS = frozenset({"azure-asyncoperation", "location"})


@dataclass
class _Failure:
    """What a failed operation is told as, and how often each of its links was asked."""

    code: str
    message: str
    polls: int
    takes_effect: bool
    shows: Mapping[str, Any]
    asked: dict[str, int] = field(default_factory=dict)
    targets: set[str] = field(default_factory=set)

    def begun(self, asked: Asked, own: Rule) -> Answer:
        """The answer to the write."""
        answer = asked.forward() if self.takes_effect else _accepted(asked)
        if answer.status < 300:
            links = [value for name, value in answer.headers.items() if name.lower() in LINKS]
            self.asked |= {unquote(urlsplit(link).path).lower(): 0 for link in links}
            if self.shows:
                self.targets.add(asked.path.lower())
        return answer

    def followed(self, asked: Asked, own: Rule) -> Answer | None:
        """The answer to a look at the operation, or at what it was about; None for all else."""
        path = asked.path.lower()
        if asked.method == "GET" and path in self.asked:
            true = asked.forward() if self.takes_effect else reply(404)
            if true.status == 202 or (true.body or {}).get("status") == "Inprogress":
                return true
            self.asked[path] += 1
            running = self.asked[path] <= self.polls
            own.fired += not running
            return self._status(asked, running=running)
        if asked.method != "GET" or not self.targets:
            return None
        return self._shown(asked, own)

    def _shown(self, asked: Asked, own: Rule) -> Answer:
        """An object, or a list, in which what was written reads as `shows` says."""
        answer = asked.forward()
        if asked.path.lower() in self.targets and answer.status < 300:
            own.fired += 1
            return answer.of(edited(answer.body, self.shows))
        made = with_rows(answer, lambda rows: [self._row(row) for row in rows])
        own.fired += made is not answer
        return made

    def _row(self, row: Any) -> Any:
        is_target = isinstance(row, Mapping) and str(row.get("id", "")).lower() in self.targets
        return edited(row, self.shows) if is_target else row

    def _status(self, asked: Asked, *, running: bool) -> Answer:
        wait = {"Retry-After": "10"}
        if "/operationresults/" in asked.path.lower():
            return (
                reply(202, None, {"Location": asked.link(), **wait}) if running else reply(400, {"error": self._error})
            )
        body = {"id": asked.path, "name": asked.path.rsplit("/", 1)[-1], "startTime": "2026-01-05T08:00:00.0000000Z"}
        if running:
            return reply(200, {**body, "status": "Inprogress", "endTime": NEVER}, wait)
        return reply(200, {**body, "status": "Failed", "endTime": "2026-01-05T08:00:30Z", "error": self._error})

    @property
    def _error(self) -> dict[str, Any]:
        told = {"code": self.code, "message": self.message}
        info = {**told, "recommendedAction": [], "isRetryable": False, "isUserError": False}
        info["properties"] = {"ActivityId": "0"}
        return {**told, "additionalInfo": [{"type": "UserFacingError", "info": info}]}


def fails(
    where: str,
    code: str,
    message: str = "The operation failed.",
    *,
    takes_effect: bool = True,
    polls: int = 0,
    shows: Mapping[str, Any] | None = None,
    **said: Any,
) -> Rule:
    """The operation that a write begins ends `Failed`, after `polls` looks more that find it running.

    With `takes_effect` the sandbox does what was asked, and it fails when that is done; else the write never reaches
    the sandbox. `shows` is how what was written reads from then on (as in `edits`). It fires where the command looks at
    the operation, or at that.
    """
    failure = _Failure(code, message, polls, takes_effect, shows or {})
    made = rule(where, failure.begun, f"fails {code}", **said)
    made.also = lambda asked: failure.followed(asked, made)
    return made


def _accepted(asked: Asked) -> Answer:
    """What a provider says that has accepted a write, though none has got it."""
    parts = asked.path.split("/")
    place = f"/subscriptions/{parts[2]}/providers/Microsoft.DataProtection/locations/westus/operationStatus"
    headers = {"Azure-AsyncOperation": asked.link(f"{place}/forged-{time.monotonic_ns()}"), "Retry-After": "10"}
    if asked.method != "PUT":
        return reply(202, None, headers)
    body = {**(asked.body or {}), "id": asked.path, "name": parts[-1]}
    body["properties"] = {**body.get("properties", {}), "provisioningState": "Provisioning"}
    return reply(201, body, headers)
