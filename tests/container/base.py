"""A base image made of this machine's own Python, C library and shell, for where a registry's can't be reached."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

import pip

PROGRAMS = ("sh", "env", "cat", "ls", "rm", "mkdir")
LEFT_OUT = ("test", "idlelib", "tkinter", "site-packages", "dist-packages", "config-*", "turtledemo", "*.a")
OF_WHEELS = (
    "libgcc_s.so.1",
    "libstdc++.so.6",
    "librt.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "libutil.so.1",
    "libresolv.so.2",
)
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"


def make(root: Path) -> None:
    """A root file system with `python3`, pip and a shell; nothing that compiles."""
    for folder in ("bin", "etc/ssl", "proc", "dev", "sys", "tmp", "usr/local/bin", "usr/bin", "run"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc" / "group").write_text("root:x:0:\n")
    shutil.copytree("/etc/ssl/certs", root / "etc" / "ssl" / "certs", symlinks=False, ignore_dangling_symlinks=True)
    needs = [_program(root, name) for name in PROGRAMS]
    _python(root)
    needs += [Path(os.path.realpath(sys.executable))]
    needs += (root / "usr" / "local" / "lib" / VERSION / "lib-dynload").glob("*.so")
    for library in _libraries(needs):
        is_own = library.parts[1] in ("lib", "lib64", "usr")
        _placed(library, root / str(library).lstrip("/") if is_own else root / "usr" / "lib" / library.name)


def _program(root: Path, name: str) -> Path:
    found = Path(os.path.realpath(shutil.which(name) or f"/bin/{name}"))
    _placed(found, root / "bin" / name)
    return found


def _python(root: Path) -> None:
    local = root / "usr" / "local"
    _placed(Path(os.path.realpath(sys.executable)), local / "bin" / "python3")
    shutil.copytree(
        sysconfig.get_path("stdlib"),
        local / "lib" / VERSION,
        symlinks=True,
        ignore=shutil.ignore_patterns(*LEFT_OUT),
        dirs_exist_ok=True,
    )
    own = Path(pip.__file__).parent
    for folder in (own, *own.parent.glob("pip-*.dist-info")):
        shutil.copytree(folder, local / "lib" / VERSION / "site-packages" / folder.name)


def _libraries(programs: Iterable[Path]) -> Iterator[Path]:
    """Every shared library that the programs are linked with, the loader included."""
    said = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False).stdout
    yield from (path for name in OF_WHEELS for path in Path("/usr/lib").glob(f"*-linux-gnu/{name}"))
    yield from sorted({Path(path) for path in re.findall(r"(/\S+\.so\S*)(?= \(0x)", said)})


def _placed(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(os.path.realpath(source), target)
