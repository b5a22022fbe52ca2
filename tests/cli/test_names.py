"""Names of disks and of everything else: what is printed can be typed, and documents have both forms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from installed import AZURE, ESTATE, run

from reconciler.base.schemas import schema_text
from reconciler.manifest.compiling import compile_manifest
from reconciler.verbs.drill import chosen
from samples import copied

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
SQL = "payments/payments-westus/sql-003"
SQL_ID = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/payments-westus/providers/Microsoft.Compute/disks/sql-003"
Json = Callable[..., Any]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The platform team's sample, applied, a day later."""
    folder = tmp_path_factory.mktemp("platform-team")
    copied("platform-team", folder)
    assert run(folder, "apply", ".", *AZURE, "--auto-approve").returncode == 0
    assert run(folder, "sandbox", "advance", ESTATE, "1d").returncode == 0
    return folder


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The same sample, not applied yet."""
    copied("platform-team", tmp_path)
    return tmp_path


def document(folder: Path, schema: str, *arguments: str) -> Any:
    """The JSON that a verb prints, checked against its schema."""
    done = run(folder, *arguments, *AZURE, "--format", "json")
    found = json.loads(done.stdout)
    jsonschema.Draft202012Validator(json.loads(schema_text(schema))).validate(found)
    return found


def nameless(value: Any) -> Iterator[Any]:
    """The parts of a document that have an address or a disk's id, and no short name beside it."""
    if isinstance(value, dict):
        subject = value.get("address") or value.get("disk")
        if isinstance(subject, str) and not value.get("name"):
            yield value
        for inner in value.values():
            yield from nameless(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nameless(inner)


@pytest.mark.parametrize(
    ("schema", "arguments"),
    [
        ("plan", ("plan", ".")),
        ("drift", ("drift", ".")),
        ("status", ("status", ".")),
        ("coverage", ("coverage", ".")),
        ("jobs", ("jobs", "list", ".", "--since", "2d")),
        ("jobs", ("jobs", "list", "--all", "--since", "2d")),
        ("recovery-points", ("recovery-points", ".", "--limit", "1")),
        ("backup", ("backup", ".", "--disk", "sql-*", "--dry-run")),
        ("export", ("export", "11111111-1111-1111-1111-111111111111")),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else given,
)
def test_documents_have_a_name_beside_every_address(applied: Path, schema: str, arguments: tuple[str, ...]) -> None:
    found = document(applied, schema, *arguments)
    assert list(nameless(found)) == []
    if schema in ("status", "coverage", "recovery-points"):
        names = {row["name"]: row["disk"] for row in found["disks"]}
        assert names[SQL].lower() == SQL_ID.lower()


def test_what_is_planned_and_done_has_names(sample: Path) -> None:
    planned = document(sample, "plan", "plan", ".")
    assert list(nameless(planned)) == []
    named = {row["name"]: row["address"] for row in planned["changes"]}
    assert named[f"disk/{SQL}"] == f"disk/{SQL_ID.lower()}"
    assert "group/platform/backup-westus-rg" in named
    done = document(sample, "apply", "apply", ".", "--auto-approve")
    assert list(nameless(done)) == []
    assert {row["name"] for row in done["results"]} == set(named)


def test_a_saved_plan_without_names_is_applied(sample: Path) -> None:
    """Plans that were saved before documents had names have none."""
    assert run(sample, "plan", ".", *AZURE, "--out", "plan.json").returncode == 0
    saved = json.loads((sample / "plan.json").read_text(encoding="utf-8"))

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            kept = {key: without(inner) for key, inner in value.items()}
            if "addresses" in kept:
                del kept["names"]
            if "address" in kept:
                del kept["name"]
            return kept
        return list(map(without, value)) if isinstance(value, list) else value

    old = without(saved)
    assert old != saved
    (sample / "plan.json").write_text(json.dumps(old), encoding="utf-8")
    done = run(sample, "apply", "plan.json", ".", *AZURE)
    assert done.returncode == 0, done


FORMS = [
    SQL_ID,
    f"disk/{SQL_ID.lower()}",
    f"disk/{SQL}",
    SQL,
    SQL.upper(),
    "payments-westus/sql-003",
    "sql-003",
    "22222222-2222-2222-2222-222222222222/payments-westus/sql-003",
    "disk/22222222-2222-2222-2222-222222222222/payments-westus/sql-003",
    "*/sql-003",
    "sql-00[3]",
]


@pytest.mark.parametrize("typed", FORMS)
def test_every_form_of_a_disk_is_taken_by_verbs_that_read(applied: Path, typed: str) -> None:
    points = document(applied, "recovery-points", "recovery-points", ".", "--disk", typed, "--limit", "1")
    assert [row["name"] for row in points["disks"]] == [SQL]
    jobs = document(applied, "jobs", "jobs", "list", ".", "--disk", typed)
    assert {row["name"] for row in jobs["jobs"]} == {SQL}
    backups = document(applied, "backup", "backup", ".", "--disk", typed, "--dry-run")
    assert [row["name"] for row in backups["backups"]] == [SQL]


VAULT = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/backup-westus-rg/providers/Microsoft.DataProtection/backupVaults/backup-westus"


@pytest.mark.parametrize(
    "typed",
    [
        VAULT,
        "vault/backup-westus",
        "backup-westus",
        "backup-westu?",
        "platform/backup-westus-rg/backupVaults/backup-westus",
        "backupVaults/backup-westus",
        "11111111-1111-1111-1111-111111111111/backup-westus-rg/backupVaults/BACKUP-WESTUS",
    ],
)
@pytest.mark.parametrize("of", [".", "--all"])
def test_every_form_of_a_vault_is_taken(applied: Path, typed: str, of: str) -> None:
    jobs = document(applied, "jobs", "jobs", "list", of, "--vault", typed)["jobs"]
    assert {row["vault"].lower() for row in jobs} == {VAULT.lower()}


def test_jobs_of_a_name_that_nothing_has_are_none_and_near_misses_are_named(applied: Path) -> None:
    done = run(applied, "jobs", "list", ".", *AZURE, "--disk", "payments-westus/sql-03")
    assert (done.returncode, done.stdout.startswith("0 jobs.\n")) == (0, True)
    assert "did you mean payments-westus/sql-003" in done.stderr


def test_a_disk_that_nothing_is_called_is_an_error_that_names_near_misses(applied: Path) -> None:
    for arguments in (
        ("recovery-points", ".", "--disk", "payments-westus/sqll-003"),
        ("backup", ".", "--disk", "payments-westus/sqll-003"),
        ("restore", ".", "payments-westus/sqll-003", "--to", "snapshots-westus", "--auto-approve"),
        ("move", ".", "payments-westus/sqll-003", "--auto-approve"),
        ("plan", ".", "--only", "payments-westus/sqll-003"),
    ):
        done = run(applied, *arguments, *AZURE)
        told = " ".join((done.stdout + done.stderr).split())
        assert (done.returncode, "did you mean payments-westus/sql-003" in told) == (1, True), (arguments, told)


def test_a_name_of_several_disks_is_an_error_that_lists_them(sample: Path) -> None:
    """Two disks of one name, in two resource groups."""
    estate = sample / ESTATE
    twin = "          - {name: sql-003, tags: {backup: gold}}\n"
    text = estate.read_text(encoding="utf-8")
    marker = "          - {name: eu-app, count: 4, tags: {backup: silver}}\n"
    assert marker in text
    estate.write_text(text.replace(marker, marker + twin), encoding="utf-8")
    assert run(sample, "apply", ".", *AZURE, "--auto-approve").returncode == 0
    assert run(sample, "sandbox", "advance", ESTATE, "1d").returncode == 0
    for arguments in (
        ("recovery-points", ".", "--disk", "sql-003"),
        ("jobs", "list", ".", "--disk", "sql-003"),
        ("backup", ".", "--disk", "sql-003"),
        ("restore", ".", "sql-003", "--to", "snapshots-westus", "--auto-approve"),
        ("move", ".", "sql-003", "--auto-approve"),
        ("plan", ".", "--only", "sql-003"),
    ):
        done = run(sample, *arguments, *AZURE)
        told = " ".join((done.stdout + done.stderr).split())
        both = "payments/payments-westeurope/sql-003" in told.lower() and SQL in told.lower()
        assert (done.returncode, both, "/subscriptions/" in told) == (1, True, False), (arguments, told)


def ignoring(folder: Path, address: str) -> None:
    """Have the manifest ignore an address."""
    entry = f"apiVersion: reconciler/v1\nignore:\n  - {{address: {json.dumps(address)}, reason: test}}\n"
    (folder / "ignored.yaml").write_text(entry, encoding="utf-8")


@pytest.mark.parametrize("address", [f"disk/{SQL_ID.lower()}", f"disk/{SQL}", "disk/*/sql-003", f"disk/{SQL.upper()}"])
def test_ignore_takes_whole_addresses_in_either_form(sample: Path, address: str) -> None:
    ignoring(sample, address)
    planned = document(sample, "plan", "plan", ".")
    assert f"disk/{SQL}" not in {row["name"] for row in planned["changes"]}
    assert "ignores-nothing" not in {row["code"] for row in planned["findings"]}


def test_ignore_takes_no_bare_name(sample: Path) -> None:
    ignoring(sample, "sql-003")
    done = run(sample, "validate", ".")
    assert done.returncode == 1
    assert "write all of it, disk/<subscription>/<group>/sql-003, or a pattern such as disk/*/sql-003" in done.stderr


@pytest.mark.parametrize(
    "address",
    ["disk/payments/payments-westus/sqll-003", "disk/payments/*/sqll-003", "vault/nobody", "group/payments/nowhere"],
)
def test_an_ignored_address_that_nothing_has_is_told(sample: Path, address: str) -> None:
    """The names of subscriptions are in Azure, so that only a plan can tell."""
    ignoring(sample, address)
    assert run(sample, "validate", ".").returncode == 0
    (idle,) = [row for row in document(sample, "plan", "plan", ".")["findings"] if row["code"] == "ignores-nothing"]
    assert (idle["severity"], idle["address"], idle["place"]["file"]) == ("warning", address, "ignored.yaml")


@pytest.mark.parametrize("typed", ["monthly", "drill/monthly", "DRILL/Monthly"])
def test_a_drill_is_taken_by_its_name_and_its_address(typed: str) -> None:
    drills = 'drills: [{name: monthly, targetResourceGroup: a, maxAge: "30d"}, {name: other, targetResourceGroup: a, maxAge: "30d"}]'
    text = f"apiVersion: reconciler/v1\nname: m\nvaults: []\npolicies: []\n{drills}\n"
    manifest = compile_manifest({"m.yaml": text.encode()}, lambda *_: {})
    assert [one.name for one in chosen(manifest, [typed])] == ["monthly"]
    assert [one.name for one in chosen(manifest, [])] == ["monthly", "other"]


ROLE = f"role/backup-westus/disk-backup-reader@{SQL}"


def test_the_address_of_a_role_assignment_or_a_drill_of_one_disk_names_that_disk(applied: Path) -> None:
    (about,) = {row["name"] for row in document(applied, "explain", "explain", SQL)["backups"]["roles"]} & {ROLE}
    for typed in (about, f"role/backup-westus/disk-backup-reader@\u200b{SQL}", f"drill/monthly/{SQL}"):
        points = document(applied, "recovery-points", "recovery-points", ".", "--disk", typed, "--limit", "1")
        assert [row["name"] for row in points["disks"]] == [SQL], typed
        jobs = document(applied, "jobs", "jobs", "list", ".", "--disk", typed)
        assert {row["name"] for row in jobs["jobs"]} == {SQL}
    assert document(applied, "explain", "explain", f"drill/monthly/{SQL}")["name"] == f"disk/{SQL}"


def test_every_role_assignment_that_explain_prints_can_be_explained(applied: Path) -> None:
    for row in document(applied, "explain", "explain", SQL)["backups"]["roles"]:
        assert document(applied, "explain", "explain", row["name"])["address"] == row["address"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("vault/backup-westus", "a vault"),
        ("policy/backup-westus/gold", "a policy"),
        ("group/payments/payments-westus", "a resource group"),
        (
            "role/backup-westus/disk-snapshot-contributor@payments/snapshots-westus",
            "a role assignment that isn't at a disk",
        ),
    ],
)
def test_an_address_of_no_disk_is_refused_in_words(applied: Path, typed: str, said: str) -> None:
    for arguments in (
        ("recovery-points", ".", "--disk", typed),
        ("backup", ".", "--disk", typed, "--dry-run"),
        ("jobs", "list", ".", "--disk", typed),
        ("restore", ".", typed, "--to", "snapshots-westus", "--auto-approve"),
        ("move", ".", typed, "--auto-approve"),
    ):
        done = run(applied, *arguments, *AZURE)
        told = " ".join((done.stdout + done.stderr).split())
        assert (done.returncode, f"this is the address of {said}: name a disk" in told) == (1, True), (arguments, told)


@pytest.mark.parametrize("form", ["address", "name"])
def test_every_address_that_a_plan_prints_can_be_ignored(sample: Path, form: str) -> None:
    changes = document(sample, "plan", "plan", ".")["changes"]
    kinds = {row["kind"]: row for row in changes}
    assert set(kinds) == {"group", "vault", "policy", "role", "disk"}
    for row in changes:
        if row["kind"] in ("role", "disk") or row is kinds[row["kind"]]:
            kinds[row["address"]] = row
    entries = [{"address": row[form], "reason": "test"} for row in kinds.values()]
    text = f"apiVersion: reconciler/v1\nignore: {json.dumps(entries)}\n"
    (sample / "ignored.yaml").write_text(text, encoding="utf-8")
    later = document(sample, "plan", "plan", ".")
    assert not {row["address"] for row in later["changes"]} & {row["address"] for row in kinds.values()}
