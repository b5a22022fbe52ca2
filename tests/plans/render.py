"""Renders the plan of every case beside it as JSON on stdout; `--write` stores them as the expected ones.

A case is a folder: `manifest.yaml`, `estate.yaml`, `plan.txt`, and `options.json` where the command line said something.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "support"))

from stage import Stage  # noqa: E402 - the path has to be there first

from reconciler.report.plans.text import plan_text  # noqa: E402

CHECKSUM = re.compile(r"^Checksum: [0-9a-f]{64}$", re.MULTILINE)


def render(case: Path) -> str:
    """The plan of a case as the terminal shows it; its checksum, which every version may change, is masked."""
    options = json.loads(path.read_text(encoding="utf-8")) if (path := case / "options.json").exists() else {}
    for name in ("force", "only"):
        if name in options:
            options[name] = frozenset(options[name]) if name == "force" else tuple(options[name])
    with tempfile.TemporaryDirectory() as folder:
        estate = Path(folder) / "azure.estate.yaml"
        estate.write_bytes((case / "estate.yaml").read_bytes())
        with Stage(Path(folder), estate) as stage:
            plan = stage.plan(case / "manifest.yaml", **options)
    return CHECKSUM.sub("Checksum: …", plan_text(plan))


def main() -> None:
    """Render every case."""
    found = {case.name: render(case) for case in sorted(HERE.iterdir()) if (case / "manifest.yaml").exists()}
    if "--write" in sys.argv:
        for name, text in found.items():
            (HERE / name / "plan.txt").write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
