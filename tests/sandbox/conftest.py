"""A sandbox in memory, and the few words that a client needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest

from reconciler.sandbox.sandbox import Sandbox

ONE = "11111111-1111-1111-1111-111111111111"
TWO = "22222222-2222-2222-2222-222222222222"
GROUP = f"/subscriptions/{TWO}/resourceGroups/diskrg"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/data"
HOST = "https://management.azure.com"

ESTATE: dict[str, Any] = {
    "seed": 1,
    "switches": {"case_drift": "off", "principal_replication": 0},
    "callers": [
        {"name": "owner"},
        {"name": "ci", "token": "ci", "objectId": "c1", "roles": [{"role": "Reader", "scope": f"{GROUP}"}]},
        {"name": "nobody", "token": "nobody", "objectId": "c2", "roles": []},
    ],
    "managementGroups": [
        {"name": "root"},
        {"name": "corp", "parent": "root", "subscriptions": [TWO]},
    ],
    "subscriptions": [
        {"id": ONE, "name": "backup", "resourceGroups": [{"name": "vaults", "location": "westus"}]},
        {
            "id": TWO,
            "name": "apps",
            "resourceGroups": [
                {
                    "name": "diskrg",
                    "location": "West US",
                    "tags": {"team": "payments"},
                    "disks": [
                        {"name": "data", "tags": {"backup": "gold"}, "attachedTo": "web"},
                        {"name": "log", "count": 4, "sku": "Standard_LRS", "encryptionSet": "keys"},
                    ],
                    "virtualMachines": [{"name": "web"}],
                    "snapshots": [{"name": "before", "disk": "data"}],
                    "diskEncryptionSets": [{"name": "keys"}],
                    "identities": [{"name": "backup"}],
                },
                {"name": "other", "location": "westeurope", "disks": [{"name": "elsewhere"}]},
            ],
        },
    ],
}


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: Any
    latency: float

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])

    @property
    def names(self) -> list[str]:
        return [row["name"] for row in self.body["value"]]


class Client:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def __call__(
        self, method: str, path: str, body: Any = None, *, version: str = "", who: str = "x", **headers: str
    ) -> Answer:
        url = path if path.startswith("https://") else f"{HOST}{path}"
        if "api-version" not in url and version != "none":
            url += f"{'&' if '?' in url else '?'}api-version={version or self._version(path)}"
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        if who:
            sent["Authorization"] = f"Bearer {who}"
        status, told, answer, latency = self.sandbox.handle(method, url, sent, content)
        is_json = "json" in told.get("Content-Type", "")
        return Answer(status, told, json.loads(answer) if is_json else answer, latency)

    @staticmethod
    def _version(path: str) -> str:
        names = {
            "Microsoft.Authorization/locks": "2020-05-01",
            "Microsoft.Authorization": "2022-04-01",
            "Microsoft.Compute": "2024-03-02",
            "Microsoft.DataProtection": "2025-07-01",
            "Microsoft.ManagedIdentity": "2023-01-31",
            "Microsoft.Management": "2020-05-01",
            "Microsoft.ResourceGraph": "2021-03-01",
        }
        last = path.rpartition("/providers/")[2]
        return next((version for name, version in names.items() if last.startswith(name)), "2024-07-01")


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox.of(ESTATE)


@pytest.fixture
def ask(sandbox: Sandbox) -> Client:
    return Client(sandbox)


@pytest.fixture
def client() -> type[Client]:
    """Who asks another sandbox."""
    return Client


@pytest.fixture
def place() -> Callable[[str], str]:
    """Ids that tests speak of, by a short name."""
    return {"one": f"/subscriptions/{ONE}", "two": f"/subscriptions/{TWO}", "group": GROUP, "disk": DISK}.__getitem__
