"""A drill's copy is checked by the user's own program: its exit code is the verdict, told everywhere that a drill is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from arm import APPS, group
from forging import Azure, Done, disks, edits, quickstart
from installed import is_gone

Forged = Callable[..., Any]
SCRATCH = group(APPS, "drillrg")
DRILL = {"name": "monthly", "targetResourceGroup": "drillrg", "maxAge": "30d"}
SCHEMAS = Path(__file__).parents[2] / "schemas"
AUDIT = ("--audit", "audit.jsonl")


def drilling(*command: str, estate: Any = None, timeout: str = "1m", **said: Any) -> Any:
    """An estate whose drill has its copies checked by a command."""
    verify = {"command": list(command), "timeout": timeout}
    return (estate or quickstart()).aged("1d").saying(drills=[{**DRILL, "verify": verify, **said}])


def drill(azure: Azure, *words: str, **options: Any) -> Done:
    azure.put(SCRATCH["id"], SCRATCH)
    return azure.run("drill", "--auto-approve", "--format", "json", *AUDIT, *words, **options)


def copies(azure: Azure) -> list[str]:
    return list(azure.ids("*/drillrg/providers/Microsoft.Compute/disks/*"))


def tags(azure: Azure) -> dict[str, str]:
    (instance,) = azure.show("*/backupInstances/*")
    return {key: value for key, value in instance["tags"].items() if key in TAGS}


TAGS = ("reconciler-proven", "reconciler-drill-failed")


def audited(azure: Azure) -> list[dict[str, Any]]:
    """The records of the audit file, each as the schema has it."""
    schema = json.loads((SCHEMAS / "audit.schema.json").read_text(encoding="utf-8"))
    records = [json.loads(line) for line in (azure.folder / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
    for record in records:
        jsonschema.validate(record, schema)
    return records


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    (found,) = rows
    return found


def trial(azure: Azure, done: Done) -> dict[str, Any]:
    """What the document tells, which is what the audit file tells."""
    jsonschema.validate(done.document, json.loads((SCHEMAS / "operation.schema.json").read_text(encoding="utf-8")))
    told = only(done.document["trials"])
    record = [one for one in audited(azure) if one["record"] == "drill"][-1]
    assert {key: told[key] for key in record.keys() & told.keys() - {"address"}} == {
        key: record[key] for key in record.keys() & told.keys() - {"address"}
    }
    assert record["address"] == told["address"]
    return told


def test_a_copy_that_passes_is_a_proof_with_its_times(forged: Forged) -> None:
    seen = "env | grep ^RECONCILER_ | sort > seen; sleep 0.3"
    with forged(drilling("sh", "-c", seen), clock="virtual") as azure:
        done = drill(azure)
        assert done.code == 0, done
        told = trial(azure, done)
        assert (told["verdict"], told["code"], told["exit_code"]) == ("passed", "", 0)
        assert "/backupJobs/" in told["job"]
        assert told["began"] < told["restored"] <= told["verified"]
        assert 0 < told["seconds_to_restored"] <= told["seconds_to_verified"] <= told["seconds_to_restored"] + 30
        assert set(tags(azure)) == {"reconciler-proven"}
        assert copies(azure) == []
        found = dict(line.split("=", 1) for line in (azure.folder / "seen").read_text().splitlines())
        (instance,) = azure.show("*/backupInstances/*")
        assert found == {
            "RECONCILER_DRILL": "monthly",
            "RECONCILER_COPY_ID": told["copy"],
            "RECONCILER_COPY_NAME": told["copy"].rpartition("/")[2],
            "RECONCILER_COPY_SIZE_GIB": "128",
            "RECONCILER_SOURCE_ID": instance["properties"]["dataSourceInfo"]["resourceID"],
            "RECONCILER_POINT_ID": told["recovery_point"],
            "RECONCILER_POINT_TIME": told["taken"],
        }


def test_the_audit_file_knows_before_the_tag_is_written(forged: Forged) -> None:
    with forged(drilling("true"), clock="virtual") as azure:
        assert drill(azure).code == 0
        told = [(one["record"], one.get("operation", "")) for one in audited(azure)]
        assert told.index(("drill", "")) < told.index(("intent", "instance.merge"))


CORRUPT = "cmp -s good.sha found.sha || { echo the ledger does not add up >&2; exit 4; }"


def test_a_planted_corruption_is_caught(forged: Forged) -> None:
    """The program finds it in the content; Azure's answers about the copy are as good as ever."""
    with forged(drilling("sh", "-c", CORRUPT), clock="virtual") as azure:
        (azure.folder / "good.sha").write_text("9c1185a5c5e9fc54612808977ee8f548b2258d31")
        (azure.folder / "found.sha").write_text("9c1185a5c5e9fc54612808977ee8f548b2258d31")
        assert drill(azure).code == 0
        azure.advance("1h")
        (azure.folder / "found.sha").write_text("0000000000000000000000000000000000000000")
        done = drill(azure)
        assert (done.code, done.document["ok"]) == (1, False), done
        (result,) = [one for one in done.document["results"] if one["kind"] == "drill"]
        assert (result["status"], result["code"]) == ("failed", "verify-failed")
        assert "exit code 4: 'the ledger does not add up'" in result["message"]
        told = trial(azure, done)
        assert (told["verdict"], told["code"], told["exit_code"]) == ("failed", "verify-failed", 4)
        assert told["output"] == "the ledger does not add up\n"
        assert copies(azure) == []
        drift, status = (azure.run(verb, "--format", "json") for verb in ("drift", "status"))
        assert (drift.code, status.code) == (2, 2)
        assert [one["code"] for one in drift.document["findings"]] == ["drill-failed"]
        assert [one["last_proven"] for one in status.document["disks"]] == [None], "a failed drill is no proof"
        assert [one["drill_failed"] >= told["verified"] for one in status.document["disks"]] == [True]
        assert "failed 0 hours ago" in azure.run("status").out
        (azure.folder / "found.sha").write_text("9c1185a5c5e9fc54612808977ee8f548b2258d31")
        azure.advance("1h")
        assert drill(azure).code == 0
        assert azure.run("drift").code == 0


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_failed_verdict_is_read_in_every_form(forged: Forged, form: str) -> None:
    with forged(drilling("sh", "-c", "echo no file system; exit 7"), clock="virtual") as azure:
        azure.put(SCRATCH["id"], SCRATCH)
        done = azure.run("drill", "--auto-approve", "--format", form, "--report", "drill.md")
        assert done.code == 1, done
        for text in (done.out, (azure.folder / "drill.md").read_text(encoding="utf-8")):
            assert "verify-failed" in text
            assert "exit code 7: 'no file system'" in text
            assert "failed" in text
        assert "restored in" in done.out
        plan = azure.run("drill", "--auto-approve", "--format", form).text
        assert "runs `sh -c echo no file system; exit 7` to check it, for at most 1 min 0 s" in plan.replace("\\", "")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("./none.sh",), "verify-not-started"),
        (("no-such-program",), "verify-not-started"),
        (("./data.txt",), "verify-not-started"),
    ],
)
def test_without_the_program_nothing_is_restored(forged: Forged, command: tuple[str, ...], code: str) -> None:
    with forged(drilling(*command), clock="virtual") as azure:
        (azure.folder / "data.txt").write_text("no program")
        done = drill(azure)
        assert (done.code, code in done.text) == (1, True), done
        assert "trials" not in done.document
        assert not [one for one in done.writes if "/restore" in one.path.lower()]
        assert tags(azure) == {}


