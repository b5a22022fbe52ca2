"""What CI systems read: the same notices as SARIF, as a code quality report, and as marks on lines."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from externals import of_npm
from jsonschema import Draft7Validator

from reconciler.model.addresses import Address
from reconciler.model.changes import Change, Kind
from reconciler.model.codes import errors as error_codes
from reconciler.model.findings import Finding, Place, Severity
from reconciler.model.plan import Plan
from reconciler.model.results.drift import Drift
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.model.short_names import ShortNames
from reconciler.report.annotations import LIMIT, azure, github, left_out
from reconciler.report.notices import Base, Notice, of_drift, of_findings, of_outcome, of_plan
from reconciler.report.scanning import code_quality, rule, sarif

BASE = Base("infra/backup", "backup.yaml")
HOSTILE = (
    "::error::x\n##vso[task.complete result=Failed]y ##[error]z\r%0A,;]: [a](http://evil) @team <script>\x1b[2J\u202e"
)

CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./|/)."},
                    "lines": {"required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}
"""As GitLab's documentation of its code quality report describes it.

GitLab itself holds each entry to app/validators/json_schemas/codeclimate.json of its repository, which no package of
PyPI, npm or Debian was found to carry; it asks for less: three texts (description, fingerprint, severity), a location,
and a number for the line. Entries with equal fingerprints replace each other there.
"""


def finding(number: int = 0, severity: Severity = Severity.ERROR, **more: str) -> Finding:
    return Finding("unknown-key", severity, f"m{number}", "h", place=Place("teams/a.yaml", number + 1, 3), **more)


def findings(count: int, severity: Severity = Severity.ERROR) -> list[Finding]:
    return [finding(number, severity) for number in range(count)]


def hostile() -> tuple[Notice, ...]:
    said = Finding(HOSTILE, Severity.ERROR, HOSTILE, HOSTILE, Address(HOSTILE), Place(HOSTILE, 1, 1))
    return of_findings([said], BASE)


def test_places_are_relative_to_the_repository() -> None:
    (inside, above, nowhere) = of_findings(
        [finding(), replace(finding(), place=Place("../common/p.yaml", 4, 2)), replace(finding(), place=None)], BASE
    )
    assert (inside.path, inside.line, inside.column) == ("infra/backup/teams/a.yaml", 1, 3)
    assert above.path == "infra/common/p.yaml"
    assert (nowhere.path, nowhere.line) == ("infra/backup/backup.yaml", 1)
    assert Base("", "backup.yaml").path(None) == "backup.yaml"


def test_a_fingerprint_outlives_lines_and_words_and_is_had_by_one_notice_only() -> None:
    at = replace(finding(), address=Address("disk/a"))
    (one,), (moved,) = of_findings([at], BASE), of_findings([replace(at, place=Place("teams/a.yaml", 99, 1))], BASE)
    assert one.fingerprint == moved.fingerprint
    assert one.fingerprint == replace(one, message="in other words").fingerprint
    others = [replace(one, code="x"), replace(one, path="y"), replace(one, address=Address("disk/b"))]
    assert len({one.fingerprint, *(other.fingerprint for other in others)}) == 4
    told = json.loads(code_quality((one, one, one)))
    assert len({row["fingerprint"] for row in told}) == 3


def test_what_matters_most_comes_first() -> None:
    mixed = [finding(1, Severity.INFO), finding(2, Severity.WARNING), finding(3), finding(4, Severity.WARNING)]
    assert [one.message for one in of_findings(mixed, BASE)] == ["m3", "m2", "m4", "m1"]


def test_a_plan_tells_findings_and_closed_gates_but_no_changes(plan: Plan) -> None:
    assert [one.code for one in of_plan(plan, BASE)] == ["gate-empty", "orphaned"]


def test_drift_tells_each_change_by_its_class(plan: Plan) -> None:
    told = {one.code: one.severity for one in of_drift(Drift(plan, ("changed-outside",)), BASE)}
    assert told["drift-changed-outside"] is Severity.WARNING
    assert told["drift-not-yet-applied"] is Severity.INFO
    assert {one.line for one in of_drift(Drift(plan), BASE) if one.code == "drift-changed-outside"} == {33}


def test_an_outcome_tells_what_is_not_done(plan: Plan) -> None:
    address = plan.changes[1].address
    results = (
        Result(address, Kind.DISK, None, Status.FAILED, "no", "UserErrorX", "do"),
        Result(Address("disk/b"), Kind.DISK, None, Status.SKIPPED, because="the vault failed"),
        Result(Address("disk/c"), Kind.DISK, None, Status.DONE),
    )
    failed, skipped = of_outcome(Outcome(results), plan, BASE)
    assert (failed.code, failed.message, failed.line) == ("apply-failed", "UserErrorX: no", 33)
    assert (skipped.code, skipped.message, skipped.severity) == (
        "apply-skipped", "the vault failed", Severity.WARNING,
    )  # fmt: skip


@pytest.mark.parametrize(
    "code", ["unknown-key", "orphan", "gate-empty", "drift-unhealthy", "apply-skipped", "no-such-path"]
)
def test_every_code_has_a_rule(code: str) -> None:
    assert rule(code).meaning.endswith(".")
    assert rule(code).hint


def test_the_rule_of_an_error_says_what_the_reference_says() -> None:
    assert rule("no-such-path") == error_codes.NO_SUCH_PATH


# SARIF


@pytest.mark.external
def test_sarif_is_valid_by_its_published_schema(plan: Plan) -> None:
    schema = json.loads(of_npm("@microsoft", "jest-sarif", "lib", "schemas", "sarif-2.1.0-rtm.5.json").read_text())
    check = Draft7Validator(schema)
    for notices in ((), of_plan(plan, BASE), of_drift(Drift(plan), BASE), of_findings(findings(30), BASE), hostile()):
        check.validate(json.loads(sarif(notices, limit=20)))


def test_sarif_has_stable_rules_places_and_fingerprints(plan: Plan) -> None:
    (run,) = json.loads(sarif(of_drift(Drift(plan), BASE)))["runs"]
    rules = [one["id"] for one in run["tool"]["driver"]["rules"]]
    assert rules == sorted(set(rules))
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        location = result["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uri"] == "infra/backup/backup.yaml"
        assert re.fullmatch(r"[0-9a-f]{64}:1", result["partialFingerprints"]["primaryLocationLineHash"])


def test_sarif_is_cut_and_says_so() -> None:
    (run,) = json.loads(sarif(of_findings(findings(12), BASE), limit=10))["runs"]
    assert len(run["results"]) == 10
    told = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert told == "2 more results were left out"


def test_sarif_has_no_links_of_others_and_paths_are_uris() -> None:
    (result,) = json.loads(sarif(hostile()))["runs"][0]["results"]
    assert r"\[a\](http://evil)" in result["message"]["text"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[\w./%~-]+", uri)


# GitLab


def test_code_quality_is_as_gitlab_describes_it(plan: Plan) -> None:
    for notices in ((), of_plan(plan, BASE), of_drift(Drift(plan), BASE), of_findings(findings(3), BASE), hostile()):
        rows = json.loads(code_quality(notices))
        Draft7Validator(CODE_QUALITY).validate(rows)
        assert len({row["fingerprint"] for row in rows}) == len(rows) == len(notices)


# Annotations


def test_github_marks_the_line() -> None:
    (line,) = github(of_findings([replace(finding(6), address=Address("disk/a:b"))], BASE))
    assert line == "::error file=infra/backup/teams/a.yaml,line=7,col=3,title=unknown-key disk/a%3Ab::m6%0Ahint: h"


def test_azure_marks_the_line() -> None:
    (line,) = azure(of_findings([replace(finding(6), address=Address("disk/a"), message="100% x; ]")], BASE))
    assert line == (
        "##vso[task.logissue type=error;sourcepath=infra/backup/teams/a.yaml;linenumber=7;columnnumber=3;"
        "code=unknown-key;]disk/a: 100%AZP25 x; ]%0Ahint: h"
    )


def test_the_first_ten_of_a_kind_are_marked() -> None:
    notices = of_findings([*findings(12), *findings(11, Severity.WARNING), *findings(3, Severity.INFO)], BASE)
    kinds = [line.split(" ", 1)[0] for line in github(notices)]
    assert (kinds.count("::error"), kinds.count("::warning"), kinds.count("::notice")) == (LIMIT, LIMIT, 3)
    assert left_out(notices) == 3
    kinds = [line.split(";", 1)[0] for line in azure(notices)]
    assert len(kinds) == 2 * LIMIT


def test_foreign_text_adds_no_command_and_breaks_out_of_none() -> None:
    (line,) = github(hostile())
    assert line.isprintable()
    assert line.count("::error ") == 1
    properties = line.removeprefix("::error ").split("::", 1)[0]
    assert [one.partition("=")[0] for one in properties.split(",")] == ["file", "line", "col", "title"]
    assert "##vso[" not in line
    (line,) = azure(hostile())
    assert line.isprintable()
    assert line.count("##vso[") == 1
    properties = line.removeprefix("##vso[task.logissue ").split("]", 1)[0]
    assert [one.partition("=")[0] for one in properties.split(";")] == [
        "type", "sourcepath", "linenumber", "columnnumber", "code", "",
    ]  # fmt: skip


def test_short_names_are_shown_and_whole_addresses_identify(change: Change, plan: Plan) -> None:
    """Renaming a subscription makes no finding new."""
    named = replace(plan, gates=(), findings=(), changes=(change,), names=ShortNames({"s2": "payments"}))
    (one,), (before,) = of_drift(Drift(named), BASE), of_drift(Drift(replace(named, names=ShortNames())), BASE)
    assert one.address == before.address == change.address
    assert one.fingerprint == before.fingerprint
    assert one.sentence.startswith("disk/payments/diskrg/pstestdisk: ")
    (line,) = github([one])
    assert ",title=drift-changed-outside disk/payments/diskrg/pstestdisk::" in line
    (line,) = azure([one])
    assert "]disk/payments/diskrg/pstestdisk: " in line
    (result,) = json.loads(sarif([one]))["runs"][0]["results"]
    assert result["message"]["text"] == one.sentence
    (entry,) = json.loads(code_quality([one]))
    assert (entry["description"], entry["fingerprint"]) == (one.sentence, before.fingerprint)
