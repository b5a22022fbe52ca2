"""The protection states of an instance, and where the details of an error stand."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.dataprotection.backups import wakes
from reconciler.sandbox.dataprotection.spelling import text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

CONFIGURING = "ConfiguringProtection"
CONFIGURED = "ProtectionConfigured"
FAILED = "ConfiguringProtectionFailed"
UPDATING = "UpdatingProtection"
ERROR = "ProtectionError"
STOPPED = "ProtectionStopped"
SUSPENDED = "BackupsSuspended"
SOFT_DELETING = "SoftDeleting"
SOFT_DELETED = "SoftDeleted"
FAILING = frozenset({ERROR, FAILED})
BACKED_UP = frozenset({CONFIGURED, UPDATING})
HALTED = frozenset({STOPPED, SUSPENDED})
AGELESS = frozenset({STOPPED, SOFT_DELETING, SOFT_DELETED})
"""The states in which no recovery point expires."""

_READ_ONLY = ("protectionStatus", "currentProtectionState", "protectionErrorDetails", "provisioningState")


def state_of(instance: Record) -> str:
    """An instance's current protection state."""
    return text(instance, "properties", "currentProtectionState")


def is_given_up(instance: Record) -> bool:
    """Whether Azure has stopped working on an instance without bringing it to an end."""
    return text(instance, "properties", "provisioningState") in {"Failed", "Canceled"}


def is_failing(instance: Record) -> bool:
    """Whether an instance isn't protected because of an error, told or not."""
    return state_of(instance) in FAILING or is_given_up(instance)


def give_up(world: World, instance: Record) -> None:
    """Leave an instance halfway: it is said to be configured still, and only its provisioning tells of the failure."""
    enter(world, instance, CONFIGURING)
    instance["properties"]["provisioningState"] = "Failed"


def enter(world: World, instance: Record, state: str, error: dict[str, Any] | None = None) -> None:
    """Let an instance be in a state from now on; with the details of an error where there is one.

    What has expired while nothing did is cleaned up once the instance is out of such a state (Azure Backup's own docs).
    """
    if state_of(instance) in AGELESS and state not in AGELESS:
        instance["_cleans"] = world.timestamp + world.span("resume_cleanup", instance["id"])
    properties = without_state(instance["properties"])
    status: dict[str, Any] = {"status": state}
    place = world.switch("protection_error_place")
    if error and place in {"status", "both"}:
        status["errorDetails"] = error
    properties |= {"protectionStatus": status, "currentProtectionState": state}
    if error and place in {"separate", "both"}:
        properties["protectionErrorDetails"] = error
    instance["properties"] = {**properties, "provisioningState": "Succeeded"}
    if state != UPDATING:
        instance.pop("_due", None)
    wakes.soon(world, instance["id"])


def without_state(properties: dict[str, Any]) -> dict[str, Any]:
    """An instance's properties without what the service says about its state."""
    return {key: value for key, value in properties.items() if key not in _READ_ONLY}
