"""Canonical forms are frozen: what the model gains, or calls otherwise, renames nothing and marks nothing anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, fields, is_dataclass, make_dataclass, replace
from functools import lru_cache
from inspect import getmembers, isclass
from pathlib import Path
from shutil import copy, copytree
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from plan_builders import GOLD, disk, disk_id, estate, manifest, plan, policy_spec, settled, vault, vault_spec

from reconciler.loading.files import load
from reconciler.model import canonical, selectors
from reconciler.model import manifest as model
from reconciler.model.canonical import FORMS, Form, digest, plain
from reconciler.model.manifest import DiskRule, Manifest, PolicyContent, SoftDelete, VerifySpec
from reconciler.model.names import policy_names

EVERYTHING = Path(__file__).parents[1] / "compatibility" / "cases" / "every-field" / "manifest"
LATER = Path(__file__).with_name("later.yaml")
KINDS = [
    kind
    for module in (model, selectors)
    for _, kind in getmembers(module, isclass)
    if is_dataclass(kind) and kind.__module__ == module.__name__
]
OF_EACH = pytest.mark.parametrize("kind", KINDS)


@lru_cache
def everything() -> Manifest:
    """A manifest that says all that version 0.1.0 knew, which is frozen, and what is known since."""
    with TemporaryDirectory() as folder:
        copytree(EVERYTHING, folder, dirs_exist_ok=True)
        copy(LATER, Path(folder) / "common")
        found = load(Path(folder) / "manifest.yaml")
    # A program may be named beside the manifest alone, and the frozen file names none.
    verify = VerifySpec(found.place, ("./check-copy.sh",), 900)
    return replace(found, drills=tuple(replace(one, verify=verify) for one in found.drills))


def within(value: Any) -> Iterator[Any]:
    """A declaration and all that lies in it."""
    if type(value) in FORMS:
        yield value
        for one in fields(value):
            yield from within(getattr(value, one.name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from within(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from within(item)


def rebuilt(value: Any, kind_of: Callable[[type], Any], name_of: Callable[[str], str] = str) -> Any:
    """A declaration of other types, and under other names of attributes, through all of it."""
    if type(value) in FORMS:
        found = {one.name: getattr(value, one.name) for one in fields(value) if one.init}
        return kind_of(type(value))(**{name_of(name): rebuilt(item, kind_of, name_of) for name, item in found.items()})
    if isinstance(value, Mapping):
        return {key: rebuilt(item, kind_of, name_of) for key, item in value.items()}
    return tuple(rebuilt(item, kind_of, name_of) for item in value) if type(value) is tuple else value


@lru_cache
def grown(kind: type) -> Any:
    """The type with two optional fields more, one of them a mapping."""
    added = [
        ("added_text", str | None, field(default=None)),
        ("added_tags", Mapping[str, str], field(default_factory=dict)),
    ]
    return make_dataclass(kind.__name__, added, bases=(kind,), frozen=True)


@pytest.fixture
def renamed(monkeypatch: pytest.MonkeyPatch) -> Callable[[type], Any]:
    """The types with other names for all attributes, and forms that say so."""

    @lru_cache
    def made(kind: type) -> Any:
        own = [(f"{one.name}_now", Any, replace_default(one)) for one in fields(kind) if one.init]
        copy = make_dataclass(kind.__name__, own, frozen=True)
        said = [
            " ".join(f"{key}={key}_now" for key in words.split()) for words in (FORMS[kind].first, FORMS[kind].later)
        ]
        left_out = " ".join(f"{name}_now" for name in FORMS[kind].left_out.split())
        monkeypatch.setitem(FORMS, copy, Form(*said, left_out=left_out))
        return copy

    return made


def replace_default(one: Any) -> Any:
    """A field of the same default."""
    return field(default=one.default) if one.default_factory is not dict else field(default_factory=dict)


def test_every_type_is_met() -> None:
    assert {type(one) for one in within(everything())} == set(FORMS) == set(KINDS)


@OF_EACH
def test_every_field_has_its_key_written_down(kind: Any) -> None:
    """A new field goes to `later`, under a key that is never changed from then on."""
    form = FORMS[kind]
    written = [word.rpartition("=")[2] for word in f"{form.first} {form.later} {form.left_out}".split()]
    assert len(written) == len(set(written))
    assert {one.name for one in fields(kind) if one.init} <= set(written)


@OF_EACH
def test_a_new_field_at_its_default_changes_no_digest(kind: type) -> None:
    for one in within(everything()):
        if type(one) is kind:
            changed = grown(kind)(**{own.name: getattr(one, own.name) for own in fields(one) if own.init})
            assert (plain(changed), digest(changed)) == (plain(one), digest(one))


@OF_EACH
@pytest.mark.parametrize("said", [{"added_text": "x"}, {"added_tags": {"a": "b"}}])
def test_a_new_field_that_is_said_counts(kind: type, said: dict[str, Any]) -> None:
    one = next(one for one in within(everything()) if type(one) is kind)
    changed = grown(kind)(**{own.name: getattr(one, own.name) for own in fields(one) if own.init}, **said)
    assert plain(changed) == {**plain(one), **said}
    assert digest(changed) != digest(one)


def test_fields_that_are_new_everywhere_change_no_digest_of_a_manifest() -> None:
    assert digest(rebuilt(everything(), grown)) == digest(everything())


def test_attributes_that_are_called_otherwise_change_no_digest(renamed: Callable[[type], Any]) -> None:
    changed = rebuilt(everything(), renamed, lambda name: f"{name}_now")
    assert not hasattr(changed, "vaults")
    assert digest(changed) == digest(everything())
    assert plain(changed) == plain(everything())


def test_a_key_that_lost_its_attribute_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = make_dataclass("Lost", [("state", str)], frozen=True)
    monkeypatch.setitem(FORMS, lost, FORMS[SoftDelete])
    with pytest.raises(TypeError, match="Lost has no retention_days"):
        digest(lost("On"))


@pytest.mark.parametrize(
    "content", [GOLD, PolicyContent(24, 120, "W. Europe Standard Time", 14, 30, 84), PolicyContent(1, 0, "UTC", 3)]
)
def test_a_policy_keeps_its_name_when_the_content_gains_a_field(
    content: PolicyContent, renamed: Callable[[type], Any]
) -> None:
    names = policy_names("gold", content)
    assert policy_names("gold", rebuilt(content, grown)) == names
    assert policy_names("gold", rebuilt(content, renamed, lambda name: f"{name}_now")) == names
    other = grown(PolicyContent)(**{one.name: getattr(content, one.name) for one in fields(content)}, added_text="x")
    assert policy_names("gold", other) != names


@pytest.mark.parametrize(
    ("desired", "world"),
    [
        (manifest(), estate(disk())),
        (manifest(), estate(*settled())),
        (manifest(policies=[policy_spec(content=replace(GOLD, daily_days=30))]), estate(*settled())),
        (manifest(vaults=[vault_spec(alerts_for_all_job_failures=True)]), estate(disk(), vault(owner=None))),
    ],
)
def test_a_plan_keeps_its_marks_names_and_checksum_when_every_type_gains_a_field(desired: Manifest, world: Any) -> None:
    """But contents, which are compared with live ones of the type as it is."""
    after = plan(rebuilt(desired, lambda kind: kind if kind is PolicyContent else grown(kind)), world, adopt=True)
    before = plan(desired, world, adopt=True)
    assert (after.checksum, after.marks) == (before.checksum, before.marks)
    assert [change.steps for change in after.changes] == [change.steps for change in before.changes]


def test_what_was_in_the_form_from_the_first_stays_at_its_default() -> None:
    assert plain(SoftDelete()) == {"state": None, "retention_days": None}
    rule = DiskRule(everything().place, "v", "p", "g", ids=((disk_id(), everything().place),))
    assert canonical.text(rule) == (
        '{"exclude":[],"ids":[["' + disk_id().key + '"]],"policy":"p","protection":"protected","select":null,'
        '"snapshot_group":"g","vault":"v"}'
    )
    assert plain(everything())["roles"] == {"mode": "manage", "scope": "resourceGroup"}
