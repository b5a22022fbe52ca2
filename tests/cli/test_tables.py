"""Tables of the command: rows of one name told apart, `--columns`, `--sort`, `--summary`, and what is wrong with them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from arm import APPS, PLATFORM, disk, disk_id, group
from forging import Azure, Done, applied
from installed import environment
from manifests import disk as entry
from manifests import manifest

from samples import copied

Forged = Callable[..., AbstractContextManager[Azure]]
PLACES = ((APPS, "diskrg"), (APPS, "otherrg"), (PLATFORM, "diskrg"))
SAMPLE = Path(__file__).parents[2] / "samples" / "quickstart"
VERBS = ("status", "coverage", "jobs list", "recovery-points")


@pytest.fixture
def azure(forged: Forged) -> Iterator[Azure]:
    """Three disks called data, one of which is not declared, and a single one; a day later."""
    estate = applied(
        manifest(
            disks=[entry("data"), entry("data", id=disk_id("data", "otherrg")), entry("sql-001")],
            excluded=[{"id": disk_id("data", "diskrg", PLATFORM), "reason": "a cache"}],
        ),
        [group(*place) for place in PLACES],
        [disk("data", name, subscription) for subscription, name in PLACES],
        disk("sql-001"),
    )
    with forged(estate.aged("1d"), clock="virtual") as opened:
        yield opened


def rows(done: Done, head: str = "state") -> list[list[str]]:
    """The words of each row below the last heading that begins with this column."""
    lines = done.out.splitlines()
    at = max(number for number, line in enumerate(lines) if line.startswith("  ") and line.split()[0] == head)
    return [line.split() for line in lines[at + 1 : lines.index("", at)]]


@pytest.mark.parametrize("width", ["80", "200"])
def test_disks_of_one_name_are_told_apart_as_they_may_be_typed(azure: Azure, width: str) -> None:
    done = azure.run("status", env={"COLUMNS": width})
    shown = [row[2] for row in rows(done)]
    assert sorted(shown) == ["diskrg/data", "otherrg/data", "sql-001"]
    assert max(map(len, done.out.splitlines())) <= int(width)
    for name in shown:
        assert azure.run("recovery-points", "--disk", name).out.count(f"{name}:\n") == 1


def test_a_file_gets_plain_text_at_a_hundred_columns(azure: Azure) -> None:
    told = {width: azure.run("status", env={"COLUMNS": width}).out for width in ("", "100", "120")}
    assert "\x1b" not in told[""]
    assert told[""] == told["100"] != told["120"]


def test_columns_come_as_they_were_asked_for_and_sorted(azure: Azure) -> None:
    done = azure.run("status", "--columns", "subscription, Group,disk", "--sort", "-disk")
    assert rows(done, "subscription") == [
        [APPS, "diskrg", "sql-001"],
        [APPS, "otherrg", "otherrg/data"],
        [APPS, "diskrg", "diskrg/data"],
    ]
    page = azure.run("status", "--columns", "disk,last_job", "--sort", "disk", "--format", "markdown")
    assert "| disk | last job |" in page.out


def test_a_value_that_is_missing_sorts_last_either_way(azure: Azure) -> None:
    azure.delete("*/backupInstances/sql-001*")
    for sign in ("", "-"):
        done = azure.run("status", "--columns", "disk,age", "--sort", f"{sign}age")
        assert rows(done, "disk")[-1] == ["sql-001", "-"]


def test_coverage_tells_why_and_where(azure: Azure) -> None:
    done = azure.run("coverage", "--columns", "state,disk,why,size", "--sort", "size")
    (row,) = rows(done)
    assert row == ["-", "excluded", f"{PLATFORM}/diskrg/data", "a", "cache", "128", "GB"]


def test_jobs_and_points_have_columns(azure: Azure) -> None:
    jobs = rows(azure.run("jobs list", "--columns", "disk,status", "--sort", "disk"), "disk")
    assert [row[0] for row in jobs] == sorted(row[0] for row in jobs)
    points = rows(azure.run("recovery-points", "--disk", "sql-001", "--columns", "taken", "--sort", "taken"), "taken")
    assert points == sorted(points)
    assert len(points) > 1


def test_the_summary_is_a_few_lines_and_leaves_the_document_as_it_is(azure: Azure) -> None:
    done = azure.run("status", "--summary")
    assert len(done.out.splitlines()) < 10
    assert rows(done, "policy") == [["TestBkpVault/diskBkpPolicy", "3", "3"]]
    assert "Status: 3 ok of 3 disks." in done.out
    whole, brief = (azure.run("status", *words, "--format", "json").document for words in ((), ("--summary",)))
    assert [one["disk"] for one in whole["disks"]] == [one["disk"] for one in brief["disks"]]


def test_the_summary_ends_as_the_status_does(azure: Azure) -> None:
    azure.delete("*/disks/sql-001")
    assert azure.run("status", "--summary").code == azure.run("status").code == 2


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("--columns", "dsk"), "Unknown column for `--columns`: 'dsk'", "the columns are"),
        (("--columns", "nothing,disk"), "Unknown column for `--columns`: 'nothing'", "the columns are"),
        (("--columns", " , "), "`--columns` has no value", "all shows each"),
        (("--sort", "-nothing"), "Unknown column for `--sort`: 'nothing'", "the columns are"),
        (("--sort", ""), "Unknown column for `--sort`: ''", "the columns are"),
    ],
)
def test_a_column_that_there_is_not_is_told_before_anything_is_asked(
    azure: Azure, verb: str, words: tuple[str, ...], message: str, hint: str
) -> None:
    done = azure.run(verb, *words)
    assert (done.code, done.out, done.requests) == (1, "", [])
    assert done.err.startswith(f"error[usage]: {message}\nhint: ")
    assert hint in done.err or "did you mean" in done.err


@pytest.mark.parametrize("words", [("--sort", "age"), ("--columns", "disk")])
def test_a_summary_has_neither_columns_nor_order(azure: Azure, words: tuple[str, ...]) -> None:
    done = azure.run("status", "--summary", *words)
    assert (done.code, done.requests) == (1, [])
    assert done.err.startswith(
        "error[usage]: `--summary` does not go with `--columns` and `--sort`\nhint: leave it out"
    )


def test_a_similar_column_is_suggested(azure: Azure) -> None:
    assert (
        "hint: did you mean last-job? The columns are state, disk, age," in azure.run("status", "--sort", "lastjob").err
    )


@pytest.mark.parametrize(
    ("words", "is_loaded"),
    [(("plan",), False), (("status", "--format", "json"), False), (("status",), True)],
)
def test_only_a_table_that_is_printed_needs_rich(tmp_path: Path, words: tuple[str, ...], is_loaded: bool) -> None:
    copied("quickstart", tmp_path / "q")
    verb, *rest = words
    program = (
        "import sys; from reconciler.cli.main import run;"
        f"run([{verb!r}, 'q', '--sandbox', 'q/azure.estate.yaml', *{rest!r}]);"
        "print(any(name.split('.')[0] == 'rich' for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == str(is_loaded)
