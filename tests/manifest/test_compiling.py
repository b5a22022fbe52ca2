"""What a manifest means once it is compiled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from reconciler.manifest.compiling import compile_manifest
from reconciler.model.errors import ManifestError
from reconciler.model.ids import ArmId
from reconciler.model.manifest import Manifest, PolicyContent, RoleSettings, SoftDelete

DISKS = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/diskrg/providers/Microsoft.Compute/disks"
BASE = """\
vaults:
  - {name: TestBkpVault, resourceGroup: testBkpVaultRG}
policies:
  - {name: diskBkpPolicy, schedule: {every: 4h, at: "13:00"}, retention: {default: 7d}}
snapshotResourceGroups:
  - {name: snapshotrg}
"""
Compile = Callable[[str], Manifest]
CodesOf = Callable[[str], list[str]]


def test_a_vault_says_only_what_it_says(compile_text: Compile) -> None:
    vault = compile_text(BASE).vaults["testbkpvault"]
    assert (vault.name, vault.azure_name, vault.location) == ("TestBkpVault", "TestBkpVault", "westus")
    assert str(vault.id).endswith(
        "/resourceGroups/testBkpVaultRG/providers/Microsoft.DataProtection/backupVaults/TestBkpVault"
    )
    unsaid = (
        vault.redundancy,
        vault.immutability,
        vault.alerts_for_all_job_failures,
        vault.identity,
        vault.resource_guard,
    )
    assert unsaid == (None, None, None, None, None)
    assert vault.soft_delete == SoftDelete()
    assert vault.manage
    assert vault.manage_resource_group


def test_a_vault_says_all_it_can(compile_text: Compile) -> None:
    identity = (
        f"{DISKS.split('/providers', maxsplit=1)[0]}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/backup"
    )
    guard = f"{DISKS.split('/providers', maxsplit=1)[0]}/providers/microsoft.dataprotection/resourceguards/guard"
    manifest = compile_text(f"""
vaults:
  - name: eu
    azureName: EuVault
    subscription: 33333333-3333-3333-3333-333333333333
    resourceGroup: rg
    location: West Europe
    manageResourceGroup: false
    redundancy: GeoRedundant
    softDelete: {{state: AlwaysOn, retentionDays: 30}}
    immutability: Locked
    alertsForAllJobFailures: true
    crossRegionRestore: true
    crossSubscriptionRestore: false
    identity: {identity}
    resourceGuard: {guard}
    tags: {{team: platform, old: null}}
snapshotResourceGroups: [{{name: snapshotrg}}]
""")
    vault = manifest.vaults["eu"]
    assert (vault.azure_name, vault.location, vault.redundancy) == ("EuVault", "westeurope", "GeoRedundant")
    assert vault.soft_delete == SoftDelete("AlwaysOn", 30)
    assert vault.identity == ArmId(identity)
    assert vault.resource_guard == ArmId(guard)
    assert (vault.cross_region_restore, vault.cross_subscription_restore) == (True, False)
    assert vault.tags == {"team": "platform", "old": None}
    assert not vault.manage_resource_group
    told = sorted(finding.code for finding in manifest.warnings)
    assert told == ["not-for-snapshots", "not-for-snapshots", "one-way", "one-way", "one-way"]


def test_a_vault_may_have_several_identities(compile_text: Compile, codes_of: CodesOf) -> None:
    users = f"{DISKS.split('/providers', maxsplit=1)[0]}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"

    def text(said: str) -> str:
        return BASE.replace("resourceGroup: testBkpVaultRG", f"resourceGroup: testBkpVaultRG, identity: {said}")

    for said, first, more in (
        ("[system]", "system", ()),
        (f"[system, {users}/a]", "system", (ArmId(f"{users}/a"),)),
        (f"[{users}/a, system, {users}/A]", ArmId(f"{users}/a"), ("system",)),
    ):
        vault = compile_text(text(said)).vaults["testbkpvault"]
        assert (vault.identity, vault.more_identities) == (first, more)
        assert vault.identities == (first, *more)
    for wrong, code in (("[]", "invalid-value"), ("[system, other]", "invalid-id"), ("[7]", "not-text")):
        assert codes_of(text(wrong)) == [code]


def test_what_is_not_managed_needs_no_settings(compile_text: Compile, codes_of: CodesOf) -> None:
    text = """
