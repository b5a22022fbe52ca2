"""The collector is held while much is made that stays, and collects afterwards."""

from __future__ import annotations

import gc
import weakref

import pytest

from reconciler.base import garbage


def test_it_is_off_within_and_on_again_afterwards() -> None:
    with garbage.held():
        assert not gc.isenabled()
        with garbage.held():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_on_again_after_an_error() -> None:
    with pytest.raises(LookupError), garbage.held():
        raise LookupError
    assert gc.isenabled()


def test_one_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with garbage.held():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_made_is_old_and_can_still_be_collected() -> None:
    with garbage.held():
        made: list[object] = []
        made.append(made)
    assert any(one is made for one in gc.get_objects(generation=2))
    assert gc.get_freeze_count() == 0


class Loop:
    def __init__(self) -> None:
        self.self = self


def test_a_process_that_goes_on_keeps_no_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "_RARELY", 5)
    made: list[weakref.ref[Loop]] = []
    for _ in range(12):
        with garbage.held():
            made.append(weakref.ref(Loop()))
    assert sum(one() is not None for one in made) <= 5


def test_what_a_host_has_frozen_stays_frozen() -> None:
    """A server that forks its workers freezes what they share: thawed, it would be copied into each."""
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with garbage.held():
            pass
        assert 0 < gc.get_freeze_count() <= frozen, "some of what is frozen may have been freed since"
    finally:
        gc.unfreeze()