def test_a_program_that_hangs_is_ended_and_proves_nothing(forged: Forged) -> None:
    with forged(drilling("sleep", "300", timeout="1s"), clock="virtual") as azure:
        done = drill(azure)
        assert (done.code, "verify-unfinished" in done.text) == (1, True), done
        told = trial(azure, done)
        assert (told["verdict"], told["exit_code"]) == ("unknown", None)
        assert told["verified"]
        assert copies(azure) == []
        assert tags(azure) == {}, "nobody knows whether it is good"


def test_a_program_that_is_killed_has_no_verdict(forged: Forged) -> None:
    with forged(drilling("sh", "-c", "kill -9 $$"), clock="virtual") as azure:
        done = drill(azure)
        assert (done.code, "ended by the signal 9" in done.text) == (1, True), done
        assert (trial(azure, done)["verdict"], tags(azure)) == ("unknown", {})


def test_a_program_that_prints_secrets_shows_none(forged: Forged) -> None:
    said = "echo password=hunter22; echo Bearer abcdef; echo own-value-1; echo ::set-output name=x::y; exit 2"
    with forged(drilling("sh", "-c", said), clock="virtual") as azure:
        azure.put(SCRATCH["id"], SCRATCH)
        env = {"AZURE_CLIENT_SECRET": "own-value-1", "COLUMNS": "200"}
        words = ("drill", "--auto-approve", "--report", "drill.md", "--report", "drill.json", *AUDIT)
        text = azure.run(*words, env=env).out.partition("Failed")[2]
        document = json.loads((azure.folder / "drill.json").read_text(encoding="utf-8"))
        assert only(document["trials"])["output"].startswith("password=***\nBearer ***\n***\n")
        for name in ("drill.md", "audit.jsonl"):
            text += (azure.folder / name).read_text(encoding="utf-8").partition("Failed")[2]
        for secret in ("hunter22", "abcdef", "own-value-1", "\n::set-output", "| ::set-output"):
            assert secret not in text, text


