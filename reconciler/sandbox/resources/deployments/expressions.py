"""Template expressions: `[format('{0}-rg', parameters('name'))]` as a tree, and its value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Functions = Mapping[str, Callable[..., Any]]
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[()\[\],.]))")
_DEEPEST = 50
_MOST_COPIES = 800


class TemplateError(Exception):
    """A template that can't be used; the message is for whoever wrote it."""


class Call(NamedTuple):
    """A function with its arguments."""

    name: str
    arguments: tuple[Any, ...]


class Part(NamedTuple):
    """A property, or an element, of a value."""

    of: Any
    key: Any


def is_expression(text: str) -> bool:
    """Whether a text is an expression; one that begins with two brackets is text."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def value_of(found: Any, functions: Functions) -> Any:
    """Data with the value of each expression in its place; TemplateError for what can't be evaluated."""
    if isinstance(found, str):
        if is_expression(found):
            return _evaluated(parsed(found[1:-1]), functions)
        return found[1:] if found.startswith("[[") else found
    if isinstance(found, dict):
        loops = found["copy"] if isinstance(found.get("copy"), list) else []
        plain = {key: value for key, value in found.items() if key != "copy" or not loops}
        told = {value_of(key, functions): value_of(value, functions) for key, value in plain.items()}
        return told | {loop["name"]: copies(loop, functions) for loop in loops}
    return [value_of(item, functions) for item in found] if isinstance(found, list) else found


def copies(loop: Mapping[str, Any], functions: Functions) -> list[Any]:
    """The values of a loop in properties, variables or outputs."""
    within = (
        looped(functions, loop.get("name", ""), at, is_of_resource=False) for at in range(count_of(loop, functions))
    )
    return [value_of(loop.get("input"), each) for each in within]


def count_of(loop: Mapping[str, Any], functions: Functions) -> int:
    """How often a loop is gone through."""
    count = value_of(loop.get("count"), functions)
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= _MOST_COPIES:
        raise TemplateError(f"The copy count '{count}' is no whole number from 0 to {_MOST_COPIES}.")
    return count


def looped(functions: Functions, name: str, at: int, *, is_of_resource: bool = True) -> Functions:
    """The functions within a loop: without a name, `copyIndex()` is that of the resource's loop."""
    outer = functions.get("copyindex")

    def index(*said: Any) -> int:
        wanted = said[0] if said and isinstance(said[0], str) else ""
        offset = said[-1] if said and isinstance(said[-1], int) else 0
        if wanted.lower() == name.lower() or (not wanted and (is_of_resource or outer is None)):
            return at + offset
        if outer is None:
            raise ValueError(f"there is no copy loop '{wanted}'")
        return int(outer(*said))

    return {**functions, "copyindex": index}


def _evaluated(tree: Any, functions: Functions) -> Any:
    if isinstance(tree, Part):
        return _part(_evaluated(tree.of, functions), _evaluated(tree.key, functions))
    if not isinstance(tree, Call):
        return tree
    if tree.name.lower() in _LAZY:
        return _LAZY[tree.name.lower()](tree.arguments, functions)
    function = functions.get(tree.name.lower())
    if function is None:
        raise TemplateError(f"The sandbox doesn't simulate the template function '{tree.name}'.")
    arguments = [_evaluated(argument, functions) for argument in tree.arguments]
    try:
        return function(*arguments)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ZeroDivisionError) as error:
        raise TemplateError(
            f"Unable to process template language expression: '{tree.name}' failed: {error}."
        ) from error


def _if(arguments: tuple[Any, ...], functions: Functions) -> Any:
    condition, *branches = (*arguments, None, None, None)
    return _evaluated(branches[0 if _evaluated(condition, functions) else 1], functions)


def _coalesce(arguments: tuple[Any, ...], functions: Functions) -> Any:
    return next((value for one in arguments if (value := _evaluated(one, functions)) is not None), None)


def _lambda(arguments: tuple[Any, ...], functions: Functions) -> Any:
    *names, body = arguments or (None,)
    outer = functions.get("lambdavariables")

    def call(*values: Any) -> Any:
        bound = dict(zip(names, values, strict=False))

        def variable(name: str) -> Any:
            return bound[name] if name in bound or outer is None else outer(name)

        return _evaluated(body, {**functions, "lambdavariables": variable})

    return call


_LAZY: Mapping[str, Callable[[tuple[Any, ...], Functions], Any]] = {
    "and": lambda arguments, functions: all(_evaluated(one, functions) for one in arguments),
    "coalesce": _coalesce,
    "if": _if,
    "lambda": _lambda,
    "or": lambda arguments, functions: any(_evaluated(one, functions) for one in arguments),
}
"""Functions that evaluate no more of their arguments than they need."""


def _part(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        for name, found in value.items():
            if str(name).lower() == str(key).lower():
                return found
    elif isinstance(value, (list, str)) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    raise TemplateError(f"The language expression property '{key}' doesn't exist.")


def parsed(text: str) -> Any:
    """The tree of an expression without its brackets; TemplateError when it is none."""
    tokens = _Tokens(text)
    tree = _expression(tokens, 0)
    if tokens.peek():
        raise tokens.error()
    return tree


class _Tokens:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise self.error()
            self.found.append((str(match.lastgroup), match[str(match.lastgroup)]))
            at = match.end()
        self.at = 0

    def peek(self) -> str:
        return self.found[self.at][1] if self.at < len(self.found) else ""

    def take(self, wanted: str = "") -> tuple[str, str]:
        if self.at >= len(self.found) or (wanted and self.found[self.at][1] != wanted):
            raise self.error()
        self.at += 1
        return self.found[self.at - 1]

    def error(self) -> TemplateError:
        return TemplateError(f"Unable to parse language expression '{self.text}'.")


def _expression(tokens: _Tokens, depth: int) -> Any:
    if depth > _DEEPEST:
        raise tokens.error()
    kind, word = tokens.take()
    if kind == "text":
        return word[1:-1].replace("''", "'")
    if kind == "number":
        return int(word)
    if kind != "name":
        raise tokens.error()
    if tokens.peek() == ".":  # a function of the template's own, in its namespace
        tokens.take(".")
        word = f"{word}.{tokens.take()[1]}"
    return _with_parts(tokens, Call(word, _arguments(tokens, depth)), depth)


def _arguments(tokens: _Tokens, depth: int) -> tuple[Any, ...]:
    tokens.take("(")
    found: list[Any] = []
    while tokens.peek() != ")":
        found.append(_expression(tokens, depth + 1))
        if tokens.peek() != ")":
            tokens.take(",")
    tokens.take(")")
    return tuple(found)


def _with_parts(tokens: _Tokens, tree: Any, depth: int) -> Any:
    while tokens.peek() in {".", "["}:
        if tokens.take()[1] == ".":
            kind, name = tokens.take()
            if kind != "name":
                raise tokens.error()
            tree = Part(tree, name)
        else:
            tree = Part(tree, _expression(tokens, depth + 1))
            tokens.take("]")
    return tree
