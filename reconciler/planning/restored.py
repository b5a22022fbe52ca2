"""How a restored disk differs from what it must be like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.changes import Expectation
from reconciler.model.ids import lower
from reconciler.model.resources import Disk

_NOT_MADE = frozenset({"failed", "canceled"})


def differences(expected: Expectation, found: Disk) -> Iterator[tuple[str, bool]]:
    """The differences from what is expected (None: not known), each with whether it fails the restore.

    A disk may have grown since it was backed up, but never shrinks. It isn't documented whether Azure keeps the SKU, the
    zone and the security type of the source, so these fail the restore only where they were requested.
    """
    asked = expected["asked"]
    if lower(found.provisioning_state) in _NOT_MADE:
        yield f"its provisioning state is {found.provisioning_state}", True
    size, most = found.size_gb or 0, expected.get("size_gb")
    if not size:
        yield "Azure doesn't tell its size", True
    elif most and size > most:
        yield f"its size is {size} GiB, but the source has {most} GiB", True
    elif most and size < most:
        yield f"its size is {size} GiB; the source has grown to {most} GiB since", "size_gb" in asked
    wanted_set, live_set = expected.get("encryption_set"), found.encryption_set
    if "encryption_set" in expected and lower(str(wanted_set or "")) != (live_set.key if live_set else ""):
        yield f"its disk encryption set is {live_set or 'none'}, expected {wanted_set or 'none'}", True
    if expected.get("sku") and lower(found.sku) != lower(expected["sku"]):
        yield f"its SKU is {found.sku or 'not told'}, expected {expected['sku']}", "sku" in asked
    if expected.get("security") and lower(found.security) != lower(expected["security"]):
        yield (
            f"its security type is {found.security or 'not told'}, expected {expected['security']}",
            "security" in asked,
        )
    if expected.get("zones") is not None and sorted(found.zones) != sorted(expected["zones"]):
        yield f"its zones are {_zones(found.zones)}, expected {_zones(expected['zones'])}", "zones" in asked


def _zones(zones: Iterable[str]) -> str:
    return ", ".join(sorted(zones)) or "none"
