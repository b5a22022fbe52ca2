"""What the sandbox was checked against, as data: recordings of Azure's answers, clients, and Microsoft's own descriptions.

`docs/generate.py` makes `docs/reference/conformance.md` of it. Each row names the test that holds the sandbox to it, as
`folder/test_file.py::test_name` below `tests/sandbox`; `test_held_against.py` checks that there is such a test.
"""

from __future__ import annotations

from typing import NamedTuple

CLI = "Azure/azure-cli-extensions, `src/dataprotection/…/recordings`"
POWERSHELL = "Azure/azure-powershell, `src/DataProtection/DataProtection.Autorest/test`"


class Recording(NamedTuple):
    """What one recording shows, under which api-versions (`several` where its versions over the years agree)."""

    source: str
    file: str
    versions: str
    shows: str
    test: str


class Client(NamedTuple):
    """A client whose requests are sent as its own code sends them."""

    name: str
    version: str
    does: str
    test: str


class Description(NamedTuple):
    """A description by Microsoft of what Azure takes or answers."""

    name: str
    version: str
    says: str
    test: str


_VAULTS, _INSTANCES = "dataprotection/vaults/test_vaults.py", "dataprotection/instances"
_RECORDED = "dataprotection/test_recorded_bodies.py"
_BACKUPS, _POLICIES = "dataprotection/backups/test_on_demand.py", "dataprotection/policies/test_policies.py"

