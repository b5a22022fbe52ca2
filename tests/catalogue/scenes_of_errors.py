"""Scenes of errors of the command line, of files, of approval and of saved plans."""

from __future__ import annotations

import io
import json
import ssl
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from forging import Azure, Rule, answers, bare, quickstart
from installed import run
from manifests import VAULT, Data, manifest
from scenes import NARROW, Scenes, error_told
from scenes_of_verbs import YES, azure, shown, told

from reconciler.azure import clouds
from reconciler.azure.sign_in.credentials import credential
from reconciler.azure.trust import permanent
from reconciler.cli import auditing
from reconciler.cli.output import Output
from reconciler.cli.run import Approval
from reconciler.model.errors import AzureError, ReconcilerError

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
SANDBOX = ("--sandbox", "azure.estate.yaml")


def here(*words: str, files: dict[str, str | bytes] | None = None) -> str:
    """A command that needs no Azure, in a folder with such files."""
    with azure(quickstart()) as found:
        for name, content in (files or {}).items():
            path = found.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return typed(found, *words)


def typed(found: Azure, *words: str) -> str:
    """Words as they are, in the folder of an Azure."""
    done = found._door.run(list(words), NARROW, 60)
    return done.stdout + done.stderr


def saved(*more: str, edit: dict[str, object] | None = None, then: str = "") -> str:
    """A plan is saved, something changes, and the saved one is applied."""
    with azure(quickstart(fresh=True)) as found:
        typed(found, "plan", "backup.yaml", *SANDBOX, "--out", "plan.json")
        if edit:
            path = found.folder / "plan.json"
            document = json.loads(path.read_text())
            path.write_text(json.dumps(document | edit))
        if then:
            found.patch(then, {"location": "eastus"})
        return typed(found, "apply", "plan.json", "backup.yaml", *SANDBOX, *more)


def unaudited() -> str:
    """The disk is full when the first write is to be recorded."""
    with azure(quickstart(fresh=True)) as found, patch.object(auditing.os, "write", lambda _file, content: 0):
        return told(found, "apply", YES, "--audit", "audit.jsonl")


def refused_plan() -> str:
    """A gate is closed."""
    weaker = [VAULT | {"softDelete": {"state": "On", "retentionDays": 30}}]
    with azure(quickstart(vaults=weaker)) as found:
        found.declare(manifest(vaults=[VAULT | {"softDelete": {"state": "On", "retentionDays": 14}}]))
        return told(found, "apply", YES)


def patched(what: str, becomes: object, *words: str) -> str:
    """A command, a function of which is made to fail."""
    with patch(what, becomes):
        return here(*words)


def broken(*_: object, **__: object) -> None:
    """A bug."""
    raise RuntimeError("this can't be")


def not_approved() -> str:
    """Somebody answers `y`."""
    with patch("sys.stdin", io.StringIO("y\n")):
        try:
            Approval(asks=True, output=Output(), document=dict).ask()
        except ReconcilerError as error:
            return error_told(error)
    return ""


def unsigned() -> str:
    """A job of GitHub that may not ask for a token."""
    pipeline = {
        "GITHUB_ACTIONS": "true",
        "AZURE_CLIENT_ID": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "AZURE_TENANT_ID": "t",
    }
    try:
        credential(pipeline, clouds.CLOUDS["AzureCloud"], None)
    except ReconcilerError as error:
        return error_told(error)
    return ""


def untrusted() -> str:
    """The certificate of a proxy isn't trusted."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate in certificate chain"
    found = permanent(error, "management.azure.com")
    return error_told(AzureError(found.message, code=found.error_code, hint=found.hint))


def simulated() -> str:
    """An estate file sets a switch that there isn't."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "odd.estate.yaml").write_text("switches: {gravity: off}")
        return run(Path(folder), "sandbox", "show", "odd.estate.yaml", environment=NARROW).stderr


def annotated(*rules: Rule, words: tuple[str, ...] = (), said: Data | None = None) -> str:
    """What GitHub shows of an apply."""
    with azure(quickstart(fresh=True, **(said or {})), *rules) as found:
        shown = found.run("apply", YES, *words, env={**NARROW, "GITHUB_ACTIONS": "true"}).text
        return "\n".join(line for line in shown.splitlines() if line.startswith("::"))


SCENES: Scenes = {
    "usage": lambda: here("plan", "--prune-all", "."),
    "manifest": lambda: here("validate", "broken.yaml", files={"broken.yaml": "apiVersion: reconciler/v1\nvualts: []\n"}),
    "no-manifest": lambda: here("validate", "empty", files={"empty/readme.md": ""}),
    "no-such-path": lambda: here("validate", "backups"),
    "unwritable": lambda: shown(quickstart(), "plan", "--out", "/dev/full"),
    "unreadable": lambda: here("validate", "a" * 300),
    "unexpected": lambda: patched("reconciler.cli.validate.load", broken, "validate", "backup.yaml"),
    "layout-refused": lambda: patched("reconciler.manifest.layout._means_the_same", lambda *_: False, "fmt", "backup.yaml"),
    "not-approved": not_approved,
    "no-token": unsigned,
    "untrusted": untrusted,
    "no-identity": lambda: shown(quickstart(fresh=True), "condition", "--operator", "0f8fad5b-d9cb-469f-a165-70867728950e"),
    "export-differs": lambda: patched("reconciler.verbs.export.says", lambda *_: False, "export", SUBSCRIPTION, *SANDBOX),
    "export-not-empty": lambda: patched("reconciler.verbs.export._MOST_ROUNDS", 0, "export", SUBSCRIPTION, *SANDBOX),
    "export-invalid": lambda: patched("reconciler.verbs.export.learn_form", lambda *_: False, "export", SUBSCRIPTION, "--name", "not a name", *SANDBOX),
    "apply-failed": lambda: annotated(answers("PUT */backupPolicies/*", 400, {})),
    "apply-skipped": lambda: annotated(said={"roleAssignments": {"mode": "verify"}}),
    "apply-in-progress": lambda: annotated(answers("GET */operationStatus/*", 200, {"status": "Inprogress"}), words=("--timeout", "60")),
    "unaudited": unaudited,
    "gate": refused_plan,
    "no-approval": lambda: shown(quickstart(fresh=True), "apply"),
    "other-options": lambda: saved("--prune"),
    "other-target": lambda: saved(edit={"target": "another.estate.yaml"}),
    "stale-plan": lambda: saved(then="*/disks/PSTestDisk"),
    "no-such-disk": lambda: shown(quickstart(), "backup", "--disk", "PSTestDsik"),
    "no-such-machine": lambda: shown(quickstart(), "restore", "--machine", "web", "--newest", "--auto-approve"),
    "no-such-job": lambda: shown(quickstart(), "jobs show", "0f8fad5b-d9cb-469f-a165-70867728950e"),
    "no-vault": lambda: shown(bare(manifest()), "export", "22222222-2222-2222-2222-222222222222"),
    "nothing-there": lambda: here("sandbox", "delete", "azure.estate.yaml", "*/nothing/*"),
    "sandbox": simulated,
}  # fmt: skip
