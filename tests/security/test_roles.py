"""The shipped roles hold what the tool needs, and nothing else: told by the stories themselves, run under them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from arm import APPS, BACKUP_READER, READER, SNAPSHOT_CONTRIBUTOR, disk, disk_id, estate, group, group_id, vault_id
from manifests import manifest
from promises import promise
from stage import HOST, OPERATOR, ROLES, Stage

from reconciler.sandbox.authorization.built_in_roles import BY_GUID, BY_NAME

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[2]

_ALONE = "Azure may answer a long operation with a Location alone; the simulated one always gives both links"
UNMET = {
    "Microsoft.DataProtection/locations/operationStatus/read": (
        "Azure has links at the region as well as at the vault, and names the one for an operation as it likes"
    ),
    "Microsoft.DataProtection/locations/operationResults/read": _ALONE,
    "Microsoft.DataProtection/backupVaults/operationResults/read": _ALONE,
    "Microsoft.DataProtection/backupVaults/backupInstances/operationResults/read": _ALONE,
}
"""Permissions in the operator's role that no story needs, and why they are there."""

SHOWN = frozenset(
    {
        "Microsoft.Compute/snapshots/read",
        "Microsoft.DataProtection/backupVaults/backupJobs/read",
        "Microsoft.Management/managementGroups/read",
    }
)
"""Resource Graph shows these to those who may read them, whether or not anything asks for them by itself; a management
group is asked itself only where something hangs on what lies below it.
"""

STORIES = (
    "asking", "backing_up", "drilling", "moving", "preflight", "protection", "roles", "surroundings", "vaults",
)  # fmt: skip
"""These need every permission between them. The others run under the roles as well: one that they lacked fails them."""

LENT = "Microsoft.DataProtection/resourceGuards/"
"""Permissions on a resource guard are lent by its owner, for one operation and a while: that is what a guard is for."""


def role(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROLES / f"reconciler-{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The permissions that the stories needed, by role; they run in a process of their own."""
    file = tmp_path_factory.mktemp("rights") / "asked.json"
    arguments = ["-q", "-p", "recording", "-p", "no:cacheprovider"]
    arguments += [f"tests/end_to_end/test_{name}.py" for name in STORIES]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "ASKED_RIGHTS": str(file),
            "PYTHONPATH": os.pathsep.join((str(REPOSITORY / "tests" / "support"), str(Path(__file__).parent))),
        },
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return {name: set(actions) for name, actions in json.loads(file.read_text(encoding="utf-8")).items()}


@promise(
    "Three custom roles give all permissions that `reconciler` needs: `reconciler-reader.json` for `plan` and `drift`, "
    "`reconciler-operator.json` for the commands that write, and in addition `reconciler-restorer.json` on the "
    "resource groups in which `restore` and `drill` create disks."
)
@pytest.mark.timeout(420)
def test_the_roles_hold_exactly_what_the_stories_need(asked: dict[str, set[str]]) -> None:
    assert set(role("reader")["Actions"]) - set(UNMET) - SHOWN == asked["reader"] - SHOWN
    needed = {action for action in asked["operator"] if not action.startswith(LENT)}
    both = {*role("operator")["Actions"], *role("restorer")["Actions"]}
    assert both - set(UNMET) - SHOWN == needed - SHOWN


def test_only_the_restorer_makes_and_deletes_disks() -> None:
    own = set(role("restorer")["Actions"]) - set(role("operator")["Actions"])
    assert own == {"Microsoft.Compute/disks/write", "Microsoft.Compute/disks/delete"}


def test_what_no_story_needs_is_in_the_role_for_a_reason() -> None:
    assert {*UNMET, *SHOWN} <= set(role("operator")["Actions"])


@pytest.mark.parametrize("name", ["reader", "operator", "protector", "restorer"])
def test_they_have_the_form_that_the_azure_cli_takes(name: str) -> None:
    found = role(name)
    assert list(found) == [
        "Name", "IsCustom", "Description", "Actions", "NotActions", "DataActions", "NotDataActions", "AssignableScopes",
    ]  # fmt: skip
    assert found["Actions"] == sorted(found["Actions"])
    assert not [action for action in found["Actions"] if "*" in action], "no wildcard grants what nobody looked at"
    assert found["AssignableScopes"]


HARMLESS = "Microsoft.DataProtection/backupVaults/validateForBackup/action"
"""It asks whether Azure would protect a disk, and changes nothing: `plan --preflight`."""


def test_the_reader_may_read_and_ask_only() -> None:
    assert {action.rpartition("/")[2] for action in {*role("reader")["Actions"]} - {HARMLESS}} == {"read"}
    assert set(role("reader")["Actions"]) <= set(role("operator")["Actions"])


