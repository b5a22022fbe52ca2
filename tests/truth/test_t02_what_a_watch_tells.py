"""T2: whatever keeps a round from being clean is in its notices, its line of the log and its metrics."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from forging import GRAPH, Azure, about, forbidden, quickstart, unavailable

Forged = Callable[..., AbstractContextManager[Azure]]
Posted = tuple[str, list[dict[str, Any]]]
VIRTUAL = "virtual"
JOBS = "GET */backupJobs"
SNAPSHOTS = "microsoft.compute/snapshots"


@pytest.fixture
def hook() -> Iterator[Posted]:
    """The address of a webhook, and what was posted there."""
    posted: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", posted
        server.shutdown()


def watched(azure: Azure, url: str, times: int = 1) -> list[dict[str, Any]]:
    """The rounds of a watch, as its log tells them."""
    done = azure.run("watch", "--times", str(times), "--every", "1h", "--listen", "none", "--notify", f"json={url}")
    assert done.code == 0, done
    lines = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == "round"]


def failing(azure: Azure) -> None:
    azure.fail_backups("*/disks/PSTestDisk")
    while not any(one["properties"]["status"] == "Failed" for one in azure.show("*/backupJobs/*")):
        azure.advance("20m")


@pytest.mark.parametrize("list_", [unavailable, forbidden])
def test_what_status_alone_cannot_tell_is_a_notice(forged: Forged, hook: Posted, list_: Any) -> None:
    """The round was `unclear`, with no error, no notice and every disk ok: nobody could know why."""
    url, posted = hook
    away = (unavailable(GRAPH, when=about(SNAPSHOTS)), list_("GET */snapshots"))
    with forged(quickstart().aged("1d"), *away, clock=VIRTUAL) as azure:
        (one,) = watched(azure, url)
    assert (one["result"], one["status"], one["errors"]) == ("unclear", {"ok": 1}, 1)
    (notice,) = posted[0]["new"]
    assert notice["code"] in {"not-known", "out-of-reach"}
    assert "snapshots" in notice["message"]


def test_backups_that_fail_are_a_notice_where_the_policy_differs_too(forged: Forged, hook: Posted) -> None:
    """A disk that differs for weeks said nothing any more of its backups."""
    url, posted = hook
    with forged(quickstart().aged("1d"), clock=VIRTUAL) as azure:
        failing(azure)
        (instance,), (policy,) = azure.ids("*/backupInstances/*"), azure.show("*/backupPolicies/*")
        other = f"{policy['id'].rpartition('/')[0]}/other"
        policy["properties"]["policyRules"][0]["trigger"]["schedule"]["repeatingTimeIntervals"] = [
            "R/2020-01-01T13:00:00+00:00/PT12H"
        ]
        azure.put(other, {**policy, "id": other, "name": "other"})
        azure.patch(instance, {"properties": {"policyInfo": {"policyId": other}}})
        watched(azure, url)
    told = [(one["code"], one["address"].endswith("/disks/pstestdisk")) for one in posted[0]["new"]]
    assert ("changed-outside", True) in told
    assert ("failing", True) in told


def test_a_disk_that_is_stopped_is_told_once(forged: Forged, hook: Posted) -> None:
    """Drift and status tell one and the same thing of it."""
    url, posted = hook
    with forged(quickstart().aged("1d"), clock=VIRTUAL) as azure:
        (instance,) = azure.ids("*/backupInstances/*")
        azure.ask("POST", f"{instance}/stopProtection", {})
        azure.advance("1h")
        watched(azure, url)
    assert [one["address"].rpartition("/")[2] for one in posted[0]["new"]] == ["pstestdisk"]


def test_nothing_is_over_that_could_not_be_looked_at(forged: Forged, hook: Posted) -> None:
    """The failing disk of the first round was told as over in the second, of which nothing is known."""
    url, posted = hook
    with forged(quickstart().aged("1d"), clock=VIRTUAL) as azure:
        failing(azure)
        first = azure.now + timedelta(minutes=30)
        azure.rules(*(unavailable(where, when=lambda _: azure.now > first) for where in (GRAPH, JOBS)))
        assert [one["result"] for one in watched(azure, url, times=2)] == ["unhealthy", "unclear"]
    assert [notice["code"] for notice in posted[0]["new"]] == ["failing"]
    assert all(news["over"] == [] for news in posted)
