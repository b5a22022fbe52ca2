"""The library: load a manifest, connect, plan, apply, look for drift; `from reconciler import load, plan, apply, drift`.

Everything here follows semantic versioning, as the machine-readable formats do. Nothing is printed; errors are those of
`reconciler.errors`, each with `code`, `message` and `hint`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from reconciler.applying.engine import Settings
from reconciler.applying.progress import Progress
from reconciler.connection.choice import CLOUDS, Connection
from reconciler.connection.opening import opened
from reconciler.connection.session import Session
from reconciler.flow.run import NoSignals, Task, applied, planned
from reconciler.loading import files
from reconciler.model.changes import Action, Kind
from reconciler.model.errors import StalePlan, UsageError
from reconciler.model.ids import lower
from reconciler.model.manifest import Manifest
from reconciler.model.outlines import change_digest
from reconciler.model.plan import ADDITIONS, Options, Plan, Reviewed
from reconciler.model.results.drift import CLASSES, DEFAULT_FAIL_ON, Drift
from reconciler.model.results.outcome import Outcome
from reconciler.planning.keys import keys

__all__ = ["Manifest", "Session", "apply", "connect", "drift", "load", "options", "plan"]


_FOR_PEOPLE = ("prune", "adopt", "allow_delete", "accept_irreversible", "guard_requests")
"""Options that stand for somebody's decision about changes that are no additions."""


def load(path: Path | str) -> Manifest:
    """The compiled manifest of a file or a folder.

    Raises ManifestError with all problems (`findings`), UsageError when the path doesn't exist or holds no manifest.
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
    """A connection to the simulated Azure of an estate file, to another Resource Manager endpoint, or to a cloud.

    Signs in with what the environment offers, as the command does. `clock` is `real`, `scaled:N` or `virtual[:START]`
    (the default for a sandbox). Don't use it inside a running event loop.
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
    """The options of a plan, named as on the command line; UsageError for a wrong value, such as text for a list."""
    for name, said in (("force", force), ("only", only)):
        _check_list(name, said)
    if isinstance(allow_delete, bool):
        raise UsageError("`allow_delete` must be the exact number of deletions", hint="give a number, or None")

    return Options(
        prune=prune,
        adopt=adopt,
        allow_delete=allow_delete,
        accept_irreversible=accept_irreversible,
        force=keys(force),
        only=tuple(only),
    )


def plan(manifest: Manifest, azure: Session, how: Options | None = None) -> Plan:
    """The plan: what `apply` would change in Azure; writes nothing.

    Raises ReadIncomplete or AzureError when Azure can't be read to the end.
    """
    return planned(azure, _task(manifest, azure, how))


def _task(manifest: Manifest, azure: Session, how: Options | None) -> Task:
    """The task of a plan, under the session's api-version."""
    return Task(manifest, replace(how or options(), api_version=azure.api_version))


def apply(
    manifest: Manifest,
    azure: Session,
    how: Options | None = None,
    *,
    checksum: str | None = None,
    approve: str | None = None,
    unmoved: Plan | None = None,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Read Azure, change it to match the manifest, and wait until it does, for `timeout` seconds at most.

    `checksum` is that of an approved plan: StalePlan when the plan is a different one now. `approve="additions"`: only
    new backup instances with what they alone need, and repairs of ProtectionError. `unmoved` is a reviewed plan, of which
    only the changes that are still exactly the same are applied. Of these three at most one may be given; what the last
    two leave is in `Outcome.rest`. Refused when a gate is closed; nothing is written then. A change that fails raises
    nothing: see `Outcome.ok`.
    """
    task = _task(manifest, azure, how)
    task = task._replace(options=_limited(task.options, checksum, approve, unmoved))
    found = planned(azure, task)
    if checksum is not None and found.checksum != checksum:
        raise StalePlan(
            f"The approved plan has the checksum {checksum}, but the plan is now {found.checksum}. Nothing was written.",
            hint="plan again, and approve the new plan",
        )
    task.check(found)
    settings = Settings(timeout_seconds=timeout)
    outcome = applied(azure, found, task=task, settings=settings, progress=progress or Progress(), signals=NoSignals())
    return replace(outcome, rest=found.rest)


def _limited(how: Options, checksum: str | None, approve: str | None, unmoved: Plan | None) -> Options:
    """The options of a plan, limited to what is approved; UsageError for what contradicts itself."""
    if sum(one is not None for one in (checksum, approve, unmoved)) > 1:
        raise UsageError(
            "only one of `checksum`, `approve` and `unmoved` can be used",
            hint="call it twice: additions first, then what somebody has reviewed",
        )
    if approve is not None:
        if approve != ADDITIONS:
            raise UsageError(f"Unknown value for `approve`: '{approve}'", hint=f"use '{ADDITIONS}', or leave it out")
        other = next((name for name in _FOR_PEOPLE if getattr(how, name) != getattr(Options(), name)), None)
        if other:
            raise UsageError(
                f"`approve` and `{other}` can't be used together",
                hint="call it twice: additions first, then what somebody has reviewed",
            )
        return replace(how, approve=ADDITIONS)
    return how if unmoved is None else replace(how, reviewed=_reviewed(unmoved))


def _reviewed(plan: Plan) -> Reviewed:
    """What somebody reviewed in a plan."""
    digests = {lower(change.address): change_digest(change) for change in plan.changes}
    deletions = sum(one.kind is Kind.DISK and one.action is Action.DESTROY for one in plan.changes)
    return Reviewed(digests, deletions, frozenset((one.vault.key, one.tag, one.after) for one in plan.marks))


def drift(manifest: Manifest, azure: Session, *, fail_on: Sequence[str] | None = None) -> Drift:
    """How Azure differs from the manifest, by class of drift; writes nothing.

    `fail_on` are the classes that count (None: every class but in-progress), UsageError for an unknown one;
    `Drift.exit_code` is the command's exit code.
    """
    _check_list("fail_on", fail_on or ())
    for name in fail_on or ():
        if name not in CLASSES:
            raise UsageError(f"Unknown class of drift: '{name}'", hint=f"choose from {', '.join(CLASSES)}")
    return Drift(plan(manifest, azure), tuple(fail_on) if fail_on is not None else DEFAULT_FAIL_ON)


def _check_list(name: str, said: Sequence[str]) -> None:
    if isinstance(said, str):
        raise UsageError(
            f"`{name}` must be a list of strings, but '{said}' is a single string", hint=f"write ['{said}']"
        )
