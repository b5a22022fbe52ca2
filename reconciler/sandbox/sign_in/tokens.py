"""Where clients sign in: the documents by which they find the token endpoint, and tokens for anybody.

The Azure CLI and Terraform ask for these before they speak ARM. A token names whom the sandbox takes its bearer for: the
estate's caller with the client id that signs in, else somebody new of that client id, whom the directory knows from then
on and who may do what the estate lets everybody do. It is unsigned and protects nothing.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.world import PRINCIPALS, World

_LIFETIME = 86400
_OPENID = "/.well-known/openid-configuration"
_INSTANCES = "/common/discovery/instance"
_TOKEN = ("/oauth2/v2.0/token", "/oauth2/token")


def answer(world: World, base: str, method: str, path: str, body: bytes, now: int) -> Any:
    """The JSON for a request that signs in; None for a request of another kind.

    `base` is the address that documents lead to, `now` the system's time in seconds since 1970.
    """
    if method == "GET" and path.endswith(_OPENID):
        return _openid(world, base, path.removesuffix(_OPENID).strip("/").partition("/")[0])
    if method == "GET" and path == _INSTANCES:
        return {"tenant_discovery_endpoint": f"{base}/{world.tenant}/v2.0{_OPENID}", "metadata": []}
    if method == "POST" and path.endswith(_TOKEN):
        said = parse_qs(body.decode(errors="replace"))
        return _token(world, said.get("client_id", [""])[0], now)
    return None


def object_id_of(token: str) -> str:
    """The object id that a JSON web token names, unverified; empty for what is no such token."""
    return str(_claims(token).get("oid", ""))


def recall(world: World, authorization: str) -> None:
    """Let the directory know a client again who signed in before the sandbox was reset, by the token that it still has."""
    claims = _claims(authorization.partition(" ")[2].strip())
    client = str(claims.get("appid", ""))
    if client and claims.get("oid") == world.guid(f"client {client}", "object"):
        _newcomer(world, client)


def _claims(token: str) -> Mapping[str, Any]:
    try:
        part = token.split(".")[1]
        claims = orjson.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _openid(world: World, base: str, tenant: str) -> dict[str, Any]:
    known = world.tenant if tenant in {"", "common", "organizations"} else tenant
    place = f"{base}/{known}"
    return {
        "issuer": f"https://sts.windows.net/{known}/",
        "authorization_endpoint": f"{place}/oauth2/v2.0/authorize",
        "token_endpoint": f"{place}/oauth2/v2.0/token",
        "device_authorization_endpoint": f"{place}/oauth2/v2.0/devicecode",
        "jwks_uri": f"{place}/discovery/v2.0/keys",
        "response_types_supported": ["token"],
        "subject_types_supported": ["pairwise"],
        "tenant_region_scope": "WW",
    }


def _token(world: World, client: str, issued: int) -> dict[str, Any]:
    who = _caller(world, client)
    claims = {
        "aud": "https://management.azure.com/",
        "iss": f"https://sts.windows.net/{world.tenant}/",
        "iat": issued,
        "nbf": issued,
        "exp": issued + _LIFETIME,
        "oid": who["objectId"],
        "appid": who["appId"],
        "tid": world.tenant,
        "idtyp": "app",
        "ver": "1.0",
    }
    parts = ({"typ": "JWT", "alg": "none"}, claims)
    return {
        "token_type": "Bearer",
        "expires_in": _LIFETIME,
        "ext_expires_in": _LIFETIME,
        "access_token": ".".join((*map(_encoded, parts), "sandbox")),
    }


def _caller(world: World, client: str) -> Mapping[str, Any]:
    every = {"objectId": world.guid("caller", "object"), "appId": world.guid("caller", "application")}
    others = [known for known in world.callers if not known.get("token")]
    named = [known for known in world.callers if client and lower(known["appId"]) == lower(client)]
    if named or not client:
        return next(iter((*named, *others)), every)
    if others and not others[0].get("everywhere"):
        return _beside(others[0], client)
    return _newcomer(world, client)


def _beside(caller: dict[str, Any], client: str) -> Mapping[str, Any]:
    """Everybody else's caller, whose roles are limited, under one more client id."""
    clients = caller.setdefault("clients", [])
    if client not in clients:
        clients.append(client)
    return {**caller, "appId": client}


def _newcomer(world: World, client: str) -> Mapping[str, Any]:
    found = {"objectId": world.guid(f"client {client}", "object"), "appId": client}
    told = {"id": found["objectId"], "_client": client, "_name": client, "_known": 0.0}
    world.table(PRINCIPALS).setdefault(found["objectId"], told)
    return found


def _encoded(part: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode()