vaults: [{name: TestBkpVault, resourceGroup: rg, manage: false}]
policies: [{name: theirs, azureName: theirs-1, manage: false}]
snapshotResourceGroups: [{name: snapshotrg, azureName: snapshots, manage: false}]
"""
    manifest = compile_text(text)
    assert not manifest.warnings
    assert not manifest.vaults["testbkpvault"].manage_resource_group
    policy = manifest.policies["theirs"]
    assert (policy.azure_name, policy.content, policy.manage) == ("theirs-1", None, False)
    assert manifest.snapshot_groups["snapshotrg"].azure_name == "snapshots"
    assert codes_of(text.replace("manage: false}", "manage: false, tags: {a: b}}", 1)) == ["no-effect"]


@pytest.mark.parametrize(
    ("policy", "content", "at_minutes", "texts"),
    [
        ('{every: 4h, at: "13:00"}, retention: {default: 7d}', PolicyContent(4, 60, "UTC", 7), 780, {"Default": "P7D"}),
        ("{every: PT4H}, retention: {default: P1W}", PolicyContent(4, 0, "UTC", 7), 0, {"Default": "P1W"}),
        ("{daily: 02:30}, retention: {default: P1Y}", PolicyContent(24, 150, "UTC", 365), 150, {"Default": "P365D"}),
        (
            "{every: 12h, at: 23:15}, timeZone: Europe/Berlin, retention: {default: 7d, daily: 14d, weekly: 8w}",
            PolicyContent(12, 675, "W. Europe Standard Time", 7, 14, 56),
            1395,
            {"Default": "P7D", "Daily": "P14D", "Weekly": "P8W"},
        ),
    ],
)
def test_a_policys_content_is_in_normal_form(
    compile_text: Compile, policy: str, content: PolicyContent, at_minutes: int, texts: dict[str, str]
) -> None:
    text = f"policies: [{{name: Other, schedule: {policy}}}]\nsnapshotResourceGroups: [{{name: snapshotrg}}]\n"
    spec = compile_text(text).policies["other"]
    assert (spec.content, spec.at_minutes, dict(spec.retention_text)) == (content, at_minutes, texts)
    assert spec.azure_name is None


@pytest.mark.parametrize(
    ("schedule", "retention", "told"),
    [
        ("every: 1h", "default: 18d", ["snapshot-total"]),
        ("every: 1h", "default: 19d", ["snapshot-budget"]),
        ("every: 2h", "default: 35d", []),
        ("every: 4h", "default: 75d", ["snapshot-total"]),
        ("every: 12h", "default: 226d", ["snapshot-budget"]),
        ('daily: "02:00"', "default: 365d", []),
        ('daily: "02:00"', "default: 366d", ["retention-too-long"]),
        ('daily: "02:00"', "default: 300d, weekly: 52w", []),
        ('daily: "02:00"', "default: 300d, daily: 365d", ["snapshot-total"]),
        ("every: 4h", "default: 7d, daily: 3d", ["retention-shadowed"]),
        ("every: 4h", "default: 7d, daily: 30d, weekly: 2w", ["retention-shadowed"]),
        ("every: 4h", "default: 0d", ["invalid-value"]),
        ("every: 4h", "default: 20000w", ["retention-too-long"]),
    ],
)
def test_the_snapshot_budget(codes_of: CodesOf, schedule: str, retention: str, told: list[str]) -> None:
    text = f"""
