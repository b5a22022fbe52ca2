"""Finds the JSON Schemas: inside the installed package, else beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

_INSTALLED = Path(__file__).parents[1] / "schemas"
_CHECKOUT = Path(__file__).parents[2] / "schemas"


def schema_text(name: str) -> str:
    """The text of `<name>.schema.json`; FileNotFoundError when it doesn't exist."""
    file = f"{name}.schema.json"
    folder = _INSTALLED if (_INSTALLED / file).is_file() else _CHECKOUT
    return (folder / file).read_text(encoding="utf-8")


def schema_names() -> tuple[str, ...]:
    """The names of all schemas, sorted."""
    folder = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    return tuple(sorted(path.name.removesuffix(".schema.json") for path in folder.glob("*.schema.json")))
