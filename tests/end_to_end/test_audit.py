"""Whatever the simulated Azure saw being written stands in the audit file: before it was sent, and how it was answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from arm import APPS, disk, disk_id, estate, group, vault_id
from manifests import POLICY, manifest
from stage import Recorder, Stage, carried_out, failures

from reconciler.cli.auditing import Trail, audit_file
from reconciler.model.results.outcome import Outcome
from reconciler.report.audit import RunOrigin
from reconciler.sandbox.arm.messages import Request, Response
from reconciler.sandbox.sandbox import Hook

WITHOUT = manifest(disks=None)
DELETING = manifest(disks=None, removed=[{"id": disk_id("PSTestDisk"), "data": "delete", "reason": "ticket 4711"}])
ROLLED = manifest(policies=[POLICY | {"retention": {"default": "14d"}}])


class Killed(KeyboardInterrupt):
    """The process is gone: no `except Exception` of it runs any more."""


class Witness(Recorder):
    """Looks into the audit file whenever a write arrives; `dies_at` a write of that number, before or after Azure acts."""

    def __init__(self, sandbox: Any, path: Path) -> None:
        super().__init__(sandbox)
        self.path = path
        self.unannounced: list[str] = []
        self.dies_at = 0
        self.acts_first = False
        self.seen = 0
        self.is_dead = False

    def handle(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Any:
        if self.is_dead:
            raise asyncio.CancelledError
        is_write = method not in ("GET", "HEAD") and not url.partition("?")[0].endswith(
            ("validateForBackup", "/resources")
        )
        if is_write:
            self.seen += 1
            known = headers.get("x-ms-client-request-id")
            if (method, known) not in waiting(self.path):
                self.unannounced.append(f"{method} {url}")
        dies = is_write and self.seen == self.dies_at
        self.is_dead = dies
        reply = None if dies and not self.acts_first else super().handle(method, url, headers, body)
        if dies:
            raise Killed
        return reply


def records(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def waiting(path: Path) -> set[tuple[str, str]]:
    """The writes whose intent has no result yet."""
    found: set[tuple[str, str]] = set()
    for row in records(path):
        key = row["method"], row["client_request_id"]
        (found.add if row["record"] == "intent" else found.discard)(key)
    return found


class Scene:
    """A stage whose every apply is audited."""

    def __init__(self, stage: Stage, path: Path) -> None:
        self.stage = stage
        self.path = path
        self.runs = 0
        self.watch()

    def watch(self) -> None:
        """Look at a new process."""
        self.witness = self.stage.recorder = Witness(self.stage.sandbox, self.path)

    def apply(self, said: Any, **options: Any) -> Outcome:
        plan = self.stage.plan(said, **options)
        assert not plan.closed_gates
        self.runs += 1
        with audit_file(str(self.path)) as file:
            assert file is not None
            trail = Trail(file, RunOrigin(f"run-{self.runs}", plan.manifest, None), self.stage.sandbox.time)
            return carried_out(self.stage.session, plan, ledger=trail)


@pytest.fixture
def scene(on_stage: Callable[..., Stage], tmp_path: Path) -> Iterator[Scene]:
    found = Scene(on_stage(estate(group(APPS, "diskrg"), disk("PSTestDisk"))), tmp_path / "audit.jsonl")
    yield found
    assert found.witness.unannounced == []


def check_all_answered(scene: Scene) -> None:
    """As many results as intents, and as many of both as writes; each tells what Azure answered."""
    assert waiting(scene.path) == set()
    rows, sent = records(scene.path), scene.stage.writes()
    intents = [(row["method"], row["target"].lower()) for row in rows if row["record"] == "intent"]
    seen = [(call.method, call.path.rpartition("/")[0] if call.method == "POST" else call.path) for call in sent]
    assert sorted(intents) == sorted((method, path.lower()) for method, path in seen)
    answers = sorted(row["status"] for row in rows if row["record"] == "result")
    assert answers == sorted(call.status for call in sent)


def test_a_whole_life_of_a_disk(scene: Scene) -> None:
    story: list[tuple[Any, dict[str, Any]]] = [
        (manifest(), {}),
        (ROLLED, {}),
        (WITHOUT, {"prune": True, "force": frozenset({"empty"})}),
        (ROLLED, {}),
        (DELETING, {"allow_delete": 1}),
        (manifest(), {}),
        (manifest(), {}),
    ]
    for said, options in story:
        outcome = scene.apply(said, **options)
        assert outcome.ok, failures(outcome)
    check_all_answered(scene)
    operations = {row["operation"] for row in records(scene.path)}
    assert operations >= {
        "group.put", "vault.put", "vault.patch", "policy.put", "policy.delete", "role.put",
        "instance.put", "instance.merge", "instance.stop", "instance.resume", "instance.delete", "instance.undelete",
    }  # fmt: skip


class Storm(Hook):
    """Every second write meets a busy server first."""

    def __init__(self) -> None:
        self.count = 0

    def before(self, request: Request) -> Response | None:
        if request.method in ("GET", "HEAD") or request.path.endswith(("validateForBackup", "/resources")):
            return None
        self.count += 1
        return Response(503, {"error": {"code": "ServerBusy", "message": "later"}}) if self.count % 2 else None


def test_retries_are_writes_of_their_own(scene: Scene) -> None:
    scene.stage.sandbox.hooks.append(Storm())
    assert scene.apply(manifest()).ok
    check_all_answered(scene)
    codes = [row["code"] for row in records(scene.path) if row["record"] == "result"]
    assert codes.count("ServerBusy") == len(codes) / 2


def test_a_refusal_is_recorded_with_its_code(scene: Scene) -> None:
    lock = f"{vault_id()[: vault_id().index('/providers')]}/providers/Microsoft.Authorization/locks/keep"
    assert scene.apply(manifest()).ok
    plan = scene.stage.plan(ROLLED)
    scene.stage.sandbox.put(lock, {"properties": {"level": "ReadOnly"}})
    scene.stage.plan = lambda *_, **__: plan  # type: ignore[method-assign]
    assert not scene.apply(ROLLED).ok
    check_all_answered(scene)
    assert "ScopeLocked" in {row.get("code") for row in records(scene.path)}


@pytest.mark.parametrize("acts_first", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, 9))
def test_a_kill_at_any_write_leaves_its_intent_open(scene: Scene, number: int, acts_first: bool) -> None:
    """The quickstart writes eight times; the run that follows ends what the killed one began."""
    scene.witness.dies_at, scene.witness.acts_first = number, acts_first
    with pytest.raises(Killed):
        scene.apply(manifest())
    assert any(row["number"] == number for row in records(scene.path))
    assert waiting(scene.path), "what was sent last has no result"
    assert all(row["record"] in ("intent", "result") for row in records(scene.path))
    assert scene.witness.unannounced == []
    scene.watch()
    scene.stage.restart()
    outcome = scene.apply(manifest())
    assert outcome.ok, failures(outcome)
    assert scene.stage.plan(manifest()).changes == ()
