"""A protection that Azure spells in a word that isn't known is not lowered without its key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import vault_id
from forging import disks, edits, edits_rows
from manifests import VAULT

Forged = Callable[..., Any]
SETTINGS = "properties.securitySettings"
IMMUTABLE, SOFT = f"{SETTINGS}.immutabilitySettings.state", f"{SETTINGS}.softDeleteSettings.state"


@pytest.mark.parametrize(
    ("declared", "path", "word"),
    [
        ({"immutability": "Disabled"}, IMMUTABLE, "LockedByPolicy"),
        ({"immutability": "Unlocked"}, IMMUTABLE, "Sealed"),
        ({"softDelete": {"state": "On", "retentionDays": 14}}, SOFT, "AlwaysOnInRegion"),
    ],
)
def test_a_word_that_is_not_known_may_say_more(forged: Forged, declared: Any, path: str, word: str) -> None:
    shown = (
        edits_rows("GET */backupVaults", "*", {path: word}),
        edits("GET */backupVaults/*", {path: word}, optional=True),
    )
    with forged(disks(1).saying(vaults=[VAULT | declared]), *shown, clock="virtual") as azure:
        done = azure.run("apply", "--auto-approve", "--format", "json")
        assert (done.code, azure.writes) == (1, []), done
        assert "weakens-protection" in done.text
        assert azure.ids(vault_id())
