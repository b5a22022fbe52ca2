"""The house's limits: short functions and modules, few exceptions, imports without circles, one name for one class."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

import pytest
from sources import hints, modules

LONGEST_FUNCTION = 50
LONGEST_MODULE = 350
MOST_TYPE_IGNORES = 5
MOST_LATE_IMPORTS = 62
"""Import statements inside functions: lower it whenever one goes."""

CIRCLES: tuple[tuple[str, str], ...] = ()
"""Imports that close a circle, as importer and imported; none is added."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> Iterator[tuple[str, Function]]:
    """Every function, with the name of its module."""
    for name, (_, tree) in modules().items():
        yield from ((name, node) for node in ast.walk(tree) if isinstance(node, Function))


def test_no_function_is_too_long() -> None:
    long = [f"{name}.{one.name}" for name, one in functions() if (one.end_lineno or 0) - one.lineno >= LONGEST_FUNCTION]
    assert not long


def test_no_module_is_too_long() -> None:
    assert not [name for name, (text, _) in modules().items() if len(text.splitlines()) > LONGEST_MODULE]


def test_types_are_ignored_hardly_anywhere() -> None:
    assert sum(len(re.findall(r"# type: ignore", text)) for text, _ in modules().values()) <= MOST_TYPE_IGNORES


def test_imports_stand_at_the_top() -> None:
    late = {node for _, one in functions() for node in ast.walk(one) if isinstance(node, ast.Import | ast.ImportFrom)}
    assert len(late) <= MOST_LATE_IMPORTS


