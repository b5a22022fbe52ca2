"""Writes the reference, the schema of estate files and the kinds of things in schemas from the code: `python docs/generate.py`; tests hold both to it."""

from __future__ import annotations

import json
import re
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
from prometheus_client.metrics_core import Metric

from reconciler.base.schemas import schema_text
from reconciler.cli.columns import Columns
from reconciler.cli.main import root
from reconciler.model.api_versions import DEFAULT
from reconciler.model.api_versions import VERSIONS as KNOWN
from reconciler.model.changes import Kind
from reconciler.report.fields import Field, fields
from reconciler.report.topics import KINDS, Topic, notice_code, topics
from reconciler.sandbox import providers  # noqa: F401 - declares the switches of every provider
from reconciler.sandbox.dataprotection.api_versions import UNKNOWN, VERSIONS
from reconciler.sandbox.dataprotection.api_versions import Kind as Concern
from reconciler.sandbox.estate.schema import schema as estate_schema
from reconciler.sandbox.switches import SWITCHES, Switch
from reconciler.watch.metrics import Metrics

REFERENCE = Path(__file__).parent / "reference"
SCHEMAS = Path(__file__).parents[1] / "schemas"
_HEAD = "<!-- Written by docs/generate.py; edit the code, not this page. -->\n\n"
_WIDTH = 100
KINDS_IN_SCHEMAS = re.compile(
    r'("description": "The kind of the object\.",\n *"type": "string",\n( *)"enum": \[)[^]]*\]'
)
_PAGED = ("problem", "finding", "gate", "drift", "error", "azure")
_CODES = """# Codes

Every code that a command, a report or a JSON document shows, grouped by where it arises; `reconciler explain CODE` prints the same offline.
A finding or a problem with the severity `error` makes the command [exit 1](../../README.md#exit-codes); warnings and information don't.

To link to a code, use it as the anchor: `codes.md#orphan`. If one name has several meanings, each row links to the others.
"""
_API_VERSIONS = """# API versions of Microsoft.DataProtection

The versions that `reconciler` knows, and what each of them changed: in Azure's answers (read), in what Azure does (write), or in what it refuses (refuse).
`--api-version VERSION` selects another version than the default. If that version isn't in this table, or its changes are unknown, `reconciler` prints a warning and continues.
With a version that refuses vaults without AlwaysOn, or a later one, a new vault needs `softDelete: {state: AlwaysOn}` in the manifest.

"""
_ESTATE = """# The estate file

An estate file describes everything that exists at first in the simulated Azure; `--sandbox` selects one.
[The guide](../guides/sandbox.md) shows how to use it, and [what the simulated Azure was checked against](conformance.md) says why each switch has its default.
For completion in an editor, begin the file with a line that names the schema, which `reconciler schema estate` prints:

```yaml
# yaml-language-server: $schema=estate.schema.json
seed: 1
subscriptions:
  - id: 22222222-2222-2222-2222-222222222222
    resourceGroups:
      - name: diskrg
        location: westus
        disks: [{name: data, tags: {backup: gold}}]
```
"""


def pages() -> dict[str, str]:
    """Every page of the reference by its path below `docs/reference`."""
    known = topics(json.loads(schema_text("manifest")))
    return {
        "api-versions.md": _known_versions(),
        "codes.md": _codes(known),
        "commands.md": _commands(),
        "conformance.md": _conformance(),
        "estate.md": _fields(_ESTATE, estate_schema()),
        "manifest.md": _fields("# The manifest\n", json.loads(schema_text("manifest"))),
        "metrics.md": _metrics(),
        "names.md": _HEAD + runpy.run_path(str(Path(__file__).with_name("naming.py")))["page"](),
    }


def _known_versions() -> str:
    rows = [f"| `{name}`{' (the default)' * (name == DEFAULT)} | {_changed(name)} |" for name in KNOWN]
    return _HEAD + _API_VERSIONS + "\n".join(["| api-version | what it changed for disks |", "|---|---|", *rows]) + "\n"


def _changed(version: str) -> str:
    changed = KNOWN[version]
    if changed is None:
        return "unknown: not documented publicly"
    return "; ".join(f"{one.meaning} ({one.part.value})" for one in changed) or "nothing known"


