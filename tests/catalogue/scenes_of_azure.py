"""Scenes of errors of Azure and of the connection to it, and of what goes wrong while a plan is applied."""

from __future__ import annotations

from typing import Any

from forging import (
    Answer,
    Asked,
    Rule,
    answers,
    delayed,
    disks,
    edits,
    emptied,
    endless,
    forbidden,
    html,
    lost,
    pages,
    quickstart,
    reply,
    rule,
    throttled,
    two_vaults,
)
from manifests import DISK, VAULT
from scenes import Scenes
from scenes_of_verbs import YES, shown

STOPPED = [DISK | {"protection": "stopped"}]
POLICY_PUT = "PUT */backupPolicies/*"
OPERATION = "GET */operationStatus/*"


def applying(*rules: Any, **said: Any) -> str:
    """The first apply of the walkthrough."""
    return shown(quickstart(fresh=True, **said), "apply", YES, rules=rules)


def stopping(*rules: Any, words: tuple[str, ...] = ()) -> str:
    """Protection is stopped, and the operation tells something."""
    return shown(quickstart().saying(disks=STOPPED), "apply", YES, *words, rules=rules)


def ending(status: str) -> str:
    """The operation that stops protection ends so."""
    return stopping(answers(OPERATION, 200, {"status": status}))


def elsewhere(asked: Asked, own: Rule) -> Answer:
    """An operation is to be followed on another host."""
    asked.forward()
    own.fired += 1
    return reply(202, None, {"Azure-AsyncOperation": "https://proxy.example/operations/1"})


def drifting(*rules: Any, **said: Any) -> str:
    """A look at what is there."""
    return shown(said.pop("estate", quickstart()), "drift", *said.pop("words", ()), rules=rules)


SCENES: Scenes = {
    "canceled": lambda: ending("Canceled"),
    "operation-failed": lambda: ending("Failed"),
    "foreign-host": lambda: stopping(rule("POST */stopProtection", elsewhere, "elsewhere")),
    "lists-broken": lambda: drifting(emptied("GET */disks"), estate=disks(18)),
    "look-timeout": lambda: drifting(
        pages("GET */backupInstances", 1), delayed("GET */backupInstances", 100), estate=disks(18), words=("--look-timeout", "300"),
    ),
    "endless-list": lambda: drifting(endless("GET */backupInstances", at_most=3000)),
    "no-answer": lambda: applying(lost(POLICY_PUT, acted=False)),
    "read-incomplete": lambda: drifting(forbidden("GET */backupInstances")),
    "throttled": lambda: shown(
        two_vaults(4, fresh=True), "apply", YES, "--timeout", "300", rules=(throttled("PUT */backupVaults/*", 400, times=1),)
    ),
    "unexpected-answer": lambda: applying(answers(POLICY_PUT, 203, {})),
    "unreadable-answer": lambda: applying(html(POLICY_PUT, 200)),
    "still-in-progress": lambda: stopping(answers(OPERATION, 200, {"status": "Inprogress"}), words=("--timeout", "60")),
    "overridden-by-azure": lambda: shown(
        quickstart().saying(vaults=[VAULT | {"tags": {"cost": "4711"}}]), "apply", YES,
        rules=(edits("GET */backupVaults/TestBkpVault", {"tags.cost": "0"}, optional=True),),
    ),
}  # fmt: skip
