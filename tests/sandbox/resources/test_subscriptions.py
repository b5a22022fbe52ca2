"""Subscriptions, tenants and regions."""

from __future__ import annotations

from typing import Any

ONE = "/subscriptions/11111111-1111-1111-1111-111111111111"
TWO = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{TWO}/resourceGroups/diskrg"


def test_subscriptions_and_tenants(ask: Any) -> None:
    assert [row["displayName"] for row in ask("GET", "/subscriptions").body["value"]] == ["backup", "apps"]
    one = ask("GET", ONE).body
    assert (one["subscriptionId"], one["state"]) == (ONE.rpartition("/")[2], "Enabled")
    assert ask("GET", "/tenants").body["value"][0]["tenantId"] == one["tenantId"]
    assert ask("GET", f"{ONE}/locations").names


def test_locations_are_told_in_short(ask: Any) -> None:
    assert {row["location"] for row in ask("GET", f"{GROUP}/resources").body["value"]} == {"westus"}
