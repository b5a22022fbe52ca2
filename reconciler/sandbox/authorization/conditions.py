"""Conditions of role assignments (Azure ABAC), as far as they limit which roles may be assigned to whom.

The grammar is that of Azure's reference on role assignment conditions: `ActionMatches`, the attributes
RoleDefinitionId, PrincipalId and PrincipalType of `@Request` (what is asked for) and `@Resource` (what is there),
joined by AND, OR and `!`. Conditions on data, such as blobs, speak another language and are not understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from reconciler.sandbox.arm.ids import lower, name_of

_TOKEN = re.compile(
    r"\s*(?:(?P<mark>[()!]|&&|\|\|)"
    r"|ActionMatches\s*\{\s*'(?P<action>[^'{}]+)'\s*\}"
    r"|@(?P<source>Request|Resource)\[Microsoft\.Authorization/roleAssignments:"
    r"(?P<attribute>RoleDefinitionId|PrincipalId|PrincipalType)\]\s*"
    r"(?:ForAnyOfAnyValues:)?(?P<operator>GuidEquals|StringEqualsIgnoreCase)\s*"
    r"(?:\{(?P<values>[^{}]*)\}|(?P<value>'[^']*'))"
    r"|(?P<word>AND|OR)\b)",
    re.IGNORECASE,
)
_VALUE = re.compile(r"\s*(?:'([^']+)'|([0-9a-fA-F-]{36}))\s*")
_WORDS = {"&&": "and", "||": "or"}
_DEEPEST = 50


class ConditionError(ValueError):
    """The text is no condition that is understood here; the message says where it ends to be one."""


class Circumstances(NamedTuple):
    """What a condition is about: an action, and the attributes (lower-cased names) of request and resource."""

    action: str
    request: Mapping[str, str] = {}
    resource: Mapping[str, str] = {}


Condition = Callable[[Circumstances], bool]


@lru_cache(maxsize=256)
def parse(text: str) -> Condition:
    """The condition that a text spells; ConditionError when it is none."""
    return _Parser(text).condition()


def holds(text: str, circumstances: Circumstances) -> bool:
    """Whether a condition is met; one that is not understood never is."""
    try:
        return parse(text)(circumstances)
    except ConditionError:
        return False


class _Parser:
    """Recursive descent: `or` binds weakest, `!` strongest."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._at = 0
        self._depth = 0
        self._token: re.Match[str] | None = None
        self._advance()

    def condition(self) -> Condition:
        found = self._either()
        if self._token is not None:
            raise self._error("AND or OR")
        return found

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._is("or"):
            self._advance()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda about: any(part(about) for part in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._is("and"):
            self._advance()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda about: all(part(about) for part in parts)

    def _one(self) -> Condition:
        token = self._token
        if token is None or self._depth > _DEEPEST:
            raise self._error("a comparison")
        if self._is("!"):
            inner = self._inside(self._one)
            return lambda about: not inner(about)
        if self._is("("):
            found = self._inside(self._either)
            if not self._is(")"):
                raise self._error("a closing parenthesis")
            self._advance()
            return found
        if token["action"]:
            self._advance()
            return _action(token["action"])
        if token["source"]:
            compared = self._comparison(token)
            self._advance()
            return compared
        raise self._error("a comparison")

    def _inside(self, part: Callable[[], Condition]) -> Condition:
        self._advance()
        self._depth += 1
        found = part()
        self._depth -= 1
        return found

    def _comparison(self, token: re.Match[str]) -> Condition:
        listed = [token["value"]] if token["values"] is None else token["values"].split(",")
        matches = [_VALUE.fullmatch(part) for part in listed]
        wanted = {lower(match[1] or match[2] or "") for match in matches if match}
        if None in matches or not wanted:
            raise self._error("a list of values")
        source, attribute = lower(token["source"]), lower(token["attribute"])

        def compare(about: Circumstances) -> bool:
            attributes = about.request if source == "request" else about.resource
            return lower(name_of(attributes.get(attribute, ""))) in wanted

        return compare

    def _is(self, word: str) -> bool:
        if self._token is None:
            return False
        said = lower(self._token["mark"] or self._token["word"] or "")
        return _WORDS.get(said, said) == word

    def _advance(self) -> None:
        if self._at >= len(self._text):
            self._token = None
            return
        self._token = _TOKEN.match(self._text, self._at)
        if self._token is None:
            raise self._error("a comparison, AND, OR or a parenthesis")
        self._at = self._token.end()

    def _error(self, wanted: str) -> ConditionError:
        start = self._at if self._token is None else self._token.start()
        rest = " ".join(self._text[start:].split())[:60] or "its end"
        return ConditionError(f"the condition is not understood at '{rest}': {wanted} is expected")


def _action(pattern: str) -> Condition:
    wanted = re.compile(".*".join(map(re.escape, lower(pattern).split("*"))))
    return lambda about: wanted.fullmatch(lower(about.action)) is not None
