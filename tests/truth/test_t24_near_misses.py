"""T24: a selector that takes nothing says which one that is almost the same would, and how many disks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import APPS, disk_id
from arm import disk as disk_body
from forging import Azure, bare, disks, names
from manifests import disk, manifest

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}


def flat(text: str) -> str:
    return " ".join(text.split())


def picking(**select: Any) -> Any:
    """Three disks, tagged `backup: gold`, and an entry that selects by what is said."""
    entry = {"select": {"subscriptions": [APPS], **select}, "vault": "TestBkpVault", "policy": "diskBkpPolicy"}
    return bare(manifest(disks=[entry]), *(disk_body(name, tags={"backup": "gold"}) for name in names(3)))


@pytest.mark.parametrize(
    ("select", "told"),
    [
        ({"tags": {"backup": "Gold"}}, "the tag `backup: gold` in place of `backup: Gold` it would match 3 disks"),
        ({"tags": {"bakcup": "gold"}}, "the tag `backup: gold` in place of `bakcup: gold` it would match 3 disks"),
        ({"tags": {"back-up": "*"}}, "the tag `backup: gold` in place of `back-up: *` it would match 3 disks"),
        ({"names": ["disk_01"]}, "the name `disk-01` in place of `disk_01` it would match 1 disk"),
        ({"resourceGroups": ["diskgr"]}, "the resource group `diskrg` in place of `diskgr` it would match 3 disks"),
    ],
)
def test_the_nearest_miss_is_named_with_its_number(forged: Forged, select: dict[str, Any], told: str) -> None:
    with forged(picking(**select), **VIRTUAL) as azure:
        for verb in ("plan", "coverage"):
            done = azure.run(verb)
            assert f"the selector matches no disk; with {told}" in flat(done.out), done
            assert "--> backup.yaml:" in done.out


@pytest.mark.parametrize(
    "select",
    [{"tags": {"owner": "me"}}, {"names": ["sql-*"]}, {"tags": {"backup": "Gold"}, "names": ["other"]}],
)
def test_nothing_is_guessed_where_nothing_is_near(forged: Forged, select: dict[str, Any]) -> None:
    with forged(picking(**select), **VIRTUAL) as azure:
        (found,) = azure.run("plan", "--format", "json").document["findings"]
        assert (found["code"], found["message"]) == ("selects-nothing", "the selector matches no disk")


def test_what_is_left_out_is_not_counted(forged: Forged) -> None:
    exclude = [{"names": ["disk-01"], "reason": "scratch"}]
    with forged(picking(tags={"backup": "Gold"}, exclude=exclude), **VIRTUAL) as azure:
        assert "it would match 2 disks" in flat(azure.run("plan").out)


def mixed(*more: Any, **select: Any) -> Any:
    """Two disks tagged `backup: gold`, and two tagged `Backup: Gold`; an entry that takes the first two, and others."""
    entry = {"select": {"subscriptions": [APPS], "tags": {"backup": "gold"}, **select}, "vault": "TestBkpVault"}
    rows = [disk_body(name, tags={"backup": "gold"}) for name in ("a-1", "a-2")]
    rows += [disk_body(name, tags={"Backup": "Gold"}) for name in ("b-1", "b-2")]
    return bare(manifest(disks=[entry | {"policy": "diskBkpPolicy"}, *more]), *rows)


@pytest.mark.parametrize("verb", ["plan", "coverage"])
def test_disks_that_a_selector_misses_by_the_case_of_a_tag_are_named(forged: Forged, verb: str) -> None:
    with forged(mixed(), **VIRTUAL) as azure:
        done = azure.run(verb)
        told = "the selector misses 2 disks only by the case of a tag, `backup: Gold`: b-1, b-2"
        assert told in flat(done.out), done
        planned = azure.run("plan", "--format", "json")
        assert {(row["code"], row["severity"]) for row in planned.document["findings"]} == {("selects-nothing", "info")}
        assert planned.code == 0, "a note, since the other spelling may be meant"


@pytest.mark.parametrize(
    "estate",
    [
        mixed(disk("b-1"), disk("b-2")),
        mixed(tags={"backup": ["gold", "Gold"]}),
        mixed(tags={"backup": "*"}),
        mixed(exclude=[{"names": ["b-*"], "reason": "scratch"}]),
        mixed(names=["a-*"]),
    ],
    ids=["named by id", "both spellings", "any value", "left out", "other names"],
)
def test_disks_that_are_taken_or_left_out_are_missed_by_nothing(forged: Forged, estate: Any) -> None:
    with forged(estate, **VIRTUAL) as azure:
        assert "only by the case" not in flat(azure.run("plan").out)


@pytest.mark.parametrize("data", ["retain", "delete"])
@pytest.mark.parametrize("verb", ["plan", "drift", "status", "coverage"])
def test_what_is_listed_under_removed_is_not_to_be_listed_there(forged: Forged, verb: str, data: str) -> None:
    own = {"id": disk_id("disk-03"), "data": data, "reason": "decommissioned"}
    with forged(disks(3), **VIRTUAL) as azure:
        azure.delete("*/disks/disk-03")
        azure.declare(manifest(disks=[disk("disk-01"), disk("disk-02")], removed=[own]))
        assert "list it under `removed`" not in flat(azure.run(verb).text)
