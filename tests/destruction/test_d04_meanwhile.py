"""What somebody else has done between plan and write is seen right before the write, and never written over."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from arm import policy, vault_id
from forging import Azure, Done, afterwards, disks, quickstart
from manifests import POLICY, VAULT
from manifests import disk as entry

Forged = Callable[..., Any]
ROLES, POLICY_PUT = "GET */roleAssignments", "PUT */backupPolicies/*"
OWNER, INSTANCES = "reconciler-owner", "*/backupInstances/*"
LONGER = [POLICY | {"retention": {"default": "9d"}}]
COPIES = {"name": "Copy", "objectType": "AzureBackupRule", "dataStore": {"dataStoreType": "VaultStore"}}


def apply(azure: Azure, *flags: str) -> Done:
    return azure.run("apply", "--auto-approve", "--format", "json", *flags)


def given_away(azure: Azure) -> None:
    azure.patch(vault_id(), {"tags": {OWNER: "payments"}})


def instance_puts(azure: Azure) -> list[str]:
    return [one.path for one in azure.writes if one.method == "PUT" and "/backupinstances/" in one.path.lower()]


def was_refused(azure: Azure, done: Done) -> None:
    assert (done.code, "changed-by-someone-else" in done.codes) == (1, True), done


# The vault becomes another manifest's


@pytest.mark.parametrize("flags", [(), ("--adopt",)])
@pytest.mark.parametrize("mark", ["quickstart", None], ids=["ours before", "nobody's before"])
def test_a_vault_that_another_manifest_has_taken_is_not_changed(
    forged: Forged, mark: str | None, flags: tuple[str, ...]
) -> None:
    estate = quickstart().saying(vaults=[VAULT | {"alertsForAllJobFailures": True}])
    with forged(estate, clock="virtual") as azure:
        azure.patch(vault_id(), {"tags": {OWNER: mark}})
        azure.rules(afterwards(ROLES, given_away))
        was_refused(azure, apply(azure, *flags))
        assert azure.writes == []
        assert azure.get(vault_id())["tags"][OWNER] == "payments"


@pytest.mark.parametrize("owner", ["payments", None], ids=["another's", "nobody's"])
def test_a_vault_that_is_ours_no_more_gets_no_mark_of_what_was_applied(forged: Forged, owner: str | None) -> None:
    def lose(azure: Azure) -> None:
        azure.patch(vault_id(), {"tags": {OWNER: owner}})

    with forged(quickstart(), clock="virtual") as azure:
        azure.patch(vault_id(), {"tags": {"reconciler-applied": "0" * 16}})
        azure.rules(afterwards(ROLES, lose))
        done = apply(azure)
        assert (azure.writes, "mark-not-written" in done.codes) == ([], True), done


# The vault protects more by now

DAYS = {"softDelete": {"state": "On", "retentionDays": 30}}
MORE = {
    "kept longer": (DAYS, {"softDeleteSettings": {"retentionDurationInDays": 90}}),
    "for good": (DAYS, {"softDeleteSettings": {"state": "AlwaysOn"}}),
    "locked": ({"immutability": "Unlocked"}, {"immutabilitySettings": {"state": "Locked"}}),
}


@pytest.mark.parametrize(("declared", "meanwhile"), MORE.values(), ids=MORE.keys())
def test_a_vault_that_protects_more_by_now_is_not_written_over(
    forged: Forged, declared: dict[str, Any], meanwhile: dict[str, Any]
) -> None:
    """The plan only strengthens the vault, which no gate asks about; written later it would weaken it."""

    def strengthened(azure: Azure) -> None:
        azure.patch(vault_id(), {"properties": {"securitySettings": meanwhile}})

    with forged(
        quickstart().saying(vaults=[VAULT | declared]), afterwards(ROLES, strengthened), clock="virtual"
    ) as azure:
        was_refused(azure, apply(azure))
        assert azure.writes == []


# An instance gets another policy, or is stopped


def re_pointed(azure: Azure, name: str = "by-hand", *more: dict[str, Any]) -> None:
    body = policy(vault_id(), name, default="P30D")
    body["properties"]["policyRules"] += more
    azure.put(body["id"], body)
    azure.patch(INSTANCES, {"properties": {"policyInfo": {"policyId": body["id"]}}})


def copied(azure: Azure) -> None:
    re_pointed(azure, "by-hand", COPIES)


def stopped(azure: Azure) -> None:
    azure.ask("POST", f"{azure.ids(INSTANCES)[0]}/stopProtection")
    azure.advance("2m")


def suspended(azure: Azure) -> None:
    azure.ask("POST", f"{azure.ids(INSTANCES)[0]}/suspendBackups")
    azure.advance("2m")


@pytest.mark.parametrize("meanwhile", [re_pointed, copied, stopped, suspended])
def test_an_instance_that_was_changed_meanwhile_is_not_written_over(
    forged: Forged, meanwhile: Callable[[Azure], None]
) -> None:
    """The plan makes retention longer, which no gate asks about; what it finds by then keeps more, or was halted."""
    with forged(quickstart().saying(policies=LONGER), afterwards(POLICY_PUT, meanwhile), clock="virtual") as azure:
        was_refused(azure, apply(azure))
        assert instance_puts(azure) == []


def test_an_instance_that_another_run_has_re_pointed_is_as_wanted(forged: Forged) -> None:
    def done_already(azure: Azure) -> None:
        newest = next(one for one in azure.ids("*/backupPolicies/*") if not one.endswith("-51a9461d"))
        azure.patch(INSTANCES, {"properties": {"policyInfo": {"policyId": newest}}})

    with forged(quickstart().saying(policies=LONGER), afterwards(POLICY_PUT, done_already), clock="virtual") as azure:
        done = apply(azure)
        assert (done.code, instance_puts(azure)) == (0, []), done


# Another copy of the manifest is applied to the vault

DECLARED = [entry("disk-01"), entry("disk-02")]
ENDS = {
    "pruned": (DECLARED, ("--prune",)),
    "stopped": ([*DECLARED, entry("disk-03", protection="stopped")], ()),
    "suspended": ([*DECLARED, entry("disk-03", protection="suspended")], ()),
}


@pytest.mark.parametrize(("declared", "flags"), ENDS.values(), ids=ENDS.keys())
def test_a_vault_that_another_copy_was_applied_to_meanwhile_loses_no_protection(
    forged: Forged, declared: list[Any], flags: tuple[str, ...]
) -> None:
    def applied(azure: Azure) -> None:
        azure.patch(vault_id(), {"tags": {"reconciler-source": "0123abcd"}})

    with forged(disks(3).saying(disks=declared), afterwards(ROLES, applied), clock="virtual") as azure:
        for words in (["init", "--quiet"], ["config", "remote.origin.url", "https://github.com/example/infra.git"]):
            subprocess.run(["git", *words], cwd=azure.folder, check=True)
        done = apply(azure, *flags)
        assert (done.code, azure.writes) == (1, []), done
        assert "two-sources" in done.text