def _codes(known: tuple[Topic, ...]) -> str:
    groups: dict[str, list[Topic]] = {}
    anchors: dict[str, list[Topic]] = {}
    for topic in sorted((one for one in known if one.kind in _PAGED), key=lambda one: _PAGED.index(one.kind)):
        groups.setdefault(topic.group or KINDS[topic.kind], []).append(topic)
        anchors.setdefault(topic.name, []).append(topic)
    lines = [f"{_HEAD}{_CODES}", *(f"- [{heading}](#{slug(heading)})" for heading in groups), ""]
    for heading, coded in groups.items():
        facts = list(dict.fromkeys(label for topic in coded for label, _ in topic.facts))
        lines += [f"## {heading}", "", _row("code", *facts, "meaning", "what to do"), "|---" * (3 + len(facts)) + "|"]
        for topic in coded:
            values = (_fact(label, dict(topic.facts).get(label, "")) for label in facts)
            lines.append(_row(_code(topic, anchors[topic.name]), *values, cell(topic.meaning), cell(topic.hint)))
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def slug(heading: str) -> str:
    """The anchor that GitHub and GitLab give to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _code(topic: Topic, same: list[Topic]) -> str:
    """The first cell of a row: the topic's anchors, its name, and links to `same`, the others of its name."""
    ids = [_anchor(topic, same)]
    if notice_code(topic) != topic.name.lower():
        ids = list(dict.fromkeys((*ids, notice_code(topic))))
    others = ", ".join(f"[{one.kind}](#{_anchor(one, same)})" for one in same if one is not topic)
    return "".join(f'<a id="{one}"></a>' for one in ids) + f"`{topic.name}`" + (f" (also: {others})" if others else "")


def _anchor(topic: Topic, same: list[Topic]) -> str:
    return topic.name if topic is same[0] else f"{topic.kind}-{topic.name}"


def _fact(label: str, value: str) -> str:
    return f"[{value}](#drift-{value})" if value and label == "class of drift" else value


def cell(text: str) -> str:
    """Text as a cell of a table; what Markdown would take for markup is escaped outside of code."""
    escaped = re.sub(r"`[^`]*`|[\\<*]", lambda found: found[0] if len(found[0]) > 1 else f"\\{found[0]}", text)
    return escaped.replace("|", "\\|").replace("\n", " ")


def _fields(head: str, schema: dict[str, Any]) -> str:
    """A page of the fields that a schema describes."""
    lines = [f"{_HEAD}{head}"]
    for field in fields(schema).values():
        lines += [
            f"{'#' * min(6, 2 + field.path.count('.'))} {field.path}",
            "",
            field.description,
            "",
            *_facts(field),
            "",
        ]
    return "\n".join(lines)


def _facts(field: Field) -> Iterator[str]:
    yield f"- {field.kind}{', required' if field.required else ''}"
    if field.choices:
        yield f"- one of {', '.join(f'`{one}`' for one in field.choices)}"
    if field.default is not None:
        yield f"- default: `{json.dumps(field.default)}`"
    for example in field.examples:
        yield f"- for example `{json.dumps(example, ensure_ascii=False)}`"


_CONFORMANCE = """# What the simulated Azure was checked against

The sandbox answers as Azure does in recordings, as Azure's clients expect, and as Microsoft documents it.
Each row names the test that checks this.
Where no public source says what Azure does, a switch decides. [The table of switches](#switches-what-is-a-guess) gives each default with its reason; the tool's own tests run with each setting and with each pair of settings.
"""


def held_against() -> SimpleNamespace:
    """The tests' data on what the sandbox was checked against."""
    path = Path(__file__).parents[1] / "tests" / "sandbox" / "held_against.py"
    return SimpleNamespace(**runpy.run_path(str(path)))


def _conformance() -> str:
    data = held_against()
    lines = [f"{_HEAD}{_CONFORMANCE}", "## Recordings", ""]
    for source in dict.fromkeys(row.source for row in data.RECORDINGS):
        lines += [f"### {source}", "", _row("recording", "api-version", "shows", "test"), "|---|---|---|---|"]
        own = [row for row in data.RECORDINGS if row.source == source]
        lines += [_row(f"`{row.file}`", row.versions, cell(row.shows), _test(row.test)) for row in own]
        lines.append("")
    lines += ["## Clients", "", _row("client", "version", "what it does", "test"), "|---|---|---|---|"]
    lines += [_row(row.name, row.version, cell(row.does), _test(row.test)) for row in data.CLIENTS]
    lines += ["", "## Descriptions", "", _row("description", "version", "what it says", "test"), "|---|---|---|---|"]
    lines += [_row(row.name, row.version, cell(row.says), _test(row.test)) for row in data.DESCRIPTIONS]
    return "\n".join([*lines, "", *_api_versions(), "", *_guesses()]) + "\n"


def _test(name: str) -> str:
    file, _, function = name.partition("::")
    path = f"tests/sandbox/{file}".replace("sandbox/../", "")
    return f"[`{function}`](../../{path})"


