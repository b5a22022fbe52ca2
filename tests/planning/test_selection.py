"""Selectors: keys joined by AND, values by OR, names without case, tag values with."""

from __future__ import annotations

from typing import Any

import pytest
from plan_builders import D, S, disk, disk_id, selector

from reconciler.model.ids import ArmId
from reconciler.model.resources import Machine
from reconciler.planning.selection import Surroundings, matcher, places

DISK = disk(
    disk_id("Web-01", group="AppRG"), sku="Premium_LRS", tags={"Backup": "gold", "Team": "Pay"}, location="westus"
)

SQL = ArmId(disk_id("Sql-1").text.replace("/disks/", "/virtualMachines/"))
WEB = ArmId(disk_id("Web-1").text.replace("/disks/", "/virtualMachines/"))
AROUND = Surroundings(
    {"all": (D, S), "ours": (D,), "theirs": (S,), "empty": ()},
    {one.key: Machine(one, tags) for one, tags in ((SQL, {"Role": "database"}), (WEB, {}))},
)


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        ({}, True),
        ({"subscriptions": (D,)}, True),
        ({"subscriptions": (D.upper(),)}, True),
        ({"subscriptions": (S,)}, False),
        ({"subscriptions": ()}, False),
        ({"subscriptions": (S, D)}, True),
        ({"resource_groups": ("apprg",)}, True),
        ({"resource_groups": ("APP*",)}, True),
        ({"resource_groups": ("other", "app*")}, True),
        ({"resource_groups": ("app",)}, False),
        ({"names": ("web-*",)}, True),
        ({"names": ("WEB-01",)}, True),
        ({"names": ("eb-01",)}, False),
        ({"names": ("*",)}, True),
        ({"locations": ("westus", "eastus")}, True),
        ({"locations": ("eastus",)}, False),
        ({"skus": ("premium_lrs",)}, True),
        ({"skus": ("standard_lrs",)}, False),
        ({"tags": {"backup": ("gold",)}}, True),
        ({"tags": {"BACKUP": ("silver", "gold")}}, True),
        ({"tags": {"backup": ("Gold",)}}, False),
        ({"tags": {"backup": ("*",)}}, True),
        ({"tags": {"backup": ("gold",), "team": ("Pay",)}}, True),
        ({"tags": {"backup": ("gold",), "team": ("pay",)}}, False),
        ({"tags": {"none": ("*",)}}, False),
        ({"subscriptions": (D,), "names": ("db-*",)}, False),
    ],
)
def test_a_selector_takes(said: dict[str, Any], takes: bool) -> None:
    assert matcher(selector(**said), AROUND)(DISK) is takes


def test_a_disk_without_tags_is_taken_by_no_tag() -> None:
    assert not matcher(selector(tags={"backup": ("*",)}), AROUND)(disk())


def test_an_empty_tag_value_is_present() -> None:
    assert matcher(selector(tags={"backup": ("*",)}), AROUND)(disk(tags={"backup": ""}))


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        ({"management_groups": ("ours",)}, True),
        ({"management_groups": ("theirs",)}, False),
        ({"management_groups": ("empty",)}, False),
        ({"management_groups": ("theirs", "ours")}, True),
        ({"management_groups": ("all",), "subscriptions": (D,)}, True),
        ({"management_groups": ("all",), "subscriptions": (S,)}, False),
        ({"management_groups": ("theirs",), "subscriptions": (D,)}, False),
    ],
)
def test_a_management_group_stands_for_what_lies_below_it(said: dict[str, Any], takes: bool) -> None:
    assert matcher(selector(**said), AROUND)(DISK) is takes
    assert (D in places(selector(**said), AROUND.management_groups)) is takes


def test_a_group_that_was_not_resolved_never_passes_for_an_empty_one() -> None:
    with pytest.raises(KeyError):
        matcher(selector(management_groups=("nobody-asked",)), AROUND)


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ({"attached_names": ("sql-*",)}, {"sql", "shared", "unlisted"}),
        ({"attached_names": ("SQL-1", "web-1")}, {"sql", "web", "shared"}),
        ({"attached_names": ("*",)}, {"sql", "web", "shared", "unlisted"}),
        ({"attached_tags": {"role": ("database",)}}, {"sql", "shared"}),
        ({"attached_tags": {"ROLE": ("*",)}}, {"sql", "shared"}),
        ({"attached_tags": {"role": ("Database",)}}, set()),
        ({"attached_names": ("web-*",), "attached_tags": {"role": ("*",)}}, set()),
    ],
)
def test_the_machine_that_a_disk_is_attached_to(said: dict[str, Any], taken: set[str]) -> None:
    takes = matcher(selector(**said), AROUND)
    disks = {
        "none": disk(),
        "sql": disk(managed_by=SQL),
        "web": disk(managed_by=ArmId(WEB.text.upper())),
        "shared": disk(managed_by=WEB, also_managed_by=(SQL,)),
        "unlisted": disk(managed_by=ArmId(SQL.text.replace("Sql-1", "Sql-2"))),
    }
    assert {name for name, one in disks.items() if takes(one)} == taken
