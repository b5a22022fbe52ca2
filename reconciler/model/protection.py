"""States of protection: Azure's words, their meaning, and the steps from one to another."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from reconciler.base.escape import spelled
from reconciler.model.changes import Op, Step
from reconciler.model.ids import ArmId, lower
from reconciler.model.resources import Instance

GOALS = {"protected": "ProtectionConfigured", "suspended": "BackupsSuspended", "stopped": "ProtectionStopped"}
"""The state on the wire for each declared protection."""


class Health(Enum):
    """The meaning of a state on the wire."""

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
"""Azure is working on the instance: configuring or deleting it."""

_GIVEN_UP = frozenset({"failed", "canceled"})
_PROVISIONING = {"provisioning": Health.TRANSIENT, "updating": Health.TRANSIENT, "deleting": Health.LEAVING}


@lru_cache(maxsize=256)
def health(state: str) -> Health:
    """The meaning of a state, compared as text because the SDK's enumerations lack some of Azure's words."""
    return _STATES.get(lower(state), Health.UNKNOWN)


def health_of(instance: Instance) -> Health:
    """The meaning of an instance's state; while Azure is working on it, that of its provisioning state.

    A transient state counts as failing once provisioning has failed or was cancelled.
    """
    return health_in(instance.state, instance.provisioning_state)


def health_in(state: str, provisioning_state: str) -> Health:
    """The meaning of an instance's two states, as `health_of` tells it."""
    found = health(state)
    if found is Health.TRANSIENT and lower(provisioning_state) in _GIVEN_UP:
        return Health.FAILING
    return found if found is Health.LEAVING else _PROVISIONING.get(lower(provisioning_state), found)


def is_in_error(instance: Instance) -> bool:
    """Whether Azure says that the protection of an instance is in error, and isn't working on it."""
    return lower(instance.state) == "protectionerror" and health_of(instance) is Health.FAILING


def preference(instance: Instance) -> tuple[int, str]:
    """The sort key among several instances of one disk: active ones come before stopped ones."""
    return (health(instance.state) is Health.STOPPED, instance.id.key)


def is_active(instance: Instance) -> bool:
    """Whether an instance is anything but stopped."""
    return health(instance.state) is not Health.STOPPED


def reason(state: Health, instance: Instance) -> str:
    """Why an instance that is declared protected changes, with Azure's error if there is one."""
    if state is not Health.FAILING:
        return f"protection is {WORDS[state]}"
    error = instance.error or {}
    cause = ": ".join(spelled(error[key]) for key in ("code", "message") if error.get(key))
    return f"protection fails: {cause or stuck(instance.state, instance.provisioning_state)}"


def stuck(state: str, provisioning_state: str) -> str:
    """A failing state in words; where it is a transient one, that Azure has given it up."""
    return f"{state} (provisioning {lower(provisioning_state)})" if health(state) is Health.TRANSIENT else state


def halting(declared: str, state: Health, target: ArmId) -> list[Step]:
    """The steps to `suspended` or `stopped`; a stopped instance can only be suspended once it is resumed."""
    if declared == WORDS[state]:
        return []
    if declared == "stopped":
        return [Step(Op.INSTANCE_STOP, target)]
    first = [Step(Op.INSTANCE_RESUME, target)] if state is Health.STOPPED else []
    return [*first, Step(Op.INSTANCE_SUSPEND, target)]
