"""The library: load a manifest, connect, plan, apply, look for drift; `from reconciler import load, plan, apply, drift`.

Everything here follows semantic versioning, as do the machine-readable formats. Nothing prints; errors are those of
`reconciler.errors`, and each explains itself (`code`, `message`, `hint`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from reconciler import __version__
from reconciler.applying.engine import Settings
from reconciler.applying.progress import Progress
from reconciler.connection.choice import CLOUDS, Connection
from reconciler.connection.opening import opened
from reconciler.connection.session import Session
from reconciler.flow.run import NoSignals, Task, applied, planned
from reconciler.loading import files
from reconciler.model.errors import StalePlan, UsageError
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options, Plan
from reconciler.model.results.drift import CLASSES, DEFAULT_FAIL_ON, Drift
from reconciler.model.results.outcome import Outcome
from reconciler.planning.keys import keys

__all__ = ["Manifest", "Session", "apply", "connect", "drift", "load", "options", "plan"]


def load(path: Path | str) -> Manifest:
    """The compiled manifest of a file or a folder.

    Raises ManifestError with every problem at once (`findings`), UsageError when nothing is there.
    """
    return files.load(Path(path))


@contextmanager
def connect(
    *,
    sandbox: Path | str | None = None,
    endpoint: str | None = None,
    cloud: str = CLOUDS[0],
    clock: str | None = None,
    api_version: str | None = None,
) -> Iterator[Session]:
    """A connection: to the simulated Azure of an estate file, to another Resource Manager, or to a cloud.

    Signs in with what the environment offers, as the command does. `clock` is `real`, `scaled:N` or `virtual[:START]`
    (the default for a sandbox). Not to be used from within a running event loop.
    """
    target = None if sandbox is None else str(sandbox)
    with opened(Connection(target, endpoint, cloud, clock, api_version)) as session:
        yield session


def options(
    *,
    prune: bool = False,
    adopt: bool = False,
    allow_delete: int | None = None,
    accept_irreversible: bool = False,
    force: Sequence[str] = (),
    only: Sequence[str] = (),
) -> Options:
    """How to plan: the command's options of the same names. UsageError for what isn't one, such as text for a list."""
    for name, said in (("force", force), ("only", only)):
        _check_list(name, said)
    if isinstance(allow_delete, bool):
        raise UsageError("allow_delete is the exact number of deletions", hint="say how many, or None")

    return Options(
        tool_version=__version__,
        prune=prune,
        adopt=adopt,
        allow_delete=allow_delete,
        accept_irreversible=accept_irreversible,
        force=keys(force),
        only=tuple(only),
    )


def plan(manifest: Manifest, azure: Session, how: Options | None = None) -> Plan:
    """What would be changed in Azure; writes nothing.

    Raises ReadIncomplete or AzureError when Azure can't be read to the end.
    """
    return planned(azure, Task(manifest, how or options()))


def apply(
    manifest: Manifest,
    azure: Session,
    how: Options | None = None,
    *,
    checksum: str | None = None,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Look, change Azure until it is as the manifest says, and wait until it is, for `timeout` seconds at most.

    `checksum` is that of an approved plan: StalePlan when something else would be done now. Refused when a gate is
    closed; then nothing was written. What Azure does to single changes raises nothing: see `Outcome.ok`.
    """
    task = Task(manifest, how or options())
    found = planned(azure, task)
    if checksum is not None and found.checksum != checksum:
        raise StalePlan(
            f"The plan of checksum {checksum} was approved, and it is {found.checksum} now. Nothing was written.",
            hint="plan again, and approve what is shown",
        )
    task.check(found)
    settings = Settings(timeout_seconds=timeout)
    return applied(azure, found, task=task, settings=settings, progress=progress or Progress(), signals=NoSignals())


def drift(manifest: Manifest, azure: Session, *, fail_on: Sequence[str] | None = None) -> Drift:
    """Whether Azure still is as the manifest says, in classes; writes nothing.

    `fail_on` are the classes that count (None: every class but in-progress), UsageError for one that there is none of;
    `Drift.exit_code` is the command's.
    """
    _check_list("fail_on", fail_on or ())
    for name in fail_on or ():
        if name not in CLASSES:
            raise UsageError(f"{name!r} is no class of drift", hint=f"classes: {', '.join(CLASSES)}")
    return Drift(plan(manifest, azure), tuple(fail_on) if fail_on is not None else DEFAULT_FAIL_ON)


def _check_list(name: str, said: Sequence[str]) -> None:
    if isinstance(said, str):
        raise UsageError(f"{name} is a list of texts, and {said!r} is one text", hint=f"write [{said!r}]")
