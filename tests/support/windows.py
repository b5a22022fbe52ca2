"""Python without what POSIX alone has: run as a program it takes those names away, and then runs the command.

`python windows.py [--cp1252] WORDS…`; what the standard library itself needs of them it has imported before.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import http.server
import importlib.metadata
import logging.handlers
import os
import selectors
import shutil
import signal
import socketserver
import ssl
import subprocess
import sys
import tempfile
import urllib.request
import wsgiref.simple_server
import zoneinfo
from typing import Any

STANDARD = (
    concurrent.futures.thread,
    http.server,
    importlib.metadata,
    logging.handlers,
    selectors,
    shutil,
    socketserver,
)
BESIDE = (ssl, subprocess, tempfile, urllib.request, wsgiref.simple_server, zoneinfo)

OF_OS = [
    "O_CLOEXEC",
    "O_NONBLOCK",
    "O_DIRECTORY",
    "O_NOFOLLOW",
    "O_NOCTTY",
    "O_SYNC",
    "O_DSYNC",
    "O_ASYNC",
    "O_NDELAY",
    "O_PATH",
    "O_TMPFILE",
    "chown",
    "chroot",
    "confstr",
    "copy_file_range",
    "ctermid",
    "eventfd",
    "fchdir",
    "fchmod",
    "fchown",
    "fdatasync",
    "fork",
    "forkpty",
    "fpathconf",
    "fstatvfs",
    "get_blocking",
    "getegid",
    "geteuid",
    "getgid",
    "getgrouplist",
    "getgroups",
    "getloadavg",
    "getpgid",
    "getpgrp",
    "getpriority",
    "getrandom",
    "getresgid",
    "getresuid",
    "getsid",
    "getuid",
    "getxattr",
    "initgroups",
    "killpg",
    "lchown",
    "listxattr",
    "lockf",
    "major",
    "makedev",
    "memfd_create",
    "minor",
    "mkfifo",
    "mknod",
    "nice",
    "openpty",
    "pathconf",
    "pidfd_open",
    "pipe2",
    "posix_fadvise",
    "posix_fallocate",
    "posix_spawn",
    "posix_spawnp",
    "pread",
    "preadv",
    "pwrite",
    "pwritev",
    "readv",
    "register_at_fork",
    "removexattr",
    "sched_getaffinity",
    "sched_yield",
    "sendfile",
    "set_blocking",
    "setegid",
    "seteuid",
    "setgid",
    "setgroups",
    "setpgid",
    "setpriority",
    "setregid",
    "setresgid",
    "setresuid",
    "setreuid",
    "setsid",
    "setuid",
    "setxattr",
    "splice",
    "statvfs",
    "sync",
    "sysconf",
    "tcgetpgrp",
    "tcsetpgrp",
    "ttyname",
    "uname",
    "wait",
    "wait3",
    "wait4",
    "waitid",
    "writev",
]
"""Documented with "Availability: Unix", or with Windows only since a later Python than the oldest supported."""

OF_SIGNAL = [
    "SIGALRM",
    "SIGBUS",
    "SIGCHLD",
    "SIGCONT",
    "SIGHUP",
    "SIGKILL",
    "SIGPIPE",
    "SIGPROF",
    "SIGQUIT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGUSR1",
    "SIGUSR2",
    "SIGWINCH",
    "alarm",
    "getitimer",
    "pause",
    "pthread_kill",
    "pthread_sigmask",
    "setitimer",
    "siginterrupt",
    "sigpending",
    "sigtimedwait",
    "sigwait",
    "sigwaitinfo",
]

MODULES = ("fcntl", "grp", "pwd", "pty", "readline", "resource", "syslog", "termios", "tty")


def _refused(*_: Any, **__: Any) -> Any:
    raise NotImplementedError


def take_away() -> None:
    """Leave what Windows has."""
    for module, names in ((os, OF_OS), (signal, OF_SIGNAL)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    for name in ("supports_dir_fd", "supports_follow_symlinks", "supports_effective_ids"):
        setattr(os, name, set())
    own: Any = subprocess
    own._USE_POSIX_SPAWN = False  # the standard library's own, which it would look for in `os` again
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment] # that makes an import fail
    loop: Any = asyncio.SelectorEventLoop
    for name in ("add_reader", "remove_reader", "add_writer", "remove_writer", "add_signal_handler"):
        setattr(loop, name, _refused)
    for name in ("create_unix_server", "create_unix_connection", "connect_read_pipe", "remove_signal_handler"):
        setattr(loop, name, _refused)


if __name__ == "__main__":
    words = sys.argv[1:]
    take_away()
    from reconciler.cli.main import run

    os._exit(run(words))
