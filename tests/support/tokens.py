"""GitHub's and Entra's token endpoints on this machine, over TLS: what azure-identity's own code speaks to.

They live on a loop in a thread of their own, on whatever clock they are given. A story on virtual time signs in there
too: its own loop, and with it time, stands still until the token has come.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import jwt
import trustme
from aiohttp import web

from reconciler.azure.clouds import CLOUDS
from reconciler.azure.network import Networks
from reconciler.azure.sign_in.credentials import WAYS, choice, credential
from reconciler.azure.sign_in.signing import SignIn

MINUTE = 60
ASSERTION_LIFE, ACCESS_LIFE = 5 * MINUTE, 10 * MINUTE
TENANT = "11111111-1111-1111-1111-111111111111"
APPLICATION = "44444444-4444-4444-4444-444444444444"
REQUEST_TOKEN = "what-the-job-shows-github"  # noqa: S105 - nobody else takes it
TOO_OLD = "AADSTS700024: Client assertion is not within its valid time range. Trace ID: 1"

_KEY = "the sandbox's signature, which nobody else has to believe"
_CLOUD = CLOUDS["AzureCloud"]
_ASSERTS = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_WAIT = 20
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def said(token: str) -> dict[str, Any]:
    """What a token of these endpoints says; an error unless one of them signed it. Its times are not looked at."""
    found: dict[str, Any] = jwt.decode(
        token, _KEY, ["HS256"], options={"verify_exp": False, "verify_aud": False, "verify_nbf": False}
    )
    return found


class Aside:
    """A sign-in on the loop of the token endpoints."""

    def __init__(self, own: SignIn, run: Callable[[Awaitable[Any]], Any]) -> None:
        self._own = own
        self._run = run

    async def get_token_info(self, *scopes: str, options: Any = None) -> Any:
        return self._run(self._own.get_token_info(*scopes, options=options))


class TokenEndpoints:
    """Issues assertions that live five minutes and access tokens that live ten, on the clock `now` (seconds since 1970).

    From `refuses_from` on no assertion is taken. What is asked wrongly is answered as GitHub and Entra do. `arm`, when
    given, answers whatever else is asked, if it bears an access token in force. The certificate is for these names, and
    expires at `not_after`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        arm: Handler | None = None,
        names: Sequence[str] = ("127.0.0.1",),
        not_after: datetime | None = None,
    ) -> None:
        self.now: Callable[[], float] = time.time
        self.refuses_from = float("inf")
        self.assertions: list[str] = []
        self.tokens: list[str] = []
        self.refused: Counter[str] = Counter()
        self.authority = folder / "authority.pem"
        self.address = ""
        self._arm = arm
        self._names = names
        self._not_after = not_after
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="token endpoints")
        self._runner: web.AppRunner | None = None
        self._opened: list[SignIn] = []

    def __enter__(self) -> Self:
        self._thread.start()
        self.aside(self._begin())
        return self

    def __exit__(self, *_: object) -> None:
        assert self._runner is not None
        for own in self._opened:
            self.aside(own.close())
        self.aside(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_WAIT)
        self._loop.close()

    def aside(self, work: Awaitable[Any]) -> Any:
        """What `work` gives on the endpoints' loop; whoever asks stands still until then, and so does their clock."""

        async def run() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(_WAIT)

    def sign_in(self) -> Aside:
        """The way that this environment offers, by the tool's own choice; closed with the endpoints."""
        name = choice(self.environment)
        self._opened.append(
            SignIn(name, WAYS[name].shown, credential(self.environment, _CLOUD, Networks(self.environment)))
        )
        return Aside(self._opened[-1], self.aside)

    @property
    def environment(self) -> Mapping[str, str]:
        """What GitHub Actions and the owner of the machine would set."""
        return {
            "AZURE_CLIENT_ID": APPLICATION,
            "AZURE_TENANT_ID": TENANT,
            "AZURE_AUTHORITY_HOST": f"https://{self.address}",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"https://{self.address}/actions/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
            "SSL_CERT_FILE": str(self.authority),
        }

    async def _begin(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.authority)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*self._names, not_after=self._not_after).configure_cert(context)
        app = web.Application()
        app.router.add_get("/actions/token", self._github)
        app.router.add_post(f"/{TENANT}/oauth2/v2.0/token", self._entra)
        app.router.add_route("*", "/{path:.*}", self._others)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context).start()
        host, port = self._runner.addresses[0][:2]
        self.address = f"{host}:{port}"

    async def _github(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {REQUEST_TOKEN}":
            return web.json_response({"message": "no"}, status=401)
        claims = {"aud": request.query["audience"], "sub": "repo:acme/backup:ref:refs/heads/main"}
        self.assertions.append(self._signed(claims, ASSERTION_LIFE, len(self.assertions)))
        return web.json_response({"count": 1, "value": self.assertions[-1]})

    async def _entra(self, request: web.Request) -> web.Response:
        form = await request.post()
        if problem := self._problem({key: str(value) for key, value in form.items()}):
            self.refused[problem.partition(":")[0]] += 1
            told = {"error": "invalid_client", "error_description": problem, "error_codes": [700024]}
            return web.json_response(told, status=401)
        claims = {"aud": _CLOUD.endpoint, "appid": APPLICATION, "tid": TENANT, "idtyp": "app"}
        self.tokens.append(self._signed(claims, ACCESS_LIFE, len(self.tokens)))
        return web.json_response({"token_type": "Bearer", "expires_in": ACCESS_LIFE, "access_token": self.tokens[-1]})

    def _problem(self, form: Mapping[str, str]) -> str:
        asked = {key: form.get(key) for key in ("client_id", "grant_type", "client_assertion_type", "scope")}
        if asked != {
            "client_id": APPLICATION,
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTS,
            "scope": _CLOUD.scope,
        }:
            return f"AADSTS900144: The request body is not as it should be: {sorted(asked)}"
        claims = said(form["client_assertion"])
        if claims["aud"] != _CLOUD.audience:
            return "AADSTS700212: No matching federated identity record found for presented assertion audience."
        return "" if claims["nbf"] <= self.now() < min(claims["exp"], self.refuses_from) else TOO_OLD

    async def _others(self, request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._arm is None or token not in self.tokens or said(token)["exp"] <= self.now():
            return web.json_response({"error": {"code": "InvalidAuthenticationToken", "message": "no"}}, status=401)
        return await self._arm(request)

    def _signed(self, claims: Mapping[str, Any], life: int, number: int) -> str:
        now = int(self.now())
        return jwt.encode({**claims, "nbf": now, "exp": now + life, "jti": str(number)}, _KEY, "HS256")
