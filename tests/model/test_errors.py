"""`reconciler.errors` is the documented place of every error."""

from __future__ import annotations

from inspect import isclass

from reconciler import errors
from reconciler.model import errors as model


def test_every_error_is_at_its_documented_place() -> None:
    made = {name: one for name, one in vars(model).items() if isclass(one) and issubclass(one, Exception)}
    assert len(made) > 10
    assert {name: vars(errors).get(name) for name in made} == made
    assert set(made) <= set(errors.__all__)
