from __future__ import annotations

import pytest

from reconciler.model.addresses import Address, disk, policy, vault
from reconciler.model.changes import UNKNOWN, Action, Change, FieldChange, Kind, Op, Step
from reconciler.model.findings import Finding, Place, Severity
from reconciler.model.ids import ArmId
from reconciler.model.plan import Gate, Plan, Wait

VAULT = ArmId(
    "/subscriptions/s1/resourceGroups/testBkpVaultRG/providers/Microsoft.DataProtection/backupVaults/TestBkpVault"
)
DISK = "/subscriptions/s2/resourcegroups/diskrg/providers/microsoft.compute/disks/pstestdisk"


@pytest.fixture
def add() -> Change:
    return Change(
        vault("TestBkpVault"),
        Kind.VAULT,
        Action.ADD,
        "not there yet",
        (Step(Op.VAULT_PUT, VAULT, {"location": "westus"}),),
        after={"location": "westus", "identity": {"principalId": UNKNOWN}, "tags": {"cost-centre": "4711"}},
        place=Place("backup.yaml", 11, 5),
        vault=VAULT,
    )


@pytest.fixture
def change() -> Change:
    return Change(
        disk(ArmId(DISK)),
        Kind.DISK,
        Action.CHANGE,
        "the policy differs",
        (Step(Op.INSTANCE_MERGE, ArmId(f"{VAULT}/backupInstances/i")),),
        before={"policy": "diskBkpPolicy-11111111"},
        after={"policy": "diskBkpPolicy-22222222"},
        fields=(FieldChange("policy", "diskBkpPolicy-11111111", "diskBkpPolicy-22222222"),),
        depends=("policy/TestBkpVault/diskBkpPolicy",),
        detail=("chosen by disks[0]",),
        place=Place("backup.yaml", 33, 5),
        vault=VAULT,
        drift="changed-outside",
    )


@pytest.fixture
def destroy() -> Change:
    return Change(
        policy("TestBkpVault", "diskBkpPolicy-11111111"),
        Kind.POLICY,
        Action.DESTROY,
        "nothing uses it",
        (Step(Op.POLICY_DELETE, ArmId(f"{VAULT}/backupPolicies/diskBkpPolicy-11111111")),),
        before={"interval": "4h"},
        vault=VAULT,
        drift="not-yet-applied",
    )


@pytest.fixture
def orphan() -> Finding:
    return Finding(
        "orphaned",
        Severity.WARNING,
        "no longer named by the manifest",
        "apply --prune",
        Address("disk/old", "disk"),
        drift="orphaned",
    )


@pytest.fixture
def plan(add: Change, change: Change, destroy: Change, orphan: Finding) -> Plan:
    return Plan(
        "walkthrough",
        (add, change, destroy),
        (orphan,),
        (
            Gate(
                "empty",
                "no disk is left",
                "is the manifest complete?",
                addresses=(vault("TestBkpVault"),),
                opener="--force empty",
            ),
        ),
        "0123abcd",
        waits=(Wait(Address("disk/waiting", "disk"), ArmId(f"{VAULT}/backupInstances/w"), "ProtectionConfigured"),),
    )


@pytest.fixture
def clean() -> Plan:
    return Plan("walkthrough", (), (), (), "0123abcd")
