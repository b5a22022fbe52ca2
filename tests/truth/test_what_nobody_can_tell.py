"""Issue G, item 2: whatever could not be told is exit 1 with the reason and the way to know, under every verb."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import APPS, PLATFORM, disk, group
from forging import (
    Azure,
    Estate,
    Rule,
    answers,
    applied,
    cut_short,
    empty,
    forbidden,
    html,
    lacks,
    not_found,
    null_value,
    unavailable,
)
from manifests import manifest

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = "virtual"
DISK = "/disks/PSTestDisk"
VAULT = "/backupVaults/TestBkpVault"
DRILL = {"name": "monthly", "targetResourceGroup": "scratch", "select": {"subscriptions": [APPS]}, "maxAge": "35d"}
VERBS = {
    "plan": ("plan",),
    "apply": ("apply", "--auto-approve"),
    "drift": ("drift",),
    "status": ("status",),
    "coverage": ("coverage",),
    "restore": ("restore", "backup.yaml", "PSTestDisk", "--to", "scratch", "--auto-approve"),
    "drill": ("drill", "--auto-approve"),
    "move": ("move", "backup.yaml", "PSTestDisk", "--auto-approve"),
    "backup": ("backup",),
    "recovery-points": ("recovery-points",),
}


def estate() -> Estate:
    """The walkthrough with a drill, a day later."""
    made = applied(manifest(drills=[DRILL]), group(APPS, "diskrg"), group(APPS, "scratch"), disk("PSTestDisk"))
    return made.aged("1d")


def odd(where: str) -> dict[str, Rule]:
    """Answers to a read by id that tell neither that something is there nor that it is gone."""
    return {
        "403": forbidden(where),
        "503": unavailable(where),
        "html": html(where),
        "a lost subscription": not_found(where, "SubscriptionNotFound"),
        "another object": answers(where, 200, {"id": f"/subscriptions/{PLATFORM}/resourceGroups/somebody"}),
        "no object": answers(where, 200, []),
    }


def short(where: str) -> dict[str, Rule]:
    """Answers to a list that are not all of it."""
    return {
        "403": forbidden(where),
        "503": unavailable(where),
        "html": html(where),
        "empty": empty(where),
        "cut short": cut_short(where),
        "null": null_value(where),
        "404": not_found(where),
    }


def asked(azure: Azure, verb: str) -> Any:
    done = azure.run(*VERBS[verb])
    assert done.code == 1, done
    assert azure.writes == [], done
    assert "hint:" in done.text, done
    assert "unexpected" not in done.text, done
    return done


@pytest.mark.parametrize("page", sorted(odd("GET *")))
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_vault_that_nobody_can_tell_of(forged: Forged, verb: str, page: str) -> None:
    """No list shows it, and its own answer tells nothing: what it holds isn't known, and isn't nothing."""
    hidden = lacks("GET */backupVaults", f"*{VAULT}")
    with forged(estate(), hidden, odd(f"GET *{VAULT}")[page], clock=VIRTUAL) as azure:
        done = asked(azure, verb)
        assert "TestBkpVault" in done.text
        assert ("out-of-reach" if page == "403" else "not-known") in done.text


@pytest.mark.parametrize("page", sorted(odd("GET *")))
@pytest.mark.parametrize("verb", ["plan", "drift", "status", "coverage", "drill", "move"])
def test_a_disk_that_nobody_can_tell_of(forged: Forged, verb: str, page: str) -> None:
    hidden = lacks("GET */disks", f"*{DISK}")
    with forged(estate(), hidden, odd(f"GET *{DISK}")[page], clock=VIRTUAL) as azure:
        assert "PSTestDisk" in asked(azure, verb).text


@pytest.mark.parametrize("page", ["503", "html", "another object", "a lost subscription"])
@pytest.mark.parametrize("named", ["gone", "changed-outside,new", "orphaned"])
def test_what_was_not_told_may_be_of_any_class(forged: Forged, named: str, page: str) -> None:
    """Whether the disk is gone was not known, an error said so, and `drift --fail-on gone` exited 0."""
    hidden = lacks("GET */disks", f"*{DISK}")
    with forged(estate(), hidden, odd(f"GET *{DISK}")[page], clock=VIRTUAL) as azure:
        done = azure.run("drift", "--fail-on", named)
        assert (done.code, "but there are errors" in done.out) == (1, True), done


def test_what_rights_keep_out_of_reach_may_be_left_out(forged: Forged) -> None:
    hidden = lacks("GET */disks", f"*{DISK}")
    with forged(estate(), hidden, forbidden(f"GET *{DISK}"), clock=VIRTUAL) as azure:
        assert azure.run("drift", "--fail-on", "orphaned").code == 0
        assert azure.run("drift", "--fail-on", "orphaned,out-of-reach").code == 1


LISTS = {
    "disks": "GET */disks",
    "backupInstances": f"GET *{VAULT}/backupInstances",
    "recoveryPoints": "GET */recoveryPoints",
}
READS = {
    "disks": ["plan", "drift", "status", "coverage", "restore", "drill", "move", "backup"],
    "backupInstances": ["plan", "drift", "status", "coverage", "restore", "drill", "move", "backup"],
    "recoveryPoints": ["restore", "drill", "recovery-points"],
}


@pytest.mark.parametrize(
    ("kind", "verb", "page"),
    [
        *(("disks", "plan", page) for page in sorted(short("GET *"))),
        *((kind, verb, page) for kind, verbs in READS.items() for verb in verbs for page in ("404", "null")),
    ],
)
def test_a_list_that_is_not_all_of_it(forged: Forged, kind: str, verb: str, page: str) -> None:
    with forged(estate(), short(LISTS[kind])[page], clock=VIRTUAL) as azure:
        done = asked(azure, verb)
        assert kind in done.text or "PSTestDisk" in done.text
