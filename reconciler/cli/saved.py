"""Saved plans: read, checked against their schema, and compared with a fresh plan."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.base.schemas import schema_text
from reconciler.connection.choice import Connection
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import Refused, StalePlan, UsageError
from reconciler.model.shard import Shard

_MOST_TOLD = 20
_LOOKS_ONLY = frozenset({"preflight"})
"""Options that open no gate and change no write: a plan made with them may be applied without them."""
_MAKE_ONE = "make one with `reconciler plan PATH --out FILE`"


class SavedPlan(NamedTuple):
    """A plan document, and the file that it was read from."""

    document: Mapping[str, Any]
    file: Path

    def check_options(self, said: Mapping[str, object]) -> None:
        """Raise Refused when the planning options of the command line (as `recorded`) aren't those of the saved plan.

        No option is taken from the file, since whoever can edit it could open the gates.
        """
        kept = self.document["options"]
        differing = [
            f"--{name.replace('_', '-')}: {_shown(kept[name])} in the saved plan, {_shown(said[name])} on the command line"
            for name in said
            if name in kept and kept[name] != said[name] and name not in _LOOKS_ONLY
        ]
        if differing:
            raise Refused(
                "\n".join(
                    [f"The saved plan `{self.file}` was made with other options. Nothing was written.", *differing]
                ),
                hint="pass the options that the plan was made with, or make and review a new plan",
                code=error_codes.OTHER_OPTIONS,
            )

    def check_target(self, said: Connection) -> None:
        """Raise Refused when the command line selects another Azure than the plan was made for."""
        target = self.document["target"]
        if not _same_target(target, said.target):
            raise Refused(
                f"The saved plan was made against `{target}`, but the command line selects `{said.target}`. Nothing was written.",
                hint="pass the same `--sandbox`, `--arm-endpoint` or `--cloud` as for `plan`",
                code=error_codes.OTHER_TARGET,
            )


def _shown(value: object) -> str:
    return "not set" if value in (None, False, [], {}) else "set" if value is True else json.dumps(value)


def _same_target(one: str, other: str) -> bool:
    if one.startswith("sandbox:") and other.startswith("sandbox:"):
        return Path(one.removeprefix("sandbox:")).resolve() == Path(other.removeprefix("sandbox:")).resolve()
    return one.rstrip("/") == other.rstrip("/")


def read_saved(file: Path) -> SavedPlan:
    """The saved plan in `file`; UsageError when the file isn't a plan."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"could not read the saved plan `{file}`: {error.strerror or error}", hint=_MAKE_ONE
        ) from error
    except (ValueError, RecursionError) as error:
        raise _no_plan(file, str(error)) from error
    try:
        problems = _problems(document)
    except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can spell, but which our files never have
        raise _no_plan(file, str(error)) from error
    if problems:
        raise _no_plan(file, "; ".join(problems))
    return SavedPlan(document, file)


def _problems(document: Any) -> list[str]:
    import jsonschema_rs  # a large library, for saved plans only

    validator = jsonschema_rs.validator_for(json.loads(schema_text("plan")))
    problems = [error.message for error in islice(validator.iter_errors(document), 3)]
    if not problems and document["options"]["shard"] is not None:
        try:
            Shard.parse(document["options"]["shard"])
        except ValueError as error:
            problems = [str(error)]
    return problems


def _no_plan(file: Path, why: str) -> UsageError:
    return UsageError(f"`{file}` is not a saved plan of this version: {why}", hint=_MAKE_ONE)


def stale(what: str, moved: Sequence[str]) -> StalePlan:
    """The error for a plan that differs from a fresh one, with a line for each difference."""
    told = [*moved[:_MOST_TOLD]]
    if len(moved) > _MOST_TOLD:
        told.append(f"… and {len(moved) - _MOST_TOLD} more")
    return StalePlan("\n".join([f"{what} Nothing was written.", *told]), hint="review the new plan, then approve it")
