"""JSON keys without regard to case: Azure binds request bodies that way, and answers in its own spelling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.dataprotection.errors import invalid

_SPELLINGS = """
absoluteCriteria additionalDetails additionalInfo alertsForAllJobFailures azureMonitorAlertSettings backupInstance
backupInstanceName backupParameters backupRuleOptions backupType clientId code copyAfter costManagementSettings
criteria crossRegionRestoreSettings crossSubscriptionRestoreSettings currentProtectionState dataSourceInfo
dataSourceSetInfo dataStore dataStoreParametersList dataStoreType datasourceAuthCredentials datasourceType
datasourceTypes daysOfTheWeek daysOfMonth deleteAfter duration encryptionSettings eTag featureSettings friendlyName id
identity identityDetails immutabilitySettings isDefault lifecycles location message monitoringSettings monthsOfYear
name objectType policyId policyInfo policyParameters policyRules policyVersion principalId properties
protectionErrorDetails protectionStatus provisioningState repeatingTimeIntervals replicatedRegions
recoveryOption recoveryPointId resourceGroupId resourceGuardOperationDetails resourceGuardOperationRequests resourceGuardResourceId resourceID
resourceLocation resourceName resourceProperties resourceToBeDeleted resourceType resourceUri restoreLocation restoreRequestObject
restoreTargetInfo
retentionDurationInDays retentionTagOverride ruleName schedule scheduleTimes securitySettings softDeleteSettings
sourceDataStore state status storageSettings syncType tagInfo tagName tags taggingCriteria taggingPriority
targetDataStoreCopySettings tenantId timeZone trigger triggerOption type useSystemAssignedIdentity
userAssignedIdentities userAssignedIdentityArmUrl validationType value vaultCriticalOperationExclusionList
weeksOfTheMonth
"""
_BY_LOWER = {word.lower(): word for word in _SPELLINGS.split()}
# One type spells it "datastoreType" on the wire: a vault's storage setting.
_STORAGE = {"datastoretype": "datastoreType"}
_FREE = frozenset({"tags", "userAssignedIdentities"})
_OBJECTS = frozenset(
    [
        "backupInstance",
        "backupParameters",
        "backupRuleOptions",
        "dataSourceInfo",
        "dataStore",
        "deleteAfter",
        "identity",
        "identityDetails",
        "policyInfo",
        "policyParameters",
        "properties",
        "restoreRequestObject",
        "restoreTargetInfo",
        "schedule",
        "tagInfo",
        "tags",
        "trigger",
        "triggerOption",
        "userAssignedIdentities",
        "azureMonitorAlertSettings",
        "costManagementSettings",
        "crossRegionRestoreSettings",
        "crossSubscriptionRestoreSettings",
        "encryptionSettings",
        "featureSettings",
        "immutabilitySettings",
        "monitoringSettings",
        "securitySettings",
        "softDeleteSettings",
    ]
)
_LISTS: dict[str, type] = {
    **dict.fromkeys(("policyRules", "taggingCriteria", "storageSettings", "lifecycles", "criteria"), dict),
    **dict.fromkeys(("dataStoreParametersList", "targetDataStoreCopySettings"), dict),
    **dict.fromkeys(("datasourceTypes", "repeatingTimeIntervals", "absoluteCriteria"), str),
    **dict.fromkeys(("resourceGuardOperationRequests", "vaultCriticalOperationExclusionList"), str),
}


def canonical(body: Any, *, storage: bool = False) -> Any:
    """A copy of a request body with Azure's own key spelling, nulls dropped and empty lists kept.

    What stands under tags and userAssignedIdentities is the caller's own and stays as written. ArmError 400 where an
    object or a list is expected and something else stands.
    """
    if isinstance(body, list):
        return [canonical(item, storage=storage) for item in body]
    if not isinstance(body, Mapping):
        return body
    result: dict[str, Any] = {}
    for written, value in body.items():
        key = _spelling(str(written), storage=storage)
        if value is None:
            continue
        _check_kind(key, value)
        if key in _FREE:
            result[key] = dict(value)
        else:
            result[key] = canonical(value, storage=storage or key == "storageSettings")
    return result


def _check_kind(key: str, value: Any) -> None:
    fits = isinstance(value, Mapping) if key in _OBJECTS else True
    if key in _LISTS:
        fits = isinstance(value, list) and all(isinstance(item, _LISTS[key]) for item in value)
    if not fits:
        raise invalid(f"{key} has the wrong kind of value.")


def _spelling(key: str, *, storage: bool) -> str:
    known = lower(key)
    if storage and known in _STORAGE:
        return _STORAGE[known]
    return _BY_LOWER.get(known, key)


def at(body: Any, *path: str | int) -> Any:
    """The value under a path of keys and positions, None where any part of it is missing."""
    for step in path:
        if isinstance(step, int):
            body = body[step] if isinstance(body, list) and len(body) > step else None
        else:
            body = body.get(step) if isinstance(body, Mapping) else None
    return body


def text(body: Any, *path: str | int) -> str:
    """The text under a path, empty where it is missing or no text."""
    value = at(body, *path)
    return value if isinstance(value, str) else ""


def same(left: Any, right: Any) -> bool:
    """Whether two texts agree without ASCII case."""
    return isinstance(left, str) and isinstance(right, str) and lower(left) == lower(right)
