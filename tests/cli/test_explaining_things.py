"""`explain` of a disk and of what a manifest declares: all that one look tells of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import jsonschema
import pytest
from arm import disk_id
from forging import GRAPH, Azure, Done, forbidden, quickstart, selected, two_manifests, unavailable
from manifests import disk, manifest

from reconciler.base.schemas import schema_text

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}


def about(azure: Azure, name: str) -> tuple[Done, Any]:
    """What is said of something: as text, and as a document that fits its schema."""
    words = (name, "--manifest", "backup.yaml")
    done, told = azure.run("explain", *words), azure.run("explain", *words, "--format", "json")
    assert (done.code, told.code) == (0, 0), (done, told)
    jsonschema.Draft202012Validator(json.loads(schema_text("explain"))).validate(told.document)
    return done, told.document


def lines(done: Done) -> dict[str, str]:
    """What stands behind each label."""
    rows = [line.strip().partition(":") for line in done.out.splitlines()]
    return {label: said.strip() for label, _, said in rows}


def test_ten_lines_say_all_about_a_protected_disk(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        done, document = about(azure, "disk-02")
        assert len(done.out.splitlines()) <= 11, done
        told = lines(done)
        assert told["declared"].startswith("by selector at backup.yaml:")
        assert told["vault"].startswith("TestBkpVault, policy ")
        assert told["state"] == "ok (protected)"
        assert "UTC, " in told["newest recovery point"]
        assert told["next run"].endswith(" UTC")
        assert told["roles"] == "all 2 that it needs are assigned"
        assert (told["would change"], told["claimed by"]) == ("nothing", "nobody else")
        backups = document["backups"]
        assert (document["untold"], backups["claimed_by"]) == ({}, [])
        assert {one["state"] for one in backups["roles"]} == {"assigned"}
        assert document["address"] == f"disk/{disk_id('disk-02').lower()}"
        assert backups["newest_recovery_point"] < document["now"] < backups["next_run"]


def test_what_the_next_apply_would_do_is_said(forged: Forged) -> None:
    with forged(selected(3, fresh=True), **VIRTUAL) as azure:
        done, document = about(azure, "disk-02")
        assert "add disk/" in lines(done)["would change"]
        assert {row["kind"] for row in document["changes"]} == {"disk", "role"}
        assert {one["state"] for one in document["backups"]["roles"]} == {"planned"}
        assert "missing, and made by the next apply" in lines(done)["roles"]
        assert document["backups"]["state"] == "unprotected"


def test_what_cannot_be_read_is_said_and_never_left_out(forged: Forged) -> None:
    away = [unavailable(GRAPH), forbidden("GET */recoveryPoints"), forbidden("GET /subscriptions")]
    with forged(selected(3).aged("1d"), *away, **VIRTUAL) as azure:
        done, document = about(azure, "disk-02")
        told = lines(done)
        assert told["newest recovery point"].startswith("couldn't tell: the recovery points in TestBkpVault")
        assert told["claimed by"].startswith("couldn't tell: other vaults could not be read")
        assert {"newest_recovery_point", "claimed_by"} <= set(document["untold"])


def test_who_else_claims_a_disk_is_said(forged: Forged) -> None:
    with forged(two_manifests(2), **VIRTUAL) as azure:
        azure.declare(manifest(disks=[disk("disk-01"), disk("disk-02")]))
        done, document = about(azure, "disk-02")
        (rival,) = document["backups"]["claimed_by"]
        assert (rival["owner"], "/backupVaults/OtherVault/" in rival["instance"]) == ("other", True)
        assert lines(done)["claimed by"] == "a backup instance in OtherVault, protected, marked by other"


EXCEPTIONS: dict[str, dict[str, str]] = {
    "excluded": {"reason": "scratch"},
    "removed": {"data": "retain", "reason": "scratch"},
}


@pytest.mark.parametrize("word", EXCEPTIONS)
def test_why_no_entry_takes_a_disk_is_said(forged: Forged, word: str) -> None:
    said: Any = {word: [{"id": disk_id("disk-01"), **EXCEPTIONS[word]}]}
    with forged(selected(2), **VIRTUAL) as azure:
        azure.declare({**selected(2).manifest, **said})
        done, document = about(azure, "disk-01")
        assert lines(done)["declared"].startswith(f"{word}: scratch at backup.yaml:")
        assert document["place"]["file"] == "backup.yaml"


def test_what_a_manifest_declares_besides_disks_is_explained(forged: Forged) -> None:
    with forged(quickstart(), **VIRTUAL) as azure:
        done, document = about(azure, "vault/TestBkpVault")
        assert (lines(done)["would change"], document["backups"]) == ("nothing", None)
        assert document["place"]["file"] == "backup.yaml"


def test_a_name_of_nothing_or_of_several_is_an_error(forged: Forged) -> None:
    told = {"disk-07": "did you mean disk-0", "disk-*": "names 3 things: disk/", "orphan": "declares"}
    with forged(selected(3), **VIRTUAL) as azure:
        for name, said in told.items():
            done = azure.run("explain", name, "--manifest", "backup.yaml")
            assert (done.code, said in done.err) == (1, True), done
        done = azure.run("explain", "orphan")
        assert (done.code, done.requests) == (0, []), "a code is explained offline"
        done = azure.run("explain", "orphann")
        assert (done.code, done.requests) == (1, []), "and so is a typing error of one"


def test_it_costs_little_more_than_a_plan(forged: Forged) -> None:
    with forged(selected(18).aged("1d"), **VIRTUAL) as azure:
        plan = azure.run("plan")
        done = azure.run("explain", "disk-02")
        assert done.code == 0, done
        assert len(done.requests) <= len(plan.requests) + 5
        assert not done.writes


def test_in_a_folder_without_a_manifest_nothing_is_looked_for(forged: Forged) -> None:
    with forged(quickstart(), **VIRTUAL) as azure:
        (azure.folder / "backup.yaml").rename(azure.folder / "backup.txt")
        done = azure.run("explain", "PSTestDisk")
        assert (done.code, done.requests, "--manifest PATH" in done.err) == (1, [], True), done
