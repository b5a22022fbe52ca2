"""An export as a manifest for people: YAML with the schema's modeline, and comments for what it can't declare."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from reconciler import __version__
from reconciler.base.escape import fence, markdown, plain, visible
from reconciler.base.plurals import counted
from reconciler.base.redaction import redact
from reconciler.base.scalars import resolve
from reconciler.model.results.export import Exported
from reconciler.report.documents import FORMAT_VERSION, Document
from reconciler.report.values import jsonable

_MODELINE = "# yaml-language-server: $schema=manifest.schema.json"
_INLINE = frozenset({"softDelete", "schedule", "retention", "tags", "roleAssignments"})
_INLINE_LISTS = frozenset({"subscriptions", "locations"})
_WIDTH = 100_000
_STRING = "tag:yaml.org,2002:str"


class _Inline(dict[str, Any]):
    """A mapping that is written on one line."""


class _InlineList(list[Any]):
    """A list that is written on one line."""


class _Dumper(yaml.SafeDumper):
    """PyYAML's safe dumper, with lists indented, and with quotes around text that YAML 1.2 would read differently."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key."""
        del indentless
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:
        """Return True: a manifest has no aliases."""
        del data
        return True

    def write_double_quoted(self, text: str, split: bool = True) -> None:
        """Write text in quotes on one line, with nothing in it that a terminal or a CI system would follow."""
        del split
        quoted = visible(text.replace("\\", r"\\").replace('"', r"\""))
        self.write_indicator(f'"{quoted.replace("##", _HARMLESS)}"', True)


_HARMLESS = r"#\x23"
"""Two number signs, with which Azure Pipelines' commands begin, as YAML reads them alike."""

_RESOLVER: Any = yaml.SafeDumper(io.StringIO())


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plainly = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)) == _STRING
    is_harmless = text.isprintable() and "##" not in text
    style = None if plainly and resolve(text) == text and is_harmless else '"'
    return dumper.represent_scalar(_STRING, text, style=style)


def _inline(dumper: yaml.SafeDumper, data: Mapping[str, Any]) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)


_Dumper.add_representer(str, _text)


def _inline_list(dumper: yaml.SafeDumper, data: Sequence[Any]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)


_Dumper.add_representer(_Inline, _inline)
_Dumper.add_representer(_InlineList, _inline_list)


def export_yaml(exported: Exported) -> str:
    """The manifest, as a file to commit."""
    lines = [_MODELINE, "# `reconciler schema > manifest.schema.json` puts the schema beside this file."]
    lines += _origin(exported)
    lines += _comments(exported)
    head = {key: value for key, value in exported.data.items() if key in ("apiVersion", "name")}
    parts = ["\n".join(lines) + "\n" + _dumped(head)]
    parts += [_dumped({key: value}) for key, value in exported.data.items() if key not in head]
    return "\n".join(parts)


def _origin(exported: Exported) -> Iterator[str]:
    if not exported.is_part:
        yield from (f"# Exported from {plain(scope)}; its plan is empty." for scope in exported.scopes)
        return
    name = plain(exported.manifest.name)
    where = ", ".join(plain(scope) for scope in exported.scopes)
    if len(exported.data) > 1:
        yield f"# What the manifest {name} lacks of {where}: save it as a further file in the manifest's folder."
    elif exported.left_out:
        yield f"# Nothing that the manifest {name} lacks of {where} can be added to it."
    else:
        yield f"# The manifest {name} lacks nothing of {where}."


def _dumped(data: Mapping[str, Any]) -> str:
    text: str = yaml.dump(
        _laid_out(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=_WIDTH
    )
    return text


def _laid_out(data: Any, key: str = "") -> Any:
    """The data with its small mappings on one line."""
    if isinstance(data, Mapping):
        kind = _Inline if key in _INLINE else dict
        return kind({name: _laid_out(value, name) for name, value in data.items()})
    if isinstance(data, list):
        return (_InlineList if key in _INLINE_LISTS else list)(_laid_out(value) for value in data)
    return data


def _comments(exported: Exported) -> Iterator[str]:
    if exported.notes:
        yield "#"
        yield "# What this manifest does not declare:"
        yield from (f"#   {plain(note)}" for note in exported.notes)
    if exported.left_out:
        yield "#"
        yield "# Backup instances that are left out, since the plan would not be empty with them:"
        for one in exported.left_out:
            yield f"#   {plain(one.disk)}"
            yield f"#     {plain(one.reason)}"


def export_document(exported: Exported) -> Document:
    """The manifest as data, with what it doesn't declare."""
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "manifest": exported.manifest.name,
        "scopes": [scope.text for scope in exported.scopes],
        "disk_count": exported.disks,
        "content": jsonable(exported.data),
        "notes": list(map(redact, exported.notes)),
        "left_out": [
            {"disk": one.disk.text, "name": exported.names.of(one.disk), "reason": redact(one.reason)}
            for one in exported.left_out
        ],
    }


def export_markdown(exported: Exported) -> str:
    """The manifest in a code block, and below it what it doesn't declare."""
    parts = [f"## Export: {counted(exported.disks, 'disk')}\n", fence(export_yaml(exported), "yaml")]
    if exported.notes:
        parts.append("### Not declared\n\n" + "".join(f"- {markdown(note)}\n" for note in exported.notes))
    if exported.left_out:
        rows = (f"- {markdown(one.disk)}: {markdown(one.reason)}\n" for one in exported.left_out)
        parts.append("### Left out\n\n" + "".join(rows))
    return "\n".join(parts)
