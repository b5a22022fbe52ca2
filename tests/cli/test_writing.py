from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.cli.output import Output
from reconciler.cli.writing import Report, check_writable, reports_of, write_file, write_reports
from reconciler.model.errors import UsageError


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text("old", encoding="utf-8")
    write_file(file, "new", "the plan")
    assert file.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [file]


def test_a_full_disk_is_an_error_and_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "plan.json"
    file.write_text("old", encoding="utf-8")

    def full(*_arguments: object, **_options: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(UsageError, match="No space left on device"):
            write_file(file, "new", "the plan")
    assert file.read_text(encoding="utf-8") == "old"


def test_a_link_that_lies_in_the_way_is_not_followed(tmp_path: Path) -> None:
    victim, file = tmp_path / "victim", tmp_path / "plan.json"
    victim.write_text("precious", encoding="utf-8")
    (tmp_path / f".{file.name}.{os.getpid()}.tmp").symlink_to(victim)
    write_file(file, "new", "the plan")
    assert (victim.read_text(encoding="utf-8"), file.read_text(encoding="utf-8")) == ("precious", "new")
    assert not file.is_symlink()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_is_written_as_it_is() -> None:
    with pytest.raises(UsageError, match="No space left"):
        write_file(Path("/dev/full"), "new", "the plan")


def test_what_cannot_be_written_is_said_beforehand(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        check_writable(tmp_path, "the plan")
    with pytest.raises(UsageError, match="is not a folder"):
        check_writable(tmp_path / "no" / "plan.json", "the plan")
    with pytest.raises(UsageError, match="is not a folder"):
        reports_of([str(tmp_path / "no" / "report.md")], ("md",))


@pytest.mark.parametrize(
    ("name", "form", "file"),
    [
        ("a.md", "md", "a.md"),
        ("a.json", "json", "a.json"),
        ("a.sarif", "sarif", "a.sarif"),
        ("a.xml", "junit", "a.xml"),
        ("md:a.txt", "md", "a.txt"),
        ("gitlab:a.json", "gitlab", "a.json"),
        ("json:md:a", "json", "md:a"),
        ("C:a.md", "md", "C:a.md"),
    ],
)
def test_the_form_of_a_report_is_its_ending_or_stands_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, form: str, file: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert reports_of([name], ("json", "md", "sarif", "junit", "gitlab")) == (Report(form, Path(file)),)


@pytest.mark.parametrize("name", ["report.txt", "report", "sh:a.txt", "a.sh", "sarf:a.txt", ""])
def test_a_report_of_no_form_is_refused_with_the_forms(name: str) -> None:
    with pytest.raises(UsageError, match="the form of the report") as refused:
        reports_of([name], ("json", "md"))
    assert ".json, .md" in refused.value.hint


def test_a_report_that_fails_spares_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports = (Report("json", tmp_path / "no" / "a.json"), Report("md", tmp_path / "b.md"))
    assert write_reports(reports, {"json": lambda: "{}", "md": lambda: "# b"}, Output()) == 1
    assert reports[1].path.read_text(encoding="utf-8") == "# b"
    assert "error[unwritable]: could not write the report" in capsys.readouterr().err
