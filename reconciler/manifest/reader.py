"""Reads YAML text into sections and items that know their places, at libyaml's speed, without YAML's surprises."""

from __future__ import annotations

from collections.abc import Callable
from sys import intern
from typing import Any

import yaml

from reconciler.base import garbage
from reconciler.base.escape import shortened
from reconciler.base.scalars import resolve
from reconciler.manifest.sections import Items, Section, Span, placed
from reconciler.manifest.syntax import DEEPEST, syntax_finding, too_deep
from reconciler.model.codes import manifest as codes
from reconciler.model.findings import Code, Finding

_REPEATED = 64
"""Texts shorter than this are interned, because keys and names repeat in every entry."""

MOST_FINDINGS = 50
"""Reading a file stops after this many findings: more would not help."""


class _Enough(Exception):
    """Stops reading a file with too many findings."""


def read(file: str, text: str) -> tuple[Section | None, list[Finding]]:
    """The mapping in `text`, and the findings; None when there is no mapping."""
    builder = _Builder(file)
    steps: dict[type, Callable[[Any], None]] = {
        yaml.ScalarEvent: builder.scalar,
        yaml.MappingStartEvent: builder.start_section,
        yaml.SequenceStartEvent: builder.start_items,
        yaml.MappingEndEvent: builder.end,
        yaml.SequenceEndEvent: builder.end,
        yaml.AliasEvent: builder.alias,
        yaml.DocumentStartEvent: builder.document,
    }
    with garbage.held():
        try:
            next_event = _parser(text).get_event
            while (event := next_event()) is not None:
                step = steps.get(type(event))
                if step:
                    step(event)
        except _Enough:
            pass
        except yaml.YAMLError as error:
            builder.findings.append(syntax_finding(file, text, error))
    return builder.outcome()


def _parser(text: str) -> Any:
    try:
        from yaml._yaml import CParser
    except ImportError:  # PyYAML was built without libyaml
        return _pure_parser(text)
    return CParser(text)


def _pure_parser(text: str) -> Any:
    from yaml.parser import Parser  # slower, so only where there is no libyaml
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class PureParser(Reader, Scanner, Parser):
        """PyYAML's own parser, with the same events."""

        def __init__(self) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)

    return PureParser()


class _Builder:
    """Builds the tree from events. `container` is the open mapping or list, `key` the key that waits for its value."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.root: Any = None
        self.root_span: Span = (0, 0, -1)
        self.document_span: Span = (0, 0, -1)
        self.is_filled = False
        self.container: Section | Items | None = None
        self.key: str | None = None
        self.key_span: Span = (0, 0, -1)
        self.outer: list[tuple[Section | Items | None, str | None, Span]] = []

    def outcome(self) -> tuple[Section | None, list[Finding]]:
        """The root if it is a mapping; otherwise a finding, unless there are others already."""
        if isinstance(self.root, Section):
            return self.root, self.findings
        if not self.findings and self.root is None:
            self.tell(codes.EMPTY_FILE, "the file has no content", self.root_span)
        elif not self.findings:
            self.tell(
                codes.NOT_A_MANIFEST,
                "the file is not a manifest: a manifest is a mapping of keys to values",
                self.root_span,
            )
        return None, self.findings

    def tell(self, code: Code, message: str, span: Span, hint: str = "") -> None:
        """Note a finding; stop reading when there are too many."""
        self.findings.append(code.at(message, place=placed(self.file, span), hint=hint))
        if len(self.findings) >= MOST_FINDINGS:
            raise _Enough

    def document(self, event: Any) -> None:
        """Remember where a document starts; only one may have content, so that a file may end in `---`."""
        self.document_span = _span(event)

    def alias(self, event: Any) -> None:
        """Refuse an alias; nothing is expanded."""
        self.tell(codes.ALIAS, f"the alias *{shortened(event.anchor)} is not allowed", _span(event))
        self.place_value(None, _span(event))

    def check_properties(self, event: Any) -> None:
        """Refuse an anchor or a tag."""
        if event.anchor is not None:
            self.tell(codes.ALIAS, f"the anchor &{shortened(event.anchor)} is not allowed", _span(event))
        if event.tag is not None:
            self.tell(codes.TAG, f"the tag {shortened(_short_tag(event.tag))} is not allowed", _span(event))

    def scalar(self, event: Any) -> None:
        """Take a key or a value."""
        if event.anchor is not None or event.tag is not None:
            self.check_properties(event)
        text: str = event.value
        if len(text) < _REPEATED:
            text = intern(text)
        start, end = event.start_mark, event.end_mark
        span = (start.line, start.column, end.column if end.line == start.line else -1)
        is_plain = event.implicit[0]
        if self.container is None and not text and is_plain:
            return  # an empty document
        if self.key is None and type(self.container) is Section:
            self.take_key(self.container, text, span, is_plain=is_plain)
        else:
            self.place_value(resolve(text) if is_plain else text, span)

    def take_key(self, section: Section, text: str, span: Span, *, is_plain: bool) -> None:
        """Remember the key whose value comes next."""
        if text == "<<" and is_plain:
            self.tell(codes.MERGE_KEY, "the merge key << is not allowed", span)
        elif is_plain and not isinstance(resolve(text), str):
            shown = shortened(text)
            hint = f'quote the key: "{text}"' if shown == text else ""
            self.tell(codes.KEY_NOT_TEXT, f"the key {shown or '(empty)'} is not text", span, hint=hint)
        if text in section:
            first = placed(self.file, section.keys_at[text])
            self.tell(codes.DUPLICATE_KEY, f"the key `{shortened(text)}` appears twice; the first is at {first}", span)
        self.key, self.key_span = text, span

    def place_value(self, value: Any, span: Span) -> None:
        """Put a finished or just opened value where it belongs."""
        container = self.container
        if container is None:
            if self.is_filled:
                self.tell(codes.SEVERAL_DOCUMENTS, "a second YAML document starts here", self.document_span)
                raise _Enough
            self.root, self.root_span, self.is_filled = value, span, True
        elif isinstance(container, Items):
            container.append(value)
            container.values_at.append(span)
        elif self.key is None:
            self.tell(
                codes.KEY_NOT_TEXT, "a key must be plain text, not a list or a mapping", span, hint="check the brackets"
            )
            self.key, self.key_span = "", span
        else:
            if self.key not in container:
                container[self.key] = value
                container.keys_at[self.key] = self.key_span
                container.values_at[self.key] = span
            self.key = None

    def start_section(self, event: Any) -> None:
        """Open a mapping."""
        self.open(Section(self.file, _span(event)), event)

    def start_items(self, event: Any) -> None:
        """Open a list."""
        self.open(Items(self.file, _span(event)), event)

    def open(self, container: Section | Items, event: Any) -> None:
        """Go one level deeper."""
        if event.anchor is not None or event.tag is not None:
            self.check_properties(event)
        if len(self.outer) >= DEEPEST:
            self.findings.append(too_deep(placed(self.file, container.span)))
            raise _Enough
        self.place_value(container, container.span)
        self.outer.append((self.container, self.key, self.key_span))
        self.container, self.key = container, None

    def end(self, _event: Any) -> None:
        """Go one level back."""
        self.container, self.key, self.key_span = self.outer.pop()


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    same_line = end.line == start.line and end.column > start.column
    return start.line, start.column, end.column if same_line else -1


def _short_tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
