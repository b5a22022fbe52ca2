"""IPv4, IPv6 and every address of the machine, for what listens and for what connects (E6)."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import installed
import pytest
from arm import APPS, disk, estate, group
from manifests import manifest

from reconciler.watch.health import Liveness, served

HAS_IPV6 = socket.has_dualstack_ipv6()
LOOPBACKS = ("127.0.0.1", "[::1]") if HAS_IPV6 else ("127.0.0.1",)


def fetched(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=5) as answer:
        return bytes(answer.read())


@pytest.mark.parametrize("host", [*LOOPBACKS, "localhost"])
def test_metrics_are_served_at_an_address_of_either_family(host: str) -> None:
    with served(f"{host}:0", Liveness(lambda: 0.0, every=1, patience=1), lambda: b"m 1\n") as url:
        assert fetched(f"{url}/metrics") == b"m 1\n"
        if host != "localhost":
            assert url.startswith(f"http://{host}:")


@pytest.mark.parametrize("listen", [":0", "0.0.0.0:0", *(["[::]:0"] if HAS_IPV6 else [])])
def test_without_a_host_metrics_are_served_at_every_address(listen: str) -> None:
    with served(listen, Liveness(lambda: 0.0, every=1, patience=1), lambda: b"m 1\n") as url:
        port = url.rpartition(":")[2]
        for host in LOOPBACKS if listen != "0.0.0.0:0" else LOOPBACKS[:1]:
            assert fetched(f"http://{host}:{port}/metrics") == b"m 1\n"


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[str]:
    """The address of `sandbox serve`."""
    server = installed.begun(folder, "sandbox", "serve", installed.ESTATE, "--port", "0", *words)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().rpartition(" ")[2].strip()
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=300)
    assert server.returncode == 0


@pytest.mark.parametrize("host", [*LOOPBACKS, *(["::1", ""] if HAS_IPV6 else [])])
def test_a_sandbox_is_served_and_planned_against_at_either_family(tmp_path: Path, host: str) -> None:
    installed.put_files(tmp_path, manifest(), estate(group(APPS, "diskrg"), disk("PSTestDisk")))
    with serving(tmp_path, "--host", host) as url:
        port = url.rpartition(":")[2]
        for reached in LOOPBACKS if not host else (f"[{host.strip('[]')}]" if ":" in host else host,):
            done = installed.run(
                tmp_path, "plan", "backup.yaml", "--format", "json", "--arm-endpoint", f"http://{reached}:{port}"
            )
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["changes"]


def test_the_watch_says_where_it_listens(tmp_path: Path) -> None:
    installed.put_files(tmp_path, manifest(), estate(group(APPS, "diskrg"), disk("PSTestDisk")))
    for listen in (f"{LOOPBACKS[-1]}:0", ":0"):
        words = ("watch", "backup.yaml", *installed.AZURE, "--times", "1", "--listen", listen)
        done: subprocess.CompletedProcess[str] = installed.run(tmp_path, *words)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stderr.splitlines()[0])["url"].startswith("http://")
