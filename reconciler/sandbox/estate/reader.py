"""An estate file's text as data that remembers its lines: YAML with the scalars of the 1.2 core schema, or JSON."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from reconciler.sandbox.errors import SandboxError

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_DEEPEST = 60
_NESTING = "exceeded maximum nesting depth"
"""What libyaml says from PyYAML 6.0.4 on; it scans ahead, and so finds a thousand levels before our 60 are read."""


class Mapped(dict[str, Any]):
    """A mapping that knows the file, its own line, and the line of each key."""

    __slots__ = ("file", "line", "lines")

    def __init__(self, file: str, line: int) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.lines: dict[str, int] = {}

    def where(self, key: str = "") -> str:
        """The place of a key, or of the mapping itself, as `file:line`."""
        return f"{self.file}:{self.lines.get(key, self.line)}"


def read(path: Path) -> tuple[bytes, Mapped]:
    """The bytes of an estate file and its data; SandboxError with file and line when it isn't one."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SandboxError(
            f"cannot read the estate file {path}: {error.strerror}", "give the path of an *.estate.yaml file"
        ) from error
    return content, parse(content, str(path))


def parse(content: bytes, file: str) -> Mapped:
    """The data of an estate file's bytes."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SandboxError(f"{file}:{line}: the text is not UTF-8", "save the file as UTF-8") from error
    try:
        loader = yaml.CSafeLoader(text)
        try:
            found = _Reader(loader, file).document()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        at = getattr(error.problem_mark, "line", 0) + 1
        if _NESTING in str(error.problem):
            raise _too_deep(file, at) from error
        raise SandboxError(f"{file}:{at}: not YAML: {error.problem}", "check indentation and quotes there") from error
    except yaml.YAMLError as error:
        raise SandboxError(f"{file}:1: not YAML: {error}", "only printable text is allowed") from error
    if not isinstance(found, Mapped):
        raise SandboxError(
            f"{file}:1: an estate is a mapping with subscriptions", "see samples/quickstart/azure.estate.yaml"
        )
    return found


def _too_deep(file: str, line: int) -> SandboxError:
    return SandboxError(f"{file}:{line}: nested deeper than {_DEEPEST} levels", "an estate is rather flat")


class _Reader:
    def __init__(self, loader: yaml.CSafeLoader, file: str) -> None:
        self._loader = loader
        self._file = file

    def document(self) -> Any:
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        found = self._node(self._next(), 0)
        self._next()
        after = self._next()
        if not isinstance(after, yaml.StreamEndEvent):
            raise self._error(after, "a second document", "keep one estate in a file")
        return found

    def _next(self) -> Any:  # libyaml's events, untyped
        return self._loader.get_event()

    @staticmethod
    def _line(event: Any) -> int:
        return int(event.start_mark.line) + 1

    def _error(self, event: Any, what: str, hint: str) -> SandboxError:
        return SandboxError(f"{self._file}:{self._line(event)}: {what}", hint)

    def _node(self, event: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            raise _too_deep(self._file, self._line(event))
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise self._error(event, "anchors and aliases are not supported", "write the value out")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if event.tag is not None and not event.implicit:
            raise self._error(event, f"the tag {event.tag} is not supported", "leave it out")
        return self._sequence(depth) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(event, depth)

    def _sequence(self, depth: int) -> list[Any]:
        found = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            found.append(self._node(event, depth + 1))
        return found

    def _mapping(self, start: Any, depth: int) -> Mapped:
        found = Mapped(self._file, self._line(start))
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self._error(event, "a key must be text", "write `name: value`")
            if event.value in found:
                raise self._error(event, f"the key '{event.value}' stands twice", "keep one of them")
            found.lines[event.value] = self._line(event)
            found[event.value] = self._node(self._next(), depth + 1)
        return found

    def _scalar(self, event: Any) -> Any:
        if event.tag is not None:
            raise self._error(event, f"the tag {event.tag} is not supported", "leave it out")
        text = event.value
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text


def plain(value: Any) -> Any:
    """The same data without lines."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value
