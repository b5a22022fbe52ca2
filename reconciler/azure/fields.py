"""Single values of ARM bodies: found under keys in any case, and refused when they make no sense."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from sys import intern
from typing import Any, TypeVar

from reconciler.base import escape
from reconciler.model.errors import ReadIncomplete
from reconciler.model.ids import ArmId, lower, shared
from reconciler.model.tags import text_of

_Found = TypeVar("_Found")

_FIRST_YEAR, _LAST_YEAR = 2000, 9000
"""Times outside of these years mean none or never: services write 0001-01-01, 1601-01-01 and 9999-12-31."""


def pick(body: Any, *path: str) -> Any:
    """The value at a path of keys, in any ASCII case; None when any of them is absent."""
    for key in path:
        if type(body) is not dict and (body is None or not isinstance(body, Mapping)):
            return None
        if key in body:
            body = body[key]
            continue
        spelled = _spelled(tuple(body), key)
        if spelled is None:
            return None
        body = body[spelled]
    return body


def pick_each(body: Any, *keys: str) -> list[Any]:
    """The values of several keys, each as `pick` finds it, but faster, for objects of which there are many."""
    if type(body) is not dict and (body is None or not isinstance(body, Mapping)):
        return [None] * len(keys)
    return [body.get(key) for key in _spelled_each(tuple(body), keys)]


@lru_cache(maxsize=8192)
def _spelled_each(names: tuple[str, ...], keys: tuple[str, ...]) -> tuple[str | None, ...]:
    return tuple(key if key in names else _spelled(names, key) for key in keys)


@lru_cache(maxsize=8192)
def _spelled(names: tuple[str, ...], key: str) -> str | None:
    """How a body with these keys spells `key`; cached, since bodies of one kind share their keys."""
    wanted = lower(key)
    return next((name for name in names if lower(str(name)) == wanted), None)


def text_at(body: Any, *path: str) -> str:
    """The text at a path, empty when there is none; a value of another type as JSON spells it."""
    return escape.spelled(pick(body, *path) or "")


def location(text: Any) -> str:
    """A region's normal form: `westus` for `West US`."""
    return _location(str(text or ""))


@lru_cache(maxsize=1024)
def _location(text: str) -> str:
    return text.replace(" ", "").lower()


def id_of(body: Mapping[str, Any]) -> ArmId:
    """The id of an object; ValueError when it has none."""
    text = pick(body, "id")
    if not isinstance(text, str) or not text:
        raise ValueError("an object without an id")
    return ArmId(text)


def optional_id(text: Any) -> ArmId | None:
    """The id in a text; None when it is empty or no text."""
    return ArmId(text) if isinstance(text, str) and text else None


def shared_id(text: Any) -> ArmId | None:
    """The id that a text is, one object for all that name it; None when it is none, or empty."""
    return shared(text) if isinstance(text, str) and text else None


def enclosing(own: ArmId, kind: str) -> str:
    """What an object of this type lies on: its id up to the type's provider; the whole id where it has none."""
    found = own.key.rfind(f"/providers/{kind}/")
    return own.text[: found if found >= 0 else len(own.text)]


def tags_of(body: Mapping[str, Any]) -> dict[str, str]:
    """The tags of an object."""
    tags = pick(body, "tags")
    return _shared_tags(tuple([(str(key), text_of(value)) for key, value in tags.items()])) if tags else {}


@lru_cache(maxsize=4096)
def _shared_tags(tags: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Equal tags are one mapping, which nobody changes."""
    return dict(tags)


def kept(text: Any) -> str:
    """One of the few words that a field takes, kept once."""
    return intern(escape.spelled(text)) if text else ""


def lowered(text: Any) -> str | None:
    """The text in lower case; None when it is none, or empty."""
    return lower(text) if isinstance(text, str) and text else None


def moment(text: Any) -> datetime | None:
    """The time in a text, in UTC unless it says otherwise; None when it holds none, or a placeholder for none."""
    found = parsed(text)
    return found if found and _FIRST_YEAR <= found.year < _LAST_YEAR else None


def parsed(text: Any) -> datetime | None:
    """The time in a text as it is written, placeholders such as 0001-01-01 and 9999-12-31 included."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def written_moment(text: Any) -> str:
    """A time as Azure wrote it; empty when there is none, or only a placeholder for none."""
    return text if isinstance(text, str) and (moment(text) or parsed(text) is None) else ""


def within(place: ArmId | str, project: Callable[[Mapping[str, Any]], _Found]) -> Callable[[Mapping[str, Any]], _Found]:
    """`project` for rows of a list below `place`, raising ValueError for a row that is elsewhere.

    Lists may spell the enclosing resource in another case, non-ASCII letters included.
    """
    head = f"{place}/".casefold()

    def checked(body: Mapping[str, Any]) -> _Found:
        own = id_of(body)
        if not own.text.casefold().startswith(head):
            raise ValueError(f"{own} is not in {place}")
        return project(body)

    return checked


NONSENSE = (ValueError, TypeError, AttributeError, LookupError)
"""What reading a body raises that lacks a field, or has it in another form."""

_OBJECTS = ("properties", "tags", "identity")


def checked(row: Any) -> dict[str, Any]:
    """A row of a list; Odd when it is no object, which Azure itself says where the rest of the list is whole."""
    if not isinstance(row, dict):
        raise Odd(f"it is {escape.value(row)} where an object is expected")
    return row


def check_objects(row: Any) -> None:
    """Odd when a row is no object, or its `properties`, `tags` or `identity` is neither an object nor absent."""
    body = checked(row)
    for key in _OBJECTS:
        if body.get(key) is not None and not isinstance(body[key], dict):
            raise Odd(f"its {key} is {escape.value(body[key])} where an object is expected")


def called(body: Any) -> str:
    """What an object that can't be understood is called: its id, as far as it has one."""
    return escape.plain(escape.spelled(pick(body, "id") or "without an id"))


def quoted(body: Any) -> str:
    """The same in a message, where an id is there to be copied whole."""
    return f"`{called(body)}`" if pick(body, "id") else called(body)


def each(rows: Iterable[Any], project: Callable[[Any], _Found], what: str) -> list[_Found]:
    """The rows of a list projected; ReadIncomplete, with the id of the row, when one makes no sense."""
    found: list[_Found] = []
    for row in rows:
        try:
            found.append(project(row))
        except NONSENSE:
            with understood(f"{what} ({quoted(row)})"):
                raise
    return found


class Odd(ValueError):
    """A value that makes no sense where it stands; the message says what and where, for a person."""


def reason(error: Exception) -> str:
    """Why a body makes no sense, by one of the errors of `NONSENSE`."""
    return str(error) if isinstance(error, ValueError) else "a field is missing, or doesn't have its documented form"


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Within this block a body that makes no sense raises ReadIncomplete, so that the rest isn't taken for the whole."""
    try:
        yield
    except NONSENSE as error:
        raise ReadIncomplete(
            f"{what} can't be understood: {reason(error)}. The rest is not used.",
            hint="run it again; if this persists, report it with the id",
        ) from error


def read_as(project: Callable[[Mapping[str, Any]], _Found], body: Mapping[str, Any]) -> _Found:
    """A body that was read by its id, projected; ReadIncomplete when it makes no sense."""
    with understood(quoted(body)):
        return project(body)
