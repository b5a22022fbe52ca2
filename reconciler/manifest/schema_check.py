"""Checks a file against the manifest's schema: jsonschema-rs gives the verdict, jsonschema only explains errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from reconciler.base.schemas import schema_text
from reconciler.manifest.kinds import KINDS
from reconciler.manifest.names import is_group_name
from reconciler.manifest.sections import Section
from reconciler.model.codes import manifest as codes
from reconciler.model.findings import Finding

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

LISTS = tuple(kind.key for kind in KINDS)
"""The keys whose lists are joined over all files."""

_FORMATS: Mapping[str, Callable[[str], bool]] = {"resource-group-name": is_group_name}
"""What no pattern can say that every editor understands: which letters there are."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The errors in a file's shape; `broken` are the wrong list entries, `is_sound` says whether the rest is usable."""

    findings: tuple[Finding, ...] = ()
    broken: frozenset[tuple[str, int]] = frozenset()
    is_sound: bool = True


def shape(section: Section, text: str) -> Shape:
    """The shape of one file's content; `text` is the file's text, to show values as they were written."""
    if "apiVersion" not in section:
        return Shape((_no_manifest(section),), is_sound=False)
    try:
        if _verdict().is_valid(section):
            return Shape()
    except ValueError:  # a number that JSON can't represent: the explanation will name it
        pass
    return _explained(section, text)


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(schema_text("manifest"))
    return schema


@cache
def _verdict() -> Draft202012Validator:
    import jsonschema_rs  # compiled, and large: `--help` does without

    return jsonschema_rs.Draft202012Validator(_schema(), formats=dict(_FORMATS), validate_formats=True)


def _no_manifest(section: Section) -> Finding:
    known = [key for key in section if key in _schema()["properties"]]
    if known:
        message = "`apiVersion` is missing"
        return codes.MISSING_KEY.at(message, place=section.here, hint="start the file with `apiVersion: reconciler/v1`")
    return codes.NOT_A_MANIFEST.at(f"{section.file} is not a manifest: it has no `apiVersion`", place=section.here)


def _explained(section: Section, text: str) -> Shape:
    from reconciler.manifest.explaining import SourceText, explain  # only what is wrong is explained

    source = SourceText(section, text.splitlines())
    findings: list[Finding] = []
    broken: set[tuple[str, int]] = set()
    is_sound = True
    for error in _explainer(section).iter_errors(section):
        findings += explain(source, error)
        path = list(error.absolute_path)
        if len(path) > 1 and path[0] in LISTS:
            broken.add((str(path[0]), int(path[1])))
        else:
            is_sound = False
    if not findings:
        findings, is_sound = [_unexplained(section)], False
    return Shape(tuple(dict.fromkeys(findings)), frozenset(broken), is_sound)


def _explainer(section: Section) -> Any:
    """A jsonschema validator that checks only those entries of long lists that the verdict found wrong.

    `$` matches only the very end of the text, as in JSON Schema: Python's also matches before a last line break.
    """
    from jsonschema import Draft202012Validator, ValidationError  # slow to import: only what is wrong is explained
    from jsonschema.validators import extend

    wrong = _wrong_entries(section)
    lists = {id(section[key]): key for key in LISTS if isinstance(section.get(key), list)}

    def items(validator: Any, schema: Any, instance: Any, _parent: Any) -> Iterator[Any]:
        if not isinstance(instance, list):
            return
        key = lists.get(id(instance))
        for index, item in enumerate(instance):
            if key is None or (key, index) in wrong:
                yield from validator.descend(item, schema, path=index)

    def pattern(_validator: Any, wanted: str, instance: Any, _parent: Any) -> Iterator[Any]:
        if isinstance(instance, str) and not re.search(wanted.replace("$", r"\Z"), instance):
            yield ValidationError(f"'{instance}' does not match '{wanted}'")

    def form(_validator: Any, wanted: str, instance: Any, _parent: Any) -> Iterator[Any]:
        if isinstance(instance, str) and not _FORMATS[wanted](instance):
            yield ValidationError(f"'{instance}' is no {wanted}")

    make: Any = extend
    return make(Draft202012Validator, {"items": items, "pattern": pattern, "format": form})(_schema())


def _wrong_entries(section: Section) -> set[tuple[str, int]]:
    """The entries of lists that the verdict found wrong; all of them if it can't tell."""
    try:
        paths = [error.instance_path for error in _verdict().iter_errors(section)]
    except ValueError:
        return {(key, index) for key in LISTS for index in range(len(section.get(key) or ()))}
    return {(str(path[0]), int(path[1])) for path in paths if len(path) > 1 and isinstance(path[1], int)}


def _unexplained(section: Section) -> Finding:
    from reconciler.manifest.explaining import place_of  # as in `_explained`

    try:
        error = next(iter(_verdict().iter_errors(section)))
    except (StopIteration, ValueError):
        return codes.INVALID_VALUE.at("a value in this file cannot be used", place=section.here)
    path = list(error.instance_path)
    name = next((part for part in reversed(path) if isinstance(part, str)), "value")
    return codes.INVALID_VALUE.at(f"`{name}` has the wrong form", place=place_of(section, path))
