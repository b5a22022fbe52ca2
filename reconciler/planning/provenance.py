"""Whether a disk is the one that a restore made: the restore's job proves it, or the mark of the run that began it.

The origin of the disk and its snapshot can disprove it, but never prove it: many disks can be made from one snapshot.
Azure's times for one event are up to five minutes apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.model import addresses
from reconciler.model.changes import Claimed
from reconciler.model.codes import disks as disk_codes
from reconciler.model.estate import EXISTS, RESTORES, TRACE, Trace
from reconciler.model.ids import ArmId, lower
from reconciler.model.jobs import ENDED, WELL, RestoreJob
from reconciler.model.known import NOT_KNOWN, No, Unsure, Yes
from reconciler.model.limits import CLOCKS_APART
from reconciler.model.resources import Disk, Instance, Origin, RecoveryPoint
from reconciler.model.tags import RESTORED_TAG, VERIFIED_TAG, tag_of, time_of
from reconciler.planning.draft import Draft
from reconciler.planning.questions import MOST_ASKED, PENDING

_LONGEST = timedelta(days=1)
_RUNNING = "inprogress"
_COPIES = ("copy", "restore")
_SNAPSHOTS = "microsoft.compute/snapshots"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a disk is believed to be: restored by `instance` from a backup of `source`, whose snapshots are in `group`.

    `point` is the recovery point's name (empty: any), `taken` when that was made; `mark` is the tag that this run writes
    on its disk, once that is proved; `earlier` is the prefix of the tags of earlier runs (empty: they prove nothing).
    `used` is until when a drill's own program may have used it (None: no program has).
    """

    instance: ArmId
    source: ArmId
    group: ArmId | None
    point: str = ""
    taken: datetime | None = None
    mark: str = ""
    earlier: str = ""
    used: datetime | None = None

    @classmethod
    def of(cls, instance: Instance, point: RecoveryPoint | None = None, *, mark: str = "", earlier: str = "") -> Claim:
        """The claim that a disk was restored by an instance, from that recovery point or from any."""
        assert instance.disk is not None  # noqa: S101 - instances of other kinds restore no disks
        name, taken = (point.id.name, point.taken) if point else ("", None)
        return cls(instance.id, instance.disk, instance.snapshot_group, name, taken, mark, earlier)

    @classmethod
    def read(cls, body: Claimed) -> Claim:
        """The claim in a step's body."""
        group, taken = body["group"], body["taken"]
        return cls(
            ArmId(body["instance"]),
            ArmId(body["source"]),
            ArmId(group) if group else None,
            body["point"],
            datetime.fromisoformat(taken) if taken else None,
            body["mark"],
            body["earlier"],
            datetime.fromisoformat(body["used"]) if body.get("used") else None,
        )

    @property
    def body(self) -> Claimed:
        """The claim as a step's body."""
        claimed: Claimed = {
            "instance": self.instance.text,
            "source": self.source.text,
            "group": self.group.text if self.group else "",
            "point": self.point,
            "taken": self.taken.isoformat() if self.taken else "",
            "mark": self.mark,
            "earlier": self.earlier,
        }
        return {**claimed, "used": self.used.isoformat()} if self.used else claimed


def objection(trace: Trace, claim: Claim) -> str:
    """Why a disk isn't proved to be what is claimed, in one clause; empty when it is."""
    return next(_objections(trace, claim), "")


def is_made_by(trace: Trace, claim: Claim) -> bool:
    """Whether a disk, in use or not, was made from a backup of the claimed source: by its snapshot, or by a restore."""
    if next(_contradictions(trace.origin, claim), ""):
        return False
    if isinstance(trace.snapshot, Yes):
        return trace.snapshot.value.source == claim.source
    return any(_may_have_made(job, trace.origin) for job in trace.jobs)


def is_marked_by(tags: Mapping[str, str], claim: Claim) -> bool:
    """Whether a disk bears a mark that the claim names."""
    mark = tag_of(tags, RESTORED_TAG)
    return bool(mark) and (mark == claim.mark or bool(claim.earlier and mark.startswith(claim.earlier)))


def running(trace: Trace) -> RestoreJob | None:
    """The restore that is still writing the disk."""
    return next((job for job in trace.jobs if lower(job.status) not in ENDED), None)


def _objections(trace: Trace, claim: Claim) -> Iterator[str]:
    yield from _use(trace.disk, trace.origin, _verified(trace.disk, claim))
    if claim.mark and tag_of(trace.disk.tags, RESTORED_TAG) == claim.mark:
        return
    yield from _contradictions(trace.origin, claim)
    if isinstance(trace.snapshot, Yes):
        yield from _snapshot_contradictions(trace.snapshot.value, trace.origin, claim)
    yield from _proof_missing(trace, claim)


