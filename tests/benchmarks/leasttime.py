"""The oracle: how long a run must take at least by Azure's limits and waits, with no time lost by the client.

Per subscription the mandatory writes leave through a token bucket, which takes `max(0, writes - burst) / rate` seconds.
To the slowest subscription's time is added the slowest way of one disk through what Azure itself takes: its role
assignments becoming effective, then its protection being configured, with the very draws of the run that is judged.
It adds the two although a client can overlap them, so a client may do better than the oracle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Bucket:
    """A token bucket as Resource Manager documents it: so many at once, then so many a second."""

    burst: float
    rate: float

    def seconds(self, count: float) -> float:
        """How long `count` requests take at least."""
        return max(0.0, count - self.burst) / self.rate


@dataclass(frozen=True)
class Way:
    """What one disk has to wait for: its slowest role assignment (0: it is there), and its protection."""

    role_seconds: float
    protection_seconds: float


DOCUMENTED = Bucket(200, 10)
"""Writes of one principal in one subscription."""

HALVED = Bucket(100, 5)
"""The same when Azure grants half of it."""

AUTHORIZATION = Bucket(120, 2)
"""Requests of one principal to Microsoft.Authorization, as a field report has them."""


def makespan(writes: Mapping[str, int], ways: Iterable[Way], bucket: Bucket, *, assignments: int = 0) -> float:
    """Seconds from the first write to the last protected disk.

    `writes` are the mandatory writes of each subscription; `assignments` those that go through Microsoft.Authorization's
    own bucket as well (0 where it has none).
    """
    by_bucket = max((bucket.seconds(count) for count in writes.values()), default=0.0)
    by_bucket = max(by_bucket, AUTHORIZATION.seconds(assignments))
    return by_bucket + max((way.role_seconds + way.protection_seconds for way in ways), default=0.0)


READS = Bucket(250, 25)
"""Reads of one principal in one subscription, as documented."""


@dataclass(frozen=True)
class Restored:
    """What Azure takes for one disk: to validate its restore (0: it is begun already), and then to copy it."""

    validation: float
    copying: float


def recovery(disks: Mapping[str, Iterable[Restored]], bucket: Bucket) -> float:
    """Seconds from the first look to the last disk that is back, proved and marked, with every role there already.

    `disks` are those of each subscription. A look lists the recovery points of each disk, and proves by its job what was
    begun already. A restore is validated and begun, and then its disk is tagged; that there is no such disk before, the
    two operations, the job, and the disk afterwards are read. The last restore begins when all writes before it have
    left, and is taken to be the slowest. Lists of other things, and what requests themselves take, count as nothing.
    """
    return max((_recovery(list(own), bucket) for own in disks.values()), default=0.0)


def _recovery(disks: list[Restored], bucket: Bucket) -> float:
    new = [disk for disk in disks if disk.validation]
    begun = len(disks) - len(new)
    look = READS.seconds(len(disks) + begun)
    slowest = max((disk.validation for disk in new), default=0.0)
    until_begun = max(bucket.seconds(2 * len(new)), slowest)
    written = bucket.seconds(3 * len(new))
    copied = max((disk.copying for disk in new), default=0.0)
    running = max((disk.copying for disk in disks if not disk.validation), default=0.0)
    working = max(until_begun + copied, written, running)
    return max(look + working, READS.seconds(6 * len(new) + 2 * begun))
