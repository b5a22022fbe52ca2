from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.base.schemas import schema_text
from reconciler.manifest import layout
from reconciler.manifest.layout import laid_out
from reconciler.manifest.reader import read
from reconciler.manifest.starter import starter, usable_name
from reconciler.model.errors import UsageError

SCHEMA = json.loads(schema_text("manifest"))
SAMPLES = Path(__file__).parents[2] / "samples"

UNTIDY = """\
# the head stays
apiVersion:   reconciler/v1
policies:
- retention: {daily: 14d, default: 7d}   # how long
  name: "gold"
  schedule: {at: "13:00", every: 4h}
vaults:
    -   resourceGroup: rg
        name: V      # ours
name: untidy
"""
TIDY = """\
# the head stays
apiVersion: reconciler/v1
name: untidy

vaults:
  - name: V # ours
    resourceGroup: rg

policies:
  - name: "gold"
    schedule: {every: 4h, at: "13:00"}
    retention: {default: 7d, daily: 14d} # how long
"""


def squeezed(text: str) -> str:
    """Without the width of blanks before comments, which is nobody's business."""
    return "\n".join(" #".join(part.rstrip() for part in line.split(" #")) for line in text.split("\n"))


def test_an_untidy_manifest_is_laid_out_and_its_comments_are_kept() -> None:
    assert squeezed(laid_out("m.yaml", UNTIDY, SCHEMA)) == squeezed(TIDY)


def test_what_is_laid_out_stays_as_it_is() -> None:
    once = laid_out("m.yaml", UNTIDY, SCHEMA)
    assert laid_out("m.yaml", once, SCHEMA) == once


MANIFESTS = [path for path in sorted(SAMPLES.glob("*/**/*.yaml")) if "\napiVersion: reconciler/" in path.read_text()]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.relative_to(SAMPLES).as_posix())
def test_samples_mean_the_same_afterwards(path: Path) -> None:
    text = path.read_text()
    new = laid_out(path.name, text, SCHEMA)
    assert read(path.name, new)[0] == read(path.name, text)[0]


def test_keys_with_comments_of_their_own_keep_their_order() -> None:
    text = "apiVersion: reconciler/v1\nvaults:\n  # the group first\n  - resourceGroup: rg\n    # then the name\n    name: V\n"
    assert laid_out("m.yaml", text, SCHEMA) == text.replace("\nvaults", "\n\nvaults")


def test_a_text_that_would_lose_something_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "_spaced", lambda text: text.replace("# ours", ""))
    with pytest.raises(UsageError, match="was not changed"):
        laid_out("m.yaml", UNTIDY, SCHEMA)


@pytest.mark.parametrize(("folder", "name"), [("My Disks!", "my-disks"), ("...", "backup"), ("Ärger", "rger")])
def test_a_folder_gives_the_manifest_its_name(folder: str, name: str) -> None:
    assert usable_name(folder) == name


def test_the_starter_is_in_the_normal_layout() -> None:
    text = starter("first", "11111111-1111-1111-1111-111111111111", "westus")
    assert laid_out("backup.yaml", text, SCHEMA) == text
