"""The estate knows what it has of each type, so that whoever reads or renews it names no kind."""

from __future__ import annotations

from dataclasses import fields

from reconciler.model import resources
from reconciler.model.estate import ATTRIBUTES, MAPPINGS, Estate


def test_every_mapping_by_id_is_known_with_its_type() -> None:
    assert {name for name, value in vars_of(Estate()).items() if isinstance(value, dict)} == {
        *MAPPINGS,
        "management_groups",
        "answers",
    }
    assert MAPPINGS["deleted_instances"] is MAPPINGS["instances"] is resources.Instance


def test_what_is_there_goes_where_live_things_are() -> None:
    assert ATTRIBUTES[resources.Instance] == "instances"
    assert set(ATTRIBUTES.values()) == {*MAPPINGS} - {"deleted_instances"}


def vars_of(estate: Estate) -> dict[str, object]:
    return {one.name: getattr(estate, one.name) for one in fields(estate)}
