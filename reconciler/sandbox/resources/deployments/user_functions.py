"""What a template defines itself, as Bicep's `func`: functions in namespaces, and what only defaults of parameters may call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.resources.deployments.expressions import Functions, TemplateError, value_of
from reconciler.sandbox.resources.deployments.functions import FUNCTIONS

_GUIDS = UUID("5f0e2c1a-8f0b-4f5e-9d0e-3c3d1f6f2b7a")
_FORMS = {"u": "yyyy-MM-dd HH:mm:ssZ", "d": "MM/dd/yyyy", "o": "yyyy-MM-ddTHH:mm:ssZ"}
_DIRECTIVES = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_PARTS = re.compile("|".join(_DIRECTIVES))


def defined(template: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """The functions of a template's namespaces, by `namespace.name` in lower case; they know nothing but their arguments."""
    known: dict[str, Callable[..., Any]] = {}
    for space in template.get("functions") or []:
        for name, said in (space.get("members") or {}).items():
            known[lower(f"{space['namespace']}.{name}")] = _function(name, said, known)
    return known


def _function(name: str, said: Mapping[str, Any], known: Functions) -> Callable[..., Any]:
    names = [one["name"] for one in said.get("parameters") or []]

    def call(*given: Any) -> Any:
        if len(given) != len(names):
            raise TemplateError(
                f"The function '{name}' expects {len(names)} argument(s) but was provided {len(given)}."
            )
        bound = dict(zip(map(lower, names), given, strict=True))
        return value_of(said["output"]["value"], {**FUNCTIONS, **known, "parameters": lambda one: bound[lower(one)]})

    return call


def for_defaults(began: datetime, deployment: str) -> dict[str, Callable[..., Any]]:
    """What defaults of parameters may call besides: they are evaluated once, when the deployment begins."""
    guids: Iterator[int] = count()

    def now(form: str = "yyyyMMddTHHmmssZ") -> str:
        return _PARTS.sub(lambda part: began.strftime(_DIRECTIVES[part[0]]), _FORMS.get(form, form))

    def new_guid() -> str:
        return str(uuid5(_GUIDS, f"{deployment} {began.isoformat()} {next(guids)}"))

    return {"utcnow": now, "newguid": new_guid}
