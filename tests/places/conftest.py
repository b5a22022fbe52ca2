from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import installed
import pytest
from aiohttp import web
from arm import APPS, disk, estate, group
from manifests import manifest
from tokens import TokenEndpoints

from reconciler.sandbox.sandbox import Sandbox
from reconciler.sandbox.server import Server

ARM, SIGN_IN = "arm.example", "login.example"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Callable[..., TokenEndpoints]]:
    """Opens a cloud: sign-in and Resource Manager behind one TLS address, with a certificate as the options say."""
    installed.put_files(tmp_path, manifest(), estate(group(APPS, "diskrg"), disk("PSTestDisk")))
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox.open(tmp_path / installed.ESTATE, readonly=True))
        server = Server(sandbox)

        async def arm(request: web.Request) -> web.StreamResponse:
            return await server._answer(request)

        def opened(**options: Any) -> TokenEndpoints:
            return stack.enter_context(TokenEndpoints(tmp_path, **{"arm": arm, **options}))

        yield opened