RECORDINGS = (
    Recording(CLI, "test_dataprotection_backup_vault_create_and_delete", "several",
              "a vault's PUT: 201 with an operation and no Location, the principal at once",
              f"{_VAULTS}::test_a_create_answers_201_with_an_operation_and_the_principal_at_once"),
    Recording(CLI, "test_dataprotection_backup_vault_create_and_delete", "several",
              "a vault returns only what was sent to it", f"{_VAULTS}::test_only_what_was_sent_comes_back"),
    Recording(CLI, "test_dataprotection_backup_vault_create_and_delete", "several",
              "soft-delete states in capitals, and ids in another case, of what the portal made",
              "arm/test_weather.py::test_the_states_of_vaults_drift"),
    Recording(CLI, "test_dataprotection_backup_vault_update", "several",
              "a PUT that changes something answers 201, too", f"{_VAULTS}::test_a_changing_put_answers_201_and_updates"),
    Recording(CLI, "test_dataprotection_backup_vault_update", "several",
              "AlwaysOn, Locked and cross-region restore are one-way, with their error codes",
              f"{_VAULTS}::test_one_way_doors_and_bad_values"),
    Recording(CLI, "test_dataprotection_backup_vault_update", "2024-04-01",
              "429 FailedIdentityOperation right after an identity change",
              f"{_VAULTS}::test_a_write_right_after_an_identity_change_is_throttled_with_the_delay_in_the_text"),
    Recording(CLI, "test_dataprotection_backup_vault_create_with_uami_update_and_delete", "several",
              "a user-assigned identity is an empty object in the 201, and returned by a later GET",
              f"{_VAULTS}::test_a_user_assigned_identity_shows_its_principal_only_on_a_later_get"),
    Recording(CLI, "test_dataprotection_backup_instance_uami_create_update", "2024-04-01",
              "another identity for a disk: 202 without a body; a system identity switched on again has a new principal",
              f"{_INSTANCES}/test_instances.py::test_a_disks_identity_is_changed_without_a_body_since_2024"),
    Recording(CLI, "test_dataprotection_backup_policy_manual", "several",
              "a policy comes back without its name and nulls, with the ids of its tags",
              f"{_POLICIES}::test_a_policy_comes_back_normalised"),
    Recording(CLI, "test_dataprotection_backup_policy_manual", "several",
              "a vault's identical PUT answers 200 without an operation",
              f"{_VAULTS}::test_an_identical_put_answers_200_without_an_operation"),
    Recording(CLI, "test_dataprotection_backup_instance_create_and_delete_disk", "2021-07-01",
              "validateForBackup: 202, `Inprogress`, a result that names the operation once more",
              f"{_INSTANCES}/test_validation.py::test_a_disk_that_could_be_protected_passes"),
    Recording(CLI, "test_dataprotection_backup_instance_create_and_delete_disk", "2021-07-01",
              "a vault's 201 has no identity", "dataprotection/test_api_versions.py::test_every_version_is_spoken"),
    Recording(CLI, "test_dataprotection_backup_instance_create_backup_delete_disk", "several",
              "a disk's PUT succeeds in a second, its protection follows within a minute",
              f"{_INSTANCES}/test_instances.py::test_a_create_succeeds_at_once_while_protection_follows_later"),
    Recording(CLI, "test_dataprotection_backup_instance_create_backup_delete_disk", "several",
              "an on-demand backup: the operation names the job, the job ends with a recovery point",
              f"{_BACKUPS}::test_a_backup_names_a_job_that_ends_with_a_recovery_point"),
    Recording(CLI, "test_dataprotection_job_list_and_show", "2024-04-01",
              "a job's tag `W/\"datetime'…'\"`, its `duration` in the list",
              f"{_BACKUPS}::test_a_job_bears_the_tag_of_its_row_as_recorded"),
    Recording(CLI, "test_dataprotection_job_list_and_show", "2024-04-01",
              "scheduled jobs of disks, as the list shows them",
              "dataprotection/backups/test_scheduled.py::test_a_job_of_the_schedule_says_so_in_both_views"),
    Recording(CLI, "test_dataprotection_backup_instance_restore_disk", "several",
              "recovery points, and a restore from validation to the new disk",
              "dataprotection/test_restores.py::test_a_restore_makes_a_disk_as_it_was_backed_up"),
    Recording(CLI, "test_dataprotection_recovery_point_list", "several",
              "a recovery point's time is 71 to 74 seconds after its snapshot's",
              "dataprotection/recovery_points/test_snapshots.py::test_a_snapshot_names_its_disk_and_is_older_than_its_recovery_point"),
    Recording(CLI, "test_dataprotection_backup_instance_update_policy", "2025-07-01",
              "another policy: 202 without a body, UpdatingProtection for one to three minutes (of a blob)",
              f"{_INSTANCES}/test_instances.py::test_pointing_to_another_policy_takes_minutes"),
    Recording(CLI, "test_dataprotection_backup_instance_update_policy", "up to 2024-03-01",
              "another policy: 201 with a body (of a blob)",
              f"{_INSTANCES}/test_instances.py::test_older_versions_answer_an_update_with_201_and_a_body"),
    Recording(CLI, "test_dataprotection_backup_instance_update_protection", "several",
              "stopping takes about 42 seconds; repeating it answers an empty 200",
              f"{_INSTANCES}/test_protection.py::test_halting_takes_most_of_a_minute_and_is_said_only_once"),
    Recording(CLI, "test_dataprotection_backup_instance_update_protection", "several",
              "resuming what is protected: an empty 200",
              f"{_INSTANCES}/test_protection.py::test_resuming_what_is_protected_answers_an_empty_200"),
    Recording(CLI, "test_dataprotection_backup_instance_softdelete", "several",
              "a deleted instance, its undelete, and ProtectionStopped after it",
              f"{_INSTANCES}/test_deletion.py::test_a_deleted_instance_can_be_brought_back_stopped_and_resumed"),
    Recording(CLI, "test_dataprotection_backup_instance_softdelete", "several",
              "undeleting nothing: a 404 without innerError",
              f"{_INSTANCES}/test_deletion.py::test_undeleting_nothing_has_no_inner_error"),
    Recording(CLI, "test_dataprotection_backup_instance_softdelete", "several",
              "a soft-deleted disk can be protected in another vault, and then not be resumed here",
              f"{_INSTANCES}/test_deletion.py::test_a_soft_deleted_disk_is_not_protected_anew_in_its_vault_but_in_another"),
    Recording(CLI, "test_dataprotection_Scenario", "2022-05-01",
              "an instance without a friendly name gets its data source's, after the set's",
              f"{_RECORDED}::test_an_instance_without_a_friendly_name_gets_that_of_its_data_source"),
    Recording(CLI, "test_dataprotection_backup_instance_create_and_delete_blob", "several",
              "another kind of data: a create answers 202 without a body since 2025-07-01, 201 before",
              f"{_RECORDED}::test_what_other_kinds_need_is_not_simulated"),
    Recording(CLI, "test_dataprotection_backup_instance_create_backup_delete_disk", "several",
              "a running job has neither details of its task nor a recovery point",
              f"{_RECORDED}::test_a_running_job_tells_little_of_its_task"),
    Recording(CLI, "test_dataprotection_backup_instance_restore_disk", "several",
              "an ended restore names no store; a backup's recovery point has no time in its job",
              f"{_RECORDED}::test_a_job_that_ended_tells_its_task_and_its_store"),
    Recording(CLI, "test_dataprotection_recovery_point_show", "2025-07-01",
              "one recovery point alone tells its disk and its snapshot, as JSON in a text",
              f"{_RECORDED}::test_one_recovery_point_alone_tells_its_disk_and_its_snapshot"),
    Recording(CLI, "test_dataprotection_backup_vault_create_with_uami_update_and_delete", "2025-07-01",
              "the tenant of a user-assigned identity; an update tells the identities that were there before",
              f"{_RECORDED}::test_an_update_tells_the_identities_that_were_there_before"),
    Recording(CLI, "test_dataprotection_backup_vault_update", "2025-07-01",
              "what a refused change of a one-way setting advises",
              f"{_RECORDED}::test_a_one_way_setting_is_refused_with_advice"),
    Recording(CLI, "test_dataprotection_resource_guard_update", "several",
              "a guard's operations of both kinds of vaults, and 200 for a new guard",
              f"{_RECORDED}::test_a_guard_guards_both_kinds_of_vaults"),
    Recording(CLI, "test_dataprotection_update_msi_permissions_disk", "2022-04-01",
              "a role assignment's body", "authorization/test_role_assignments.py::test_the_body_is_the_recorded_one"),
    Recording(CLI, "test_dataprotection_resource_guard_mapping", "several",
              "a guarded vault, and its critical operations", "dataprotection/guards/test_guards.py::test_the_vault_says_that_it_is_guarded"),
    Recording(CLI, "test_dataprotection_backup_instance_list_from_resource_graph", "2021-03-01",
              "the queries of Azure's clients, and rows with nulls that Resource Manager leaves out",
              "graph/test_queries.py::test_rows_are_spelled_as_the_graph_spells_them"),
    Recording(CLI, "test_dataprotection_deleted_vault_operations", "2025-09-01",
              "a deleted vault, listed by region and restored",
              "dataprotection/vaults/test_deletion.py::test_newer_versions_keep_a_deleted_vault_and_restore_it_with_what_it_held"),
    Recording(POWERSHELL, "Backup-AzDataProtectionBackupInstanceAdhoc", "2026-03-01",
              "rate headers: 1099 requests left for a resource, 799 writes after a POST",
              "arm/test_weather.py::test_data_protection_may_tell_what_is_left_of_its_own_buckets"),
    Recording(POWERSHELL, "New-AzDataProtectionBackupVault", "2026-06-01",
              "a vault whose soft delete stays On is accepted by a PUT",
              f"{_VAULTS}::test_a_newer_version_takes_a_vault_that_stays_as_it_is"),
    Recording(POWERSHELL, "New-AzDataProtectionBackupVault", "2026-06-01",
              "properties that come and go with the api-version",
              f"{_VAULTS}::test_read_only_properties_come_and_go_with_the_version"),
    Recording(POWERSHELL, "New-AzDataProtectionBackupInstance", "2026-06-01",
              "empty resource properties and the kind of validation aren't kept",
              f"{_INSTANCES}/test_instances.py::test_how_to_validate_and_empty_properties_of_a_disk_are_not_kept"),
)  # fmt: skip

