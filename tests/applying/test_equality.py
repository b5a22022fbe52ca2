from __future__ import annotations

from typing import Any

import pytest

from reconciler.applying.equality import differing, value_at


@pytest.mark.parametrize(
    ("wanted", "live"),
    [
        ({"location": "westus"}, {"location": "West US"}),
        ({"state": "On"}, {"state": "ON"}),
        ({"state": "On"}, {"state": "AlwaysOn"}),
        ({"state": "Unlocked"}, {"state": "Locked"}),
        ({"crossRegionRestoreSettings": {"state": "Disabled"}}, {}),
        ({"days": 14}, {"days": 14.0}),
        ({"id": "/subscriptions/A/resourceGroups/B"}, {"ID": "/subscriptions/a/resourcegroups/b/"}),
        ({"type": "SystemAssigned"}, {"type": "SystemAssigned,UserAssigned"}),
        ({"duration": "P12W"}, {"duration": "P84D"}),
        ({"stores": [{"type": "x"}]}, {"stores": ({"type": "X", "more": 1},)}),
        ({"tags": {"Owner": "x"}}, {"tags": {"owner": "x"}}),
        ({"tags": {"gone": None}}, {"tags": {}}),
        ({"objectType": "BackupInstance", "resourceUri": "/a"}, {}),
        ({"flag": False}, {}),
        ({"block": {}}, {}),
    ],
)
def test_what_means_the_same_to_azure_does_not_differ(wanted: Any, live: Any) -> None:
    assert differing(wanted, live) == []


@pytest.mark.parametrize(
    ("wanted", "live", "paths"),
    [
        ({"location": "westus"}, {"location": "eastus"}, ["location"]),
        ({"state": "AlwaysOn"}, {"state": "On"}, ["state"]),
        ({"state": "Enabled"}, {}, ["state"]),
        ({"state": "Disabled"}, {}, ["state"]),
        ({"state": "Off"}, None, ["state"]),
        ({"days": 14}, {"days": 15.0}, ["days"]),
        ({"duration": "P7D"}, {"duration": "P8D"}, ["duration"]),
        ({"tags": {"owner": "x"}}, {"tags": {"owner": "X"}}, ["tags.owner"]),
        ({"tags": {"gone": None}}, {"tags": {"gone": "off"}}, ["tags.gone"]),
        ({"stores": [{"type": "x"}]}, {"stores": [{"type": "y"}]}, ["stores.0.type"]),
        ({"flag": True}, {"flag": False}, ["flag"]),
        ({"a": {"b": "c"}}, {"a": "c"}, ["a.b"]),
    ],
)
def test_what_came_back_otherwise_is_named(wanted: Any, live: Any, paths: list[str]) -> None:
    assert differing(wanted, live) == paths


def test_a_value_is_found_at_its_path_whatever_its_case() -> None:
    assert value_at({"Stores": [{"TYPE": "x"}]}, "stores.0.type") == "x"
    assert value_at({"stores": []}, "stores.0.type") is None
