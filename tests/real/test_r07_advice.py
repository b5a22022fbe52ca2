"""R7: no plan advises one thing and its contrary of one object."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import pytest
from arm import APPS, PLATFORM
from forging import Azure, Done, edits, edits_rows, quickstart
from manifests import VAULT, manifest

from reconciler.model.codes import errors, planning
from reconciler.model.codes import manifest as manifest_codes
from reconciler.model.findings import Code

Forged = Callable[..., AbstractContextManager[Azure]]


def hints(done: Done) -> dict[str, str]:
    return {one["code"]: one["hint"] for one in done.document["findings"]}


@pytest.mark.parametrize("level", ["CanNotDelete", "ReadOnly"])
@pytest.mark.parametrize("said", [{"immutability": "Locked"}, {"redundancy": "GeoRedundant"}])
@pytest.mark.parametrize("scope", [f"/subscriptions/{APPS}", f"/subscriptions/{APPS}/resourceGroups/snapshotrg"])
def test_nobody_is_told_to_lock_what_is_to_be_unlocked(
    forged: Forged, scope: str, said: dict[str, str], level: str
) -> None:
    with forged(quickstart().saying(vaults=[VAULT | said]), clock="virtual") as azure:
        lock = f"{scope}/providers/Microsoft.Authorization/locks/keep"
        azure.put(lock, {"id": lock, "name": "keep", "properties": {"level": level}})
        told = hints(azure.run("plan", "--format", "json"))
        assert {"not-for-snapshots", "lock-keeps-snapshots"} <= told.keys()
        assert "lock nothing" in told["not-for-snapshots"]
        assert "remove" in told["lock-keeps-snapshots"]


def test_settings_of_an_unmanaged_vault_are_not_called_idle_and_wanted_at_once(forged: Forged) -> None:
    said = quickstart().saying(vaults=[VAULT | {"manage": False, "softDelete": {"state": "AlwaysOn"}}])
    with forged(said, clock="virtual") as azure:
        done = azure.run("plan", "--format", "json")
        told = hints(done)
        assert {"no-effect", "vault-differs"} <= told.keys(), done
        assert told["no-effect"] == told["vault-differs"]
        assert "has no effect" not in done.text.replace('"message"', "")


def test_what_the_vault_has_already_needs_no_consent(forged: Forged) -> None:
    said = {"properties.securitySettings.softDeleteSettings.state": "AlwaysOn"}
    shown = [edits_rows("GET */backupVaults", "*", said), edits("GET */backupVaults/*", said, optional=True)]
    with forged(
        quickstart().saying(vaults=[VAULT | {"softDelete": {"state": "AlwaysOn"}}]), *shown, clock="virtual"
    ) as azure:
        done = azure.run("plan", "--format", "json")
        assert (done.code, done.document["changes"]) == (0, []), done
        assert "if the vault doesn't have it yet" in hints(done)["one-way"]


def text_of(done: Done, code: str) -> str:
    return "; ".join(one["hint"] for one in done.document["findings"] if one["code"] == code)


COSTS = {"costManagement": "VaultLevel", "softDelete": {"state": "AlwaysOn"}}


def test_nobody_is_sent_to_an_older_and_to_a_newer_api_version(forged: Forged) -> None:
    other = VAULT | {"name": "Second", "resourceGroup": "secondRG", "softDelete": {"state": "On"}}
    with forged(quickstart().saying(vaults=[VAULT | COSTS, other]), clock="virtual") as azure:
        done = azure.run("plan", "--api-version", "2025-09-01", "--format", "json")
        assert "pass `--api-version 2026-06-01`" in text_of(done, "needs-api-version"), done
        assert text_of(done, "one-way-door") == "declare `softDelete: {state: AlwaysOn}`"
        azure.declare(manifest(vaults=[VAULT, other]))
        done = azure.run("plan", "--api-version", "2025-09-01", "--format", "json")
        assert "or use api-version 2025-07-01" in text_of(done, "one-way-door"), done


@pytest.mark.parametrize("fresh", [True, False])
def test_whoever_takes_a_newer_api_version_as_told_is_not_sent_back(forged: Forged, fresh: bool) -> None:
    vault = VAULT | {"costManagement": "VaultLevel"}
    with forged(quickstart(fresh=fresh).saying(vaults=[vault]), clock="virtual") as azure:
        hint = text_of(azure.run("plan", "--format", "json"), "needs-api-version")
        assert ("and declare `softDelete: {state: AlwaysOn}`" in hint) is fresh
        azure.declare(manifest(vaults=[vault | ({"softDelete": {"state": "AlwaysOn"}} if fresh else {})]))
        done = azure.run("plan", "--api-version", "2026-06-01", "--format", "json")
        assert [one for one in done.document["findings"] if one["severity"] == "error"] == [], done


def test_what_is_ignored_as_told_is_not_to_be_unignored(forged: Forged) -> None:
    gone = {"properties.storageSettings": None}
    rules = (edits_rows("GET */backupVaults", "*", gone), edits("GET */backupVaults/*", gone, optional=True))
    said = {"vaults": [VAULT | {"redundancy": "LocallyRedundant"}]}
    with forged(quickstart().saying(**said), *rules, clock="virtual") as azure:
        assert "list it under `ignore`" in text_of(azure.run("plan", "--format", "json"), "not-known")
        ignore = [{"address": "vault/TestBkpVault", "fields": ["redundancy"], "reason": "Azure doesn't tell it"}]
        azure.declare(manifest(**said, ignore=ignore))
        done = azure.run("plan", "--format", "json")
        assert done.code == 0, done
        assert text_of(done, "ignored").startswith("do nothing, or "), done


def every(tables: Iterable[object]) -> list[Code]:
    return [one for table in tables for one in vars(table)["CODES"].values()]


def test_no_hint_advises_a_lock() -> None:
    """Locks keep Azure Backup from deleting expired snapshots, and the tool from its work, wherever they lie."""
    assert PLATFORM
    for code in every((manifest_codes, planning, errors)):
        text = code.hint.lower()
        assert not any(words in text for words in ("with a lock", "add a lock", "by a lock", "set a lock")), code
