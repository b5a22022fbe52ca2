"""One layout for manifests: keys in the schema's order, two spaces, one blank line between sections, comments kept.

Keys keep their order in a mapping with comments or blank lines between them, because those belong to what follows.

Both texts are read and compared: a text that can't be laid out without losing something is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from reconciler.manifest.reader import read
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import UsageError

_WIDE = 4096
_COMMENT = re.compile(r"(?:^|\s)(#.*?)\s*$", re.MULTILINE)
_SECTION = re.compile(r"^[A-Za-z]\w*:\s*(#.*)?$")
_MARKER = re.compile(r"^(?:---|\.\.\.)(?=\s|$)")
_IS_EMPTY = re.compile(r"^(?:(?:---|\.\.\.)(?=\s|$))?\s*(?:#.*)?$")
_SEVERAL_BLANK = re.compile(r"\n{3,}")


def laid_out(file: str, text: str, schema: Mapping[str, Any]) -> str:
    """The text of a valid manifest in its normal layout, with the line ends that it has.

    UsageError when comments or content would be lost.
    """
    lines = text.count("\n")
    is_windows = text.count("\r\n") * 2 > lines
    head, after = _split(text.replace("\r\n", "\n"))
    parser = _parser()
    data = parser.load(head)
    _sort(data, schema, schema)
    stream = StringIO()
    parser.dump(data, stream)
    new = _spaced(stream.getvalue() + after)
    if is_windows:
        new = new.replace("\n", "\r\n")
    if not _means_the_same(file, text, new):
        raise UsageError(
            f"{file} can't be laid out without losing something; it was not changed",
            hint="simplify unusual comments and line breaks",
            code=error_codes.LAYOUT_REFUSED,
        )
    return new


def _split(text: str) -> tuple[str, str]:
    """The text before the markers (`---`, `...`) that may end it, and the comments between and after them."""
    lines = text.split("\n")
    end = len(lines)
    while end and _IS_EMPTY.match(lines[end - 1]):
        end -= 1
    marked = next((number for number in range(end, len(lines)) if _MARKER.match(lines[number])), None)
    if not end or marked is None:
        return _unmarked(lines), ""
    comments = [line.strip() for line in (_MARKER.sub("", line) for line in lines[marked:]) if line.strip()]
    return _unmarked(lines[:marked]) + "\n", "".join(f"{line}\n" for line in comments)


def _unmarked(lines: list[str]) -> str:
    """The text without the markers that may begin it; the comments before and between them stay."""
    begun = next((number for number, line in enumerate(lines) if not _IS_EMPTY.match(line)), 0)
    return "\n".join(_MARKER.sub("", line).strip() if number < begun else line for number, line in enumerate(lines))


def _parser() -> Any:
    from ruamel.yaml import YAML  # keeps comments; `fmt` alone writes manifests anew

    parser = YAML()
    parser.preserve_quotes = True
    parser.width = _WIDE
    parser.indent(mapping=2, sequence=4, offset=2)
    return parser


def _sort(node: Any, rules: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Sort the keys of every mapping in the schema's order."""
    if isinstance(node, dict):
        known = _known(rules, schema)
        for key, value in node.items():
            _sort(value, known.get(key, {}), schema)
        places = {name: number for number, name in enumerate(known)}
        wanted = sorted(node, key=lambda key: places.get(key, len(places)))
        if wanted != list(node) and all(key in places for key in node) and not _has_own_lines(node):
            for key in wanted:
                node[key] = node.pop(key)
    elif isinstance(node, list):
        for value in node:
            _sort(value, {"oneOf": [one.get("items", {}) for one in _branches(rules, schema)]}, schema)


def _branches(rules: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schemas that a value may match, with references followed."""
    if "$ref" in rules:
        found: Any = schema
        for step in str(rules["$ref"]).removeprefix("#/").split("/"):
            found = found[step]
        yield from _branches(found, schema)
    else:
        yield rules
        for one in (*rules.get("oneOf", ()), *rules.get("anyOf", ())):
            yield from _branches(one, schema)


def _known(rules: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((one["properties"] for one in _branches(rules, schema) if "properties" in one), {})


def _has_own_lines(node: Any) -> bool:
    """Whether comments or blank lines are between the keys: they belong to what follows, but wouldn't move with it."""
    comments = getattr(node, "ca", None)
    if comments is None:
        return False
    below = node.values() if isinstance(node, dict) else node
    return bool(comments.end) or any(map(_spans, _tokens(comments))) or any(map(_has_own_lines, below))


def _tokens(comments: Any) -> Iterator[Any]:
    for held in (comments.comment or (), *comments.items.values()):
        for token in held:
            yield from token if isinstance(token, list) else [token]


def _spans(token: Any) -> bool:
    """Whether a comment is more than the end of its own line."""
    return token is not None and (
        token.value.startswith("\n") or "\n" in token.value.rstrip("\n") or token.value.endswith("\n\n")
    )


def _spaced(text: str) -> str:
    """The text with one blank line before each section, no double ones, and none at the ends."""
    lines: list[str] = []
    for raw in text.split("\n"):
        line = raw.rstrip()
        if _SECTION.match(line):
            start = len(lines)
            while start and lines[start - 1].startswith("#"):
                start -= 1
            if start and lines[start - 1] and not all(one.startswith("#") for one in lines):
                lines.insert(start, "")
        lines.append(line)
    return _SEVERAL_BLANK.sub("\n\n", "\n".join(lines)).strip("\n") + "\n"


def _means_the_same(file: str, old: str, new: str) -> bool:
    before, after = read(file, old), read(file, new)
    return before[0] == after[0] and not after[1] and _comments(old) == _comments(new)


def _comments(text: str) -> Counter[str]:
    return Counter(_COMMENT.findall(text))
