"""JUnit XML, by the schema of Jenkins' xUnit plugin (junit-10), the one that is published for what CI systems read.

Where xmllint and the schema are at hand reports are held to it; elsewhere a table of what we use of it has to do.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from externals import of_source, program

from reconciler.model.addresses import Address
from reconciler.model.changes import Kind
from reconciler.model.findings import Finding, Place, Severity
from reconciler.model.plan import Plan
from reconciler.model.results.drift import Drift
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.report.junit import drift_junit, outcome_junit, plan_junit, validate_junit
from reconciler.report.notices import Base

BASE = Base("infra", "backup.yaml")
ALLOWED = {
    "testsuites": ({"name", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped"}, {"testcase"}),
    "testcase": ({"name", "classname"}, {"failure", "skipped", "system-out"}),
    "failure": ({"type", "message"}, set()),
    "skipped": ({"message"}, set()),
    "system-out": (set(), set()),
}
REQUIRED = {"testsuite": {"name", "tests", "failures", "errors"}, "testcase": {"name"}}


def parsed(text: str) -> ET.Element:
    """The report, after every element was held to the schema and the counts to what is there."""
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, inner = ALLOWED[element.tag]
        assert REQUIRED.get(element.tag, set()) <= set(element.attrib) <= attributes
        assert {one.tag for one in element} <= inner
    for suite in root:
        assert suite.get("tests") == str(len(suite))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
    return root


def cases(root: ET.Element) -> dict[str, ET.Element]:
    return {case.attrib["name"]: case for case in root.iter("testcase")}


def test_a_plans_changes_pass_with_their_difference_and_its_gates_fail(plan: Plan) -> None:
    found = cases(
        parsed(plan_junit(replace(plan, expected={Address("disk/untouched", "disk"): "ProtectionConfigured"}), BASE))
    )
    assert not list(found["disk/untouched"])
    assert "+ vault/TestBkpVault" in (found["vault/TestBkpVault"].findtext("system-out") or "")
    assert found["vault/TestBkpVault"].get("classname") == "vault"
    assert found["gate-empty"].find("failure") is not None
    assert "orphaned" in (found["disk/old"].findtext("system-out") or "")


def test_drift_of_a_counted_class_fails(plan: Plan) -> None:
    found = cases(parsed(drift_junit(Drift(plan, ("changed-outside",)), BASE)))
    failed = [name for name, case in found.items() if case.find("failure") is not None]
    assert failed == [plan.changes[1].address]


def test_an_apply_tells_failed_skipped_and_done_apart(plan: Plan) -> None:
    names = [change.address for change in plan.changes]
    results = (
        Result(names[0], Kind.VAULT, None, Status.FAILED, "no", "UserErrorX", "do this"),
        Result(names[1], Kind.DISK, None, Status.SKIPPED, because="the vault failed"),
        Result(names[2], Kind.POLICY, None, Status.DONE),
    )
    found = cases(parsed(outcome_junit(Outcome(results), plan, BASE)))
    failure = found[names[0]].find("failure")
    assert failure is not None
    assert failure.attrib == {"type": "UserErrorX", "message": "no"}
    assert failure.text == "no\nhint: do this"
    skipped = found[names[1]].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "because the vault failed"
    assert found[names[2]].find("failure") is None


def test_there_is_a_suite_for_each_file_and_never_an_empty_report() -> None:
    findings = [
        Finding("a", Severity.ERROR, "m", place=Place(f"{name}.yaml", 1, 1), address=Address(name)) for name in "ab"
    ]
    root = parsed(validate_junit(findings, BASE, name="n"))
    assert [suite.get("name") for suite in root] == ["infra/a.yaml", "infra/b.yaml"]
    assert (root.get("tests"), root.get("failures")) == ("2", "2")
    root = parsed(validate_junit([], BASE, name="n"))
    assert (root.get("tests"), root.get("failures")) == ("1", "0")


HOSTILE = ["]]></failure><x/>", "&lt;&#0;", "\x00\x1b\ud800", "::error::x\n##vso[a]"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(hostile: str) -> None:
    finding = Finding(hostile, Severity.ERROR, hostile, hostile, Address(hostile))
    text = validate_junit([finding], BASE, name=hostile)
    (case,) = parsed(text).iter("testcase")
    assert case.get("name", "").isprintable()
    assert "##vso[" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


@pytest.mark.external
def test_reports_are_valid_by_the_published_schema(plan: Plan, tmp_path: Path) -> None:
    schema = of_source("pytest-9.2.0", "testing", "example_scripts", "junit-10.xsd")
    results = [
        Result(change.address, change.kind, change.action, status, "said", "Code", "hint", "another failed")
        for change, status in zip(plan.changes, Status, strict=False)
    ]
    told = [Finding(text, Severity.ERROR, text, text, Address(text)) for text in HOSTILE]
    texts = (
        plan_junit(plan, BASE),
        drift_junit(Drift(plan, ("changed-outside",)), BASE),
        outcome_junit(Outcome(tuple(results), errors=tuple(told)), plan, BASE),
        validate_junit(told, BASE, name=HOSTILE[0]),
        validate_junit([], BASE, name="n"),
    )
    command = (program("xmllint"), "--nonet", "--noout", "--schema", schema)

    def complaints(text: str) -> str:
        file = tmp_path / "report.xml"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run([*command, file], check=False, capture_output=True, text=True)
        return done.stderr if done.returncode else ""

    assert not [found for text in texts if (found := complaints(text))]
    assert "'class' is not allowed" in complaints(texts[0].replace("<testcase classname", "<testcase class"))
