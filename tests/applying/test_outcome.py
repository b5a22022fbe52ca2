"""What became of a plan, and what another look says of it."""

from __future__ import annotations

from reconciler.model.changes import Action, Change, Kind
from reconciler.model.findings import Finding, Severity
from reconciler.model.ids import ArmId
from reconciler.model.plan import AT_REST, Plan, Wait
from reconciler.model.results.outcome import Outcome, Result, Status


def test_what_was_waited_for_and_differs_still_is_not_done() -> None:
    waited = Result("disk/a", Kind.DISK, None, Status.DONE)
    written = Result("disk/b", Kind.DISK, Action.ADD, Status.DONE)
    later = [
        Change(address, Kind.DISK, Action.CHANGE, "another policy is declared", ()) for address in ("disk/a", "disk/b")
    ]
    outcome = Outcome((waited, written))
    assert outcome.ok
    compared = outcome.compared(Plan("m", tuple(later), (), (), ""))
    assert not compared.ok
    assert [(one.address, one.code) for one in compared.with_status(Status.FAILED)] == [("disk/a", "differs-still")]
    assert outcome.compared(Plan("m", (), (), (), "")) == outcome


def test_what_was_waited_for_and_is_under_way_again_is_not_done() -> None:
    """Somebody else may have begun something meanwhile: whether it becomes what is declared is not known."""
    outcome = Outcome((Result("disk/a", Kind.DISK, None, Status.DONE), Result("disk/b", Kind.DISK, None, Status.DONE)))
    again = Wait("disk/a", ArmId("/a"), AT_REST)
    compared = outcome.compared(Plan("m", (), (), (), "", waits=(again,)))
    assert not compared.ok
    assert [one.address for one in compared.with_status(Status.IN_PROGRESS)] == ["disk/a"]


def test_what_was_waited_for_and_nothing_can_help_is_not_done() -> None:
    outcome = Outcome((Result("disk/a", Kind.DISK, None, Status.DONE),))
    locked = Finding("locked", Severity.ERROR, "a lock forbids it", "", address="disk/a")
    assert not outcome.compared(Plan("m", (), (locked,), (), "")).ok


def test_what_was_waited_for_and_could_not_be_seen_is_not_done() -> None:
    waited = Result("disk/a", Kind.DISK, None, Status.DONE)
    written = Result("disk/b", Kind.DISK, Action.ADD, Status.DONE)
    unseen = Outcome((waited, written)).unseen("Azure didn't answer")
    assert not unseen.ok
    assert [one.status for one in unseen.results] == [Status.IN_PROGRESS, Status.DONE]
    assert "Azure didn't answer" in unseen.results[0].message
