"""How fast requests may go: token buckets, and what Azure's answers say about waiting."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from reconciler.clock import Clock

_SHARE = 0.97
_LIMITS: Mapping[str, tuple[float, float]] = {
    "reads": (250.0, 25.0),
    "writes": (200.0, 10.0),
    "deletes": (200.0, 10.0),
    "queries": (15.0, 3.0),
}
_KINDS: Mapping[str, str] = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
_IN_TEXT = re.compile(r"(?i)(?:retry|try again)\s+(?:after|in)\s+(\d+)\s*(second|minute|$|\.)?")
_ONE_RESOURCE = frozenset({"FailedIdentityOperation"})
_ONE_PROVIDER = frozenset({"ResourceRequestsThrottled"})


class _Bucket:
    """A token bucket that may go into debt, so that waiters are served in order; times are monotonic seconds."""

    __slots__ = ("_at", "_held", "_rate", "_size", "_tokens")

    def __init__(self, kind: str, now: float) -> None:
        size, rate = _LIMITS[kind]
        self._size = size * _SHARE
        self._rate = rate * _SHARE
        self._tokens = self._size
        self._at = now
        self._held = 0.0

    def reserve(self, now: float) -> float:
        """Take a token; the seconds until it is there."""
        self._refill(now)
        self._tokens -= 1
        return max(0.0, -self._tokens / self._rate, self._held - now)

    def give_back(self) -> None:
        """A reserved token wasn't used."""
        self._tokens += 1

    def hold(self, seconds: float, now: float) -> None:
        """Nobody before that many seconds are over, and then at the bucket's rate."""
        self._refill(now)
        self._held = max(self._held, now + seconds)
        self._tokens = min(self._tokens, -seconds * self._rate)

    def is_held(self, now: float) -> bool:
        """Whether a pause is on."""
        return self._held > now

    def remaining(self, count: float, now: float) -> None:
        """Azure says how many are left."""
        self._refill(now)
        self._tokens = min(self._tokens, count)

    def _refill(self, now: float) -> None:
        self._tokens = min(self._size, self._tokens + (now - self._at) * self._rate)
        self._at = now


class Buckets:
    """The buckets of every subscription (or the tenant) and kind of operation, and of providers that throttle alone."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, ...], _Bucket] = {}
        self._providers: dict[tuple[str, ...], _Bucket] = {}

    def reserve(self, method: str, url: str, now: float) -> float:
        """Take a token for this request; the seconds to wait before it may go."""
        return max(bucket.reserve(now) for bucket in self._for(method, url, now))

    def give_back(self, method: str, url: str, now: float) -> None:
        """The request was not sent after all."""
        for bucket in self._for(method, url, now):
            bucket.give_back()

    def is_held(self, method: str, url: str, now: float) -> bool:
        """Whether a pause that concerns this request is on."""
        return any(bucket.is_held(now) for bucket in self._for(method, url, now))

    def pause(self, method: str, url: str, code: str, seconds: float, now: float) -> None:
        """A 429 came: hold back everybody whom it concerns (nobody else when it is one resource's own)."""
        if code in _ONE_RESOURCE:
            return
        scope, provider, kind = _place(method, url)
        if code in _ONE_PROVIDER:
            bucket = self._providers.setdefault((scope, provider, kind), _Bucket(kind, now))
        else:
            bucket = self._buckets.setdefault((scope, kind), _Bucket(kind, now))
        bucket.hold(seconds, now)

    def told(self, method: str, url: str, headers: Mapping[str, str], now: float) -> None:
        """Take over what Azure says is left of the bucket (`x-ms-ratelimit-remaining-…`)."""
        scope, _, kind = _place(method, url)
        what = "tenant" if scope == "tenant" else "subscription"
        count = headers.get(f"x-ms-ratelimit-remaining-{what}-{kind}", "")
        if count.isdecimal():
            self._buckets.setdefault((scope, kind), _Bucket(kind, now)).remaining(float(count), now)

    def _for(self, method: str, url: str, now: float) -> list[_Bucket]:
        scope, provider, kind = _place(method, url)
        found = [self._buckets.setdefault((scope, kind), _Bucket(kind, now))]
        own = self._providers.get((scope, provider, kind))
        return [*found, own] if own else found


def who(url: str) -> str:
    """Who is throttling, for people: the provider of a URL, or Azure Resource Manager."""
    _, found, rest = urlsplit(url).path.rpartition("/providers/")
    return rest.split("/")[0] if found else "Azure Resource Manager"


def asked(headers: Mapping[str, str], clock: Clock, text: str = "") -> float:
    """Seconds of this clock that Azure asks to wait, 0 when it doesn't say.

    The sandbox's server gives real milliseconds, whatever its clock is; a scaled clock of ours counts them as more.
    """
    return retry_after(headers, clock.now(), text, scale=float(getattr(clock, "scale", 1.0)))


def retry_after(headers: Mapping[str, str], now: datetime, text: str = "", *, scale: float = 1.0) -> float:
    """Seconds that Azure asks to wait, 0 when it doesn't say.

    From `x-ms-retry-after-ms` or `retry-after-ms`, else `Retry-After` (seconds or a date), else the text: recorded
    traffic has 429 `FailedIdentityOperation` with the delay in its message only.
    """
    for name in ("x-ms-retry-after-ms", "retry-after-ms"):
        if _is_number(headers.get(name, "")):
            return float(headers[name]) / 1000 * scale
    value = headers.get("Retry-After", "").strip()
    if _is_number(value):
        return float(value)
    if value:
        try:
            date = parsedate_to_datetime(value)
        except ValueError:
            return 0.0
        return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())
    found = _IN_TEXT.search(text)
    return float(found[1]) * (60 if (found[2] or "").lower() == "minute" else 1) if found else 0.0


def _is_number(text: str) -> bool:
    return bool(text) and text.replace(".", "", 1).isdecimal()


def _place(method: str, url: str) -> tuple[str, str, str]:
    """Whose bucket: subscription or `tenant`, provider, kind of operation."""
    path = urlsplit(url).path.lower()
    parts = path.split("/")
    scope = parts[2] if len(parts) > 2 and parts[1] == "subscriptions" else "tenant"  # noqa: PLR2004
    _, found, rest = path.rpartition("/providers/")
    provider = rest.split("/")[0] if found else "microsoft.resources"
    if provider == "microsoft.resourcegraph":
        return "tenant", provider, "queries"
    return scope, provider, _KINDS.get(method, "writes")