policies: [{{name: policy, schedule: {{{schedule}}}, retention: {{{retention}}}}}]
snapshotResourceGroups: [{{name: snapshotrg}}]
"""
    assert codes_of(text) == told


def test_a_disks_entry_gets_names_in_lower_case(compile_text: Compile) -> None:
    manifest = compile_text(
        BASE + f"disks: [{{id: {DISKS}/A, vault: TESTBKPVAULT, policy: {{West US: diskBkpPolicy}}}}]\n"
    )
    (rule,) = manifest.disks
    assert (rule.vault, rule.policy, rule.snapshot_group) == ("testbkpvault", {"westus": "diskbkppolicy"}, "snapshotrg")
    assert (rule.protection, rule.select) == ("protected", None)
    ((disk, place),) = rule.ids
    assert disk.text == f"{DISKS}/A"
    assert place.line == rule.place.line
    assert manifest.subscriptions == ("11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222")


def test_a_selector_is_in_normal_form(compile_text: Compile) -> None:
    manifest = compile_text(
        BASE
        + """
disks:
  - select:
      subscriptions: [ABCDEF00-0000-0000-0000-000000000000]
      resourceGroups: [App-RG]
      names: [Data-*]
      locations: [West US, westus]
      skus: [Premium_LRS]
      tags: {Backup: Gold, Env: [prod, "*"]}
      exclude:
        - {names: [scratch-*], reason: rebuilt nightly}
    vault: TestBkpVault
    policy: diskBkpPolicy
    protection: suspended
"""
    )
    (rule,) = manifest.disks
    assert rule.select
    assert rule.select.subscriptions == ("abcdef00-0000-0000-0000-000000000000",)
    assert (rule.select.resource_groups, rule.select.names) == (("app-rg",), ("data-*",))
    assert (rule.select.locations, rule.select.skus) == (("westus",), ("premium_lrs",))
    assert rule.select.tags == {"backup": ("Gold",), "env": ("prod", "*")}
    assert [(exclusion.selector.names, exclusion.reason) for exclusion in rule.exclude] == [
        (("scratch-*",), "rebuilt nightly")
    ]
    assert rule.protection == "suspended"


def test_exceptions_and_roles(compile_text: Compile) -> None:
    manifest = compile_text(
        BASE
        + f"""
roleAssignments: {{mode: verify, scope: resourceGroup}}
formerly: [old]
handsOverTo: [new]
excluded: [{{id: {DISKS}/a, reason: cache}}]
removed: [{{id: {DISKS}/b, data: retain, reason: gone}}]
ignore: [{{address: "disk/*/legacy-*", fields: [policy], reason: migration, expires: 2027-03-31}}]
drills: [{{name: monthly, sample: 3, maxAge: 4w, targetResourceGroup: drillrg, select: {{names: ["data-*"]}}}}]
"""
    )
    assert manifest.roles == RoleSettings("verify", "resourceGroup")
    assert (manifest.formerly, manifest.hands_over_to) == (("old",), ("new",))
    assert [(entry.id.name, entry.reason) for entry in manifest.excluded] == [("a", "cache")]
    assert [(entry.id.name, entry.data) for entry in manifest.removed] == [("b", "retain")]
    assert [(entry.address, entry.fields, entry.expires) for entry in manifest.ignore] == [
        ("disk/*/legacy-*", ("policy",), date(2027, 3, 31))
    ]
    (drill,) = manifest.drills
    assert (drill.name, drill.group, drill.sample, drill.max_age_hours) == ("monthly", "drillrg", 3, 672)
    assert (drill.subscription, drill.keep, drill.select and drill.select.names) == (None, "none", ("data-*",))
    assert manifest.warnings == ()


def test_snapshots_beside_their_disk_are_told(codes_of: CodesOf) -> None:
    text = BASE + f"disks: [{{id: {DISKS}/a, vault: TestBkpVault, policy: diskBkpPolicy}}]\n"
    assert codes_of(text) == []
    assert codes_of(text.replace("diskrg", "SnapshotRG")) == ["snapshots-beside-disk"]


def test_an_exclusion_needs_a_condition(codes_of: CodesOf) -> None:
    text = """
