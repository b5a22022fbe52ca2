"""What the command shows of the platform team's estate, well and in trouble: golden, on narrow and wide terminals.

`REWRITE_GOLDEN=1 make test T=tests/cli/test_screens.py` writes the screens anew. Read the diff as somebody on call would.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from installed import AZURE, ESTATE, run
from rich.cells import cell_len

from samples import copied

SCREENS = Path(__file__).parent / "screens"
PAYMENTS = "22222222-2222-2222-2222-222222222222"
STOPPED = '{"properties": {"currentProtectionState": "ProtectionStopped"}}'
NEW = f"/subscriptions/{PAYMENTS}/resourceGroups/payments-westus/providers/Microsoft.Compute/disks/new-77"
BODY = (
    '{"location": "westus", "sku": {"name": "Premium_LRS"}, "tags": {"backup": "gold"},'
    ' "properties": {"diskSizeGB": 64, "creationData": {"createOption": "Empty"}}}'
)
TROUBLE = (
    ("patch", ESTATE, "*/backupInstances/sql-003-*", STOPPED),
    ("patch", ESTATE, "*/backupInstances/sql-004-*", STOPPED),
    ("patch", ESTATE, "*/backupVaults/backup-westus", '{"properties": {"securitySettings": {"softDeleteSettings": {"state": "Off"}}}}'),
    ("delete", ESTATE, "*/disks/ingest-001"),
    ("delete", ESTATE, "*/disks/ingest-002"),
    ("delete", ESTATE, "*/disks/ledger-02"),
    ("delete", ESTATE, "*/backupInstances/warehouse-001-*"),
    ("fail", ESTATE, "*/disks/orders-00*", "--times", "20", "--code", "UserErrorNotEnoughPermissions"),
    ("put", ESTATE, NEW, BODY),
    ("advance", ESTATE, "40h"),
)  # fmt: skip
EDITS = (
    ("teams/payments.yaml", "tags: {backup: silver}", "tags: {backup: silverX}"),
    ("policies.yaml", "default: 7d, daily: 14d", "default: 3d, daily: 10d"),
)
WIDTHS = ("80", "200")
SCENES = {
    "first-plan": ("new", "plan", "."),
    "plan": ("well", "plan", "."),
    "gates": ("edited", "plan", ".", "--prune"),
    "trouble-plan": ("trouble", "plan", "."),
    "drift": ("trouble", "drift", "."),
    "summary": ("trouble", "status", ".", "--summary"),
    "coverage": ("trouble", "coverage", "."),
    "explain-gone": ("trouble", "explain", "ingest-001", "--manifest", "."),
    "explain-ignored": ("well", "explain", "lake-01", "--manifest", "."),
    "explain-new": ("trouble", "explain", "new-77", "--manifest", "."),
    "restore-nowhere": ("well", "restore", ".", "ledger-01", "--to", "nowhere", "--auto-approve"),
    "unknown": ("well", "explain", "sql", "--manifest", "."),
}
"""By name: which estate, and the command."""
MARKDOWN = {
    "plan-first": ("new", "plan", "."),
    "plan-gates": ("edited", "plan", ".", "--prune"),
    "drift": ("trouble", "drift", "."),
    "apply": ("new", "apply", ".", "--auto-approve"),
}


class Estates:
    """Folders with the sample: `new`, applied and a day later (`well`), in `trouble`, and `well` with an `edited` manifest."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory
        self._made: dict[str, Path] = {}

    def __call__(self, name: str) -> Path:
        """The folder of that name; `new` ones aren't used twice."""
        if name == "new":
            return self._copy(name)
        if name not in self._made:
            self._made[name] = {"well": self._well, "trouble": self._trouble, "edited": self._edited}[name]()
        return self._made[name]

    def _copy(self, name: str, source: Path | None = None) -> Path:
        folder = self._factory.mktemp(name)
        copied("platform-team", folder)
        for state in source.glob("*.state.json") if source else ():
            (folder / state.name).write_bytes(state.read_bytes())
        return folder

    def _well(self) -> Path:
        folder = self._copy("well")
        assert run(folder, "apply", ".", *AZURE, "--auto-approve").returncode == 0
        assert run(folder, "sandbox", "advance", ESTATE, "30h").returncode == 0
        return folder

    def _trouble(self) -> Path:
        folder = self._copy("trouble", self("well"))
        for arguments in TROUBLE:
            done = run(folder, "sandbox", *arguments)
            assert done.returncode == 0, done.stderr
        return folder

    def _edited(self) -> Path:
        folder = self._copy("edited", self("well"))
        for name, old, other in EDITS:
            text = (folder / name).read_text(encoding="utf-8")
            assert old in text
            (folder / name).write_text(text.replace(old, other), encoding="utf-8")
        return folder


@pytest.fixture(scope="module")
def estates(tmp_path_factory: pytest.TempPathFactory) -> Estates:
    """The estates that screens show."""
    return Estates(tmp_path_factory)


def still(text: str) -> str:
    """The text without what may differ from run to run: checksums, principals, and the minutes of backups."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "…", text)
    text = re.sub(r"principal: \"[0-9a-f-]{36}\"", 'principal: "…"', text)
    text = re.sub(r"(-\d{8})\d{6}\b", r"\1hhmmss", text)
    text = re.sub(r"(\d{4}-\d\d-\d\d) \d\d:\d\d", r"\1 hh:mm", text)
    return re.sub(r"\b\d+ (hours?|days?) old", "n hours old", text)


def held(path: Path, shown: str) -> None:
    """The text is that of the golden file."""
    if os.environ.get("REWRITE_GOLDEN"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scene", SCENES)
def test_a_screen(estates: Estates, scene: str, width: str) -> None:
    estate, *arguments = SCENES[scene]
    done = run(estates(estate), *arguments, *AZURE, environment={"COLUMNS": width})
    shown = still(done.stdout + done.stderr)
    held(SCREENS / f"{scene}-{width}.txt", shown)
    wide = [line for line in shown.splitlines() if cell_len(line) > int(width)]
    assert [line for line in wide if " " in _last(line)] == [], "a line that could have ended between two words"


def _last(line: str) -> str:
    """The line without its indent, and without a label before a single word that no line has room for."""
    return re.sub(r"^(?:[\w ]+: {2,}|\W+)", "", line.strip())


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scene", MARKDOWN)
def test_markdown_of_a_pipeline(estates: Estates, scene: str) -> None:
    estate, *arguments = MARKDOWN[scene]
    folder = estates(estate)
    run(folder, *arguments, *AZURE, "--report", "report.md")
    held(SCREENS / f"{scene}.md", still((folder / "report.md").read_text(encoding="utf-8")))


def test_the_first_plan_is_short(estates: Estates) -> None:
    done = run(estates("new"), "plan", ".", *AZURE, environment={"COLUMNS": "100"})
    assert len(done.stdout.splitlines()) <= 60


def test_every_screen_is_one_of_these() -> None:
    screens = {f"{scene}-{width}.txt" for scene in SCENES for width in WIDTHS}
    assert {path.name for path in SCREENS.iterdir()} == screens | {f"{scene}.md" for scene in MARKDOWN}
