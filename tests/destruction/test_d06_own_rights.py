"""The operator can't reach the snapshots: under the shipped condition it grants itself nothing, by any way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from arm import APPS, READER, SNAPSHOT_CONTRIBUTOR, disk, disk_id, estate, group, group_id
from installed import ESTATE, put_files, run
from manifests import manifest
from stage import HOST, OPERATOR, OPERATOR_ID, ROLES, Stage, with_roles

OTHER = "77777777-7777-4777-8777-777777777777"
Sent = Callable[[str, str, Any], int]


def assignment(scope: str, number: int = 1) -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-{number:012}"


def granting(role: str, principal: str) -> dict[str, Any]:
    definition = f"/subscriptions/{APPS}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return {
        "properties": {
            "roleDefinitionId": definition,
            "principalId": principal,
            "principalType": "ServicePrincipal",
        }
    }


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path / "stage", estate(group(APPS, "diskrg"), disk("PSTestDisk"))) as opened:
        assert opened.apply(manifest()).ok
        yield opened


def sent(stage: Stage, method: str, path: str, body: Any = None, *, version: str = "2022-04-01") -> int:
    """The status that the operator is answered."""
    headers = {"Authorization": f"Bearer {OPERATOR}", "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    return stage.sandbox.handle(method, f"{HOST}{path}?api-version={version}", headers, content)[0]


@pytest.mark.parametrize("spelled", [OPERATOR_ID, OPERATOR_ID.upper()])
@pytest.mark.parametrize("scope", [group_id(APPS, "snapshotrg"), f"/subscriptions/{APPS}", disk_id("PSTestDisk")])
def test_the_operator_grants_itself_nothing(stage: Stage, scope: str, spelled: str) -> None:
    for role in (SNAPSHOT_CONTRIBUTOR, READER):
        assert sent(stage, "PUT", assignment(scope), granting(role, spelled)) == 403
    assert sent(stage, "PUT", assignment(scope), granting(SNAPSHOT_CONTRIBUTOR, OTHER)) == 201


def test_the_operator_deletes_no_snapshot(stage: Stage) -> None:
    """The found case, to its end: the grant is refused, so the snapshot stays."""
    snapshot = f"{group_id(APPS, 'snapshotrg')}/providers/Microsoft.Compute/snapshots/kept"
    stage.sandbox.put(snapshot, {"location": "westus", "properties": {"creationData": {"createOption": "Copy"}}})
    sent(stage, "PUT", assignment(group_id(APPS, "snapshotrg")), granting(SNAPSHOT_CONTRIBUTOR, OPERATOR_ID))
    assert sent(stage, "DELETE", snapshot, version="2024-03-02") == 403
    assert stage.sandbox.ids(snapshot)


def test_an_assignment_that_is_there_is_not_handed_to_itself(stage: Stage) -> None:
    stage.sandbox.put(assignment(group_id(APPS, "snapshotrg"), 2), granting(READER, OPERATOR_ID))
    assert sent(stage, "DELETE", assignment(group_id(APPS, "snapshotrg"), 2)) == 403


# The stricter one, made from what is live


def condition(folder: Path, *arguments: str, code: int = 0) -> str:
    done = run(folder, "condition", *arguments, "--sandbox", ESTATE)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture
def applied(tmp_path: Path) -> Path:
    put_files(tmp_path, manifest(), estate(group(APPS, "diskrg"), disk("PSTestDisk")))
    assert run(tmp_path, "apply", "backup.yaml", "--sandbox", ESTATE, "--auto-approve").returncode == 0
    return tmp_path


def test_the_stricter_condition_lets_grant_to_the_vaults_alone(applied: Path) -> None:
    text = condition(applied, "backup.yaml", "--operator", OPERATOR_ID)
    shown = json.loads(run(applied, "sandbox", "show", ESTATE, "*/backupVaults/TestBkpVault").stdout)
    vault = (shown[0] if isinstance(shown, list) else shown)["identity"]["principalId"]
    assert (text.count(vault), OPERATOR_ID in text, "OBJECT_ID" in text) == (2, False, False)
    roles = with_roles(estate(group(APPS, "diskrg"), disk("PSTestDisk")))
    for held in roles["callers"][0]["roles"]:
        held["condition"] = text
    with Stage(applied / "stage", roles) as stage:
        scope = group_id(APPS, "diskrg")
        assert sent(stage, "PUT", assignment(scope), granting(READER, vault)) == 201
        for principal in (OTHER, OPERATOR_ID):
            assert sent(stage, "PUT", assignment(scope, 2), granting(READER, principal)) == 403


def test_no_condition_is_made_of_a_vault_without_identity(tmp_path: Path) -> None:
    put_files(tmp_path, manifest(), estate(group(APPS, "diskrg"), disk("PSTestDisk")))
    assert "TestBkpVault" in condition(tmp_path, "backup.yaml", "--operator", OPERATOR_ID, code=1)


def test_the_operator_is_named_by_its_object_id(applied: Path) -> None:
    assert "not an object id" in condition(applied, "--operator", "operator", code=1)
    assert condition(applied, "--operator", OPERATOR_ID) == (ROLES / "condition.txt").read_text(
        encoding="utf-8"
    ).replace("OBJECT_ID", OPERATOR_ID)
