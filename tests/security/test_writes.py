"""What may be written, by whose word, and with which record."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from promises import promise
from trial import Trial

from reconciler.model.codes import errors as error_codes

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def quickstart(tmp_path: Path, samples: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "quickstart"
    folder.mkdir()
    for name in ("backup.yaml", "azure.estate.yaml"):
        shutil.copy(samples / "quickstart" / name, folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("RECONCILER_SANDBOX", raising=False)
    return folder


def is_untouched(folder: Path) -> bool:
    """Whether the simulated Azure holds no vault."""
    state = folder / "azure.estate.state.json"
    return not state.exists() or "microsoft.dataprotection/backupvaults" not in json.loads(state.read_text())["tables"]


def edit(folder: Path, change: Callable[[Any], object]) -> None:
    document = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    change(document)
    (folder / "plan.json").write_text(json.dumps(document), encoding="utf-8")


def no_plan(document: Any) -> None:
    document.clear()


def more(document: Any) -> None:
    document["changes"][0]["after"] = {"location": "eastus"}


def less(document: Any) -> None:
    del document["changes"][0]


def unsigned(document: Any) -> None:
    document["checksum"] = "0" * 64


def older(document: Any) -> None:
    document["tool_version"] = "0.0.1"


def forced(document: Any) -> None:
    document["options"]["force"] = ["no-such-gate"]


def pruning(document: Any) -> None:
    document["options"]["prune"] = "yes"


@promise(
    "A saved plan is only compared with a fresh one: if it was edited by hand, or made from another manifest, "
    "`apply` refuses it."
)
@pytest.mark.parametrize("change", [no_plan, more, less, unsigned, older, forced, pruning])
def test_an_edited_plan_is_refused(quickstart: Path, reconciler: Run, change: Callable[[Any], object]) -> None:
    assert reconciler("plan", ".", "--sandbox", "azure.estate.yaml", "--out", "plan.json")[0] == 0
    edit(quickstart, change)
    code, told = reconciler("apply", "plan.json", ".", "--sandbox", "azure.estate.yaml")
    assert code == 1, told
    assert is_untouched(quickstart)


@promise(
    "A saved plan is only compared with a fresh one: if it was edited by hand, or made from another manifest, "
    "`apply` refuses it."
)
def test_a_plan_of_another_manifest_is_refused(quickstart: Path, reconciler: Run) -> None:
    assert reconciler("plan", ".", "--sandbox", "azure.estate.yaml", "--out", "plan.json")[0] == 0
    text = (quickstart / "backup.yaml").read_text(encoding="utf-8")
    (quickstart / "backup.yaml").write_text(text.replace("default: 7d", "default: 9d"), encoding="utf-8")
    code, told = reconciler("apply", "plan.json", ".", "--sandbox", "azure.estate.yaml")
    assert (code, "The saved plan is stale" in told) == (1, True), told
    assert is_untouched(quickstart)


@promise(
    "No option, path or endpoint is taken from a saved plan: they come from the command line of `apply`, which "
    "refuses a plan that was made with others."
)
@pytest.mark.parametrize(
    "target", ["https://evil.example", "http://127.0.0.1:9", "https://management.azure.com.evil.example"]
)
def test_a_plans_endpoint_is_never_used(
    quickstart: Path, reconciler: Run, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    def never(**_: object) -> None:
        raise AssertionError("a connection was opened")

    assert reconciler("plan", ".", "--sandbox", "azure.estate.yaml", "--out", "plan.json")[0] == 0
    edit(quickstart, lambda document: document.update(target=target))
    monkeypatch.setattr("reconciler.connection.endpoint.open_azure", never)
    code, told = reconciler("apply", "plan.json", ".")
    assert (code, "The saved plan was made against" in told) == (1, True), told


@promise("`validate`, `plan` and `drift` write nothing to Azure.")
def test_looking_writes_nothing(trial: Trial) -> None:
    trial.plan("--out", str(trial.folder / "plan.json"), "--preflight")
    trial.plan("--prune", "--adopt")
    trial.drift()
    trial.run("validate")
    assert trial.writes() == []
    assert trial.apply().code == 0
    trial.forget()
    trial.drift()
    trial.plan("--prune", "--adopt", said={**trial.said, "disks": []})
    assert trial.writes() == []


@promise(
    "With `--audit FILE` every write is recorded before it is sent, and a write that can't be recorded is not sent."
)
def test_no_write_without_its_record(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    from reconciler.cli.auditing import AuditFile
    from reconciler.model.errors import ReconcilerError

    kept: list[Any] = []

    def full(_file: object, line: str) -> None:
        if len(kept) == 5:
            raise ReconcilerError("the disk is full", code=error_codes.UNAUDITED)
        kept.append(json.loads(line))

    monkeypatch.setattr(AuditFile, "append", full)
    run = trial.apply("--audit", str(trial.folder / "audit.jsonl"))
    assert run.code == 1
    intents = [row for row in kept if row["record"] == "intent"]
    assert [call.method for call in trial.writes()] == [row["method"] for row in intents]
    assert len(intents) == 3


@promise(
    "`apply --approve additions` and `watch --apply` only create backup instances of disks that have none, with what they alone need, and repair failing ones; a change of any other kind, or with any other operation, is left."
)
def test_without_a_review_only_additions_are_applied(quickstart: Path, reconciler: Run) -> None:
    sandbox = ("--sandbox", "azure.estate.yaml")
    code, told = reconciler("apply", "backup.yaml", *sandbox, "--approve", "additions")
    assert (code, is_untouched(quickstart)) == (2, True), told
    assert "7 changes are left for somebody to approve." in told
    code, told = reconciler("watch", "backup.yaml", *sandbox, "--apply", "--times", "1", "--listen", "none")
    assert (code, is_untouched(quickstart)) == (0, True), told