def test_no_imports_go_round_in_a_circle() -> None:
    graph = {name: imported(name, tree.body) for name, (_, tree) in modules().items()}
    for importer, target in CIRCLES:
        assert target in graph[importer], f"{importer} doesn't import {target} any more: take it out of CIRCLES"
        graph[importer].discard(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(f"a circle: {' → '.join(reversed(error.args[1]))}") from None


def imported(name: str, body: Iterable[ast.stmt]) -> set[str]:
    """The modules of ours that run when a module is imported; what only a type checker reads doesn't count."""
    found: set[str] = set()
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            found |= imported(name, node.orelse)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            found |= imported(name, [one for one in ast.walk(node) if isinstance(one, ast.Import | ast.ImportFrom)])
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{one.name}" for one in node.names}
            found |= (inner & modules().keys()) or {node.module}
    return (found & modules().keys()) - {name}


TEXTS = frozenset({"message", "hint", "because", "note", "reason"})
"""What is for people: what follows from it is decided by a field of its own."""
CUTS = frozenset(
    {
        "partition",
        "rpartition",
        "split",
        "rsplit",
        "splitlines",
        "startswith",
        "endswith",
        "removeprefix",
        "removesuffix",
    }
    | {"find", "rfind", "index", "rindex", "count"}
)
SEARCHES = frozenset({"match", "search", "fullmatch", "findall", "finditer"})
MAY_READ_TEXTS = frozenset({"reconciler.cli.failure"})
"""It lays the lines of a message out, and decides nothing."""


def is_text(node: ast.expr, names: frozenset[str]) -> bool:
    """Whether an expression is one of these attributes, maybe in lower case."""
    while isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            node = node.func.value
        elif node.args:
            node = node.args[0]
        else:
            return False
    return isinstance(node, ast.Attribute) and node.attr in names


def readings(tree: ast.Module) -> Iterator[str]:
    """Where a text for people is compared, searched or cut; addresses may be compared only."""
    cut = TEXTS | {"address"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            is_read = any(is_text(one, TEXTS) for one in (node.left, *node.comparators))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            is_read = (name in CUTS and is_text(node.func.value, cut)) or (
                name in SEARCHES and any(is_text(one, cut) for one in node.args)
            )
        else:
            continue
        if is_read:
            yield f"line {node.lineno}: {ast.unparse(node)}"


def test_nothing_is_decided_by_a_text_for_people() -> None:
    apart = ("reconciler.sandbox", *MAY_READ_TEXTS)
    found = {name: list(readings(tree)) for name, (_, tree) in modules().items() if not name.startswith(apart)}
    assert not {name: read for name, read in found.items() if read}


@pytest.mark.parametrize(
    "line",
    [
        'if "after" in error.message: pass',
        "next(one for one in findings if one.message == refused)",
        'lower(finding.hint).startswith("a")',
        'change.address.split("/")[1]',
        "NAME.search(error.message)",
    ],
)
def test_a_text_that_is_read_is_found(line: str) -> None:
    assert list(readings(ast.parse(line)))


def test_an_address_may_be_compared_and_a_message_shown() -> None:
    assert not list(readings(ast.parse("told = one.message if one.address == own else f'{one.message.rstrip()}: {x}'")))


def is_hint(text: str) -> bool:
    """Whether a hint reads as all do: it begins in lower case or with a literal, and has no full stop at its end or inside."""
    return not text[0].isupper() and not re.search(r"\.$|[.!] [A-Z]", text)


def test_hints_read_alike() -> None:
    found = {text for _, tree in modules().values() for text in hints(tree)}
    assert len(found) > 100, "the search finds them"
    assert not {text for text in found if not is_hint(text)}


@pytest.mark.parametrize(
    "line",
    [
        'raise Blocked("…", hint=told or "Run it again")',
        'hint = f"pass {x}. Then"',
        'A_HINT = "ask them."',
        'Unsure("it is gone", "look again.")',
    ],
)
def test_a_hint_that_reads_differently_is_found(line: str) -> None:
    assert not all(map(is_hint, hints(ast.parse(line))))


MAY_SPELL_AS_PYTHON = frozenset({"__repr__", "__getattr__"})
"""What only programs in Python ask for."""
CONTAINERS = frozenset({"list", "tuple", "set", "frozenset", "dict", "sorted", "type"})


def innards(tree: ast.Module) -> Iterator[str]:
    """Where an f-string puts a value in as Python spells it: by `!r`, `repr`, or as a container.

    Text is put between quotes as it is, other foreign values by `escape.value`, lists joined.
    """
    apart = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, Function) and node.name in MAY_SPELL_AS_PYTHON
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.FormattedValue) or node in apart:
            continue
        value = node.value
        called = value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""
        is_container = isinstance(value, ast.List | ast.Tuple | ast.Set | ast.Dict | ast.ListComp | ast.GeneratorExp)
        if node.conversion in (ord("r"), ord("a")) or is_container or called in CONTAINERS | {"repr", "ascii"}:
            yield f"line {node.lineno}: {ast.unparse(node.value)}"


def test_no_text_has_the_innards_of_python() -> None:
    found = {name: list(innards(tree)) for name, (_, tree) in modules().items()}
    assert not {name: told for name, told in found.items() if told}


@pytest.mark.parametrize(
    "line",
    ["f'not {x!r}'", "f'{x!a}'", "f'{list(zones)}'", "f'{repr(x)}'", "f'{[one for one in x]}'", "f'{(a, b)}'"],
)
def test_a_text_with_the_innards_of_python_is_found(line: str) -> None:
    assert list(innards(ast.parse(line)))


def test_whoever_catches_everything_says_why() -> None:
    silent = []
    for name, (text, tree) in modules().items():
        lines = text.splitlines()
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler):
                caught = {one.id for one in ast.walk(node.type) if isinstance(one, ast.Name)} if node.type else {""}
                if caught & {"", "Exception", "BaseException"}:
                    reason = re.sub(r"noqa: \w+", "", lines[node.lineno - 1].partition("#")[2])
                    silent += [] if re.search(r"\w", reason) else [f"{name}:{node.lineno}"]
    assert not silent


def test_no_two_public_classes_share_a_name() -> None:
    places: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)
    for name, (_, tree) in modules().items():
        is_apart = name.startswith("reconciler.sandbox")
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name, is_apart].append(name)
    assert not {name: found for name, found in places.items() if len(found) > 1}
