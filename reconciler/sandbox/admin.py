"""The sandbox's own questions and commands over HTTP, below `/.sandbox/`: what the command line does to a state file.

GET: now, ids?pattern=, get?id=, switches, dump. POST with a JSON object: advance {seconds}, put {id, body},
patch {id, body}, remove {id}, move {id, group}, replace {id}, switch {name, value}, fail {id, code, times}.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.sandbox import json_text
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.sandbox import Sandbox

Said = Mapping[str, Any]


def answer(sandbox: Sandbox, method: str, name: str, query: Mapping[str, str], body: bytes) -> Any:
    """The answer to a question or a command; SandboxError for one that there isn't, or that can't be obeyed."""
    sandbox.world.settle()
    table, said = (_COMMANDS, _object(body)) if method == "POST" else (_QUESTIONS, query)
    function = table.get(name)
    if function is None:
        raise SandboxError(f"there is no {method} {name}", f"{method} takes {', '.join(sorted(table))}")
    try:
        return function(sandbox, said)
    except KeyError as error:
        raise SandboxError(f"{name} needs {error.args[0]}", "see the documentation of `sandbox serve`") from error
    except (TypeError, ValueError) as error:
        raise SandboxError(f"{name}: {error}", "check the values") from error


def _object(body: bytes) -> Said:
    try:
        found = json_text.loads(body or b"{}")
    except ValueError as error:
        raise SandboxError(f"the body is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise SandboxError("the body is no JSON object")
    return found


def _advance(sandbox: Sandbox, said: Said) -> Any:
    seconds = float(said["seconds"])
    if not 0 <= seconds < 1e10:  # noqa: PLR2004  # three centuries, which datetime can still bear
        raise SandboxError(f"time cannot advance by {seconds} seconds", "give a number from 0 on")
    return {"now": sandbox.advance(seconds).isoformat()}


def _fail(sandbox: Sandbox, said: Said) -> Any:
    times = int(said["times"])
    sandbox.fail(said["id"], str(said["code"]), times)
    return {"times": times}


def _switch(sandbox: Sandbox, said: Said) -> Any:
    sandbox.set_switch(said["name"], said["value"])
    return {said["name"]: sandbox.world.switch(said["name"])}


_QUESTIONS: dict[str, Callable[[Sandbox, Said], Any]] = {
    "now": lambda sandbox, _: {"now": sandbox.time().isoformat()},
    "ids": lambda sandbox, said: sandbox.ids(said.get("pattern", "*")),
    "get": lambda sandbox, said: sandbox.get(said["id"]),
    "switches": lambda sandbox, _: sandbox.switches(),
    "dump": lambda sandbox, said: sandbox.dump(comparable=said.get("comparable") == "true"),
}
_COMMANDS: dict[str, Callable[[Sandbox, Said], Any]] = {
    "advance": _advance,
    "put": lambda sandbox, said: sandbox.put(said["id"], said["body"]),
    "patch": lambda sandbox, said: sandbox.patch(said["id"], said["body"]),
    "remove": lambda sandbox, said: sandbox.remove(said["id"]),
    "move": lambda sandbox, said: sandbox.move(said["id"], said["group"]),
    "replace": lambda sandbox, said: sandbox.replace(said["id"]),
    "switch": _switch,
    "fail": _fail,
}