CLIENTS = (
    Client("reconciler itself, on azure-mgmt-dataprotection", "2.2 and newer",
           "a disk's life under each stable api-version, from quickstart to removal", "../end_to_end/test_api_versions.py"
           "::test_a_disks_life_from_quickstart_to_removal"),
    Client("Terraform's azurerm provider", "August 2026",
           "its polling and its order of requests, from a disk's first protection to its removal",
           "test_terraform.py::test_a_disk_is_protected_and_let_go"),
    Client("Terraform's azurerm provider", "August 2026", "the requests that it sends at its start",
           "test_terraform.py::test_what_it_asks_at_its_start"),
    Client("Azure CLI", "2.67 and newer", "signing in, and looking up identities and clients in Microsoft Graph",
           "sign_in/test_tokens.py::test_a_client_that_nobody_named_is_found_by_its_own_id"),
    Client("Azure CLI", "2.91", "`az deployment group` and `az deployment sub`: a template of the whole of Disk Backup",
           "resources/test_deployments.py::test_disk_backup_is_deployed_by_a_template"),
    Client("Azure CLI", "2.91", "the compiled Azure Verified Module for Backup vaults: loops, nested templates, existing resources",
           "resources/test_nested_templates.py::test_modules_in_a_loop_are_deployments_whose_outputs_others_take"),
    Client("Azure CLI", "2.91", "templates sent exactly as in their files, under a key without quotes",
           "arm/test_relaxed_json.py::test_what_is_read"),
    Client("Azure CLI", "2.67 and newer", "`az provider operation`",
           "arm/test_operation_lists.py::test_the_azure_cli_finds_them_by_type"),
)  # fmt: skip