def _verified(disk: Disk, claim: Claim) -> datetime | None:
    """Until when a drill's own program may have used a disk of the drill's."""
    if not is_marked_by(disk.tags, claim):
        return None
    return max(filter(None, [claim.used, time_of(disk.tags, VERIFIED_TAG)]), default=None)


def _use(disk: Disk, origin: Origin, verified: datetime | None) -> Iterator[str]:
    """Objections to a disk that is or was in use: what a machine has written since is in no backup.

    What has used it until it was `verified` was the drill's own program.
    """
    for machine in disk.machines:
        yield f"{machine.name} uses it"
    if lower(disk.state) not in ("", "unattached"):
        yield f"it is in use: its state is {disk.state}"
    if origin.held and origin.created and origin.held > max(origin.created, verified or origin.created) + CLOCKS_APART:
        yield f"a machine has used it, until {origin.held:%Y-%m-%d %H:%M} UTC"


def _contradictions(origin: Origin, claim: Claim) -> Iterator[str]:
    """Objections from the disk's origin, which a restore of the claimed point can't have left."""
    if origin.option and not lower(origin.option).startswith(_COPIES):
        yield f"it was created by {origin.option}, not from a snapshot"
    source = origin.source
    if source is not None and source != claim.source:
        is_elsewhere = claim.group is not None and not source.is_within(claim.group)
        if source.type != _SNAPSHOTS or is_elsewhere:
            yield f"it was made from {source}"
    if origin.created and claim.taken and origin.created < claim.taken - CLOCKS_APART:
        yield "it is older than the recovery point"


def _snapshot_contradictions(snapshot: Origin, origin: Origin, claim: Claim) -> Iterator[str]:
    if snapshot.source is not None and snapshot.source != claim.source:
        yield f"it was made from a snapshot of {snapshot.source}"
    if origin.source_unique_id and snapshot.unique_id and origin.source_unique_id != snapshot.unique_id:
        yield "it was made from another snapshot of that name"
    if snapshot.created and claim.taken and abs(snapshot.created - claim.taken) > CLOCKS_APART:
        yield f"it was made from the snapshot of {snapshot.created:%Y-%m-%d %H:%M} UTC, another recovery point"


def _proof_missing(trace: Trace, claim: Claim) -> Iterator[str]:
    mark = tag_of(trace.disk.tags, RESTORED_TAG)
    if is_marked_by(trace.disk.tags, claim):
        if isinstance(trace.snapshot, Unsure):
            yield f"the snapshot that it was made from could not be read: {trace.snapshot.because}"
        return
    if mark:
        yield f"it bears the mark of {mark}"
    points = {lower(job.point) for job in trace.jobs if _may_have_made(job, trace.origin)}
    if not points:
        yield "no restore is known to have made it"
    elif "" in points or (claim.point and points != {lower(claim.point)}):
        yield f"it was restored from {' or '.join(sorted(points)) or 'an unknown recovery point'}"


def _may_have_made(job: RestoreJob, origin: Origin) -> bool:
    """Whether a restore succeeded, and the disk was made while it ran."""
    if lower(job.status) not in WELL:
        return False
    began, ended, created = job.began, job.ended, origin.created
    if created is None or began is None:
        return True
    return began - CLOCKS_APART <= created and (ended is None or ended < began or created <= ended + CLOCKS_APART)


def is_done(trace: Trace, claim: Claim) -> bool:
    """Whether an earlier run has restored and marked exactly what is claimed, whoever uses the disk since."""
    snapshot = trace.snapshot
    contradicted = [
        *_contradictions(trace.origin, claim),
        *(_snapshot_contradictions(snapshot.value, trace.origin, claim) if isinstance(snapshot, Yes) else ()),
    ]
    points = {lower(job.point) for job in trace.jobs if _may_have_made(job, trace.origin)}
    return bool(tag_of(trace.disk.tags, RESTORED_TAG)) and points == {lower(claim.point)} and not contradicted


def is_asked_for(draft: Draft, disk: ArmId) -> bool:
    """Whether a disk that no list shows is asked for by its id: the first hundred are, and the others before a restore
    begins; all are where nothing was listed.
    """
    most = MOST_ASKED * (1 + len(draft.questions.unlisted_ids))
    is_listed = disk.subscription in draft.world.estate.disk_subscriptions
    return not is_listed or draft.questions.fits(disk.type, disk, most)


