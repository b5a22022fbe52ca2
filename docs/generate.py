"""Writes the reference from the code and the schema: `python docs/generate.py`; a test holds the pages to it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
from prometheus_client.metrics_core import Metric

from reconciler.cli.main import root
from reconciler.report.fields import Field, fields
from reconciler.report.topics import KINDS, Topic, topic_markdown, topics
from reconciler.schemas import schema_text
from reconciler.watch.metrics import Metrics

REFERENCE = Path(__file__).parent / "reference"
_HEAD = "<!-- Written by docs/generate.py; edit the code, not this page. -->\n\n"
_WIDTH = 100
_PAGED = ("finding", "problem", "error", "gate", "drift", "azure")


def pages() -> dict[str, str]:
    """Every page of the reference by its path below `docs/reference`."""
    known = topics(json.loads(schema_text("manifest")))
    found = {"commands.md": _commands(), "manifest.md": _manifest(), "metrics.md": _metrics()}
    coded = [topic for topic in known if topic.kind in _PAGED]
    found["codes/README.md"] = _codes(coded)
    for name in dict.fromkeys(topic.name for topic in coded):
        same = [topic for topic in coded if topic.name == name]
        sections = "\n".join(f"{KINDS[topic.kind]}\n\n{_body(topic)}" for topic in same)
        found[f"codes/{name}.md"] = f"{_HEAD}# {name}\n\n{sections}"
    return found


def _body(topic: Topic) -> str:
    return topic_markdown(topic).partition("\n\n")[2]


def _codes(coded: list[Topic]) -> str:
    lines = [f"{_HEAD}# Codes\n"]
    for kind in _PAGED:
        lines += [f"## {KINDS[kind]}", "", "| code | meaning |", "|---|---|"]
        lines += [f"| [{one.name}]({one.name}.md) | {_cell(one.meaning)} |" for one in coded if one.kind == kind]
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


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
        lines.append(f"| `{name}` | {metric.type} | {_cell(metric.documentation)} |")
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
