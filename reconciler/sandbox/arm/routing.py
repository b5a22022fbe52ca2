"""Providers and their routes: ARM paths with `{name}` placeholders, literal segments matched without case."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from reconciler.sandbox.arm import operation_lists
from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import ArmError, Response

Function = Callable[..., Response]

# Providers that know no regions.
EVERYWHERE = frozenset(
    {"microsoft.authorization", "microsoft.management", "microsoft.resourcegraph", "microsoft.resources"}
)


@dataclass(frozen=True, slots=True)
class Route:
    """One method at one template.

    `action` is what the caller must be allowed to do ("" = anyone may); `collection` tells a list, whose rows are
    filtered by what the caller may read; `versions` are api-versions that replace the provider's.
    """

    method: str
    template: tuple[str, ...]
    action: str
    function: Function
    collection: bool
    versions: tuple[str, ...]

    def match(self, segments: tuple[str, ...], lowered: tuple[str, ...]) -> dict[str, str] | None:
        """The placeholders' values, as written; None when the path is another one. `{scope}` takes any segments."""
        template = self.template
        if template and template[0] == "{scope}":
            tail = len(template) - 1
            split = len(segments) - tail
            if split < 0:
                return None
            values = _match(template[1:], segments[split:], lowered[split:])
            return None if values is None else {"scope": "".join(f"/{part}" for part in segments[:split]), **values}
        return _match(template, segments, lowered) if len(template) == len(segments) else None

    def scope(self, segments: tuple[str, ...]) -> str:
        """The id that permissions are checked at: the resource addressed, or what a list or an action belongs to."""
        parts = list(segments)
        if not self.template[-1].startswith("{"):
            parts.pop()
        if len(parts) > 1 and lower(parts[-2]) == "providers":
            del parts[-2:]
        return "".join(f"/{part}" for part in parts)


def _match(template: tuple[str, ...], segments: tuple[str, ...], lowered: tuple[str, ...]) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for pattern, segment, plain in zip(template, segments, lowered, strict=True):
        if pattern[0] == "{":
            values[pattern[1:-1]] = segment
        elif pattern != plain:
            return None
    return values


PROVIDERS: dict[str, Provider] = {}
"""Every provider that was made, by lower-cased namespace; `sandbox.providers` makes them all."""


class Provider:
    """A resource provider: its namespace, the api-versions that it knows (newest last), its routes.

    `kinds` are the lower-cased types of the resources that it can be asked for by id; `types` are these without the
    namespace, as they are spelled, with their api-versions. `around` is put around the function of every route.
    Every provider is listed in `PROVIDERS`.
    """

    def __init__(
        self, namespace: str, versions: Collection[str], *, around: Callable[[Function], Function] | None = None
    ) -> None:
        self.namespace = namespace
        self._around = around or (lambda function: function)
        self.versions = tuple(sorted(versions))
        self.routes: list[Route] = []
        self.kinds: set[str] = set()
        self.types: dict[str, tuple[str, ...]] = {}
        PROVIDERS[lower(namespace)] = self
        self.route("GET", f"/providers/{namespace}/operations", collection=False)(self._told)

    @property
    def actions(self) -> Iterator[str]:
        """The permissions that its routes need."""
        return (route.action for route in self.routes if route.action)

    def _told(self, *_: object) -> Response:
        """Its own operations, all in one answer."""
        return Response(200, {"value": operation_lists.rows(self.namespace, self.actions)})

    def route(
        self,
        method: str,
        template: str,
        action: str = "",
        *,
        versions: Collection[str] = (),
        collection: bool | None = None,
    ) -> Callable[[Function], Function]:
        """Register a function for a method and a path.

        It is called as `function(world, request, **placeholders)` after permissions, locks and parents were checked.
        """
        parts = tuple(part if part[0] == "{" else lower(part) for part in template.strip("/").split("/"))
        is_list = method == "GET" and not parts[-1].startswith("{") if collection is None else collection

        if method == "GET" and parts[-1].startswith("{") and "providers" in parts:
            self._know(template.strip("/").split("/"), tuple(versions) or self.versions)

        def register(function: Function) -> Function:
            self.routes.append(Route(method, parts, action, self._around(function), is_list, tuple(versions)))
            return function

        return register

    def _know(self, template: list[str], versions: tuple[str, ...]) -> None:
        at = max(at for at, part in enumerate(template) if part == "providers")
        namespace, *names = template[at + 1 :][:1] + template[at + 2 :: 2]
        self.kinds.add(lower("/".join((namespace, *names))))
        if not any(name.startswith("{") for name in (namespace, *names)):
            self.types["/".join(names)] = versions

    def resolve(self, method: str, segments: tuple[str, ...], version: str = "") -> tuple[Route, dict[str, str]]:
        """The route for a request and its placeholders; ArmError 404 or 405 when there is none.

        `version` is the api-version that was asked for; it only stands in the error.
        """
        allowed = set()
        lowered = tuple(lower(part) for part in segments)
        for route in self.routes:
            values = route.match(segments, lowered)
            if values is not None:
                if route.method == method:
                    return route, values
                allowed.add(route.method)
        if allowed:
            names = ",".join(sorted(allowed))
            raise ArmError(
                405,
                "MethodNotAllowed",
                f"The requested resource does not support http method '{method}'.",
                headers={"Allow": names},
            )
        raise self._unknown_type(segments, version)

    def _unknown_type(self, segments: tuple[str, ...], version: str) -> ArmError:
        lowered = [lower(part) for part in segments]
        at = len(lowered) - 1 - lowered[::-1].index("providers") if "providers" in lowered else -1
        kind = "/".join(segments[at + 2 :: 2]) or "/".join(segments)
        return ArmError(
            404,
            "InvalidResourceType",
            f"The resource type '{kind}' could not be found in the namespace '{self.namespace}' for api version "
            f"'{version or self.versions[-1]}'. The supported api-versions are '{','.join(self.versions)}'.",
        )