def made_before(draft: Draft, disk: ArmId, claim: Claim) -> Disk | None:
    """The disk of that name, if an earlier run has restored exactly what is claimed; None: not so, or not known."""
    if _at_work(draft, disk, claim) or not _is_there(draft, disk, claim):
        return None
    match draft.questions.answer(TRACE(disk, claim.instance.text)):
        case Yes(Trace() as trace) if is_done(trace, claim):
            return trace.disk
    return None


def _is_there(draft: Draft, disk: ArmId, claim: Claim) -> bool:
    if _is_traced(draft, disk, claim):
        return True
    return is_asked_for(draft, disk) and isinstance(draft.questions.answer(EXISTS(disk)), Yes)


def _is_traced(draft: Draft, disk: ArmId, claim: Claim) -> bool:
    """Whether a disk is listed, or a restore may have made it since the list was read: its trace tells whether it is there."""
    return disk.key in draft.world.disks or any(job.target == disk for job in _restores(draft, claim))


def begun_before(draft: Draft, disk: ArmId, claim: Claim, hint: str = "") -> str | None:
    """The job that restores, or has restored, exactly what is claimed into a disk of that name; empty when only the disk's
    mark tells of it.

    None when there is no such disk. Any other disk of that name is refused, with the hint.
    """
    at_work = _at_work(draft, disk, claim)
    if at_work and lower(at_work.point) == lower(claim.point):
        return at_work.id.text
    if not _is_traced(draft, disk, claim):
        is_asked = is_asked_for(draft, disk)
        if not is_asked or not isinstance(draft.questions.presence(disk, addresses.resource(disk), may_come=True), Yes):
            _refuse_untold(draft, disk, claim)
            return None
    found = draft.questions.answer(TRACE(disk, claim.instance.text))
    match found:
        case No() if at_work:
            point = f"another recovery point, {at_work.point}" if at_work.point else "an unknown recovery point"
            message = f"the job {at_work.id.name} is making this disk from {point}"
            draft.decisions.refuse(addresses.resource(disk), disk_codes.DISK_EXISTS, message)
        case Yes(Trace() as trace):
            why, writing = objection(trace, claim), running(trace)
            if writing and lower(writing.point) == lower(claim.point):
                return writing.id.text
            if not why:
                return next((job.id.text for job in trace.jobs if _may_have_made(job, trace.origin)), "")
            draft.decisions.refuse(
                addresses.resource(disk),
                disk_codes.DISK_EXISTS,
                f"a disk of this name exists, and does not count as the result of this restore: {why}",
                hint=hint,
            )
        case Unsure():
            draft.decisions.refuse_unsure(found, disk, addresses.resource(disk))
    return None


def _refuse_untold(draft: Draft, disk: ArmId, claim: Claim) -> None:
    """Refuse a disk that a restore may be making of which only a list tells, which doesn't say what that makes.

    A list may call it at work for ever after its job is gone, so an old one is passed over.
    """
    for job in _restores(draft, claim):
        is_young = job.began is None or draft.world.now - job.began < _LONGEST
        if lower(job.status) == _RUNNING and not job.target and not job.point and is_young:
            message = (
                f"could not tell whether a restore of {claim.source.name} makes this disk: it is in progress, and its job "
                f"{job.id.name} could not be read"
            )
            hint = "check that the caller may read the vault's jobs, then run it again"
            draft.decisions.refuse(addresses.resource(disk), NOT_KNOWN, message, hint=hint)
            return


def _restores(draft: Draft, claim: Claim) -> tuple[RestoreJob, ...]:
    """The restores of the claimed disk that Resource Graph shows; none while that isn't known."""
    jobs = draft.questions.ask(RESTORES(claim.source, claim.instance.parent.text))
    return () if jobs is PENDING else jobs or ()


def ended_lately(draft: Draft, disk: ArmId, claim: Claim) -> str:
    """The job that has restored exactly what is claimed into a disk of that name minutes ago; empty: there is none.

    Its disk may have come since it was looked for.
    """
    for job in _restores(draft, claim):
        is_same = job.target == disk and lower(job.point) == lower(claim.point) and lower(job.status) in WELL
        if is_same and job.ended and draft.world.now - job.ended < CLOCKS_APART:
            return job.id.text
    return ""


def _at_work(draft: Draft, disk: ArmId, claim: Claim) -> RestoreJob | None:
    """The restore that is making the disk now, from Resource Graph, which may lag: absence there proves nothing.

    One of the claimed recovery point comes first.
    """
    found = (job for job in _restores(draft, claim) if job.target == disk and lower(job.status) == _RUNNING)
    return min(found, key=lambda job: lower(job.point) != lower(claim.point), default=None)
