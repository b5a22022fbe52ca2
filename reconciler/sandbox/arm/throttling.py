"""Resource Manager's token buckets: per subscription (else tenant), principal and kind of operation.

Documented rates: reads 250 and 25 a second, writes and deletes 200 and 10 a second, fifteen times that over all
principals; Resource Graph 15 queries in 5 seconds per principal. The 120 requests a minute of Microsoft.Authorization
are a field report, so they are off unless a switch says otherwise. Microsoft.DataProtection has been recorded with a bucket
of its own kind, which a switch gives it: 1100 reads, 800 writes.
"""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import ArmError, Request
from reconciler.sandbox.world import World


class Rate(NamedTuple):
    """A bucket's size and how many tokens flow in each second."""

    burst: float
    per_second: float


RATES = {"reads": Rate(250, 25), "writes": Rate(200, 10), "deletes": Rate(200, 10)}
GLOBAL = 15
GRAPH = Rate(15, 3)
AUTHORIZATION = Rate(120, 2)
RESOURCES = {"reads": Rate(1100, 25), "writes": Rate(800, 10), "deletes": Rate(800, 10)}
_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}


class _Bucket:
    __slots__ = ("at", "blocked", "tokens")

    def __init__(self, tokens: float, at: float) -> None:
        self.tokens = tokens
        self.at = at
        self.blocked = 0.0


class Throttle:
    """All buckets of a sandbox; they are full when it opens."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._buckets: dict[tuple[str, ...], _Bucket] = {}

    def take(self, request: Request) -> dict[str, str]:
        """Take a request's tokens and return the headers that tell what remains; ArmError 429 when there are none."""
        mode = self._world.switch("throttling")
        if mode == "off":
            return {}
        share = 0.5 if mode == "halved" else 1.0
        lowered = [lower(part) for part in request.segments]
        if "microsoft.resourcegraph" in lowered:
            return self._graph(request, share)
        if "microsoft.authorization" in lowered and self._world.switch("authorization_throttling"):
            self._provider(request)
        inside = lowered[:1] == ["subscriptions"] and len(lowered) > 1
        place, word = (lowered[1], "subscription") if inside else (self._world.tenant, "tenant")
        kind = _KINDS.get(request.method, "writes")
        if "microsoft.dataprotection" in lowered and self._world.switch("rate_headers") == "resource-requests":
            return self._resources(request, place, kind, share)
        rate = Rate(RATES[kind].burst * share, RATES[kind].per_second * share)
        wide = Rate(rate.burst * GLOBAL, rate.per_second * GLOBAL)
        actor = request.caller.object_id
        left = self._draw((place, actor, kind), rate)
        everybody = self._draw((place, "*", kind), wide)
        for value in (left, everybody):
            if value < 0:
                raise _too_many(
                    f"{word.capitalize()}RequestsThrottled", _sentence(kind, word, place, actor, -value), -value
                )
        headers = {f"x-ms-ratelimit-remaining-{word}-{kind}": str(int(left))}
        if kind != "deletes":
            headers[f"x-ms-ratelimit-remaining-{word}-global-{kind}"] = str(int(everybody))
        return headers

    def _resources(self, request: Request, place: str, kind: str, share: float) -> dict[str, str]:
        """One bucket for reads and one for writes; a POST's rest bears another name than that of other writes."""
        rate = Rate(RESOURCES[kind].burst * share, RESOURCES[kind].per_second * share)
        left = self._draw(
            (place, request.caller.object_id, "resources", "reads" if kind == "reads" else "writes"), rate
        )
        if left < 0:
            raise _too_many(
                "ResourceRequestsThrottled",
                _sentence(kind, "subscription", place, request.caller.object_id, -left),
                -left,
            )
        word = "writes" if request.method == "POST" else "resource-requests"
        return {f"x-ms-ratelimit-remaining-subscription-{word}": str(int(left))}

    def _draw(self, key: tuple[str, ...], rate: Rate) -> float:
        """Tokens left after taking one; when there was none, minus the seconds to wait."""
        now = self._world.timestamp
        bucket = self._buckets.setdefault(key, _Bucket(rate.burst, now))
        bucket.tokens = min(rate.burst, bucket.tokens + max(now - bucket.at, 0.0) * rate.per_second)
        bucket.at = now
        if now < bucket.blocked:
            return -(bucket.blocked - now)
        if bucket.tokens < 1:
            wait = max(1.0, float(ceil((1 - bucket.tokens) / rate.per_second)))
            bucket.blocked = now + wait
            return -wait
        bucket.tokens -= 1
        return bucket.tokens

    def _graph(self, request: Request, share: float) -> dict[str, str]:
        left = self._draw((request.caller.object_id, "graph"), Rate(GRAPH.burst * share, GRAPH.per_second * share))
        quota = {"x-ms-user-quota-remaining": str(max(int(left), 0)), "x-ms-user-quota-resets-after": "00:00:05"}
        if left < 0:
            raise _too_many(
                "RateLimiting",
                "Please provide below info when asking for support: the quota is exceeded.",
                -left,
                quota,
            )
        return quota

    def _provider(self, request: Request) -> None:
        left = self._draw(("microsoft.authorization", request.caller.object_id), AUTHORIZATION)
        if left < 0:
            message = "Number of requests for Microsoft.Authorization exceeded the limit of '120' for time interval '00:01:00'."
            raise _too_many("ResourceRequestsThrottled", message, -left)


def _sentence(kind: str, word: str, place: str, actor: str, wait: float) -> str:
    return (
        f"Number of '{kind.rstrip('s')}' requests for {word} '{place}' actor '{actor}' exceeded. Please try again after "
        f"'{ceil(wait)}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for "
        "additional information."
    )


def _too_many(code: str, message: str, wait: float, headers: dict[str, str] | None = None) -> ArmError:
    return ArmError(429, code, message, headers={"Retry-After": str(ceil(wait)), **(headers or {})})