disks:
  - select:
      subscriptions: [22222222-2222-2222-2222-222222222222]
      exclude: [{reason: all of them}]
    vault: TestBkpVault
    policy: diskBkpPolicy
"""
    assert codes_of(BASE + text) == ["excludes-everything"]


def test_the_order_of_files_does_not_matter() -> None:
    one = b"apiVersion: reconciler/v1\nname: x\nsnapshotResourceGroups: [{name: a}]\n"
    two = b"apiVersion: reconciler/v1\nsnapshotResourceGroups: [{name: b}]\n"
    forward = compile_manifest({"1.yaml": one, "2.yaml": two}, lambda _file, _named: {})
    backward = compile_manifest({"2.yaml": two, "1.yaml": one}, lambda _file, _named: {})
    assert forward == backward
    assert list(forward.snapshot_groups) == list(backward.snapshot_groups) == ["a", "b"]


def test_what_is_included_is_merged() -> None:
    texts = {"team/backup.yaml": b"apiVersion: reconciler/v1\nname: x\ninclude: [../common]\n"}
    common = {"common/groups.yaml": b"apiVersion: reconciler/v1\nsnapshotResourceGroups: [{name: a}]\n"}
    asked: list[tuple[str, str]] = []

    def include(file: str, named: str) -> dict[str, bytes]:
        asked.append((file, named))
        return common

    manifest = compile_manifest(texts, include)
    assert asked == [("team/backup.yaml", "../common")]
    assert str(manifest.snapshot_groups["a"].place) == "common/groups.yaml:2:26"
    assert sorted(manifest.sources) == ["common/groups.yaml", "team/backup.yaml"]


def test_a_broken_entry_is_still_known_by_its_name(codes_of: CodesOf) -> None:
    text = (
        BASE.replace("resourceGroup:", "resourcegroup:")
        + f"disks: [{{id: {DISKS}/a, vault: TestBkpVault, policy: gone}}]\n"
    )
    assert codes_of(text) == ["missing-key", "unknown-key", "unknown-policy"]


def test_only_the_wrong_entries_of_a_long_list_are_explained() -> None:
    entries = "".join(f"  - {{id: {DISKS}/d{number}, vault: v1, policy: p12, oops: 1}}\n" for number in (1, 2))
    many = "".join(f"  - {{id: {DISKS}/e{number}, vault: v1, policy: p12}}\n" for number in range(2000))
    text = f"apiVersion: reconciler/v1\nname: x\ndisks:\n{many}{entries}"
    with pytest.raises(ManifestError) as caught:
        compile_manifest({"a.yaml": text.encode()}, lambda _file, _named: {})
    assert [str(finding.place) for finding in caught.value.findings if finding.code == "unknown-key"] == [
        f"a.yaml:{line}:{len(DISKS) + 39}" for line in (2004, 2005)
    ]


@pytest.mark.parametrize(
    ("said", "when_gone", "hours"),
    [
        ("", "report", 168),
        ("whenGone: report", "report", 168),
        ("whenGone: retain", "retain", 168),
        ("whenGone: expire, for: 36h", "expire", 36),
        ("whenGone: retain, for: P2W", "retain", 336),
    ],
)
def test_an_entry_says_what_becomes_of_disks_that_are_gone(
    compile_text: Compile, said: str, when_gone: str, hours: int
) -> None:
    rule = compile_text(f"{BASE}disks: [{{{_entry(said)}}}]\n").disks[0]
    assert (rule.when_gone, rule.gone_after_hours) == (when_gone, hours)


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("whenGone: stop", ["unknown-value"]),
        ("for: 7d", ["exclusive-keys"]),
        ("whenGone: retain, for: soon", ["invalid-value"]),
        ("whenGone: retain, for: P1M", ["gone-for"]),
        ("whenGone: retain, for: 0d", ["invalid-value"]),
        ("whenGone: report, for: 7d", ["no-effect"]),
    ],
)
def test_what_an_entry_says_of_disks_that_are_gone_has_to_make_sense(
    codes_of: CodesOf, said: str, codes: list[str]
) -> None:
    assert codes_of(f"{BASE}disks: [{{{_entry(said)}}}]\n") == codes


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (f"id: {DISKS}/a, data: delete", []),
        (f"id: [{DISKS}/a, {DISKS}/b], data: delete, after: 2027-01-31", []),
        (f"id: {DISKS}/a, data: delete, after: 2001-01-31", []),  # that it has passed is for the plan to tell
        (f"id: {DISKS}/a, data: delete, confirm: {{instances: 1, points: 0}}", []),
        (f"id: {DISKS}/a, data: retain, hold: case 12", []),
        ("select: {subscriptions: [22222222-2222-2222-2222-222222222222], tags: {a: b}}, data: delete", []),
        ("select: {tags: {a: b}}, data: delete", ["no-place"]),
        (f"id: [{DISKS}/a, {DISKS}/A], data: retain", ["disk-twice"]),
        (f"id: {DISKS}/a, data: delete, after: 2027-02-30", ["invalid-value"]),
        (f"id: {DISKS}/a, data: delete, confirm: {{instances: 0, points: 1}}", ["out-of-range"]),
        (f"id: {DISKS}/a, data: delete, confirm: {{instances: 1, points: -1}}", ["out-of-range"]),
        (f"id: {DISKS}/a, data: delete, confirm: {{instances: 1}}", ["missing-key"]),
        (f"id: {DISKS}/a, data: delete, confirm: yes", ["wrong-type"]),
        (f'id: {DISKS}/a, data: delete, hold: ""', ["invalid-value"]),
        (f"id: {DISKS}/a, data: delete, hold: true", ["not-text"]),
        (f"id: {DISKS}/a, data: delete, hold: case 12, confirm: {{instances: 1, points: 1}}", ["no-effect"]),
        (f"id: {DISKS}/a, data: retain, after: 2027-01-31", ["no-effect"]),
        (f"id: {DISKS}/a, data: retain, confirm: {{instances: 1, points: 1}}", ["no-effect"]),
        ("id: [], data: delete", ["invalid-value"]),
    ],
)
def test_what_removed_says_has_to_make_sense(codes_of: CodesOf, said: str, codes: list[str]) -> None:
    assert codes_of(f"{BASE}removed: [{{{said}, reason: ticket 1}}]\n") == codes


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("protection: suspended, until: 2027-01-31, reason: freeze", []),
        ("protection: stopped, until: 2001-01-31", []),  # that it has passed is for the plan to tell
        ("protection: stopped, reason: freeze", []),
        ("protection: stopped, until: 2027-02-30", ["invalid-value"]),
        ("protection: stopped, until: tomorrow", ["invalid-value"]),
        ('protection: stopped, reason: ""', ["invalid-value"]),
        ("until: 2027-01-31", ["no-effect"]),
        ("protection: protected, until: 2027-01-31, reason: freeze", ["no-effect", "no-effect"]),
    ],
)
def test_a_halt_may_have_an_end_and_a_reason(codes_of: CodesOf, said: str, codes: list[str]) -> None:
    assert codes_of(f"{BASE}disks: [{{{_entry(said)}}}]\n") == codes


def _entry(said: str) -> str:
    parts = [f"id: {DISKS}/PSTestDisk", "vault: TestBkpVault", "policy: diskBkpPolicy"]
    return ", ".join([*parts, "snapshotResourceGroup: snapshotrg", *filter(None, [said])])
