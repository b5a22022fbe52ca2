"""A template with its parameters: which resources it has, in which order, and what their bodies are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.resources.deployments.expressions import (
    Functions,
    TemplateError,
    copies,
    count_of,
    is_expression,
    looped,
    value_of,
)
from reconciler.sandbox.resources.deployments.functions import FUNCTIONS, resource_id
from reconciler.sandbox.resources.deployments.parameters import declared, values
from reconciler.sandbox.resources.deployments.user_functions import defined, for_defaults

_ELSEWHERE = {
    "templateLink": "linked templates",
    "parametersLink": "linked parameters",
    "onErrorDeployment": "onErrorDeployment",
}
_NOT_SENT = frozenset(
    {
        "type",
        "apiVersion",
        "name",
        "dependsOn",
        "condition",
        "comments",
        "scope",
        "resources",
        "copy",
        "existing",
        "metadata",
        "resourceGroup",
        "subscriptionId",
    }
)
_GROUPS = "microsoft.resources/resourcegroups"
NESTED = "microsoft.resources/deployments"


Reference = Callable[[str, str, bool], Any]
"""Tells a resource's properties, or all of it, by its id and an api-version."""


class Item(NamedTuple):
    """A resource of a template: its id, its type, its symbolic name, what it depends on, and how it stands there.

    `loop` is the name of its copy loop, `at` which copy it is; one that `is_existing` is only referred to.
    """

    id: str
    kind: str
    symbol: str
    version: str
    depends: tuple[str, ...]
    raw: Mapping[str, Any]
    loop: str = ""
    at: int = 0
    is_existing: bool = False

    @property
    def names(self) -> set[str]:
        """What the rest of the template calls it, in lower case."""
        own = {lower(self.id), lower(self.symbol), lower(self.loop), lower(self.id.rpartition("/")[2])}
        return (own | {f"{lower(self.symbol)}[{self.at}]"} if self.loop else own) - {""}


