"""Drift: a plan seen as differences, in separate classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.base.plurals import counted
from reconciler.model import known
from reconciler.model.changes import Change
from reconciler.model.findings import Finding, Severity
from reconciler.model.plan import Plan

CLASSES = {
    "changed-outside": "Azure was changed by someone or something else since the last apply",
    "not-yet-applied": "the manifest changed, but was not applied yet",
    "new": "a selector newly matches the disk",
    "gone": "the disk no longer exists in Azure, so its backups fail",
    "replaced": "a new disk has the name, but the backups are those of the old disk",
    "moved": "the disk now has another id, and is not protected under it",
    "differs": "Azure and the manifest differ; who changed is not known",
    "unhealthy": "declared disks that are not protected as they should be",
    "orphaned": "protected by this manifest before, but no longer named by it",
    "uncovered": "selected disks that cannot be protected as declared",
    "in-progress": "Azure is still working on it",
    "out-of-reach": "could not be read with the caller's permissions, so nothing is known about it",
}
"""The classes of drift, in the order of reports, each with its meaning."""

DEFAULT_FAIL_ON = tuple(name for name in CLASSES if name != "in-progress")
"""The classes that count unless `--fail-on` says otherwise."""

OUT_OF_REACH = "out-of-reach"
IN_PROGRESS = "in-progress"


def class_of(change: Change) -> str:
    """The class of drift that a change is in."""
    return change.drift if change.drift in CLASSES else "differs"


@dataclass(frozen=True, slots=True)
class Drift:
    """A plan as drift; `fail_on` are the classes that count."""

    plan: Plan
    fail_on: tuple[str, ...] = DEFAULT_FAIL_ON

    def changes_of(self, name: str) -> tuple[Change, ...]:
        """The changes of one class."""
        return tuple(change for change in self.plan.changes if class_of(change) == name)

    def findings_of(self, name: str) -> tuple[Finding, ...]:
        """The findings of one class."""
        return tuple(finding for finding in self.plan.findings if finding.drift == name)

    def count(self, name: str) -> int:
        """How many changes and findings are of one class."""
        return len(self.changes_of(name)) + len(self.findings_of(name))

    def classes(self) -> Iterator[tuple[str, str]]:
        """The classes with changes or findings, with their meaning."""
        return ((name, meaning) for name, meaning in CLASSES.items() if self.count(name))

    @property
    def others(self) -> tuple[Finding, ...]:
        """The findings without a class."""
        return tuple(finding for finding in self.plan.findings if finding.drift not in CLASSES)

    @property
    def counted(self) -> dict[str, int]:
        """The classes of `fail_on` with changes or findings, with their counts."""
        return {name: self.count(name) for name in CLASSES if name in self.fail_on and self.count(name)}

    @property
    def exit_code(self) -> int:
        """0: none. 2: drift. 1: it could not be told, or a declared disk has an error without a class.

        `fail_on` may leave out what permissions keep out of reach, but not unclear answers, which may hide any class.
        """
        untold = (one for one in self.findings_of(OUT_OF_REACH) if one.code != known.OUT_OF_REACH.code)
        told = (*self.others, *self.findings_of("gone"), *untold)
        unclear = OUT_OF_REACH in self.counted or any(one.severity is Severity.ERROR for one in told)
        return 1 if unclear else 2 if self.counted else 0

    @property
    def summary(self) -> str:
        """`Drift: 2 changed-outside, 1 unhealthy.`, or that there is none."""
        if self.counted:
            return "Drift: " + ", ".join(f"{number} {name}" for name, number in self.counted.items()) + "."
        if self.exit_code:
            return "Drift: none of the counted classes, but there are errors."
        if any(name not in {IN_PROGRESS, *self.fail_on} for name, _ in self.classes()):
            return "No drift of the counted classes."
        if at_work := self.count(IN_PROGRESS):
            objects = counted(at_work, "object")
            return f"No drift so far. Azure is still working on {objects}; run `drift` again when it is done."
        if self.plan.is_partial:
            return "No drift in this shard; the rest was not compared."
        return "No drift. Azure matches the manifest."
