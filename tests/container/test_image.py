"""The image: built as the Dockerfile says, run without privileges on a file system that can't be written, and stopped."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from base import make
from externals import program

REPOSITORY = Path(__file__).parents[2]
QUICKSTART = REPOSITORY / "samples" / "quickstart"
USER = 10001
MOUNTED = """
root=$1; work=$2; shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mount --bind "$work" "$root/estate"
mount -t tmpfs tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount -o remount,bind,ro "$root"
cd /
exec "$@"
"""
TOOL, PYTHON = "/opt/reconciler/bin/reconciler", "/opt/reconciler/bin/python3"
BASE, IMAGE = "localhost/reconciler-base", "localhost/reconciler"

pytestmark = [
    pytest.mark.external,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("image"),
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting an image takes root"),
]


@dataclass
class Image:
    """A built image, mounted at `root`, with its configuration."""

    root: Path
    config: Mapping[str, Any]
    work: Path

    def started(self, *command: str) -> subprocess.Popen[str]:
        """Run a command as a container would: its own first process, the image's user, a root that can't be written."""
        inside = (*self.config["Env"], str(shutil.which("chroot")), f"--userspec={self.config['User']}", str(self.root))
        return subprocess.Popen(
            [
                *("unshare", "--pid", "--fork", "--kill-child", "--mount", "sh", "-ec", MOUNTED, "sh"),
                *(
                    str(self.root),
                    str(self.work),
                    "env",
                    "-i",
                    *inside,
                    "sh",
                    "-c",
                    'cd /estate; exec "$@"',
                    "sh",
                    *command,
                ),
            ],
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *command: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a command."""
        with self.started(*command) as running:
            out, err = running.communicate(timeout=300)
        return running.returncode, out, err


def told(*arguments: str) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert done.returncode == 0, f"{arguments}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout.strip()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image, from a base that is made here."""
    folder = tmp_path_factory.mktemp("image")
    store = ("--root", str(folder / "store"), "--runroot", str(folder / "run"), "--storage-driver", "vfs")
    buildah = (program("buildah"), *store)
    make(folder / "base")
    scratch = told(*buildah, "from", "scratch")
    told(*buildah, "copy", "--quiet", scratch, str(folder / "base"), "/")
    for name in ("PIP_INDEX_URL", "PIP_CERT", "SSL_CERT_FILE", "HTTPS_PROXY", "https_proxy"):
        if name in os.environ:
            told(*buildah, "config", "--env", f"{name}={os.environ[name]}", scratch)
    told(*buildah, "config", "--env", "PATH=/usr/local/bin:/usr/bin:/bin", scratch)
    told(*buildah, "commit", "--quiet", "--rm", scratch, BASE)
    told(
        *buildah, "bud", "--isolation", "chroot", "--build-arg", f"BASE={BASE}", "--build-arg", "VERSION=1.2.3",
        "--tag", IMAGE, ".",
    )  # fmt: skip
    container = told(*buildah, "from", IMAGE)
    root = Path(told(*buildah, "mount", container))
    config = json.loads(told(*buildah, "inspect", container))["OCIv1"]["config"]
    work = folder / "work"
    shutil.copytree(QUICKSTART, work, ignore=shutil.ignore_patterns("*.state.json"))
    for path in (work, *work.iterdir()):
        os.chown(path, USER, USER)
    yield Image(root, config, work)
    told(*buildah, "umount", container)
    shutil.rmtree(folder, ignore_errors=True)


def test_its_configuration_is_what_a_cluster_expects(image: Image) -> None:
    assert image.config["User"] == f"{USER}:{USER}"
    assert image.config["Entrypoint"] == [TOOL]
    assert image.config["StopSignal"] == "SIGTERM"
    labels = image.config["Labels"]
    assert labels["org.opencontainers.image.version"] == "1.2.3"
    assert labels["org.opencontainers.image.licenses"] == "MIT"


def test_it_holds_the_locked_versions_compiled_and_nothing_that_builds(image: Image) -> None:
    (packages,) = (image.root / "opt/reconciler/lib").glob("python3*/site-packages")
    lock = (REPOSITORY / "requirements.lock").read_text()
    locked = {name.lower().replace("_", "-"): version for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", lock)}
    for info in packages.glob("*.dist-info"):
        name, version = info.name.removesuffix(".dist-info").rsplit("-", 1)
        if name != "reconciler":
            assert locked[name.lower().replace("_", "-")] == version
    assert not [name for name in ("pip", "setuptools", "hatchling", "wheel") if (packages / name).exists()]
    sources = [path for path in packages.rglob("*.py") if "azure" in path.parts or "reconciler" in path.parts]
    assert len(sources) > 100
    assert not [path for path in sources if not list((path.parent / "__pycache__").glob(f"{path.stem}.cpython-*.pyc"))]
    assert "No module named pip" in image.run("/usr/local/bin/python3", "-m", "pip")[2]
    assert image.run(PYTHON, "-m", "pip")[0] != 0
    assert not [name for name in ("gcc", "cc", "make", "git") if shutil.which(name, path=str(image.root / "usr/bin"))]


def test_it_runs_without_rights_on_a_file_system_that_cannot_be_written(image: Image) -> None:
    code, out, err = image.run(TOOL, "--version")
    assert code == 0, err
    assert out.startswith("reconciler")
    said = "import os; print(os.getpid(), os.getuid(), os.getgid()); open('/opt/x', 'w')"
    code, out, err = image.run(PYTHON, "-c", said)
    assert out.split() == ["1", str(USER), str(USER)]
    assert "Read-only file system" in err
    code, out, err = image.run(TOOL, "plan", "/estate/backup.yaml", "--sandbox", "/estate/azure.estate.yaml")
    assert code == 0, err
    assert "Plan:" in out


def test_sigterm_in_the_middle_of_an_apply_ends_the_first_process_with_its_report(image: Image) -> None:
    audit, report = image.work / "audit.jsonl", image.work / "report.json"
    running = image.started(
        *(
            TOOL,
            "apply",
            "/estate/backup.yaml",
            "--sandbox",
            "/estate/azure.estate.yaml",
            "--clock",
            "real",
            "--auto-approve",
        ),
        *("--audit", "/estate/audit.jsonl", "--report", "/estate/report.json"),
    )
    try:
        until = time.monotonic() + 60
        while not audit.exists() or "/roleAssignments/" not in audit.read_text():
            assert running.poll() is None, running.communicate()
            assert time.monotonic() < until
            time.sleep(0.1)
        (first,) = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
        begun = time.monotonic()
        os.kill(int(first), signal.SIGTERM)
        out, err = running.communicate(timeout=300)
        assert running.returncode == 128 + signal.SIGTERM, (out, err)
        assert time.monotonic() - begun < 5
        assert json.loads(report.read_text())["interrupted"] == "SIGTERM"
        assert "Interrupted: nothing new will start" in err
    finally:
        running.kill()
        running.communicate()


def test_the_dockerfile_is_clean() -> None:
    told(program("hadolint"), "Dockerfile")
