"""Keeps what this version makes of every case: `python -m tests.compatibility --write [CASE …]`.

What is kept are promises to everybody who has used that version: names, marks and plans that lie in their Azure and in
their pipelines. **Never write them anew to make a test pass.** A test that fails here says that an estate out there
would be renamed, rolled or misread. A new version gets a folder of its own beside the old ones, written once, when it
is released; what exists is refused, unless `--overwrite` says that it was never released.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from installed import ESTATE  # noqa: E402
from kept import CASES, STATE, Fixture, Sandbox  # noqa: E402

import reconciler  # noqa: E402

LARGEST_STATE = 60_000
"""Bytes of the sandbox's state that are worth keeping beside the bodies, which tell the same."""


def main() -> int:
    """0 when everything that was asked for is kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.compatibility", description=__doc__)
    parser.add_argument("cases", nargs="*", help="these alone (default: all)")
    parser.add_argument("--write", action="store_true", required=True, help="keep what this version makes")
    parser.add_argument("--overwrite", action="store_true", help="even over what is kept already: it breaks a promise")
    said = parser.parse_args()
    chosen = said.cases or sorted(path.name for path in CASES.iterdir())
    wanted = [Fixture(reconciler.__version__, name) for name in chosen]
    kept = [str(fixture) for fixture in wanted if fixture.made.exists()]
    if kept and not said.overwrite:
        print(f"Kept already: {', '.join(kept)}. These are promises; nothing was written.", file=sys.stderr)
        return 1
    for fixture in wanted:
        write(fixture)
        print(f"{fixture}: {sum(path.stat().st_size for path in fixture.made.iterdir())} bytes")
    return 0


def write(fixture: Fixture) -> None:
    """Live through a case's story, and keep what comes of it."""
    with tempfile.TemporaryDirectory() as scratch:
        sandbox = fixture.at_the_beginning(Path(scratch) / fixture.name)
        draft = Path(tempfile.mkdtemp(dir=scratch))
        number = 0
        for verb, *arguments in fixture.story:
            if verb == "apply":
                number += 1
                plan = draft / fixture.plan(number).name
                sandbox.well("plan", *arguments, "--out", str(plan))
                sandbox.well("apply", str(plan))
            else:
                sandbox.well(verb, *arguments)
        resting(sandbox, fixture)
        (draft / "after.estate.json").write_text(estate_text(sandbox), encoding="utf-8")
        state = sandbox.folder / STATE
        if state.stat().st_size < LARGEST_STATE:
            shutil.copyfile(state, draft / "state.json")
        shutil.rmtree(fixture.made, ignore_errors=True)
        fixture.made.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(draft, fixture.made)


def resting(sandbox: Sandbox, fixture: Fixture) -> None:
    """AssertionError unless a plan has nothing to do after the story."""
    path = fixture.applies[-1][0]
    said = sandbox.plan(path)
    assert (said.code, said.document["changes"]) == (0, []), said.text


def estate_text(sandbox: Sandbox) -> str:
    """All that the sandbox holds, as an estate, a resource a line."""
    now = sandbox.well("sandbox", "advance", "0s").out.split()[3]
    first: dict[str, Any] = {"seed": seed_of(sandbox), "clock": now}
    rows = ",\n".join(json.dumps(body, sort_keys=True) for body in sandbox.bodies())
    return f'{json.dumps(first)[:-1]}, "resources": [\n{rows}\n]}}\n'


def seed_of(sandbox: Sandbox) -> int:
    """The seed of a case's estate file, which decides what the sandbox leaves to chance."""
    lines = (sandbox.folder / ESTATE).read_text(encoding="utf-8").splitlines()
    (seed,) = [line for line in lines if line.startswith("seed:")]
    return int(seed.removeprefix("seed:"))


if __name__ == "__main__":
    sys.exit(main())
