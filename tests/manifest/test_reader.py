"""YAML becomes sections that know their places; what is dangerous or surprising in YAML is refused, fast."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest
from effort import effort
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.manifest import reader
from reconciler.manifest.compiling import compile_manifest
from reconciler.manifest.syntax import LARGEST
from reconciler.model.errors import ManifestError
from reconciler.model.findings import Finding, Place

TEXT = """\
name: x # a comment
vaults:
  - {name: "Té", tags: {k: null}}
  - name: >-
      folded
      text
"""


def test_keys_and_values_know_where_they_are() -> None:
    section, findings = reader.read("a.yaml", TEXT)
    assert not findings
    assert section == {"name": "x", "vaults": [{"name": "Té", "tags": {"k": None}}, {"name": "folded text"}]}
    assert section is not None
    vault = section["vaults"][0]
    assert section.key_place("vaults") == Place("a.yaml", 2, 1, 7)
    assert section["vaults"].place(0) == Place("a.yaml", 3, 5, 6)
    assert vault.place("name") == Place("a.yaml", 3, 12, 16)
    assert vault["tags"].place("k") == Place("a.yaml", 3, 28, 32)
    assert section["vaults"][1].place("name") == Place("a.yaml", 4, 11, 0)
    assert vault.place("absent") == vault.here


def test_the_pure_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = reader.read("a.yaml", TEXT)
    monkeypatch.setattr(reader, "_parser", reader._pure_parser)
    pure = reader.read("a.yaml", TEXT)
    assert fast[0] is not None
    assert pure[0] is not None
    assert pure == fast
    assert pure[0].values_at == fast[0].values_at
    assert pure[0]["vaults"][0].keys_at == fast[0]["vaults"][0].keys_at


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "alias"),
        ("a: &a [*a]\n", "alias"),
        ("a: " + "[" * 3000, "too-deep"),
        ("[" * 1001 + "]" * 1001, "too-deep"),
        ("a: " + "[{b: " * 3000, "too-deep"),
        ("{a: " * 3000, "too-deep"),
        ("- " * 3000 + "x", "too-deep"),
        ("a: 1\na: 2\n", "duplicate-key"),
        ("{a: 1, <<: {b: 1}}", "merge-key"),
        ("? [a]\n: b\n", "key-not-text"),
        ("? {a: b}\n: c\n", "key-not-text"),
        ("a: !!python/object/apply:os.system [id]\n", "tag"),
        ("a: ! b\n", "tag"),
        ("just text", "not-a-manifest"),
        ("---\n...\n", "empty-file"),
        ("a: 'x", "invalid-yaml"),
        ("%YAML 3.0\n---\na: 1\n", "invalid-yaml"),
    ],
)
def test_dangerous_text_is_refused_at_once(text: str, code: str) -> None:
    _, findings = reader.read("a.yaml", text)
    assert code in [finding.code for finding in findings]
    assert all(finding.place and finding.place.line >= 1 for finding in findings)
    assert len(findings) <= reader.MOST_FINDINGS
    assert effort(lambda: reader.read("a.yaml", text)) < 0.5


def test_the_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    reader.read("a.yaml", "a: [")
    assert gc.isenabled()


def _compile(data: bytes) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        compile_manifest({"a.yaml": data}, lambda _file, _named: {})
    return [f"{finding.place} {finding.code}" for finding in caught.value.findings]


def test_a_huge_file_is_one_finding() -> None:
    assert _compile(b"x" * (LARGEST + 1)) == ["a.yaml:1:1 too-large"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a: b\nc: \xff\n", "a.yaml:2:4 not-utf8"),
        (b"\xef\xbb\xbfa: \xc3\n", "a.yaml:1:4 not-utf8"),
        (b"\xff\xfea\0", "a.yaml:1:1 not-utf8"),
        (b"\xed\xa0\x80", "a.yaml:1:1 not-utf8"),
        (b"a: \0\n", "a.yaml:1:4 control-character"),
        ("x: \u202ey\nz: \x07".encode(), "a.yaml:2:4 control-character"),
        (b"", "a.yaml:1:1 empty-file"),
        (b"\xef\xbb\xbf", "a.yaml:1:1 empty-file"),
    ],
)
def test_bytes_that_are_no_text_are_told_with_their_place(data: bytes, told: str) -> None:
    assert _compile(data) == [told]


def test_a_byte_order_mark_is_fine(compile_text: Callable) -> None:
    text = b"\xef\xbb\xbfapiVersion: reconciler/v1\nname: x\n"
    manifest = compile_manifest({"a.yaml": text}, lambda _file, _named: {})
    assert str(manifest.place) == "a.yaml:2:7"


WORDS = st.sampled_from(
    ["apiVersion: reconciler/v1", "name: x", "vaults:", "disks:", "  - ", "id: ", "[", "]", "{", "}", ", ", "\n", "\t",
     "&a ", "*a", "!t ", "<<: ", "'", '"', "null", "1.5", "\u212a", ": ", "? ", "---\n", "select: ", "every: 4h", ".inf"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=40).map("".join) | st.text(max_size=60))
def test_no_text_makes_validation_stumble(text: str) -> None:
    findings: tuple[Finding, ...] = ()
    try:
        compile_manifest({"a.yaml": text.encode("utf-8", "surrogatepass")}, lambda _file, _named: {})
    except ManifestError as error:
        findings = error.findings
    assert all(finding.place and finding.hint for finding in findings)
