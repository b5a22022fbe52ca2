"""Line ends are the checkout's, and a marker at the end of a file starts no document (E8)."""

from __future__ import annotations

from pathlib import Path

import installed
import pytest

from reconciler.manifest.reader import read
from samples import copied

pytestmark = pytest.mark.long

SAMPLES = Path(__file__).parents[2] / "samples"
NAME = "apiVersion: reconciler/v1\nname: x\n"
UNTIDY = "apiVersion:   reconciler/v1  # first\nname:   x\n\n\n\n# the end\n"
TIDY = ["apiVersion:", "reconciler/v1", "#", "first"]


def windows(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def test_a_checkout_with_the_line_ends_of_windows_is_as_good(tmp_path: Path) -> None:
    copied("quickstart", tmp_path / "unix")
    copied("quickstart", tmp_path / "windows")
    files = [path for path in (tmp_path / "windows").rglob("*.yaml") if not path.name.endswith(".estate.yaml")]
    for path in files:
        path.write_bytes(windows(path.read_text(encoding="utf-8")))
    for verb in (("fmt", "--check"), ("validate",), ("fmt",)):
        there = installed.run(tmp_path, *verb, "unix")
        here = installed.run(tmp_path, *verb, "windows")
        assert (here.returncode, here.stdout) == (there.returncode, there.stdout.replace("unix", "windows"))
    assert all(b"\r\n" in path.read_bytes() for path in files)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_fmt_keeps_the_line_ends_of_what_it_changes(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(UNTIDY.replace("\n", ending).encode())
    assert installed.run(tmp_path, "fmt", "--check", "a.yaml").returncode == 2
    assert installed.run(tmp_path, "fmt", "a.yaml").returncode == 0
    lines = path.read_bytes().decode().split(ending)
    assert (lines[0].split(), lines[-2:]) == (TIDY, ["# the end", ""])
    assert not [line for line in lines if "\r" in line or "\n" in line]
    assert installed.run(tmp_path, "fmt", "--check", "a.yaml").returncode == 0


def test_mixed_line_ends_become_those_of_most_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"apiVersion: reconciler/v1\r\nname: x # own\r\ndefaults: {}\n")
    assert installed.run(tmp_path, "fmt", "a.yaml").returncode == 0
    assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "text",
    [
        f"{NAME}---\n",
        f"{NAME}---",
        f"{NAME}...\n",
        f"{NAME}...\n---\n",
        f"{NAME}---\n---\n# nothing more\n",
        f"---\n{NAME}---\n",
        f"---\n---\n{NAME}",
        f"{NAME}--- # the end\n",
        f"# the head\n---\n{NAME}",
        f"# yaml-language-server: $schema=x\n--- # second\n# third\n{NAME}...\n",
        f"%YAML 1.1\n---\n{NAME}---\n",
        f"{NAME}---\n...\n",
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_marker_at_an_end_is_no_second_document(tmp_path: Path, text: str, ending: str) -> None:
    text = text.replace("\n", ending)
    section, findings = read("a.yaml", text)
    assert (section, findings) == ({"apiVersion": "reconciler/v1", "name": "x"}, [])
    path = tmp_path / "a.yaml"
    path.write_bytes(text.encode())
    done = installed.run(tmp_path, "fmt", "a.yaml")
    assert done.returncode == 0, done.stderr
    again = path.read_bytes().decode()
    assert read("a.yaml", again) == (section, [])
    assert again.count("#") == text.count("#")
    assert installed.run(tmp_path, "fmt", "--check", "a.yaml").returncode == 0


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{NAME}---\nname: y\n", 3),
        (f"{NAME}---\n---\nname: y\n", 4),
        (f"{NAME}---\nnull\n", 3),
        (f"{NAME}---\n''\n", 3),
        (f"{NAME}--- text\n", 3),
        (f"{NAME}---\n*alias\n", 3),
        (f"{NAME}---\n[]\n---\n", 3),
    ],
)
def test_a_second_document_with_content_is_still_refused_where_it_starts(text: str, line: int) -> None:
    _, findings = read("a.yaml", text)
    assert ("several-documents", line) in [(one.code, one.place and one.place.line) for one in findings]


@pytest.mark.parametrize("text", ["---\n", "---\n---\n", "---\n...\n", "# nothing\n"])
def test_a_file_of_markers_has_no_content(text: str) -> None:
    _, findings = read("a.yaml", text)
    assert [one.code for one in findings] == ["empty-file"]
