"""The package as a library: typed, quiet, and the same as the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from installed import environment

import reconciler
from reconciler import apply, connect, drift, load, options, plan
from reconciler.errors import ManifestError, Refused, StalePlan, UsageError
from samples import copied

TYPED = """
from reconciler import apply, connect, drift, load, options, plan

manifest = load("estate")
with connect(sandbox="azure.estate.yaml") as azure:
    found = plan(manifest, azure, options(prune=True, only=["disk/*"]))
    reveal_type(found.summary.add)
    reveal_type(apply(manifest, azure, checksum=found.checksum).ok)
    reveal_type(apply(manifest, azure, approve="additions").rest.checksum)
    reveal_type(drift(manifest, azure).exit_code)
"""


@pytest.fixture
def estate(samples: Path, tmp_path: Path) -> Path:
    return copied("quickstart", tmp_path / "estate")


def test_the_whole_story(estate: Path, capfd: pytest.CaptureFixture[str]) -> None:
    manifest = load(estate)
    with connect(sandbox=estate / "azure.estate.yaml") as azure:
        found = plan(manifest, azure)
        assert (found.summary.add, found.summary.change, found.summary.destroy) == (7, 0, 0)
        assert drift(manifest, azure).exit_code == 2
        outcome = apply(manifest, azure, checksum=found.checksum)
        assert outcome.ok
        assert outcome.added == 7
        assert drift(manifest, azure).exit_code == 0
    with connect(sandbox=estate / "azure.estate.yaml") as azure:
        assert plan(manifest, azure).changes == ()
    assert capfd.readouterr() == ("", "")


def test_what_was_not_approved_is_not_done(estate: Path) -> None:
    with connect(sandbox=estate / "azure.estate.yaml") as azure, pytest.raises(StalePlan, match="Nothing was written"):
        apply(load(estate), azure, checksum="0" * 64)


def tagged(estate: Path, key: str) -> None:
    """The vault gets a declared tag, which is no addition."""
    text = (estate / "backup.yaml").read_text()
    (estate / "backup.yaml").write_text(text.replace("redundancy: LocallyRedundant", f"tags: {{{key}: us}}", 1))


def test_additions_alone(estate: Path) -> None:
    azure_file = estate / "azure.estate.yaml"
    with connect(sandbox=azure_file) as azure:
        outcome = apply(load(estate), azure, approve="additions")
        assert (outcome.results, len(outcome.rest.changes), bool(outcome.rest)) == ((), 7, True)
        assert set(outcome.rest.because) == {one.address for one in outcome.rest.changes}
        assert apply(load(estate), azure, checksum=outcome.rest.checksum).ok
        outcome = apply(load(estate), azure, approve="additions")
        assert (outcome.ok, outcome.results, bool(outcome.rest)) == (True, (), False)
        tagged(estate, "team")
        outcome = apply(load(estate), azure, approve="additions")
        assert (outcome.results, [one.kind for one in outcome.rest.changes]) == ((), ["vault"])


def test_what_stands_of_a_reviewed_plan(estate: Path) -> None:
    with connect(sandbox=estate / "azure.estate.yaml") as azure:
        reviewed = plan(load(estate), azure)
        tagged(estate, "team")
        outcome = apply(load(estate), azure, unmoved=reviewed)
        assert set(outcome.rest.because.values()) >= {"it changed since the review"}
        assert [result.kind for result in outcome.results] == ["group", "group"]
        outcome = apply(load(estate), azure, unmoved=plan(load(estate), azure))
        assert (outcome.ok, bool(outcome.rest)) == (True, False)


@pytest.mark.parametrize(
    "said",
    [
        {"approve": "everything"},
        {"approve": "additions", "checksum": "0" * 64},
        {"approve": "additions", "how": options(prune=True)},
        {"approve": "additions", "how": options(adopt=True)},
        {"approve": "additions", "how": options(allow_delete=0)},
        {"approve": "additions", "how": options(accept_irreversible=True)},
    ],
)
def test_what_contradicts_an_approval_is_refused(estate: Path, said: dict[str, Any]) -> None:
    with connect(sandbox=estate / "azure.estate.yaml") as azure, pytest.raises(UsageError):
        apply(load(estate), azure, **said)


def test_a_closed_gate_refuses(estate: Path) -> None:
    text = (estate / "backup.yaml").read_text()
    changed = text.replace("redundancy: LocallyRedundant", "softDelete: {state: AlwaysOn, retentionDays: 14}")
    (estate / "backup.yaml").write_text(changed)
    with connect(sandbox=estate / "azure.estate.yaml") as azure:
        with pytest.raises(Refused, match="irreversible"):
            apply(load(estate), azure)
        assert apply(load(estate), azure, options(accept_irreversible=True)).ok


def test_a_plan_is_made_for_the_api_version_of_its_connection(estate: Path) -> None:
    text = (estate / "backup.yaml").read_text()
    said = "costManagement: VaultLevel\n    softDelete: {state: AlwaysOn}"
    (estate / "backup.yaml").write_text(text.replace("redundancy: LocallyRedundant", said))
    for version, told in ((None, {"needs-api-version"}), ("2026-06-01", set())):
        with connect(sandbox=estate / "azure.estate.yaml", api_version=version) as azure:
            assert {finding.code for finding in plan(load(estate), azure).errors} == told


def test_what_settles_otherwise_than_declared_is_not_ok(estate: Path) -> None:
    with connect(sandbox=estate / "azure.estate.yaml") as azure:
        assert apply(load(estate), azure).ok
    text = (estate / "backup.yaml").read_text()
    (estate / "backup.yaml").write_text(text.replace("default: 7d", "default: 8d"))
    with connect(sandbox=estate / "azure.estate.yaml") as azure:
        cut = apply(load(estate), azure, timeout=20)
        assert not cut.ok
    (estate / "backup.yaml").write_text(text)
    with connect(sandbox=estate / "azure.estate.yaml") as azure:
        found = plan(load(estate), azure)
        assert found.waits
        assert not apply(load(estate), azure).ok
        assert apply(load(estate), azure).ok


@pytest.mark.parametrize(
    "said", [{"force": "mass-change"}, {"only": "disk/a"}, {"allow_delete": True}], ids=lambda said: next(iter(said))
)
def test_options_of_the_wrong_kind_are_refused(said: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        options(**said)


def test_a_class_that_there_is_none_of_never_passes_for_no_drift(estate: Path) -> None:
    with connect(sandbox=estate / "azure.estate.yaml") as azure:
        for wrong in ("unhealthy", ["unhelthy"]):
            with pytest.raises(UsageError):
                drift(load(estate), azure, fail_on=wrong)


def test_the_nightly_sample_tells_the_worst_of_several_estates(estate: Path, samples: Path) -> None:
    def nightly(*manifests: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(samples / "library" / "nightly.py"), "azure.estate.yaml", *manifests]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=estate, env=environment())

    done = nightly("backup.yaml")
    assert (done.returncode, done.stderr) == (2, "")
    assert "7 to add, 0 to change" in done.stdout
    done = nightly("missing.yaml", "backup.yaml")
    assert (done.returncode, len(done.stdout.splitlines())) == (1, 2)
    with connect(sandbox=estate / "azure.estate.yaml") as azure:
        assert apply(load(estate), azure).ok
    done = nightly("backup.yaml")
    assert (done.returncode, done.stdout) == (
        0,
        "quickstart: No drift. Azure matches the manifest. 0 to add, 0 to change\n",
    )


def test_every_problem_of_a_manifest_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: reconciler/v1\nname: x\nvaults: 1\npolicies: 2\n")
    with pytest.raises(ManifestError) as caught:
        load(tmp_path)
    assert len(caught.value.findings) == 2


def test_every_name_is_there_and_importing_costs_nothing() -> None:
    for name in reconciler.__all__:
        assert getattr(reconciler, name) is not None
    with pytest.raises(AttributeError):
        _ = reconciler.nothing
    script = (
        "import sys, reconciler; print([name for name in sys.modules if name.startswith(('azure', 'click', 'yaml'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.external
def test_the_types_are_there_for_a_type_checker(tmp_path: Path) -> None:
    api = pytest.importorskip("mypy.api", reason="mypy is in the dev extra")
    script = tmp_path / "typed.py"
    script.write_text(TYPED)
    told, _, code = api.run(
        ["--strict", "--cache-dir", str(tmp_path / "cache"), "--follow-imports", "silent", str(script)]
    )
    assert code == 0, told
    assert [line.rsplit('"', 2)[1] for line in told.splitlines() if "Revealed" in line] == ["int", "bool", "str", "int"]


def test_the_sample_script(samples: Path, estate: Path) -> None:
    command = [sys.executable, str(samples / "library" / "nightly.py"), str(estate / "azure.estate.yaml"), str(estate)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=samples.parent)
    assert (done.returncode, done.stderr) == (2, "")
    assert "quickstart: Drift: " in done.stdout


def test_it_stands_without_the_command_line() -> None:
    program = """
import sys
from reconciler import apply, connect, drift, load, options, plan
print(sorted(name for name in sys.modules if name.split(".")[0] in ("click", "rich") or "reconciler.cli" in name))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
