"""Saved plans: read, checked against their schema, and compared with what would be done now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.cli.options import Connection, Planning
from reconciler.errors import Refused, StalePlan, UsageError

_MOST_TOLD = 20
_MAKE_ONE = "make one with `reconciler plan PATH --out FILE`"


class SavedPlan(NamedTuple):
    """A plan document, and the path of the manifest that it was made from."""

    document: Mapping[str, Any]
    path: str

    @property
    def planning(self) -> Planning:
        """The options that it was made with, as the command line would say them."""
        options = self.document["options"]
        requests = options["resource_guard_request"].items()
        return Planning(
            prune=options["prune"],
            adopt=options["adopt"],
            allow_delete=options["allow_delete"],
            accept_irreversible=options["accept_irreversible"],
            force=tuple(options["force"]),
            only=tuple(options["only"]),
            resource_guard_request=tuple(f"{vault}={one}" for vault, ids in requests for one in ids),
            preflight=options["preflight"],
            shard=options["shard"],
        )

    def connection(self, said: Connection) -> Connection:
        """The connection to apply through: what the command line says, else the recorded sandbox.

        Refused when it is another Azure than the plan was made against. No endpoint is ever taken from the file: the
        caller's token would be sent there.
        """
        from reconciler.cli.loading import target_of

        target = self.document["target"]
        api_version = said.api_version or self.document["options"]["api_version"]
        if said.is_default and target.startswith("sandbox:"):
            said = said._replace(sandbox=target.removeprefix("sandbox:"))
        if not _same_target(target, target_of(said)):
            raise Refused(
                f"The saved plan was made against {target}, this is {target_of(said)}.",
                hint="give the same --sandbox, --arm-endpoint or --cloud as to `plan`",
                code="other-target",
            )
        return said._replace(api_version=api_version)


def _same_target(one: str, other: str) -> bool:
    if one.startswith("sandbox:") and other.startswith("sandbox:"):
        return Path(one.removeprefix("sandbox:")).resolve() == Path(other.removeprefix("sandbox:")).resolve()
    return one.rstrip("/") == other.rstrip("/")


def read_saved(file: Path, manifest: str | None) -> SavedPlan:
    """The saved plan in `file`; `manifest` overrides the recorded path. UsageError when the file is no plan."""
    import json

    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The saved plan {file} cannot be read: {error.strerror or error}", hint=_MAKE_ONE) from error
    except (ValueError, RecursionError) as error:
        raise _no_plan(file, str(error)) from error
    try:
        problems = _problems(document)
    except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can spell and no file of ours holds
        raise _no_plan(file, str(error)) from error
    if problems:
        raise _no_plan(file, "; ".join(problems))
    path = manifest or document["path"]
    if not Path(path).exists():
        raise UsageError(
            f"The saved plan {file} was made from {path}, which is not there.",
            hint=f"run it in the same folder, or say where the manifest is: reconciler apply {file} PATH",
        )
    return SavedPlan(document, path)


def _problems(document: Any) -> list[str]:
    import json
    from itertools import islice

    import jsonschema_rs

    from reconciler.schemas import schema_text
    from reconciler.sharding import Shard

    validator = jsonschema_rs.validator_for(json.loads(schema_text("plan")))
    problems = [error.message for error in islice(validator.iter_errors(document), 3)]
    if not problems and document["options"]["shard"] is not None:
        try:
            Shard.parse(document["options"]["shard"])
        except ValueError as error:
            problems = [str(error)]
    return problems


def _no_plan(file: Path, why: str) -> UsageError:
    return UsageError(f"{file} is no saved plan of this version: {why}", hint=_MAKE_ONE)


def stale(what: str, moved: Sequence[str]) -> StalePlan:
    """The refusal of a plan that is not what would be done now, with what moved, a line each."""
    told = [*moved[:_MOST_TOLD]]
    if len(moved) > _MOST_TOLD:
        told.append(f"… and {len(moved) - _MOST_TOLD} more")
    return StalePlan(
        "\n".join([f"{what} Nothing was written.", *told]), hint="look at a new plan, and approve that one"
    )