DESCRIPTIONS = (
    Description("OpenAPI of Microsoft.DataProtection", "2024-04-01",
                "every body that the sandbox answers has the described form; words that only recordings have are listed there",
                "dataprotection/test_openapi.py::test_policies_and_instances"),
    Description("Microsoft's description of Microsoft.Compute (azure-rest-api-specs)", "2024-07-01",
                "the keys of a virtual machine's `storageProfile`",
                "compute/test_machines.py::test_a_machine_has_the_disks_that_the_estate_names"),
    Description("Azure's limits of managed disks, and the names that Microsoft's RGCOPY reads", "2026",
                "the quota of disks of a subscription in a region, by SKU, and by size for Ultra and Premium SSD v2",
                "compute/test_usages.py::test_ultra_and_premium_v2_also_count_by_their_size"),
    Description("Azure Backup's REST page for disks", "2026-02",
                "a missing permission fails the operation with the reason nested inside",
                f"{_INSTANCES}/test_validation.py::test_a_missing_permission_fails_the_operation_with_the_reason_nested_inside"),
    Description("Azure Backup's support matrix for disks", "2026-02", "the longest retention of each interval",
                f"{_POLICIES}::test_the_longest_retention_of_each_interval"),
    Description("Azure Backup's support matrix for disks", "2026-02", "ten on-demand backups a day",
                f"{_BACKUPS}::test_ten_backups_a_day_and_no_more"),
    Description("Azure Backup's page on managing disks", "2026-01", "what expired meanwhile is cleaned up by a resume",
                "dataprotection/backups/test_expiry.py::test_stopped_protection_keeps_all_and_a_resume_cleans_up_all_but_the_last"),
    Description("Azure Backup's page on managing disks", "2026-01",
                "an instance can't be deleted without its snapshot group and the vault's roles, until both are back",
                f"{_INSTANCES}/test_deletion.py::test_a_group_made_again_with_its_grant_lets_the_instance_go"),
    Description("Terraform's acceptance test of disk policies", "August 2026", "monthly and yearly retention rules, `P6M`, `P1Y`",
                f"{_POLICIES}::test_rules_that_no_manifest_of_azures_clients_knows"),
    Description("Resource Manager's documented limits", "2026", "token buckets of reads, writes and deletions",
                "arm/test_weather.py::test_buckets_run_empty_and_fill_again"),
)  # fmt: skip
