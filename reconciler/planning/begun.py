"""Restores that an earlier run has begun, and not lived to end."""

from __future__ import annotations

from reconciler.model.codes import disks as disk_codes
from reconciler.model.estate import RESTORES, TRACE, Trace
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import No, Unsure, Yes
from reconciler.planning.draft import Draft
from reconciler.planning.provenance import Claim, objection, running
from reconciler.planning.questions import PENDING


def begun_before(draft: Draft, disk: ArmId, claim: Claim) -> str | None:
    """The job that restores just what is claimed into a disk of that name; empty: it has ended, and that is proved.

    None: nothing is there. Any other disk of that name is refused.
    """
    presence = draft.presence(disk, disk.text)
    if isinstance(presence, No):
        return _at_work(draft, disk, claim)
    found = draft.answer(TRACE(disk, claim.instance.text)) if presence else PENDING
    match found:
        case Yes(Trace() as trace):
            why, at_work = objection(trace, claim), running(trace)
            if at_work and lower(at_work.point) == lower(claim.point):
                return at_work.id.text
            if not why:
                return ""
            draft.refuse(disk.text, disk_codes.DISK_EXISTS, f"{disk} exists: {why}")
        case Unsure():
            draft.refuse_unsure(found, disk, disk.text)
    return None


def _at_work(draft: Draft, disk: ArmId, claim: Claim) -> str | None:
    """The restore that is making the disk now; Resource Graph tells of it, which may lag: it proves no absence."""
    jobs = draft.ask(RESTORES(claim.source, claim.instance.parent.text))
    for job in () if jobs is PENDING else jobs or ():
        if job.target == disk and lower(job.status) == "inprogress":
            if lower(job.point) == lower(claim.point):
                return str(job.id)
            message = f"the job {job.id.name} is about to make {disk} from another recovery point, {job.point}"
            draft.refuse(disk.text, disk_codes.DISK_EXISTS, message)
    return None
