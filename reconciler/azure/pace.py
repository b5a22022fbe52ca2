"""How fast requests may be sent: token buckets, and what Azure's answers say about waiting."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from reconciler.base.clock import Clock

RESOURCE_MANAGER = "Azure Resource Manager"

_SHARE = 0.97
_LIMITS: Mapping[str, tuple[float, float]] = {
    "reads": (250.0, 25.0),
    "writes": (200.0, 10.0),
    "deletes": (200.0, 10.0),
    "queries": (15.0, 3.0),
}
_KINDS: Mapping[str, str] = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
_IN_TEXT = re.compile(r"(?i)(?:retry|try again)\s+(?:after|in)\s+(\d+)\s*(second|minute|$|\.)?")
_LIMIT = re.compile(r"limit of '?(\d{1,9})'? for time interval '?(\d{1,4}:\d{1,2}:\d{1,2})'?")
_MOMENT = 1e-6
_BLIND_SECONDS, _BLIND_SHARE = 0.1, 0.1
_CUT, _CUT_SECONDS, _LEAST = 0.85, 5.0, 0.05
_LOW, _LEARNING_SECONDS = 0.25, 15.0
_GROWTH = 0.0005
_ONE_RESOURCE = frozenset({"FailedIdentityOperation"})
_ONE_PROVIDER = frozenset({"ResourceRequestsThrottled"})


class _Bucket:
    """A token bucket: each request draws a number, and numbers are called in order. Times are monotonic seconds.

    It learns Azure's actual limit from the number of tokens that Azure says are left, and from its 429s.
    """

    __slots__ = (
        "_at", "_called", "_cut", "_flight", "_held", "_is_heard", "_issued", "_mark", "_rate", "_size", "_tokens", "_top",
    )  # fmt: skip

    def __init__(self, limit: tuple[float, float], now: float) -> None:
        self._size, self._top = limit[0] * _SHARE, limit[1] * _SHARE
        self._rate = self._top
        self._tokens = self._size
        self._at, self._held, self._cut = now, 0.0, float("-inf")
        self._issued = self._called = self._flight = 0
        self._is_heard = False
        self._mark: tuple[float, float, int] | None = None

    def draw(self) -> int:
        """The next number."""
        self._issued += 1
        return self._issued

    def wait(self, number: int, now: float) -> float:
        """Seconds until a number is called; 0 when it is. Until Azure's first answer, few requests are let through."""
        self._refill(now)
        if self._held > now:
            return self._held - now
        if number > self._called:
            return max((number - self._called - self._tokens) / self._rate, _MOMENT)
        return _BLIND_SECONDS if not self._is_heard and self._flight >= self._size * _BLIND_SHARE else 0.0

    def give_back(self) -> None:
        """Return a drawn number unused."""
        self._tokens += 1

    def sent(self) -> None:
        """Count a request as sent."""
        self._flight += 1

    def answered(self) -> None:
        """Count a request as answered or failed."""
        self._flight -= 1
        self._is_heard = True

    def hold(self, seconds: float, now: float) -> None:
        """Hold all requests back for that many seconds after a 429, then go a little slower, once for all 429s together."""
        self._refill(now)
        self._held = max(self._held, now + seconds)
        self._tokens, self._at, self._mark = min(self._tokens, 0.0), max(self._at, self._held), None
        if now - self._cut > _CUT_SECONDS:
            self._rate, self._cut = max(self._rate * _CUT, self._top * _LEAST), now

    def remaining(self, count: float, now: float) -> None:
        """Take over how many tokens Azure says are left; it may not have counted requests under way yet."""
        self._refill(now)
        self._tokens = min(self._tokens, max(0.0, count - self._flight))
        if self._issued == self._called or count > self._size * _LOW:
            self._mark = None  # a bucket that nobody waits for may be full, and then its rate can't be measured
            return
        since, left, answers = self._mark or (now, count, -1)
        self._mark = (since, left, answers + 1)
        if now - since >= _LEARNING_SECONDS:
            granted = (count - left + answers + 1) / (now - since)
            self._rate = min(self._top, max(granted * _SHARE, self._top * _LEAST))
            if granted >= self._top:
                self._rate = self._top
            self._mark = None

    def _refill(self, now: float) -> None:
        passed = max(0.0, now - self._at)
        self._at = max(self._at, now)
        self._rate = min(self._top, self._rate * (1 + _GROWTH * passed))
        self._tokens = min(self._size, self._tokens + passed * self._rate)
        called = min(int(self._tokens), self._issued - self._called)
        if called > 0:
            self._called += called
            self._tokens -= called


class Turn:
    """One request's place in line at all buckets that it draws from."""

    __slots__ = ("_all", "_key", "_numbers")

    def __init__(self, every: Buckets, method: str, url: str, now: float) -> None:
        self._all, self._key = every, (method, url)
        self._numbers: dict[_Bucket, int] = {}
        self.wait(now)

    def wait(self, now: float) -> float:
        """Seconds to wait, 0 when the request may be sent; ask again after waiting, since a pause may have begun."""
        for bucket in self._all.concerned(*self._key, now):
            if bucket not in self._numbers:
                self._numbers[bucket] = bucket.draw()
        return max(bucket.wait(number, now) for bucket, number in self._numbers.items())

    def limited_by(self, now: float) -> str:
        """The name of whose limit it waits for the longest, for messages: a provider, or Azure Resource Manager."""
        slowest = max(self._numbers, key=lambda bucket: bucket.wait(self._numbers[bucket], now))
        return who(self._key[1]) if self._all.is_providers(slowest) else RESOURCE_MANAGER

    def give_back(self) -> None:
        """Leave the lines without sending the request."""
        for bucket in self._numbers:
            bucket.give_back()

    def sent(self) -> None:
        """Count the request as sent."""
        for bucket in self._numbers:
            bucket.sent()

    def answered(self) -> None:
        """Count the request as answered or failed."""
        for bucket in self._numbers:
            bucket.answered()


