"""Every switch takes what it says it takes."""

from __future__ import annotations

import pytest

from reconciler.sandbox import switches
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.sandbox import Sandbox


def test_every_choice_is_taken_as_text_as_well() -> None:
    world = Sandbox.of({}).world
    for name, switch in switches.SWITCHES.items():
        assert switch.meaning, name
        assert switch.why, name
        assert switch.default in switch.choices
        for value in switch.choices:
            world.set_switch(name, value)
            taken = world.switch(name)
            text = ("on" if value else "off") if isinstance(value, bool) else str(value)
            world.set_switch(name, text)
            assert world.switch(name) == taken


@pytest.mark.parametrize(
    ("name", "value"), [("propagation", "-1"), ("propagation", "9..1"), ("page_size", "x"), ("page_size", -1)]
)
def test_others_are_refused(name: str, value: object) -> None:
    with pytest.raises(SandboxError, match=f"switch {name} cannot be") as caught:
        Sandbox.of({}).set_switch(name, value)
    assert caught.value.hint