class Template:
    """A checked template; TemplateError when it can't be used.

    `scope` is the id of the resource group or subscription, `told` what `resourceGroup()` and `subscription()` tell.
    """

    def __init__(self, properties: Any, scope: str, told: Mapping[str, Any]) -> None:
        self.scope = scope
        self._told = told
        self._raw = _checked(properties)
        self.items: tuple[Item, ...] = ()
        self.kinds = {name: lower(str(said.get("type", ""))) for name, said in declared(self._raw).items()}
        self._own = defined(self._raw)
        once = for_defaults(told["now"], f"{scope} {told['deployment']['name']}")
        self.values = dict(values(self._raw, properties, {**self._functions(), **once}))
        self._absent: set[str] = set()
        found = tuple(self._items(self._raw.get("resources") or [], None))
        self.items = tuple(item for item in found if not item.is_existing)
        self._existing = tuple(item for item in found if item.is_existing)
        self._check_items()

    def _check_items(self) -> None:
        seen: set[str] = set()
        for item in self.items:
            if lower(item.id) in seen:
                raise TemplateError(f"The resource '{item.id}' is defined multiple times in a template.")
            seen.add(lower(item.id))
        for item in self.items:
            for name in item.depends:
                is_known = self._named(name) or lower(name) in self._absent
                if not is_known and not name.startswith("/"):
                    raise TemplateError(f"The resource '{name}' is not defined in the template.")

    def needed(self, item: Item) -> Iterator[Item]:
        """What an item depends on within the template, also through existing resources."""
        seen, todo = set[str](), list(item.depends)
        while todo:
            for one in self._named(todo.pop(0)):
                if one.id not in seen and one.is_existing:
                    todo += one.depends
                elif one.id not in seen:
                    yield one
                seen.add(one.id)

    def _named(self, name: str) -> list[Item]:
        wanted = lower(name).rstrip("/")
        every = (*self.items, *self._existing)
        return [one for one in every if wanted in one.names or lower(one.id).endswith(f"/providers/{wanted}")]

    def body(self, item: Item, reference: Reference) -> dict[str, Any]:
        """What is sent to make an item; `reference` tells of a resource by its id."""
        functions = self._functions(reference)
        if item.loop:
            functions = looped(functions, item.loop, item.at)
        sent = {key: value for key, value in item.raw.items() if key not in _NOT_SENT}
        if lower(item.kind) == NESTED:
            return _nested(sent, functions)
        return {key: value_of(value, functions) for key, value in sent.items()}

    def outputs(self, reference: Reference) -> dict[str, Any]:
        """The outputs, once everything is there."""
        functions = self._functions(reference)
        return {
            name: {
                "type": str(said.get("type", "String")).capitalize(),
                "value": copies({"name": name, **said["copy"]}, functions)
                if "copy" in said
                else value_of(said.get("value"), functions),
            }
            for name, said in (self._raw.get("outputs") or {}).items()
            if value_of(said.get("condition", True), functions)
        }

    def _functions(self, reference: Reference | None = None) -> Functions:
        return {
            **FUNCTIONS,
            "parameters": self._parameter,
            "variables": self._variable,
            "resourceid": self._resource_id,
            "subscriptionresourceid": lambda *said: self._placed("/".join(self.scope.split("/")[:3]), *said),
            "resourcegroup": lambda: self._told["resourceGroup"],
            "subscription": lambda: self._told["subscription"],
            "deployment": lambda: self._told["deployment"],
            "tenant": lambda: self._told["tenant"],
            **self._own,
            "references": lambda name, version="", full="": [
                self._reference(reference, one.id, version, is_full=bool(full)) for one in self._named(name)
            ],
            "reference": lambda name, version="", full="": self._reference(
                reference, name, version, is_full=bool(full)
            ),
        }

    def _parameter(self, name: str) -> Any:
        for key, value in self.values.items():
            if lower(key) == lower(name):
                return value
        raise TemplateError(f"The template parameter '{name}' is not found.")

    def _variable(self, name: str) -> Any:
        known: Mapping[str, Any] = self._raw.get("variables") or {}
        loops = known["copy"] if isinstance(known.get("copy"), list) else []
        for loop in loops:
            if lower(str(loop.get("name"))) == lower(name):
                return copies(loop, self._functions())
        for key, value in known.items():
            if lower(key) == lower(name):
                return value_of(value, self._functions())
        raise TemplateError(f"The template variable '{name}' is not found.")

    def _resource_id(self, *said: str) -> str:
        return self._placed(self.scope, *said)

    @staticmethod
    def _placed(scope: str, *said: str) -> str:
        *places, kind = said[: next(at for at, part in enumerate(said) if "/" in part) + 1]
        if len(places) == 2:  # noqa: PLR2004 # subscription and group
            scope = f"/subscriptions/{places[0]}/resourceGroups/{places[1]}"
        elif places:
            head, _, _ = scope.partition("/resourceGroups/")
            scope = (
                f"{head}/resourceGroups/{places[0]}" if "/resourceGroups/" in scope else f"/subscriptions/{places[0]}"
            )
        return resource_id(scope, kind, *said[len(places) + 1 :])

    def _reference(self, reference: Reference | None, name: str, version: str, *, is_full: bool) -> Any:
        if reference is None:
            raise TemplateError("The template function 'reference' is not expected at this location.")
        found = self._named(name)
        return (
            reference(found[0].id, version or found[0].version, is_full) if found else reference(name, version, is_full)
        )

    def _items(self, found: Any, parent: tuple[str, str] | None) -> Iterator[Item]:
        named = found.items() if isinstance(found, dict) else (("", one) for one in found)
        for symbol, raw in named:
            if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
                raise TemplateError("A resource of the template has no type.")
            if lower(raw["type"]) == NESTED:
                _checked(raw.get("properties") or {})
            loop = raw.get("copy")
            if not loop:
                yield from self._item(symbol, raw, parent, self._functions())
                continue
            name, before, last = str(loop.get("name", "")), list[Item](), list[Item]()
            size = int(loop.get("batchSize", 1)) if lower(str(loop.get("mode", ""))) == "serial" else 0
            self._absent |= {lower(name), lower(symbol)}
            for at in range(count_of(loop, self._functions())):
                if size and at % size == 0:
                    before, last = last, []
                for item in self._item(symbol, raw, parent, looped(self._functions(), name, at)):
                    last.append(item)
                    above = tuple(one.id for one in before)
                    yield item._replace(loop=name, at=at, depends=(*item.depends, *above))

    def _item(
        self, symbol: str, raw: Mapping[str, Any], parent: tuple[str, str] | None, functions: Functions
    ) -> Iterator[Item]:
        kind = raw["type"]
        if not value_of(raw.get("condition", True), functions):
            self._absent |= {lower(symbol), lower(self._name_of_absent(raw, functions))}
            return
        name = str(value_of(raw.get("name", ""), functions))
        if parent and not lower(kind).startswith(f"{lower(parent[0])}/"):
            kind, name = f"{parent[0]}/{kind}", f"{parent[1]}/{name}"
        own = self._id(kind, name, raw, functions)
        above = (own.rpartition("/")[0].rpartition("/")[0],) if parent else ()
        depends = tuple(map(str, value_of(raw.get("dependsOn") or [], functions)))
        version = str(value_of(raw.get("apiVersion", ""), functions))
        yield Item(own, kind, symbol, version, (*above, *depends), raw, is_existing=bool(raw.get("existing")))
        yield from self._items(raw.get("resources") or [], (kind, name))

    @staticmethod
    def _name_of_absent(raw: Mapping[str, Any], functions: Functions) -> str:
        """The name of a resource that isn't deployed, which may need what isn't there either."""
        try:
            return str(value_of(raw.get("name", ""), functions)).rpartition("/")[2]
        except TemplateError:
            return ""

    def _place(self, raw: Mapping[str, Any], functions: Functions) -> str:
        """The scope of a resource: the template's, or the subscription and resource group that it names."""
        head = "/".join(self.scope.split("/")[:3])
        subscription = value_of(raw.get("subscriptionId", ""), functions)
        group = value_of(raw.get("resourceGroup", ""), functions)
        if subscription:
            head = f"/subscriptions/{subscription}"
        if group:
            return f"{head}/resourceGroups/{group}"
        return head if subscription else self.scope

    def _id(self, kind: str, name: str, raw: Mapping[str, Any], functions: Functions) -> str:
        if lower(kind) == _GROUPS:
            return f"{'/'.join(self.scope.split('/')[:3])}/resourceGroups/{name}"
        place = str(value_of(raw.get("scope", ""), functions))
        if place and lower(kind) == NESTED:
            raise TemplateError(f"The sandbox doesn't simulate nested deployments at '{place}'.")
        if place and not place.startswith("/"):
            *types, last = place.split("/")
            place = f"{self.scope}/providers/{'/'.join((*types, last))}"
        try:
            return resource_id(place or self._place(raw, functions), kind, name)
        except ValueError as error:
            raise TemplateError(
                f"The resource '{name}' of the type '{kind}' has an invalid number of segments."
            ) from error


