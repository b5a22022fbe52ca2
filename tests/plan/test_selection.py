"""Selectors: keys joined by AND, values by OR, names without case, tag values with."""

from __future__ import annotations

from typing import Any

import pytest
from plan_builders import D, S, disk, disk_id, selector

from reconciler.errors import UsageError
from reconciler.plan.selection import matcher

DISK = disk(
    disk_id("Web-01", group="AppRG"), sku="Premium_LRS", tags={"Backup": "gold", "Team": "Pay"}, location="westus"
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
    assert matcher(selector(**said))(DISK) is takes


def test_a_disk_without_tags_is_taken_by_no_tag() -> None:
    assert not matcher(selector(tags={"backup": ("*",)}))(disk())


def test_an_empty_tag_value_is_present() -> None:
    assert matcher(selector(tags={"backup": ("*",)}))(disk(tags={"backup": ""}))


@pytest.mark.parametrize(
    "said", [{"management_groups": ("m",)}, {"attached_names": ("vm",)}, {"attached_tags": {"a": ("*",)}}]
)
def test_a_key_that_cannot_be_looked_at_never_widens_the_selection(said: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"backup\.yaml:1:1"):
        matcher(selector(**said))
