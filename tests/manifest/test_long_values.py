"""A message quotes what somebody wrote, but never so much of it that nobody reads the message."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from reconciler.base import durations
from reconciler.loading.files import load
from reconciler.manifest.compiling import compile_manifest
from reconciler.model.errors import ManifestError, UsageError
from reconciler.model.findings import Finding
from tests.manifest.conftest import START, compiled

LONG = "x" * 10_000
EVERY = 1 if os.environ.get("RECONCILER_LONG_TESTS") else 9
"""Of how many values in a broken manifest one is made long."""
READABLE = 400
"""More than any message takes that quotes two names and two places."""

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
QUOTED = (yaml.ScalarToken, yaml.AnchorToken, yaml.AliasToken, yaml.TagToken)
VAULT = "vaults: [{name: vault1, resourceGroup: group1%s}]\n"
POLICY = "policies: [{name: policy1, schedule: {every: 4h}, retention: {default: %s}%s}]\n"
TWICE = f"vaults: [{{name: {LONG}, resourceGroup: group1}}, {{name: {LONG}, resourceGroup: group1}}]\n"
CASES = {
    "alias": f"vaults: *{LONG}\n",
    "tag": f"vaults: !{LONG} []\n",
    "duplicate-key": f"? {LONG}\n: 1\n? {LONG}\n: 2\n",
    "key-not-text": f"? {'9' * 10_000}\n: 1\n",
    "unknown-key": f"? {LONG}\n: 1\n",
    "not-text": f"vaults:\n  - name: {'9' * 10_000}\n    resourceGroup: group1\n",
    "wrong-type": VAULT % f", manage: {LONG}",
    "unknown-value": VAULT % f", redundancy: {LONG}",
    "invalid-value": VAULT % f", location: {LONG}",
    "reserved-tag": VAULT % f", tags: {{? reconciler-{LONG} : a}}",
    "unknown-time-zone": POLICY % ("7d", f", timeZone: {LONG}"),
    "invalid-duration": POLICY % (f"P{'9' * 10_000}Y", ""),
    "defined-twice": TWICE,
}


def _findings(text: str) -> list[Finding]:
    """What validation finds in the start and this text; nothing when it is fine."""
    try:
        return list(compiled(text).warnings)
    except ManifestError as error:
        return list(error.findings)


def _check(findings: list[Finding]) -> None:
    for finding in findings:
        assert len(finding.message) <= READABLE, finding.message
        assert len(finding.hint) <= READABLE, finding.hint


@pytest.mark.parametrize("code", CASES)
def test_a_message_cuts_a_long_value_and_says_what_is_wrong_with_it(code: str) -> None:
    findings = _findings(CASES[code])
    assert code in {finding.code for finding in findings}
    assert any("…" in finding.message for finding in findings)
    _check(findings)


def test_a_message_cuts_a_long_anchor() -> None:
    (finding,) = _findings(f"vaults: &{LONG} []\n")
    assert finding.message.startswith("the anchor &xxx")
    assert finding.message.endswith("xxx is not allowed")
    _check([finding])


@pytest.mark.parametrize(
    ("named", "says"),
    [
        (f"{LONG}.yaml", "xxx.yaml: "),
        (f"{'a/' * 2_000}b.yaml", "a/b.yaml does not exist"),
        (f"../{LONG}", " is outside the repository"),
        (f"https://{LONG}", " is a URL"),
        (f"/{LONG}", " is not a relative path"),
        (f"{'a' * 5_000}\\b", " has a backslash, which separates folders on Windows only"),
    ],
)
def test_an_include_that_is_refused_shows_both_ends_of_a_long_path(named: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "backup.yaml").write_text(f"{START}include: ['{named}']\n", encoding="utf-8")
    with pytest.raises(ManifestError) as caught:
        load(tmp_path)
    (finding,) = caught.value.findings
    assert says in finding.message
    _check([finding])


def _inflated(text: str) -> Iterator[str]:
    """The text once for every ninth scalar, anchor, alias or tag in it (all in a long run), with that one made long."""
    try:
        tokens = [token for token in yaml.scan(text) if isinstance(token, QUOTED)][::EVERY]
    except yaml.YAMLError:
        return
    for token in tokens:
        at = token.start_mark.index + 1
        if token.end_mark.line == token.start_mark.line and token.end_mark.index > at:
            yield f"{text[:at]}{text[at] * 1_000}{text[at:]}"


def _nothing(_file: str, named: str) -> Mapping[str, bytes]:
    raise UsageError(f"{named[:40]} is not here", hint="remove it")


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.stem)
def test_whatever_is_made_long_in_a_broken_manifest_is_cut_in_what_is_said_about_it(case: Path) -> None:
    text = case.read_bytes().decode("utf-8", "replace")
    for inflated in (text, *_inflated(text)):
        try:
            found = list(compile_manifest({"backup.yaml": inflated.encode()}, _nothing).warnings)
        except ManifestError as error:
            found = list(error.findings)
        _check(found)


def test_a_duration_of_more_years_than_a_time_can_hold_is_no_duration() -> None:
    assert durations.seconds(f"P{'9' * 400}Y") is None
    assert durations.seconds("P1Y") == 365 * 24 * 3600
    assert durations.length(f"P{'9' * 10_000}Y") is None
