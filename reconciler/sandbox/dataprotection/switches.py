"""The switches of Microsoft.DataProtection: what no public source settles, with the likelier answer as default."""

from __future__ import annotations

from reconciler.sandbox.switches import ON_OFF, Switch, declare

OWN = (
    # Vaults
    Switch("always_on_code", "BMSUserErrorInvalidInput", "error code when an api-version insists on AlwaysOn",
           ("BMSUserErrorInvalidInput", "UserErrorSoftDeleteAlwaysOnRequired")),
    Switch("always_on_for_unchanged", False, "that rule also refuses a vault that merely stays as it is", ON_OFF),
    Switch("secure_by_default", "ga", "where soft delete can only be AlwaysOn, whatever the api-version",
           ("ga", "nowhere", "everywhere")),
    Switch("omitted_blocks", "kept", "settings that a vault's PUT leaves out", ("kept", "reset")),
    Switch("omitted_tags", "cleared", "tags that a PUT leaves out", ("cleared", "kept")),
    Switch("retention_decrease", "accepted", "a shorter soft delete retention under AlwaysOn",
           ("accepted", "refused")),
    Switch("redundancy_change", "refused", "another redundancy for a vault", ("refused", "until-protected")),
    Switch("permanently_disabled", "one-way", "cross-subscription restore that was disabled for good",
           ("one-way", "reversible")),
    Switch("vault_patch", "asynchronous", "a PATCH of a vault answers 202, or 200 when done",
           ("asynchronous", "synchronous")),
    Switch("identity_throttle", True, "a vault write right after an identity change meets 429", ON_OFF),
    Switch("vault_create_limit", 0, "vaults that may be made in an hour; 0: any number", form="count"),
    Switch("vault_not_empty_status", 400, "status when a vault that is not empty is deleted", (400, 409)),
    Switch("vault_not_empty_code", "UserErrorVaultNotEmpty", "its error code",
           ("UserErrorVaultNotEmpty", "BMSUserErrorInvalidInput")),
    Switch("policies_block_vault_delete", True, "policies alone make a vault not empty (older api-versions)", ON_OFF),
    Switch("vault_lingers", "5..60", "seconds a deleted vault is still seen", form="seconds"),
    Switch("vault_soft_delete", "always", "deleting a vault keeps it restorable (from 2025-09-01)",
           ("always", "with-items")),
    Switch("restored_vault_identity", "lost", "the system identity of a restored vault", ("lost", "new")),
    # Policies
    Switch("policy_validation", "BMSUserErrorInvalidInput", "what an unsupported disk policy meets",
           ("BMSUserErrorInvalidInput", "accepted")),
    Switch("policy_update", "refused", "a PUT over an existing policy with other content", ("refused", "accepted")),
    Switch("policy_several_times", "refused", "several repeating intervals in a disk policy",
           ("refused", "accepted")),
    Switch("policy_in_use_by_soft_deleted", True, "soft-deleted instances keep their policy in use", ON_OFF),
    # Instances
    Switch("not_found_code", "ResourceNotFound", "code of this provider's 404 for a missing instance or policy",
           ("ResourceNotFound", "UserErrorGenericResourceNotFound", "BackupInstanceNotFound")),
    Switch("permission_failure", "protection-error", "an instance written while the vault lacks rights",
           ("protection-error", "refused", "operation-failed")),
    Switch("check_failure", "protection-error", "an instance whose disk or snapshot group does not fit",
           ("protection-error", "refused", "operation-failed")),
    Switch("protection_error_place", "status", "where a protection error's details stand",
           ("status", "separate", "both")),
    Switch("identical_instance", "no-op", "a PUT of an instance that changes nothing", ("no-op", "updates")),
    Switch("put_while_stopped", "keeps-state", "a PUT on stopped or suspended protection",
           ("keeps-state", "refused", "resumes")),
    Switch("configuring", "recorded", "how long an instance takes from its write to its protection: 15 to 58 s, or a "
           "lognormal around 35 s", ("recorded", "lognormal")),
    Switch("snapshot_group_change", "refused", "another snapshot resource group for an instance",
           ("refused", "ignored")),
    Switch("stopped_elsewhere", "refused", "protecting a disk in another vault while its protection is stopped here",
           ("refused", "accepted")),
    Switch("protect_soft_deleted_again", "UserErrorDppDatasourceAlreadyHasBackupInstance",
           "code when a disk is protected anew in a vault where it is soft-deleted",
           ("UserErrorDppDatasourceAlreadyHasBackupInstance", "BMSUserErrorInvalidInput")),
    Switch("permanent_delete", "ignored", "the undocumented ?permanent=true on deleting an instance",
           ("ignored", "honoured")),
    Switch("validate_protected_code", "UserErrorDppDatasourceAlreadyProtected",
           "code of validateForBackup for a protected disk",
           ("UserErrorDppDatasourceAlreadyProtected", "UserErrorDppDatasourceAlreadyHasBackupInstance")),
    Switch("validate_failing_instance", "accepted", "validateForBackup of a disk whose own instance is failing",
           ("accepted", "refused")),
    Switch("deleted_instance_tags", False, "soft-deleted instances tell their tags", ON_OFF),
    Switch("extension_ids", "extension", "ids in a disk's own list of instances", ("extension", "vault")),
    # Backups
    Switch("scheduled_backups", True, "policies are followed as time passes", ON_OFF),
    Switch("backup_start", "0..7200", "seconds from when a scheduled backup is due until it begins", form="seconds",
           samples=("0",)),
    # Guards, operations, jobs
    Switch("guard_status", 403, "status of a guarded operation without a request", (403, 400)),
    Switch("guard_code", "UserErrorResourceGuardOperationRequestRequired", "its error code",
           ("UserErrorResourceGuardOperationRequestRequired", "LinkedAuthorizationFailed")),
    Switch("guard_request_match", "exact", "which of its guard's requests unlocks an operation",
           ("exact", "any-of-guard")),
    Switch("signed_links", True, "operation links carry a signature, to be followed as they are", ON_OFF),
    Switch("adhoc_wrong_rule_status", 400, "status of a backup that names no rule of the policy", (400, 404)),
)  # fmt: skip

declare(*OWN)