@promise("None of these roles can pass a resource guard.")
@pytest.mark.parametrize("name", ["reader", "operator", "protector", "restorer"])
def test_no_role_passes_a_guard(name: str) -> None:
    assert not [action for action in role(name)["Actions"] if "/resourceguards/" in action.lower()]
    assert not [action for action in role(name)["Actions"] if action.endswith("backupResourceGuardProxies/write")]
    assert not [action for action in role(name)["Actions"] if action.endswith("backupResourceGuardProxies/delete")]


# The condition

FOUR = ("Disk Backup Reader", "Disk Snapshot Contributor", "Reader", "Disk Restore Operator")


@pytest.fixture
def stage(tmp_path: Path) -> Any:
    with Stage(tmp_path / "stage", estate(group(APPS, "diskrg"), disk("PSTestDisk"))) as opened:
        yield opened


def sent(stage: Stage, method: str, path: str, body: Any = None, *, version: str = "2022-04-01") -> tuple[int, str]:
    """What the operator is answered: status and error."""
    _ = stage.session.clock
    headers = {"Authorization": f"Bearer {OPERATOR}", "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    status, _, answer, _ = stage.sandbox.handle(method, f"{HOST}{path}?api-version={version}", headers, content)
    return status, str(answer)


def assignment(number: int) -> str:
    name = f"00000000-0000-0000-0000-{number:012}"
    return f"{group_id(APPS, 'diskrg')}/providers/Microsoft.Authorization/roleAssignments/{name}"


def granting(guid: str, kind: str | None = "ServicePrincipal") -> dict[str, Any]:
    definition = f"/subscriptions/{APPS}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    said = {"roleDefinitionId": definition, "principalId": guid}
    return {"properties": {**said, **({"principalType": kind} if kind else {})}}


@promise(
    "With its condition, the operator can assign and remove four roles only (Disk Backup Reader, Disk Snapshot "
    "Contributor, Reader, Disk Restore Operator), for service principals only, and never for itself."
)
@pytest.mark.parametrize("guid", sorted(BY_GUID))
def test_the_operator_grants_and_revokes_four_roles_only(stage: Stage, guid: str) -> None:
    allowed = BY_GUID[guid].name in FOUR
    status, told = sent(stage, "PUT", assignment(1), granting(guid))
    assert status == (201 if allowed else 403)
    assert allowed or "ABAC condition that is not fulfilled" in told
    stage.sandbox.put(assignment(2), granting(guid))
    assert sent(stage, "DELETE", assignment(2))[0] == (200 if allowed else 403)
    for kind in ("User", "Group", "ForeignGroup", None):
        assert sent(stage, "PUT", assignment(3), granting(guid, kind))[0] == 403
    stage.sandbox.put(assignment(4), granting(guid, "User"))
    assert sent(stage, "DELETE", assignment(4))[0] == 403


def test_the_condition_names_the_roles_that_the_tool_grants() -> None:
    text = (ROLES / "condition.txt").read_text(encoding="utf-8")
    assert {BY_NAME[name.lower()].guid for name in FOUR} == {guid for guid in BY_GUID if guid in text}
    assert {BACKUP_READER, SNAPSHOT_CONTRIBUTOR, READER} < {BY_NAME[name.lower()].guid for name in FOUR}
    assert len([line for line in text.splitlines() if "RoleDefinitionId" in line]) == 2


def test_the_operator_removes_no_vault_group_or_disk(stage: Stage) -> None:
    assert stage.apply(manifest()).ok
    definition = f"/subscriptions/{APPS}/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    assert sent(stage, "PUT", definition, {"properties": {}})[0] in (403, 405)
    assert sent(stage, "DELETE", group_id(APPS, "diskrg"), version="2024-07-01")[0] == 403
    assert sent(stage, "DELETE", vault_id(), version="2025-07-01")[0] == 403
    assert sent(stage, "DELETE", disk_id("PSTestDisk"), version="2024-03-02")[0] == 403


@promise("`reconciler-protector.json` is the operator's role without any permission to delete.")
def test_the_protector_deletes_nothing() -> None:
    gone = set(role("operator")["Actions"]) - set(role("protector")["Actions"])
    assert set(role("protector")["Actions"]) < set(role("operator")["Actions"])
    assert gone == {
        "Microsoft.Authorization/roleAssignments/delete",
        "Microsoft.DataProtection/backupVaults/backupInstances/delete",
        "Microsoft.DataProtection/backupVaults/backupPolicies/delete",
        "Microsoft.DataProtection/backupVaults/backupResourceGuardProxies/unlockDelete/action",
    }
