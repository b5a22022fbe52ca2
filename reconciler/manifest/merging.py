"""Merges the files of one manifest: lists are joined; other keys may appear in one file only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.base.escape import shortened
from reconciler.manifest.notes import Notes
from reconciler.manifest.reader import read
from reconciler.manifest.schema_check import LISTS, Shape, shape
from reconciler.manifest.sections import Items, Section
from reconciler.manifest.syntax import decode
from reconciler.model.codes import manifest as codes
from reconciler.model.errors import ManifestError, UsageError
from reconciler.model.findings import Finding, Place

Include = Callable[[str, str], Mapping[str, bytes]]
"""Returns the files at a path that a file includes, given both; raises UsageError or ManifestError."""

_SINGLE = ("name", "defaults", "roleAssignments", "include", "formerly", "handsOverTo")


@dataclass(slots=True)
class Part:
    """One file: its text, its content (None: unreadable), and what is wrong with its shape."""

    file: str
    text: str
    section: Section | None
    shape: Shape
    is_included: bool


@dataclass(slots=True)
class Merged:
    """All files as one: `single` has the content of the file with each single key, `lists` the usable entries.

    `broken` are entries whose shape is wrong: their names count as known. `is_whole`: no file is missing from it.
    """

    single: dict[str, Section] = field(default_factory=dict)
    lists: dict[str, list[Section]] = field(default_factory=lambda: {key: [] for key in LISTS})
    broken: dict[str, list[Section]] = field(default_factory=lambda: {key: [] for key in LISTS})
    sources: dict[str, str] = field(default_factory=dict)
    is_whole: bool = True


def merge(texts: Mapping[str, bytes], include: Include, notes: Notes) -> Merged:
    """Every file and what it includes, joined; problems go to `notes`."""
    parts = [_part(file, texts[file], notes, is_included=False) for file in sorted(texts)]
    included = _included(parts, set(texts), include, notes)
    parts += included or []
    merged = Merged(is_whole=included is not None)
    for part in parts:
        merged.sources[part.file] = part.text
        if part.section is None or not part.shape.is_sound:
            merged.is_whole = False
        if part.section is not None:
            _join(merged, part, notes)
    _check_name(merged, parts, notes)
    return merged


def _part(file: str, data: bytes, notes: Notes, *, is_included: bool) -> Part:
    text = decode(file, data)
    if isinstance(text, Finding):
        notes.extend([text])
        return Part(file, data[:100_000].decode("utf-8", "replace"), None, Shape(), is_included)
    section, findings = read(file, text)
    notes.extend(findings)
    if section is None or findings:
        return Part(file, text, None, Shape(), is_included)
    found = shape(section, text)
    notes.extend(found.findings)
    return Part(file, text, section, found, is_included)


def _included(parts: Sequence[Part], names: set[str], include: Include, notes: Notes) -> list[Part] | None:
    """The files that the parts include, each once; None when an include could not be followed."""
    found: list[Part] = []
    is_whole = True
    for part in parts:
        paths = part.section.get("include") if part.section is not None else None
        if not isinstance(paths, Items):
            continue
        for index, path in enumerate(paths):
            if not isinstance(path, str):
                continue
            texts = _followed(part.file, path, names, paths.place(index), include, notes)
            is_whole = is_whole and texts is not None
            names.update(texts or ())
            found += [_part(file, texts[file], notes, is_included=True) for file in sorted(texts or ()) if texts]
    return found if is_whole else None


def _followed(
    file: str, path: str, names: set[str], place: Place, include: Include, notes: Notes
) -> Mapping[str, bytes] | None:
    """The files that an include adds; None, with findings, when it can't be followed or adds a file twice."""
    try:
        texts = include(file, path)
    except UsageError as error:
        notes.add(codes.INCLUDE_REFUSED, error.message, place, hint=error.hint)
        return None
    except ManifestError as error:
        notes.extend(error.findings)
        return None
    known = sorted(names & set(texts))
    if known:
        message = f"{shortened(path)} includes {shortened(known[0])}, which is already part of this manifest"
        notes.add(codes.INCLUDE_REFUSED, message, place, hint="remove the include")
        return None
    return texts


def _join(merged: Merged, part: Part, notes: Notes) -> None:
    section = part.section
    if section is None:
        return
    for key in _SINGLE:
        if key not in section:
            continue
        if part.is_included and key in {"name", "include"}:
            notes.add(codes.INCLUDED_NAME, f"an included file may not have `{key}`", section.key_place(key))
        elif key in merged.single:
            first = merged.single[key].key_place(key)
            notes.add(
                codes.SEVERAL_FILES, f"`{key}` appears in two files; the first is at {first}", section.key_place(key)
            )
        else:
            merged.single[key] = section
    for key in LISTS:
        entries = section.get(key)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, Section):
                is_broken = (key, index) in part.shape.broken or not part.shape.is_sound
                (merged.broken if is_broken else merged.lists)[key].append(entry)


def _check_name(merged: Merged, parts: Sequence[Part], notes: Notes) -> None:
    if "name" in merged.single or any(part.section is None for part in parts):
        return
    first = next((part.section for part in parts if part.section is not None and not part.is_included), None)
    if first is not None and any("apiVersion" in part.section for part in parts if part.section is not None):
        notes.add(codes.NO_NAME, "no file has the manifest's `name`", first.here)
