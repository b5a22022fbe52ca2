"""The table of vault fields agrees with the types that it names and with the manifest's schema."""

from __future__ import annotations

import json
from operator import attrgetter
from typing import Any, get_args, get_type_hints

import pytest

from reconciler.base.schemas import schema_text
from reconciler.model.manifest import SoftDelete, VaultSpec
from reconciler.model.resources import Vault
from reconciler.model.vault_fields import BY_PATH, FIELDS, Days, Switch, VaultField, Words, put

SCHEMA = json.loads(schema_text("manifest"))["$defs"]
OF_EACH = pytest.mark.parametrize("row", FIELDS, ids=attrgetter("path"))
KINDS: dict[type, tuple[type, type]] = {Words: (str, str), Switch: (bool, str), Days: (int, float)}


def described(path: str) -> Any:
    """What the schema says of a field."""
    at = SCHEMA["vault"]
    for key in path.split("."):
        at = at["properties"][key]
        at = SCHEMA[at["$ref"].rpartition("/")[2]] if "$ref" in at else at
    return at


@OF_EACH
def test_its_attributes_are_of_its_form(row: VaultField) -> None:
    said, taken = KINDS[type(row.form)]
    block, _, name = row.spec.rpartition(".")
    more = {str} if isinstance(row.form, Switch) and row.form.third else set()
    assert set(get_args(get_type_hints(SoftDelete if block else VaultSpec)[name])) == {said, type(None)} | more
    assert set(get_args(get_type_hints(Vault)[row.live])) == {taken, type(None)}


@OF_EACH
def test_the_schema_allows_what_it_can_say(row: VaultField) -> None:
    schema = described(row.path)
    match row.form:
        case Words(words):
            assert set(schema["enum"]) == set(words)
        case Days(least, most):
            assert (schema["type"], schema["minimum"], schema["maximum"]) == ("integer", least, most)
        case Switch(""):
            assert schema["type"] == "boolean"
        case Switch(third):
            assert schema["enum"] == [True, False, third]


@OF_EACH
def test_what_it_says_of_values_and_other_fields_is_there(row: VaultField) -> None:
    assert {other for other, _ in (row.moot or (row.path, None),)} <= set(BY_PATH)
    assert row.needs is None or BY_PATH[row.needs.path].form.can_say(row.needs.value)
    for value in (row.default, row.not_for_snapshots, (row.enough or (None,))[0]):
        assert value is None or row.form.can_say(value)
    assert row.title or (row.for_good, row.needs, row.not_for_snapshots) == (None, None, None)


@OF_EACH
def test_a_value_that_is_written_reads_the_same(row: VaultField) -> None:
    values = {Words: getattr(row.form, "words", ()), Switch: (True, False), Days: (14, 180)}[type(row.form)]
    for value in (*values, *filter(None, (getattr(row.form, "third", ""),))):
        assert row.form.can_say(value)
        assert row.form.read(row.form.taken(row.form.write(value))) == value


def test_no_two_fields_are_written_at_one_place() -> None:
    body: dict[str, Any] = {}
    for row in FIELDS:
        put(body, row.wire, row.path)
    assert len({row.wire for row in FIELDS}) == len(FIELDS) == len(BY_PATH)