class Buckets:
    """The buckets of every subscription (or the tenant) and kind of operation, and of providers with limits of their own."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, ...], _Bucket] = {}
        self._providers: dict[tuple[str, ...], _Bucket] = {}

    def turn(self, method: str, url: str, now: float) -> Turn:
        """A place in line for this request."""
        return Turn(self, method, url, now)

    def pause(self, method: str, url: str, code: str, seconds: float, now: float, text: str = "") -> None:
        """Hold back all requests that a 429 concerns (no others when it is about one resource).

        A limit that a provider names in its text is used for all requests to that provider, in any subscription.
        """
        if code in _ONE_RESOURCE:
            return
        scope, provider, kind = _place(method, url)
        said = _LIMIT.search(text)
        if code not in _ONE_PROVIDER:
            bucket = self._bucket(scope, kind, now)
        elif said:
            count, interval = max(1.0, float(said[1])), _seconds(said[2])
            bucket = self._providers.setdefault((provider,), _Bucket((count, count / interval), now))
        else:
            bucket = self._providers.setdefault((scope, provider, kind), _Bucket(_LIMITS[kind], now))
        bucket.hold(seconds, now)

    def told(self, method: str, url: str, headers: Mapping[str, str], now: float) -> None:
        """Take over what Azure says is left in the bucket (`x-ms-ratelimit-remaining-…`).

        A provider with limits of its own sends them in its own header instead of the general one.
        """
        scope, provider, kind = _place(method, url)
        what = "tenant" if scope == "tenant" else "subscription"
        count = headers.get(f"x-ms-ratelimit-remaining-{what}-{kind}", "")
        if count.isdecimal():
            self._bucket(scope, kind, now).remaining(float(count), now)
        count = headers.get("x-ms-ratelimit-remaining-subscription-resource-requests", "")
        if count.isdecimal():
            key = (scope, provider, kind)
            self._providers.setdefault(key, _Bucket(_LIMITS[kind], now)).remaining(float(count), now)

    def concerned(self, method: str, url: str, now: float) -> list[_Bucket]:
        """The buckets that a request draws from."""
        scope, provider, kind = _place(method, url)
        own = (self._providers.get(key) for key in ((provider,), (scope, provider, kind))) if self._providers else ()
        return [self._bucket(scope, kind, now), *(bucket for bucket in own if bucket)]

    def is_providers(self, bucket: _Bucket) -> bool:
        """Whether a bucket is a provider's own."""
        return any(bucket is own for own in self._providers.values())

    def _bucket(self, scope: str, kind: str, now: float) -> _Bucket:
        found = self._buckets.get((scope, kind))
        if found is None:
            found = self._buckets[scope, kind] = _Bucket(_LIMITS[kind], now)
        return found


def _seconds(interval: str) -> float:
    """The seconds of an interval such as `00:01:00`."""
    hours, minutes, seconds = (int(part) for part in interval.split(":"))
    return max(1.0, hours * 3600.0 + minutes * 60.0 + seconds)


def who(url: str) -> str:
    """The name of who throttles, for messages: the provider of a URL, or Azure Resource Manager."""
    _, found, rest = urlsplit(url).path.rpartition("/providers/")
    return rest.split("/")[0] if found else RESOURCE_MANAGER


def asked(headers: Mapping[str, str], clock: Clock, text: str = "") -> float:
    """Seconds of this clock that Azure asks to wait, 0 when it doesn't say.

    The sandbox's server gives real milliseconds; they are converted to seconds of a scaled clock.
    """
    return retry_after(headers, clock.now(), text, scale=float(getattr(clock, "scale", 1.0)))


def retry_after(headers: Mapping[str, str], now: datetime, text: str = "", *, scale: float = 1.0) -> float:
    """Seconds that Azure asks to wait, 0 when it doesn't say.

    Read from `x-ms-retry-after-ms` or `retry-after-ms`, else `Retry-After` (seconds or a date), else the text: recorded
    traffic has a 429 `FailedIdentityOperation` with the delay only in its message.
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
        except (ValueError, OverflowError):
            return 0.0
        return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())
    found = _IN_TEXT.search(text)
    return float(found[1]) * (60 if (found[2] or "").lower() == "minute" else 1) if found else 0.0


def _is_number(text: str) -> bool:
    return bool(text) and text.replace(".", "", 1).isdecimal()


@lru_cache(maxsize=256)
def _place(method: str, url: str) -> tuple[str, str, str]:
    """The bucket's key: subscription or `tenant`, provider, kind of operation."""
    path = urlsplit(url).path.lower()
    parts = path.split("/")
    scope = parts[2] if len(parts) > 2 and parts[1] == "subscriptions" else "tenant"  # noqa: PLR2004
    _, found, rest = path.rpartition("/providers/")
    provider = rest.split("/")[0] if found else "microsoft.resources"
    if provider == "microsoft.resourcegraph":
        return "tenant", provider, "queries"
    return scope, provider, _KINDS.get(method, "writes")
