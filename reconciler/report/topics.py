"""The topics of `explain`: every code, gate, class of drift and field, each as text and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.codes import azure as azure_codes
from reconciler.model.codes import errors as error_codes
from reconciler.model.codes import manifest as manifest_codes
from reconciler.model.codes.gates import GATES, VALUES
from reconciler.model.codes.planning import CODES as PLAN_CODES
from reconciler.model.findings import Code
from reconciler.model.results.drift import CLASSES
from reconciler.report.fields import Field, Schema, fields
from reconciler.report.style import Style
from reconciler.report.wrapping import wrapped

KINDS = {
    "finding": "Findings of plan, apply and drift",
    "problem": "Problems of a manifest",
    "error": "Errors",
    "gate": "Gates",
    "drift": "Classes of drift",
    "field": "Fields of the manifest",
    "azure": "Azure's own codes",
}
"""The kinds of topics, in the order of the reference, each with its heading."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing to explain: `facts` are labelled short values, `examples` are YAML in flow style.

    `group` is its heading in the reference, if that says more than its kind.
    """

    kind: str
    name: str
    meaning: str
    hint: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    examples: tuple[str, ...] = ()
    group: str = ""


def topics(schema: Schema) -> tuple[Topic, ...]:
    """All topics, by kind and in the order of their table; `schema` is the manifest's."""
    return tuple(_all(schema))


def _all(schema: Schema) -> Iterator[Topic]:
    for kind, codes in (("finding", PLAN_CODES), ("problem", manifest_codes.CODES)):
        yield from (_code(kind, code) for _, code in sorted(codes.items()))
    yield from _errors()
    for name, meaning in GATES.items():
        yield Topic("gate", name, meaning, f"if this is intended, pass `--force {name}{_value(name)}`")
    for name, meaning in CLASSES.items():
        yield Topic(
            "drift", name, f"{meaning[0].upper()}{meaning[1:]}.", "`drift --fail-on` names the classes that count"
        )
    yield from map(_field, fields(schema).values())
    for _, code in sorted(azure_codes.CODES.items()):
        yield Topic("azure", code.code, code.meaning, code.hint)


def _errors() -> Iterator[Topic]:
    groups = [*dict.fromkeys(code.group for code in error_codes.CODES.values())]
    for code in sorted(error_codes.CODES.values(), key=lambda one: (groups.index(one.group), one.code)):
        yield _code("error", code)


def _value(gate: str) -> str:
    return f"={VALUES[gate]}" if gate in VALUES else ""


def _code(kind: str, code: Code) -> Topic:
    facts = [("severity", code.severity.value)]
    if code.drift:
        facts.append(("class of drift", code.drift))
    return Topic(kind, code.code, code.meaning, code.hint, tuple(facts), group=code.group)


def _field(field: Field) -> Topic:
    facts = [("kind", field.kind), ("required", "yes" if field.required else "no")]
    if field.choices:
        facts.append(("values", ", ".join(map(str, field.choices))))
    if field.default is not None:
        facts.append(("default", json.dumps(field.default)))
    if field.fields:
        facts.append(("fields", ", ".join(path.rpartition(".")[2] for path in field.fields)))
    examples = tuple(json.dumps(example, ensure_ascii=False) for example in field.examples)
    return Topic("field", field.path, field.description, "", tuple(facts), examples)


def found(name: str, known: tuple[Topic, ...]) -> tuple[Topic, ...]:
    """The topics of that name, compared without case; for a field, the end of its path is enough (`retention.default`).

    Gates and classes of drift are also found by the codes that reports give them (`gate-empty`, `drift-gone`).
    """
    wanted = name.lower().strip(".")
    exact = tuple(topic for topic in known if wanted in {topic.name.lower(), notice_code(topic)})
    return exact or tuple(
        topic for topic in known if topic.kind == "field" and topic.name.lower().endswith(f".{wanted}")
    )


def notice_code(topic: Topic) -> str:
    """The code that reports give to a gate or a class of drift; for other topics, the name in lower case."""
    return f"{topic.kind}-{topic.name}" if topic.kind in {"gate", "drift"} else topic.name.lower()


def topic_text(topic: Topic, style: Style) -> str:
    """A topic as text for a terminal."""
    lines = [f"{topic.name}  ({KINDS[topic.kind].lower()})", *wrapped("  ", topic.meaning, style, hang=2)]
    said = [("hint", topic.hint)] if topic.hint else []
    for label, value in (*said, *topic.facts, *(("example", example) for example in topic.examples)):
        lines += wrapped(f"  {label}: ", value, style)
    return "\n".join(lines) + "\n"


def topic_markdown(topic: Topic, *, level: int = 2) -> str:
    """A topic as a section of a page."""
    lines = [f"{'#' * level} {topic.name}", "", topic.meaning]
    if topic.hint:
        lines += ["", f"What to do: {topic.hint}."]
    if topic.facts:
        lines += ["", *(f"- {label}: {value}" for label, value in topic.facts)]
    for example in topic.examples:
        lines += ["", "```yaml", f"{topic.name.rpartition('.')[2]}: {example}", "```"]
    return "\n".join(lines) + "\n"


def topic_document(topic: Topic) -> Mapping[str, object]:
    """A topic as data."""
    return {
        "kind": topic.kind,
        "name": topic.name,
        "meaning": topic.meaning,
        "hint": topic.hint,
        "facts": dict(topic.facts),
        "examples": list(topic.examples),
    }
