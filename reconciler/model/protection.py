"""States of protection: Azure's words, what they mean, and the steps from one to another."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from reconciler.model.changes import Op, Step
from reconciler.model.ids import ArmId, lower
from reconciler.model.resources import Instance

GOALS = {"protected": "ProtectionConfigured", "suspended": "BackupsSuspended", "stopped": "ProtectionStopped"}
"""The state on the wire that each declared protection ends in."""


class Health(Enum):
    """What a state on the wire means."""

    CONFIGURED = "configured"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    FAILING = "failing"
    TRANSIENT = "transient"
    LEAVING = "leaving"
    UNKNOWN = "unknown"


WORDS = {
    Health.CONFIGURED: "protected",
    Health.STOPPED: "stopped",
    Health.SUSPENDED: "suspended",
    Health.FAILING: "failing",
    Health.TRANSIENT: "in progress",
    Health.LEAVING: "being deleted",
    Health.UNKNOWN: "unknown",
}
"""How a health is shown; the first three are the manifest's own words."""

_STATES = {
    "protectionconfigured": Health.CONFIGURED,
    "protectionstopped": Health.STOPPED,
    "backupssuspended": Health.SUSPENDED,
    "backupschedulessuspended": Health.SUSPENDED,
    "retentionschedulessuspended": Health.SUSPENDED,
    "protectionerror": Health.FAILING,
    "configuringprotectionfailed": Health.FAILING,
    "notprotected": Health.FAILING,
    "invalid": Health.FAILING,
    "configuringprotection": Health.TRANSIENT,
    "updatingprotection": Health.TRANSIENT,
    "softdeleting": Health.LEAVING,
    "softdeleted": Health.LEAVING,
}

AT_WORK = frozenset({Health.TRANSIENT, Health.LEAVING})
"""What Azure is at work on: towards protection, or away from it."""

_GIVEN_UP = frozenset({"failed", "canceled"})
_PROVISIONING = {"provisioning": Health.TRANSIENT, "updating": Health.TRANSIENT, "deleting": Health.LEAVING}


@lru_cache(maxsize=256)
def health(state: str) -> Health:
    """What a state means; the wire knows words that the SDK's enumerations lack, so they are compared as text."""
    return _STATES.get(lower(state), Health.UNKNOWN)


def health_of(instance: Instance) -> Health:
    """What an instance's state means, unless Azure is at work on the instance: then that state is about to end.

    A state on its way ends nowhere once Azure has given the instance up.
    """
    found = health(instance.state)
    if found is Health.TRANSIENT and lower(instance.provisioning_state) in _GIVEN_UP:
        return Health.FAILING
    return found if found is Health.LEAVING else _PROVISIONING.get(lower(instance.provisioning_state), found)


def preference(instance: Instance) -> tuple[int, str]:
    """Which of several instances of one disk to look at: an active one before a stopped one."""
    return (health(instance.state) is Health.STOPPED, instance.id.key)


def is_active(instance: Instance) -> bool:
    """Whether an instance is anything but stopped."""
    return health(instance.state) is not Health.STOPPED


def reason(state: Health, instance: Instance) -> str:
    """Why a declared-protected instance changes, with Azure's own error where there is one."""
    if state is not Health.FAILING:
        return f"protection is {WORDS[state]}"
    error = instance.error or {}
    cause = ": ".join(str(error[key]) for key in ("code", "message") if error.get(key))
    return f"protection fails: {cause or instance.state}"


def halting(declared: str, state: Health, target: ArmId) -> list[Step]:
    """The steps to `suspended` or `stopped`; a stopped instance can only be suspended once it is resumed."""
    if declared == WORDS[state]:
        return []
    if declared == "stopped":
        return [Step(Op.INSTANCE_STOP, target)]
    first = [Step(Op.INSTANCE_RESUME, target)] if state is Health.STOPPED else []
    return [*first, Step(Op.INSTANCE_SUSPEND, target)]
