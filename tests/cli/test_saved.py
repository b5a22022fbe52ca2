from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.output import Output
from reconciler.cli.planning import recorded
from reconciler.cli.renderings import document_of
from reconciler.cli.run import Approval
from reconciler.cli.saved import SavedPlan, read_saved, stale
from reconciler.connection.choice import Connection
from reconciler.model.addresses import vault
from reconciler.model.changes import Action, Change, Kind, Op, Step
from reconciler.model.codes.gates import Key
from reconciler.model.errors import Refused, StalePlan, UsageError
from reconciler.model.ids import ArmId
from reconciler.model.plan import Options, Plan

CHANGE = Change(vault("a"), Kind.VAULT, Action.ADD, "not there", (Step(Op.VAULT_PUT, ArmId("/v")),), after={"x": 1})
PLAN = Plan("walkthrough", (CHANGE,), (), (), "0123")
OPTIONS = Options("0.1.0", prune=True, force=frozenset({Key("b"), Key("a")}), guard_requests={"/v": ("/r1", "/r2")})
SANDBOX = Connection(sandbox="azure.estate.yaml")


def document(plan: Plan = PLAN, connection: Connection = SANDBOX) -> dict[str, Any]:
    return document_of(plan, "backup.yaml", connection, OPTIONS)


@pytest.fixture
def save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Path]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backup.yaml").touch()

    def write(content: Any) -> Path:
        file = tmp_path / "plan.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return file

    return write


def test_a_saved_plan_is_compared_with_the_options_that_are_said(save: Callable[[Any], Path]) -> None:
    saved = read_saved(save(document()))
    saved.check_options(recorded(OPTIONS))
    saved.check_options(recorded(replace(OPTIONS, preflight=True)))
    with pytest.raises(Refused, match=r"--force: .* in the saved plan, not set on the command line"):
        saved.check_options(recorded(replace(OPTIONS, force=frozenset())))
    with pytest.raises(Refused, match="--adopt: not set in the saved plan, set on the command line"):
        saved.check_options(recorded(replace(OPTIONS, adopt=True)))


def test_a_saved_plan_of_before_an_option_existed_is_read(save: Callable[[Any], Path]) -> None:
    read_saved(save(document())).check_options({**recorded(OPTIONS), "one_day": True})


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        document() | {"format_version": "2.0"},
        document() | {"changes": [{"address": "vault/a"}]},
        document() | {"surprise": 1},
        {key: value for key, value in document().items() if key != "options"},
    ],
)
def test_what_is_no_plan_is_refused_by_its_schema(save: Callable[[Any], Path], content: Any) -> None:
    with pytest.raises(UsageError, match="is not a saved plan of this version"):
        read_saved(save(content))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (SANDBOX, Connection(sandbox="other.estate.yaml")),
        (SANDBOX, Connection(endpoint="https://management.azure.com")),
        (Connection(), SANDBOX),
        (Connection(endpoint="https://elsewhere"), Connection()),
        (Connection(), Connection(cloud="AzureChinaCloud")),
    ],
)
def test_a_plan_for_another_azure_is_refused(save: Callable[[Any], Path], made: Connection, said: Connection) -> None:
    with pytest.raises(Refused, match="was made against"):
        read_saved(save(document(connection=made))).check_target(said)


def approval(*, asks: bool = False, checksum: str | None = None, saved: dict[str, Any] | None = None) -> Approval:
    plan = SavedPlan(saved, Path("plan.json")) if saved else None
    return Approval(asks, Output(), document, checksum, plan)


def test_what_moved_since_is_told() -> None:
    approval(saved=document()).check(PLAN)
    with pytest.raises(StalePlan, match="The saved plan is stale") as caught:
        approval(saved=document()).check(replace(PLAN, changes=()))
    assert "vault/a: add is no longer needed" in caught.value.message


def test_an_edit_by_hand_is_found() -> None:
    edited = document()
    edited["changes"][0]["after"]["x"] = 2
    with pytest.raises(StalePlan, match="vault/a: after changed"):
        approval(saved=edited).check(PLAN)


def test_a_checksum_approves_one_plan_only() -> None:
    approval(checksum="0123").check(PLAN)
    with pytest.raises(StalePlan, match="now: add vault/a"):
        approval(checksum="4567").check(PLAN)


def test_long_lists_of_what_moved_are_cut() -> None:
    assert stale("Stale.", [str(number) for number in range(30)]).message.endswith("… and 10 more")


@pytest.mark.parametrize(("answer", "approved"), [("yes\n", True), ("y\n", False), ("no\n", False), ("", False)])
def test_only_yes_approves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, approved: bool
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    if approved:
        approval(asks=True).ask()
    else:
        with pytest.raises(Refused, match="Nothing was written"):
            approval(asks=True).ask()
    assert capsys.readouterr().err.startswith("Apply these changes? Only `yes` is accepted: ")
