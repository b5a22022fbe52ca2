"""F43-F47: broken, hostile and surprising files: a place and a reason, no traceback, and Azure is never asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from arm import disk, estate
from effort import effort
from installed import AZURE, Done, put_files, run
from manifests import manifest

from reconciler.loading.files import load
from reconciler.model.errors import ManifestError, ReconcilerError
from reconciler.model.findings import Finding

HEAD = "apiVersion: reconciler/v1\nname: quickstart\n"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def found(path: Path) -> tuple[Finding, ...]:
    """What is wrong with a manifest."""
    with pytest.raises(ManifestError) as caught:
        load(path)
    return caught.value.findings


def check_quiet(done: Done) -> None:
    """Exit code 1, something said on stderr, no traceback, no data."""
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert "error[" in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "code"),
    [(BOMB, "alias"), ("a: &a [*a]\n", "alias"), ("a: &a {b: *a}\n", "alias"), ("a: &a x\n<<: *a\n", "alias")],
    ids=["bomb", "list in itself", "mapping in itself", "merge"],
)
def test_f43_a_yaml_bomb_is_refused_before_it_goes_off(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "backup.yaml").write_text(HEAD + text, encoding="utf-8")
    findings = found(tmp_path / "backup.yaml")
    took = effort(lambda: found(tmp_path / "backup.yaml"))
    assert findings[0].code == code
    assert findings[0].place is not None
    assert findings[0].place.line == 3
    assert took < 0.05, f"{took * 1000:.0f} ms"


def test_f43_a_bomb_is_refused_by_the_command_too(tmp_path: Path) -> None:
    put_files(tmp_path, HEAD + BOMB, estate(disk("PSTestDisk")))
    for arguments in (("validate", "."), ("plan", ".", *AZURE), ("apply", ".", *AZURE, "--auto-approve")):
        check_quiet(run(tmp_path, *arguments))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["azure.estate.yaml", "backup.yaml"]


BROKEN = {
    "deep lists": ("a: " + "[" * 3000, "too-deep"),
    "deep mappings": ("{a: " * 3000, "too-deep"),
    "deep blocks": ("- " * 3000 + "x", "too-deep"),
    "deep indents": ("".join(f"{' ' * number}a:\n" for number in range(3000)), "too-deep"),
    "50 MB": (b"a: " + b"x" * 50_000_000, "too-large"),
    "NUL": (b"a: b\0c\n", "control-character"),
    "escape": (b"a: \x1b[31m\n", "control-character"),
    "invalid UTF-8": (b"a: b\nc: \xff\xfe\n", "not-utf8"),
    "lone surrogate": (b"a: \xed\xa0\x80\n", "not-utf8"),
    "overlong": (b"a: \xc0\xaf\n", "not-utf8"),
    "UTF-16": ("a: b\n".encode("utf-16"), "not-utf8"),
    "UTF-16 without a mark": ("a: b\n".encode("utf-16-le"), "control-character"),
    "UTF-32": ("a: b\n".encode("utf-32"), "not-utf8"),
    "tabs": (f"{HEAD}vaults:\n\t- name: x\n", "invalid-yaml"),
    "empty": (b"", "empty-file"),
    "only a comment": (b"# nothing\n", "empty-file"),
    "a list": (b"- a\n- b\n", "not-a-manifest"),
    "a number": (b"17\n", "not-a-manifest"),
    "several documents": (f"{HEAD}---\n{HEAD}", "several-documents"),
    "a tag": (f"{HEAD}vaults: !!python/object/apply:os.system [id]\n", "tag"),
    "open quote": (f'{HEAD}vaults: "\n', "invalid-yaml"),
    "megabyte key": (f"{'k' * 1_000_000}: v\n", ""),
    "a million keys": ("".join(f"k{number}: v\n" for number in range(60_000)), ""),
    "a JPEG": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01", "not-utf8"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_f44_what_is_no_text_of_ours_is_one_diagnostic_with_its_place(tmp_path: Path, kind: str) -> None:
    content, code = BROKEN[kind]
    file = tmp_path / "backup.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    findings: list[Any] = []
    assert effort(lambda: findings.extend(found(file)), runs=1) < 5
    assert not code or [row.code for row in findings] == [code], findings
    assert all(row.place and row.place.line >= 1 and row.hint for row in findings)


@pytest.mark.parametrize("kind", ["deep lists", "NUL", "UTF-16", "tabs", "invalid UTF-8"])
def test_f44_the_command_tells_it_without_a_traceback(tmp_path: Path, kind: str) -> None:
    content, code = BROKEN[kind]
    (tmp_path / "backup.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    done = run(tmp_path, "validate", "backup.yaml")
    check_quiet(done)
    assert f"error[{code}]" in done.stderr
    assert "backup.yaml:" in done.stderr


def test_f45_a_key_given_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    put_files(tmp_path, f"{HEAD}vaults:\n  - name: A\n    resourceGroup: a\n    name: B\nname: other\n")
    findings = found(tmp_path / "backup.yaml")
    inner, outer = sorted(findings, key=lambda row: str(row.place))
    assert (inner.code, outer.code) == ("duplicate-key", "duplicate-key")
    assert str(inner.place).startswith("backup.yaml:6:5")
    assert "backup.yaml:4:5" in inner.message, inner
    assert str(outer.place).startswith("backup.yaml:7:1")
    assert "backup.yaml:2:1" in outer.message, outer
    done = run(tmp_path, "validate", "backup.yaml")
    check_quiet(done)
    for place in ("backup.yaml:4:5", "backup.yaml:6:5", "backup.yaml:2:1", "backup.yaml:7:1"):
        assert place in done.stderr


SURPRISES = [
    "no",
    "on",
    "12:30:00",
    "017",
    "1.10",
    "2026-01-05",
    "0x1F",
    "0o17",
    "1e3",
    "yes",
    "null",
    "~",
    "true",
    ".inf",
    "1_000",
    "",
]
TEXT = {"no", "on", "12:30:00", "2026-01-05", "yes", "1_000"}
"""What YAML 1.1 would turn into something else, and the core schema leaves as the text it is."""


@pytest.mark.parametrize("scalar", SURPRISES)
def test_f46_a_field_of_text_takes_text_alone(tmp_path: Path, scalar: str) -> None:
    """As a tag's value, which may be any text: what YAML doesn't read as text is told to be quoted; quoted it is kept."""
    text = f"{HEAD}vaults:\n  - {{name: Vault-1, resourceGroup: rg, subscription: 11111111-1111-1111-1111-111111111111, location: westus, tags: {{key: %s}}}}\n"
    put_files(tmp_path, text % f"'{scalar}'")
    assert load(tmp_path / "backup.yaml").vaults["vault-1"].tags == {"key": scalar}
    put_files(tmp_path, text % scalar)
    if scalar in TEXT:
        assert load(tmp_path / "backup.yaml").vaults["vault-1"].tags == {"key": scalar}
    elif scalar in {"null", "~", ""}:
        assert load(tmp_path / "backup.yaml").vaults["vault-1"].tags == {"key": None}
    else:
        (finding,) = found(tmp_path / "backup.yaml")
        assert finding.code == "not-text"
        assert "quote" in finding.hint
        assert finding.place is not None
        assert finding.place.line == 4


@pytest.mark.parametrize(
    ("scalar", "days"),
    [
        ("017", 17),
        ("0o21", 17),
        ("0x11", 17),
        ("+17", 17),
        ("17:00", None),
        ("'17'", None),
        ("1_7", None),
        ("17.5", None),
    ],
)
def test_f46_a_field_of_numbers_takes_what_yaml_1_2_calls_a_number(
    tmp_path: Path, scalar: str, days: int | None
) -> None:
    vault = "name: Vault-1, resourceGroup: rg, subscription: 11111111-1111-1111-1111-111111111111, location: westus"
    soft = f"softDelete: {{state: On, retentionDays: {scalar}}}"
    put_files(tmp_path, f"{HEAD}vaults:\n  - {{{vault}, {soft}}}\n")
    if days is None:
        assert {row.code for row in found(tmp_path / "backup.yaml")} <= {"wrong-type", "invalid-value"}
    else:
        assert load(tmp_path / "backup.yaml").vaults["vault-1"].soft_delete.retention_days == days


def test_f46_the_command_says_quote_it(tmp_path: Path) -> None:
    put_files(tmp_path, "apiVersion: reconciler/v1\nname: 017\n")
    done = run(tmp_path, "validate", "backup.yaml")
    check_quiet(done)
    assert "error[not-text]" in done.stderr
    assert "quote it" in done.stderr
    assert "backup.yaml:2:7" in done.stderr


OUTSIDE = [
    "../../etc/passwd",
    "../secret.yaml",
    "/etc/passwd",
    "~/secret.yaml",
    "file:///etc/passwd",
    "https://example.com/backup.yaml",
    "git@example.com:team/backup.git",
    "C:\\\\secret.yaml",
    "\\\\\\\\server\\\\share",
    "link.txt",
    "linked/secret.yaml",
    "pipe",
    "/dev/zero",
    "missing.yaml",
    "nul\\0.yaml",
    "x" * 300,
    "",
    ".",
]


@pytest.mark.parametrize("named", OUTSIDE)
def test_f47_an_include_stays_inside(tmp_path: Path, named: str) -> None:
    folder = tmp_path / "manifest"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_text(f"{HEAD}# the secret\n", encoding="utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "secret.yaml")
    (folder / "linked").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    (folder / "backup.yaml").write_text(f'{HEAD}include: ["{named}"]\n', encoding="utf-8")
    done = run(folder, "validate", "backup.yaml")
    check_quiet(done)
    assert "the secret" not in done.stderr
    assert "backup.yaml:3:" in done.stderr or "linked:1:1" in done.stderr


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "nowhere", "device"])
def test_f47_a_folder_is_read_only_as_far_as_it_goes(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "manifest"
    folder.mkdir()
    put_files(folder, manifest())
    secret = tmp_path / "secret" / "team.yaml"
    secret.parent.mkdir()
    secret.write_text("apiVersion: reconciler/v1\nsnapshotResourceGroups: [{name: secret}]\n", encoding="utf-8")
    strange = folder / "strange.yaml"
    if kind == "pipe":
        os.mkfifo(strange)
    else:
        to = {"link": secret, "folder": secret.parent, "nowhere": tmp_path / "x", "device": Path("/dev/zero")}[kind]
        strange.symlink_to(to)
    (finding,) = found(folder)
    assert finding.code == "file-refused"
    assert finding.place is not None
    assert finding.place.file == "strange.yaml"
    done = run(folder, "validate", ".")
    check_quiet(done)
    assert "strange.yaml" in done.stderr


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/dev/zero", "file-refused"),
        ("/dev/null", "file-refused"),
        ("/dev/stdin", "file-refused"),
        ("missing", "no-such-path"),
        ("\udcff", "no-such-path"),
        ("x" * 300, "unreadable"),
        (".", "no-manifest"),
    ],
)
def test_f47_a_path_that_is_no_manifest_is_told(tmp_path: Path, path: str, code: str) -> None:
    with pytest.raises(ReconcilerError) as caught:
        load(tmp_path / path)
    assert caught.value.code == code
    assert caught.value.hint