@pytest.mark.parametrize(("keep", "kept"), [("none", 0), ("failed", 1), ("all", 1)])
def test_the_copy_of_a_failed_check_is_kept_as_the_drill_says(forged: Forged, keep: str, kept: int) -> None:
    with forged(drilling("false", keep=keep), clock="virtual") as azure:
        for _ in range(2):
            assert drill(azure).code == 1
            assert len(copies(azure)) == kept


def used(azure: Azure) -> None:
    """A machine has used the copy, for as long as the program ran."""
    moment = azure.now.isoformat()
    azure.patch("*/drillrg/providers/Microsoft.Compute/disks/*", {"properties": {"LastOwnershipUpdateTime": moment}})


def test_a_program_may_use_the_copy_and_the_drill_still_knows_it(forged: Forged) -> None:
    with forged(drilling("true", keep="all"), clock="virtual") as azure:
        assert drill(azure).code == 0
        (first,) = azure.show("*/drillrg/providers/Microsoft.Compute/disks/*")
        assert "reconciler-verified" in first["tags"]
        used(azure)
        azure.advance("2h")
        assert drill(azure).code == 0, "it was used until it was verified"
        azure.advance("2h")
        used(azure)
        done = drill(azure)
        assert (done.code, "not-ours" in done.text) == (1, True), "somebody has used it since"


def test_a_verdict_that_cannot_be_recorded_is_no_proof(forged: Forged, monkeypatch: pytest.MonkeyPatch) -> None:
    from reconciler.cli import auditing
    from reconciler.model.codes import errors as error_codes
    from reconciler.model.errors import ReconcilerError

    def full(*_: object) -> None:
        raise ReconcilerError("the disk is full", code=error_codes.UNAUDITED)

    monkeypatch.setattr(auditing.Trail, "trial", full)
    with forged(drilling("true"), clock="virtual") as azure:
        done = drill(azure)
        assert (done.code, "unaudited" in done.text) == (1, True), done
        assert tags(azure) == {}
        assert only(done.document["trials"])["verdict"] == "unknown"


def test_a_copy_that_differs_is_not_even_checked(forged: Forged) -> None:
    smaller = edits("GET */drillrg/providers/Microsoft.Compute/disks/*", {"properties.diskSizeGB": 512})
    with forged(drilling("touch", "ran"), smaller, clock="virtual") as azure:
        done = drill(azure)
        assert (done.code, trial(azure, done)["code"]) == (1, "restored-differently"), done
        assert not (azure.folder / "ran").exists()
        assert set(tags(azure)) == {"reconciler-drill-failed"}


def test_only_drill_runs_the_program(forged: Forged) -> None:
    with forged(drilling("touch", "ran"), clock="virtual") as azure:
        for verb in ("validate", "plan", "drift", "status", "coverage", "backup", "apply"):
            azure.run(verb, *(("--auto-approve",) if verb == "apply" else ()))
        assert not (azure.folder / "ran").exists()
        assert drill(azure).code == 0
        assert (azure.folder / "ran").exists()


def test_a_percentage_is_rounded_up_and_those_with_the_oldest_proof_go_first(forged: Forged) -> None:
    estate = disks(5).aged("1d").saying(drills=[{**DRILL, "sample": "30%"}])
    with forged(estate, clock="virtual") as azure:
        seen: list[set[str]] = []
        for _ in range(4):
            done = drill(azure)
            assert done.code == 0, done
            seen.append({one["source"].rpartition("/")[2] for one in done.document["trials"]})
            azure.advance("1h")
        assert [len(one) for one in seen] == [2, 2, 2, 2]
        assert len(seen[0] | seen[1] | seen[2]) == 5
        assert seen[3] & seen[0], "then they go round again"
        assert azure.run("drift").code == 0


@pytest.mark.long
@pytest.mark.parametrize("signals", [1, 2])
def test_an_interrupt_ends_the_program_and_the_next_run_deletes_the_copy(forged: Forged, signals: int) -> None:
    interrupting = "; sleep 1; ".join(["kill -INT $PPID"] * signals)
    stubborn = f"trap '' TERM; echo $$ > own; {interrupting}; sleep 300 & wait; sleep 300"
    with forged(drilling("sh", "-c", stubborn)) as azure:
        done = drill(azure, timeout=300)
        assert done.code == 130, done
        assert is_gone(int((azure.folder / "own").read_text()))
        if signals == 1:
            assert [one["verdict"] for one in audited(azure) if one["record"] == "drill"] == ["unknown"]
        assert len(copies(azure)) == 1
        azure.declare(drilling("true").manifest)
        done = drill(azure, timeout=300)
        assert done.code == 0, done
        assert copies(azure) == []
