"""Providers, their types, and who is registered for them."""

from __future__ import annotations

from typing import Any

TWO = "/subscriptions/22222222-2222-2222-2222-222222222222"
VERBS = ("unregister", "register")


def test_providers(ask: Any) -> None:
    found = ask("GET", f"{TWO}/providers").body["value"]
    assert "Microsoft.DataProtection" in [row["namespace"] for row in found]
    one = ask("GET", f"{TWO}/providers/microsoft.compute", version="2021-04-01").body
    assert (one["namespace"], one["registrationState"]) == ("Microsoft.Compute", "Registered")


def test_a_registration_goes_as_slowly_as_it_comes(ask: Any) -> None:
    compute = f"{TWO}/providers/Microsoft.Compute"
    states = [ask("POST", f"{compute}/unregister", version="2021-04-01").body["registrationState"]]
    ask.sandbox.advance(31)
    states.append(ask("GET", compute, version="2021-04-01").body["registrationState"])
    assert states == ["Unregistering", "Unregistered"]


def test_providers_tell_their_types_newest_version_first(ask: Any, place: Any) -> None:
    row = ask("GET", f"{place('two')}/providers/microsoft.compute").body
    disks = next(kind for kind in row["resourceTypes"] if kind["resourceType"] == "disks")
    assert disks["apiVersions"] == sorted(disks["apiVersions"], reverse=True)
    assert "West US" in disks["locations"]
    rows = {row["namespace"]: row for row in ask("GET", f"{place('two')}/providers").body["value"]}
    kinds = {kind["resourceType"] for kind in rows["Microsoft.DataProtection"]["resourceTypes"]}
    assert {"backupVaults", "backupVaults/backupInstances", "locations/deletedVaults"} <= kinds
    assert rows["Microsoft.Authorization"]["registrationPolicy"] == "RegistrationFree"
    assert "registrationState" not in ask("GET", "/providers/Microsoft.Compute").body
    assert len(ask("GET", "/providers").body["value"]) == len(rows)
    answers = [
        ask("POST", f"{place('two')}/providers/Microsoft.Compute/{verb}", version="2022-09-01") for verb in VERBS
    ]
    assert [answer.body["registrationState"] for answer in answers] == ["Unregistering", "Registering"]
    regions = {row["name"]: row for row in ask("GET", f"{place('two')}/locations").body["value"]}
    assert regions["westus"]["metadata"]["pairedRegion"][0]["name"] == "eastus"