def _nested(sent: Mapping[str, Any], functions: Functions) -> dict[str, Any]:
    """What is sent to make a nested deployment: unless its own scope is `inner`, its parent evaluates its expressions."""
    said: Mapping[str, Any] = sent["properties"]
    scope = (said.get("expressionEvaluationOptions") or {}).get("scope", "outer")
    kept = {key: said[key] for key in ("template", "expressionEvaluationOptions") if key in said}
    if lower(str(scope)) != "inner":
        kept["template"] = _plain(value_of(said["template"], functions))
    told = {key: value_of(value, functions) for key, value in sent.items() if key != "properties"}
    return told | {
        "properties": {key: kept[key] if key in kept else value_of(value, functions) for key, value in said.items()}
    }


def _plain(value: Any) -> Any:
    """A value whose texts aren't evaluated once more."""
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return f"[{value}" if isinstance(value, str) and (is_expression(value) or value.startswith("[[")) else value


def _checked(properties: Any) -> Mapping[str, Any]:
    for key, what in _ELSEWHERE.items():
        if properties.get(key):
            raise TemplateError(f"The sandbox doesn't simulate {what}.")
    if lower(str(properties.get("mode", ""))) != "incremental":
        raise TemplateError("The sandbox deploys in the mode Incremental only.")
    template: Any = properties.get("template")
    if not isinstance(template, dict):
        raise TemplateError("The deployment has no template.")
    if template.get("imports"):
        raise TemplateError("The sandbox doesn't simulate imports in templates.")
    return template
