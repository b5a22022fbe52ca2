"""Machines with several protected disks: Azure backs up each disk by itself, so their recovery points don't fit together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from reconciler.model import addresses
from reconciler.model.codes import disks as disk_codes
from reconciler.model.findings import Finding
from reconciler.planning.desired import DesiredDisk


def apart(desired: Iterable[DesiredDisk]) -> Iterator[Finding]:
    """A finding for each machine of which several disks are declared as protected."""
    counts = Counter(
        machine for wanted in desired if wanted.rule.protection == "protected" for machine in wanted.disk.machines
    )
    for machine, count in counts.items():
        if count > 1:
            message = (
                f"{count} of its disks are protected, each by itself, so their recovery points are of different moments"
            )
            yield disk_codes.NOT_CONSISTENT_TOGETHER.at(message, address=addresses.resource(machine))
