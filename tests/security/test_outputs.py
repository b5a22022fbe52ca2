"""What is put out keeps secrets and is obeyed by nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from faults import LEAKY, SECRET, answer, error, lost_after
from promises import promise
from trial import Run, Trial

from reconciler.cli.main import root

HOSTILE = (
    "::error::x\n##vso[task.complete]y ##[error]z\n`a`\n```\n</details><script>alert(1)</script><b> @team #12\n"
    "=HYPERLINK(0)\x1b[2J\x1b]0;title\a\x9b31m\u202e\u200b\x00\x7f\r"
)


def everything(trial: Trial, run: Run) -> str:
    """All that a run put out: streams, log, reports, and every file in the trial's folder but the manifest."""
    files = [path for path in sorted(trial.folder.iterdir()) if path.suffix in (".json", ".md", ".jsonl")]
    return run.text + run.log + "".join(path.read_text(encoding="utf-8") for path in files)


def check_no_secret(trial: Trial, run: Run) -> None:
    told = everything(trial, run)
    assert SECRET not in told, re.search(f".{{60}}{SECRET}", told, re.DOTALL)
    assert not [one for one in trial.weather.signatures if one in told]
    assert not re.search(r"eyJ[\w-]{8,}\.", told)


@promise(
    "No access token, client secret, SAS signature or signed operation URL appears in any output: not on stdout or "
    "stderr, not in a report, a saved plan or the audit file, and not with `--verbose`."
)
@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("PUT backupInstances", error(400, "UserErrorLeaky", LEAKY, LEAKY, x_ms_request_id=f"sig={SECRET}")),
        ("PUT backupVaults", error(500, "CloudInternalError", LEAKY)),
        ("LIST backupVaults", answer(403, f'{{"error": {{"code": "a", "message": "Bearer {SECRET}"}}}}'.encode())),
        ("GET operationStatus", error(403, "AuthorizationFailed", LEAKY)),
        ("PUT backupPolicies", lost_after),
        ("PUT roleAssignments", answer(200, f"<html>client_secret={SECRET}</html>".encode())),
    ],
    ids=["instance", "vault", "list", "operation", "reset", "html"],
)
def test_secrets_are_put_out_nowhere(trial: Trial, kind: str, fault: Callable[..., object]) -> None:
    audit, plan = trial.folder / "audit.jsonl", trial.folder / "plan.json"
    for flags in ((), ("--verbose",), ("--format", "json"), ("--format", "markdown", "--verbose")):
        hit = trial.inject(kind, fault, times=3)  # type: ignore[arg-type]
        run = trial.apply("--audit", str(audit), *flags)
        assert hit.hits, "the fault was met"
        check_no_secret(trial, run)
        trial.clear()
        if run.code == 0:
            break
    check_no_secret(trial, trial.plan("--out", str(plan)))
    check_no_secret(trial, trial.apply("--audit", str(audit)))
    assert trial.weather.signatures, "there were signed URLs"
    assert audit.read_text(encoding="ascii")


@promise(
    "Text from Azure or from a manifest is displayed, never executed: control characters, CI commands, Markdown, "
    "HTML and mentions are neutralized."
)
@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_hostile_text_is_obeyed_nowhere(trial: Trial, form: str) -> None:
    trial.said = {**trial.said, "excluded": [{"id": f"{trial.said['disks'][0]['id']}x", "reason": HOSTILE}]}
    trial.said["vaults"] = [{**trial.said["vaults"][0], "tags": {"note": HOSTILE}}]
    trial.inject("PUT backupInstances", error(400, "UserErrorHostile", HOSTILE, HOSTILE), times=9)
    run = trial.apply("--format", form, "--verbose", "--audit", str(trial.folder / "audit.jsonl"))
    assert run.code == 1
    told = everything(trial, run)
    assert "alert(1)" in told, "it is shown"
    assert not [one for one in told if not (one.isprintable() or one == "\n")]
    assert not re.search(r"^\s*::|##vso\[|##\[", told, re.MULTILINE | re.IGNORECASE)
    for report in trial.folder.glob("*.md"):
        text = re.sub(r"(`+)[^`].*?\1(?!`)", "", report.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"<script|</details><|<b>|@team", text)


def commands(group: click.Group, *path: str) -> list[tuple[tuple[str, ...], click.Command]]:
    context, found = click.Context(group), []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = commands(command, *path, name) if isinstance(command, click.Group) else [((*path, name), command)]
        found += inner
    return found


@promise("The report page loads nothing and runs only its own script.")
def test_hostile_text_is_text_in_the_report_page(trial: Trial) -> None:
    trial.said["vaults"] = [{**trial.said["vaults"][0], "tags": {"note": HOSTILE}}]
    trial.inject("PUT backupInstances", error(400, "UserErrorHostile", HOSTILE, HOSTILE), times=9)
    page = trial.folder / "page.html"
    assert trial.apply("--report", str(page)).code == 1
    text = page.read_text(encoding="utf-8")
    assert "alert(1)" in text, "it is shown"
    assert "<script>alert" not in text
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    allowed = dict(one.split(maxsplit=1) for one in policy[1].replace("&#39;", "'").split("; "))
    assert allowed["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[^' ]+'", allowed["script-src"]), "one script, by its hash"
    assert "<link" not in text


@promise("There is no CSV output, so spreadsheet formulas stay text.")
def test_no_form_of_output_is_a_spreadsheet(tmp_path: Path, reconciler: Callable[..., tuple[int, str]]) -> None:
    forms: set[str] = set()
    for _, command in commands(root):  # type: ignore[arg-type]
        forms |= {
            one
            for row in command.params
            if row.name == "form" and hasattr(row.type, "choices")
            for one in row.type.choices
        }
    assert "json" in forms
    assert not forms & {"html", "csv", "tsv", "xlsx"}
    for ending in ("htm", "csv", "tsv", "xlsx"):
        code, told = reconciler("apply", ".", "--sandbox", "x", "--auto-approve", "--report", tmp_path / f"r.{ending}")
        assert (code, "the form of the report" in told) == (1, True), told
