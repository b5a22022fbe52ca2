"""What the entries of all sections have in common: a section's kind, defaults, and names that must be declared."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from reconciler.base.escape import shortened
from reconciler.manifest.names import region, tags
from reconciler.manifest.notes import Notes
from reconciler.manifest.sections import Section
from reconciler.model.codes import manifest as codes
from reconciler.model.findings import Code, Place
from reconciler.model.ids import lower
from reconciler.model.manifest import Choice


@dataclass(frozen=True, slots=True)
class Use:
    """A name that must be declared: `key` is `vault`, `policy` or `snapshotResourceGroup`; `name` is as written."""

    key: str
    name: str
    place: Place
    region: str = ""


@dataclass(frozen=True, slots=True)
class Defaults:
    """The compiled `defaults`; undeclared ones are empty. `subscriptions` are lower-cased."""

    subscription: str = ""
    location: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    vault: Choice | None = None
    policy: Choice | None = None
    snapshot_group: Choice | None = None
    time_zone: str = ""
    subscriptions: tuple[str, ...] = ()
    section: Section = field(default_factory=Section)


@dataclass(slots=True)
class Context:
    """What an entry is read with: `uses` collects the names that it takes for declared."""

    notes: Notes
    defaults: Defaults = field(default_factory=Defaults)
    uses: list[Use] = field(default_factory=list)


Read = Callable[[Section, Context], Any]
"""What an entry declares; None, with findings, when it can't be used."""


@dataclass(frozen=True, slots=True)
class SectionKind:
    """A section that lists entries: its `key`, the `attribute` of Manifest that it becomes, and how an entry is read.

    The entries of a kind with a `noun` have names, each defined once. `used_as` is the key under which entries of
    `disks` use such a name, `unknown` the code for one that nothing declares.
    """

    key: str
    attribute: str
    read: Read
    noun: str = ""
    used_as: str = ""
    unknown: Code | None = None

    def declared(self, entries: Iterable[Section], context: Context) -> Any:
        """What the entries declare: by lower-cased name where others use it, else in order.

        Of a name that is defined twice the first is taken; that it is, `references` tells.
        """
        made = [spec for entry in entries if (spec := self.read(entry, context)) is not None]
        return _by_name(made) if self.used_as else tuple(made)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def _by_name(specs: Iterable[_Named]) -> dict[str, _Named]:
    found: dict[str, _Named] = {}
    for spec in specs:
        found.setdefault(lower(spec.name), spec)
    return found


def defaults(section: Section, uses: list[Use], notes: Notes) -> Defaults:
    """The defaults that the mapping states."""
    return Defaults(
        subscription=section.get("subscription", ""),
        location=region(section.get("location", "")),
        tags=tags(section, "tags", notes),
        vault=choice(section, "vault", uses, notes),
        policy=choice(section, "policy", uses, notes),
        snapshot_group=choice(section, "snapshotResourceGroup", uses, notes),
        time_zone=section.get("timeZone", ""),
        subscriptions=tuple(dict.fromkeys(lower(text) for text in section.get("subscriptions", ()))),
        section=section,
    )


def choice(section: Section, key: str, uses: list[Use], notes: Notes) -> Choice | None:
    """The name, or one per region, under `key`: names lower-cased, regions normalised; None when it isn't there."""
    value = section.get(key)
    if value is None:
        return None
    if not isinstance(value, Section):
        uses.append(Use(key, value, section.place(key)))
        return lower(value)
    by_region: dict[str, str] = {}
    for location, name in value.items():
        normal = region(location)
        if normal in by_region:
            message = f"the region {shortened(location)} appears twice: case and spaces are ignored in region names"
            notes.add(codes.DUPLICATE_KEY, message, value.key_place(location))
            continue
        by_region[normal] = lower(name)
        uses.append(Use(key, name, value.place(location), normal))
    return by_region


def check_unmanaged(section: Section, settings: Iterable[str], notes: Notes, compared: Container[str] = ()) -> None:
    """Find settings of an entry that says `manage: false`, which are never written; those in `compared` are checked."""
    for key in settings:
        if key in section:
            does = "is only checked" if key in compared else "has no effect"
            message = f"`{key}` {does} on {section['name']}, which is not managed (manage: false)"
            hint = "declare what it has, remove the setting, or let the manifest manage it" if key in compared else ""
            notes.add(codes.NO_EFFECT, message, section.key_place(key), hint=hint)
