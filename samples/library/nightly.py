"""A nightly check of several estates in one script: `python samples/library/nightly.py ESTATE.yaml MANIFEST…`."""

import sys

from reconciler import connect, drift, load, plan
from reconciler.model.errors import ReconcilerError


def main(estate: str, *manifests: str) -> int:
    """0 when no estate drifts, 2 when one does, 1 when one could not be read."""
    worst = 0
    for path in manifests:
        try:
            manifest = load(path)
            with connect(sandbox=estate) as azure:  # without `sandbox`: the real Azure
                found = drift(manifest, azure)
                pending = plan(manifest, azure).summary
        except ReconcilerError as error:
            print(f"{path}: {error.code}: {error.message}")
            worst = 1
            continue
        print(f"{manifest.name}: {found.summary} {pending.add} to add, {pending.change} to change")
        worst = 1 if 1 in (worst, found.exit_code) else max(worst, found.exit_code)
    return worst


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
