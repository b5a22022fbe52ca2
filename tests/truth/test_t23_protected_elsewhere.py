"""T23: a plan finds disks that vaults protect which it doesn't list; what Resource Graph says is no proof, either way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import OTHER, disk_id, grants, instance, policy, vault, vault_id
from arm import disk as disk_body
from forging import GRAPH, Azure, adds, bare, disks, forbidden, lacks, names, unavailable
from manifests import disk, manifest

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}
THEIRS = vault_id("Theirs", "theirs", OTHER)


def flat(text: str) -> str:
    return " ".join(text.split())


def three() -> Any:
    """Three new disks; the first has an instance in a vault of a subscription that the manifest doesn't name."""
    first = disk_id("disk-01")
    held = instance(THEIRS, first, "theirs", name="held", tags={"reconciler-owner": "platform"})
    found = [disk_body(name) for name in names(3)]
    theirs = [vault(THEIRS), policy(THEIRS, "theirs"), grants(THEIRS, first), held]
    return bare(manifest(disks=[disk(name) for name in names(3)]), *found, *theirs)


def told(azure: Azure, *words: str) -> list[str]:
    found = azure.run("plan", "--format", "json", *words).document["findings"]
    return [row["code"] for row in found]


@pytest.mark.parametrize("words", [(), ("--preflight",)])
def test_vault_subscription_and_owner_are_named(forged: Forged, words: tuple[str, ...]) -> None:
    with forged(three(), **VIRTUAL) as azure:
        done = azure.run("plan", *words)
        assert done.code == 1, done
        said = f"held in the vault Theirs (subscription {OTHER}); the manifest `platform` manages it"
        assert said in flat(done.out), done
        assert azure.writes == [] or words


def test_the_others_are_applied(forged: Forged) -> None:
    with forged(three(), **VIRTUAL) as azure:
        done = azure.run("apply", "--auto-approve")
        assert (done.code, "protected-elsewhere" in done.text) == (1, True), done
        assert len(azure.calls("PUT */backupInstances/*")) == 2


def test_one_query_is_asked_for_all_new_disks_and_none_when_there_are_none(forged: Forged) -> None:
    with forged(three(), **VIRTUAL) as azure:
        azure.run("plan")
        assert len([one for one in azure.calls("POST */resources") if "backupinstances" in str(one.body)]) == 1
    with forged(disks(3), **VIRTUAL) as azure:
        azure.run("plan")
        assert not [one for one in azure.calls("POST */resources") if "backupinstances" in str(one.body)]


@pytest.mark.parametrize("rule", [unavailable, forbidden])
def test_where_resource_graph_does_not_answer_the_plan_says_why(forged: Forged, rule: Any) -> None:
    with forged(three(), rule(GRAPH), **VIRTUAL) as azure:
        done = azure.run("plan", "--format", "json")
        (found,) = [row for row in done.document["findings"] if row["code"] == "unchecked"]
        assert found["message"].startswith("did not check whether another vault already protects 3 new disks: ")
        assert found["hint"] == "run `plan --preflight`, which asks about each disk"
        assert "protected-elsewhere" not in [row["code"] for row in done.document["findings"]]


def test_an_instance_that_only_resource_graph_still_shows_stops_nothing(forged: Forged) -> None:
    with forged(three(), **VIRTUAL) as azure:
        (held,) = azure.show(f"{THEIRS}/backupInstances/held")
        azure.delete(f"{THEIRS}/backupInstances/held")
        azure.rules(adds(GRAPH, held))
        assert "protected-elsewhere" not in told(azure)
        assert azure.run("apply", "--auto-approve").code == 0


def test_an_instance_that_resource_graph_does_not_show_yet_is_found_by_preflight_and_apply(forged: Forged) -> None:
    with forged(three(), lacks(GRAPH, "*/backupInstances/*"), **VIRTUAL) as azure:
        assert "protected-elsewhere" not in told(azure)
        assert "protected-elsewhere" in told(azure, "--preflight")
        done = azure.run("apply", "--auto-approve")
        assert (done.code, "held in the vault Theirs" in flat(done.text)) == (1, True), done
