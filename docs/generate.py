"""Writes the reference from the code and the schema: `python docs/generate.py`; a test holds the pages to it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
from prometheus_client.metrics_core import Metric

from reconciler.base.schemas import schema_text
from reconciler.cli.main import root
from reconciler.report.fields import Field, fields
from reconciler.report.topics import KINDS, Topic, notice_code, topics
from reconciler.watch.metrics import Metrics

REFERENCE = Path(__file__).parent / "reference"
_HEAD = "<!-- Written by docs/generate.py; edit the code, not this page. -->\n\n"
_WIDTH = 100
_PAGED = ("problem", "finding", "gate", "drift", "error", "azure")
_CODES = """# Codes

Every code that a command, a report or a document shows, by where it arises; `reconciler explain CODE` prints the same offline.
A finding or a problem with the severity `error` makes the command [exit 1](../../README.md#exit-codes); warnings and information don't.

To link to a code, use it as the anchor: `codes.md#orphan`. Where one name means several things, each row names the others.
"""


def pages() -> dict[str, str]:
    """Every page of the reference by its path below `docs/reference`."""
    known = topics(json.loads(schema_text("manifest")))
    return {
        "codes.md": _codes(known),
        "commands.md": _commands(),
        "manifest.md": _manifest(),
        "metrics.md": _metrics(),
    }


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


def _manifest() -> str:
    lines = [f"{_HEAD}# The manifest\n"]
    for field in fields(json.loads(schema_text("manifest"))).values():
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


def _metrics() -> str:
    lines = [f"{_HEAD}# Metrics of `watch`\n", "| metric | kind | meaning |", "|---|---|---|"]
    collected: list[Metric] = list(Metrics().registry.collect())
    for metric in collected:
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        lines.append(f"| `{name}` | {metric.type} | {cell(metric.documentation)} |")
    return "\n".join(lines) + "\n"


def commands() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Every command with its full name and its context."""
    context = click.Context(root, info_name="reconciler", terminal_width=_WIDTH)
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
        lines += [f"## {name}", "", "```text", help_text, "```", ""]
    return "\n".join(lines)


def main() -> None:
    """Write the pages, and take away those that are no more."""
    shutil.rmtree(REFERENCE, ignore_errors=True)
    for name, text in pages().items():
        path = REFERENCE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
