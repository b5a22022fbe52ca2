"""Ways to sign in that the environment offers in part: what each still lacks, and which CI system this is.

A job that was to sign in by federation and lacks a permission must not sign in as somebody else, nor be told to run
`az login`: the way is refused that nobody chose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

Environment = Mapping[str, str]

SERVICE_CONNECTION = ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "AZURE_SERVICE_CONNECTION_ID")
PIPELINE_TENANT = ("AZURESUBSCRIPTION_TENANT_ID", "AZURE_TENANT_ID")
PIPELINE_CLIENT = ("AZURESUBSCRIPTION_CLIENT_ID", "AZURE_CLIENT_ID")
APPLICATION = (("AZURE_CLIENT_ID",), ("AZURE_TENANT_ID",))
ID_TOKEN_VARIABLE = "AZURE_ID_TOKEN"  # noqa: S105 - a variable's name

_UNRESOLVED = re.compile(r"\$\([^()]*\)|\$\{\{.*\}\}|\$\{\w+\}")
"""What Azure Pipelines, GitHub and GitLab leave where a variable has no value."""


class System(NamedTuple):
    """A CI system: the variables and values by which it is known, what federation needs, and how its token is had.

    `marks` may have no value, which means any; `tokens` are the variables of the token, each with what to do where it is
    missing.
    """

    name: str
    marks: Mapping[str, str]
    needs: tuple[tuple[str, ...], ...]
    tokens: Mapping[str, str]


_GRANT = "give the job `permissions: id-token: write`"
SYSTEMS = (
    System(
        "GitHub Actions",
        {"GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_URL": ""},
        APPLICATION,
        {"ACTIONS_ID_TOKEN_REQUEST_URL": _GRANT, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": _GRANT},
    ),
    System(
        "Azure Pipelines",
        {"TF_BUILD": "true", "SYSTEM_OIDCREQUESTURI": ""},
        (SERVICE_CONNECTION, PIPELINE_TENANT, PIPELINE_CLIENT),
        {
            "SYSTEM_ACCESSTOKEN": "map it in the step: `env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}`",
            "SYSTEM_OIDCREQUESTURI": "run this in a job of an agent that is up to date",
        },
    ),
    System(
        "GitLab CI",
        {"GITLAB_CI": "true"},
        APPLICATION,
        {
            ID_TOKEN_VARIABLE: f"list {ID_TOKEN_VARIABLE} in the job's `id_tokens`, with `aud: api://AzureADTokenExchange`"
        },
    ),
)
"""The CI systems for whose federation there is a way."""

_SPECIAL = (
    "AZURE_FEDERATED_TOKEN_FILE",
    ID_TOKEN_VARIABLE,
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
)
"""What says that a way was meant, together with the application's id and tenant."""


def value(environment: Environment, *names: str) -> str:
    """The first value of these variables that is one, without space around it; empty: none is."""
    values = (environment.get(name, "").strip() for name in names)
    return next((found for found in values if found and not _UNRESOLVED.fullmatch(found)), "")


def system(environment: Environment) -> System | None:
    """The CI system that this is; None for another one, or none."""

    def is_marked(name: str, wanted: str) -> bool:
        found = value(environment, name).lower()
        return found == wanted if wanted else bool(found)

    return next((one for one in SYSTEMS if any(is_marked(*mark) for mark in one.marks.items())), None)


def lacking(environment: Environment) -> tuple[str, list[str]]:
    """Where this is, and what is missing, a clause each; nothing where no way was meant."""
    here = system(environment)
    if here is not None:
        return f" from {here.name}", list(dict.fromkeys([*_of_system(here, environment), *_in_part(environment)]))
    return "", list(_in_part(environment))


def _of_system(here: System, environment: Environment) -> Iterator[str]:
    seen = set()
    for name, remedy in here.tokens.items():
        if not value(environment, name) and remedy not in seen:
            seen.add(remedy)
            yield f"{_state(environment, name)} ({remedy})"
    for names in here.needs:
        if not value(environment, *names):
            yield " and ".join(_state(environment, name) for name in names)


def _in_part(environment: Environment) -> Iterator[str]:
    """What the ways lack that were meant: one of their own variables is there, and another one isn't."""
    for special in _SPECIAL:
        missing = [name for name in (special, "AZURE_CLIENT_ID", "AZURE_TENANT_ID") if not value(environment, name)]
        if special in environment and missing and len(missing) < 3:  # noqa: PLR2004 - all three
            yield from (_state(environment, name) for name in missing)


def _state(environment: Environment, name: str) -> str:
    if name not in environment:
        return f"{name} is not set"
    text = environment[name].strip()
    return f"{name} still is `{text}`: that variable has no value" if text else f"{name} is empty"
