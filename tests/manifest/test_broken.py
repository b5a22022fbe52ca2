"""Every deliberately broken manifest is told with place, code, sentence and hint, as written down beside it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.loading.files import load
from reconciler.model.codes.manifest import CODES
from reconciler.model.errors import ManifestError

BROKEN = Path(__file__).parent / "broken"
CASES = sorted(path for path in BROKEN.iterdir() if path.suffix == ".yaml" or path.is_dir())


def _in_repository(case: Path, folder: Path) -> Path:
    """A copy inside a git repository of its own, so that includes are refused alike everywhere."""
    (folder / ".git").mkdir()
    if case.is_file():
        return Path(shutil.copy(case, folder))
    copied = Path(shutil.copytree(case, folder / case.name))
    return copied / "main" if (copied / "main").is_dir() else copied


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_broken_manifest_is_explained(case: Path, tmp_path: Path, tell: Callable) -> None:
    with pytest.raises(ManifestError) as caught:
        load(_in_repository(case, tmp_path))
    text = tell(caught.value.findings)
    expected = case.with_suffix(".txt")
    if os.environ.get("REWRITE_GOLDEN"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    for finding in caught.value.findings:
        assert finding.code in CODES
        assert finding.message
        assert finding.hint
        assert finding.place
        assert finding.place.file in caught.value.sources


def test_there_are_more_than_thirty_of_them() -> None:
    assert len(CASES) > 30
