"""R6: a vault's redundancy is that of its VaultStore; where Azure tells none, it is unknown."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from forging import GONE, Azure, edits, edits_rows, quickstart
from manifests import VAULT

Forged = Callable[..., AbstractContextManager[Azure]]

ARCHIVE = {"datastoreType": "ArchiveStore", "type": "GeoRedundant"}
STORE = {"datastoreType": "VaultStore", "type": "LocallyRedundant"}
DECLARED = quickstart().saying(vaults=[VAULT | {"redundancy": "LocallyRedundant"}])


def shows(entries: Any) -> list[Any]:
    said = {"properties.storageSettings": entries}
    return [edits_rows("GET */backupVaults", "*", said), edits("GET */backupVaults/*", said, optional=True)]


@pytest.mark.parametrize(
    "entries",
    [
        [ARCHIVE, STORE],
        [None, ARCHIVE, STORE],
        [{**STORE, "datastoreType": "VAULTSTORE", "type": "LOCALLYREDUNDANT"}],
        [{"datastoreType": "OperationalStore", "type": "ZoneRedundant"}, ARCHIVE, STORE],
    ],
)
def test_the_entry_of_the_vault_store_counts(forged: Forged, entries: Any) -> None:
    with forged(DECLARED, *shows(entries), clock="virtual") as azure:
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, drift.document["findings"]) == (0, []), drift


@pytest.mark.parametrize("entries", [None, [], [None], [ARCHIVE], GONE])
def test_a_redundancy_that_isn_t_told_is_unknown(forged: Forged, entries: Any) -> None:
    with forged(DECLARED, *shows(entries), clock="virtual") as azure:
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, drift.codes) == (1, ["not-known"]), drift
        assert "None" not in drift.text
        assert azure.run("plan").code == 1


@pytest.mark.parametrize("entries", [None, [], [ARCHIVE]])
def test_what_isn_t_declared_need_not_be_told(forged: Forged, entries: Any) -> None:
    with forged(quickstart(), *shows(entries), clock="virtual") as azure:
        assert azure.run("drift").code == 0
        (vault,) = azure.ids("*/backupVaults/*")
        exported = azure.run("export", vault)
        assert (exported.code, "redundancy" in exported.out) == (0, False), exported


@pytest.mark.parametrize("entries", ["VaultStore", {"type": "LocallyRedundant"}, ["VaultStore"]])
def test_settings_of_no_known_form_are_told_with_the_vault(forged: Forged, entries: Any) -> None:
    with forged(DECLARED, *shows(entries), clock="virtual") as azure:
        done = azure.run("drift")
        assert (done.code, "unexpected" in done.text) == (1, False), done
