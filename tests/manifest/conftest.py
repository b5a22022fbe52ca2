"""A manifest to start from, and how findings are written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import pytest

from reconciler.manifest.compiling import compile_manifest
from reconciler.model.errors import ManifestError
from reconciler.model.findings import Finding
from reconciler.model.manifest import Manifest

START = """\
apiVersion: reconciler/v1
name: walkthrough
defaults:
  subscription: 11111111-1111-1111-1111-111111111111
  location: westus
  snapshotResourceGroup: snapshotrg
"""


def _nothing_included(file: str, named: str) -> Mapping[str, bytes]:
    raise AssertionError(f"{file} includes {named}")


def compiled(text: str) -> Manifest:
    """The manifest that the start, followed by `text`, makes."""
    return compile_manifest({"backup.yaml": (START + text).encode()}, _nothing_included)


def told(findings: Iterable[Finding]) -> str:
    """Findings as text: place, severity, code, message, hint."""
    return "".join(
        f"{finding.place}: {finding.severity}[{finding.code}] {finding.message}\n    hint: {finding.hint}\n"
        for finding in findings
    )


@pytest.fixture
def compile_text() -> Callable[[str], Manifest]:
    return compiled


@pytest.fixture
def tell() -> Callable[[Iterable[Finding]], str]:
    return told


@pytest.fixture
def codes_of() -> Callable[[str], list[str]]:
    """The codes of everything that validation finds in the start followed by a text, in order."""

    def codes(text: str) -> list[str]:
        try:
            return [finding.code for finding in compiled(text).warnings]
        except ManifestError as error:
            return [finding.code for finding in error.findings]

    return codes
