"""Whether a file has the shape of a manifest: jsonschema-rs gives the verdict, jsonschema is asked only to explain."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from reconciler.findings import Finding
from reconciler.manifest import codes
from reconciler.manifest.sections import Section
from reconciler.schemas import schema_text

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

LISTS = (
    "vaults", "policies", "snapshotResourceGroups", "disks", "excluded", "removed", "ignore", "drills",
)  # fmt: skip
"""The keys whose lists are joined over all files."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is wrong with a file's shape; `broken` are the list entries concerned, `is_sound` whether the rest is usable."""

    findings: tuple[Finding, ...] = ()
    broken: frozenset[tuple[str, int]] = frozenset()
    is_sound: bool = True


def shape(section: Section) -> Shape:
    """The shape of one file's content."""
    if "apiVersion" not in section:
        return Shape((_no_manifest(section),), is_sound=False)
    try:
        if _verdict().is_valid(section):
            return Shape()
    except ValueError:  # a number that JSON can't hold: the explanation will name it
        pass
    return _explained(section)


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(schema_text("manifest"))
    return schema


@cache
def _verdict() -> Draft202012Validator:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(_schema())


def _no_manifest(section: Section) -> Finding:
    known = [key for key in section if key in _schema()["properties"]]
    if known:
        message = "`apiVersion` is missing"
        return codes.MISSING_KEY.at(message, place=section.here, hint="start the file with `apiVersion: reconciler/v1`")
    return codes.NOT_A_MANIFEST.at(f"{section.file} is no manifest: it has no `apiVersion`", place=section.here)


def _explained(section: Section) -> Shape:
    from jsonschema import Draft202012Validator as Explainer

    from reconciler.manifest.explaining import explain

    findings: list[Finding] = []
    broken: set[tuple[str, int]] = set()
    is_sound = True
    for error in Explainer(_schema()).iter_errors(section):
        findings += explain(section, error)
        path = list(error.absolute_path)
        if len(path) > 1 and path[0] in LISTS:
            broken.add((str(path[0]), int(path[1])))
        else:
            is_sound = False
    if not findings:  # the two libraries disagree on a detail, such as a line break at the end of a name
        findings, is_sound = [_unexplained(section)], False
    return Shape(tuple(dict.fromkeys(findings)), frozenset(broken), is_sound)


def _unexplained(section: Section) -> Finding:
    from reconciler.manifest.explaining import place_of

    try:
        error = next(iter(_verdict().iter_errors(section)))
    except (StopIteration, ValueError):
        return codes.INVALID_VALUE.at("a value in this file cannot be used", place=section.here)
    path = list(error.instance_path)
    name = next((part for part in reversed(path) if isinstance(part, str)), "value")
    return codes.INVALID_VALUE.at(f"`{name}` has the wrong form", place=place_of(section, path))
