"""All errors that a caller may see, for `from reconciler.errors import …`; the tree is drawn in `model.errors`.

Not here: definitions, which are in `model.errors`.
"""

from __future__ import annotations

from reconciler.model.errors import (
    AzureError,
    Blocked,
    Conflict,
    ManifestError,
    NotFound,
    OperationFailed,
    OutOfReach,
    ReadIncomplete,
    ReconcilerError,
    Refused,
    StalePlan,
    Transient,
    Unproven,
    UsageError,
)

__all__ = [
    "AzureError",
    "Blocked",
    "Conflict",
    "ManifestError",
    "NotFound",
    "OperationFailed",
    "OutOfReach",
    "ReadIncomplete",
    "ReconcilerError",
    "Refused",
    "StalePlan",
    "Transient",
    "Unproven",
    "UsageError",
]