def _api_versions() -> Iterator[str]:
    yield "## Api-versions of Microsoft.DataProtection"
    yield ""
    yield "What each version changes for disks, which also applies to all later versions. Nothing is known to change in versions without a row."
    yield ""
    yield _row("version", *Concern, "source")
    yield "|---" * (len(Concern) + 2) + "|"
    for version in VERSIONS:
        if version.changes:
            told = ("; ".join(cell(one.meaning) for one in version.changes if one.kind == kind) for kind in Concern)
            sources = "; ".join(dict.fromkeys(cell(one.source) for one in version.changes))
            yield _row(version.name, *told, sources)
        elif version.name in UNKNOWN:
            yield _row(version.name, *("unknown" for _ in Concern), cell(UNKNOWN[version.name]))
    yield ""
    yield f"Known versions: {', '.join(version.name for version in VERSIONS)}."


def _guesses() -> Iterator[str]:
    yield "## Switches: what is a guess"
    yield ""
    yield _row("switch", "default", "other values", "what it decides", "why that default")
    yield "|---|---|---|---|---|"
    for name in sorted(SWITCHES):
        one = SWITCHES[name]
        yield _row(f"`{name}`", f"`{_word(one.default)}`", _others(one), cell(one.meaning), cell(one.why))


def _others(switch: Switch) -> str:
    if not switch.values:
        return {"seconds": "any number of seconds, or a span", "count": "any whole number"}[switch.form]
    return ", ".join(f"`{_word(value)}`" for value in switch.values if value != switch.default)


def _word(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _metrics() -> str:
    lines = [f"{_HEAD}# Metrics of `watch`\n", "| metric | kind | meaning |", "|---|---|---|"]
    collected: list[Metric] = list(Metrics().registry.collect())
    for metric in collected:
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        lines.append(f"| `{name}` | {metric.type} | {cell(metric.documentation)} |")
    return "\n".join(lines) + "\n"


def commands() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Every command with its full name and its context."""
    context = click.Context(root, info_name="reconciler", terminal_width=_WIDTH, **root.context_settings)
    yield from _below("reconciler", root, context)


def _below(
    name: str, command: click.Command, context: click.Context
) -> Iterator[tuple[str, click.Command, click.Context]]:
    yield name, command, context
    if isinstance(command, click.Group):
        for one in command.list_commands(context):
            found = command.get_command(context, one)
            if found is not None:
                inner = click.Context(found, info_name=one, parent=context, terminal_width=_WIDTH)
                yield from _below(f"{name} {one}", found, inner)


def _commands() -> str:
    lines = [f"{_HEAD}# Commands\n"]
    for name, command, context in commands():
        help_text = command.get_help(context)
        lines += [f"## {name}", "", "```text", help_text, "```", "", *_columns(command)]
    return "\n".join(lines)


def _columns(command: click.Command) -> Iterator[str]:
    """The columns of a command's table, and in which order they drop."""
    for said in (one.type for one in command.params):
        if isinstance(said, Columns):
            yield from ("| column | what it shows |", "|---|---|")
            yield from (f"| `{one.option}` | {cell(one.meaning)} |" for one in said.columns)
            dropping = sorted((one for one in said.columns if one.drops), key=lambda one: one.drops, reverse=True)
            yield ""
            yield f"If the table is too wide, columns are dropped in this order: {', '.join(f'`{one.option}`' for one in dropping)}."
            yield ""
            if kept := [f"`{one.option}`" for one in dropping if one.tells_apart]:
                yield f"Of these, {', '.join(kept)} are kept if rows would look the same without them."
                yield ""


def schemas() -> dict[str, str]:
    """Every schema by its file: that of estate files, and the others as they say which kinds of things there are."""
    kept = {
        path.name: KINDS_IN_SCHEMAS.sub(_with_kinds, path.read_text(encoding="utf-8"))
        for path in sorted(SCHEMAS.glob("*"))
    }
    return {**kept, "estate.schema.json": json.dumps(estate_schema(), indent=2, ensure_ascii=False) + "\n"}


def _with_kinds(found: re.Match[str]) -> str:
    head, indent = found.groups()
    kinds = ",".join(f'\n{indent}  "{kind}"' for kind in Kind)
    return f"{head}{kinds}\n{indent}]"


def main() -> None:
    """Write the pages, and take away those that are no more; write the schemas."""
    for name, text in schemas().items():
        (SCHEMAS / name).write_text(text, encoding="utf-8")
    shutil.rmtree(REFERENCE, ignore_errors=True)
    for name, text in pages().items():
        path = REFERENCE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
