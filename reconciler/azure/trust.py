"""Whose certificates are trusted, and which failed connections no retry can mend."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

from azure.core.exceptions import ClientAuthenticationError

from reconciler.base.redaction import redact
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import UsageError
from reconciler.model.findings import Code

VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
"""The variables that name further authorities, as OpenSSL and as Python's `requests` and the Azure CLI read them."""

_NAMED = " or ".join(VARIABLES)
AUTHORITY = f"if a proxy or a private authority issued the certificate, name a PEM file with that authority in {_NAMED}"
"""What to do about a certificate that isn't trusted."""

_DATES = (9, 10)  # OpenSSL: not yet valid, has expired
_NAMES = (62, 63, 64)  # OpenSSL: another host name, e-mail address, IP address
_PASSING = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_MAY_PASS = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class PermanentFailure(ClientAuthenticationError):
    """A connection that can't be made before somebody changes something.

    The SDK and azure-identity retry every error but ClientAuthenticationError, which this is for that reason alone.
    """

    def __init__(self, code: Code, message: str, hint: str) -> None:
        super().__init__(message)
        self.error_code = code
        self.hint = hint


def context(environment: Mapping[str, str]) -> ssl.SSLContext:
    """A client's TLS context with the system's authorities and those that the environment names.

    UsageError when a named file can't be used: otherwise every connection would fail, or one that must not might succeed.
    """
    made = ssl.create_default_context()
    # the same on every Python: 3.13 began to trust a named authority below the root, and to refuse the many private
    # certificates that lack an extension
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # OpenSSL itself has read what the process's own SSL_CERT_FILE names; a whole bundle takes a twentieth of a second
    own = os.environ.get("SSL_CERT_FILE", "")
    loaded = {own} if made.cert_store_stats()["x509"] and Path(own).is_file() else set()
    for variable in VARIABLES:
        path = environment.get(variable, "")
        if path and path not in loaded:
            _load(made, variable, Path(path))
            loaded.add(path)
    return made


def _load(into: ssl.SSLContext, variable: str, path: Path) -> None:
    try:
        if path.is_dir():
            into.load_verify_locations(capath=path)
        else:
            into.load_verify_locations(cafile=path)
    except OSError as error:  # ssl.SSLError is one
        why = "it has no certificates in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
        raise UsageError(
            f"Could not load the certificate authorities in {variable}, `{path}`: {why}.",
            hint=f"set {variable} to a PEM file of certificate authorities, or unset it",
        ) from error


def permanent(error: BaseException, host: str) -> PermanentFailure | None:
    """What to say of an error that no retry can mend; None for one that may pass. `host` is where the request went."""
    causes = list(_causes(error))
    where = next((str(named) for one in causes if (named := getattr(one, "host", ""))), host)
    for one in causes:
        if isinstance(one, ssl.SSLCertVerificationError):
            return _untrusted(one, where)
        if isinstance(one, ssl.SSLError):
            return None if isinstance(one, _PASSING) else _no_tls(one, where)
        if type(one).__name__ == "ClientHttpProxyError":  # aiohttp's, which takes too long to import here
            return _refused_by_proxy(getattr(one, "status", 0), host)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The innermost causes that libraries wrap, then what wraps them; the inner ones have the details."""
    inner = [getattr(error, name, None) for name in ("certificate_error", "os_error", "inner_exception")]
    for one in (*inner, error.__cause__):
        if isinstance(one, BaseException) and one is not error:
            yield from _causes(one)
    yield error


def _untrusted(error: ssl.SSLCertVerificationError, host: str) -> PermanentFailure:
    code = getattr(error, "verify_code", 0)
    why = redact(getattr(error, "verify_message", "") or str(error)).rstrip(".")
    hint = AUTHORITY
    if code in _DATES:
        hint = f"check this machine's clock, and have the certificate renewed; {AUTHORITY}"
    elif code in _NAMES:
        hint = f"check the endpoint, and for a proxy or a DNS entry that leads elsewhere; {AUTHORITY}"
    return PermanentFailure(
        error_codes.UNTRUSTED, f"The certificate of {host} is not trusted (certificate verify failed: {why}).", hint
    )


def _no_tls(error: ssl.SSLError, host: str) -> PermanentFailure:
    why = (error.reason or redact(str(error))).replace("_", " ").lower()
    return PermanentFailure(
        error_codes.UNTRUSTED,
        f"Could not agree with {host} on a TLS connection: {why}.",
        f"check that the endpoint, and the proxy in HTTPS_PROXY, are given with the right scheme and port; {AUTHORITY}",
    )


def _refused_by_proxy(status: int, host: str) -> PermanentFailure | None:
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR or status in _MAY_PASS:
        return None
    why = "it wants a user name and a password" if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED else "it refuses"
    return PermanentFailure(
        error_codes.NO_ANSWER,
        f"The proxy does not connect to {host}: {why} (HTTP {status}).",
        f"put the credentials into HTTPS_PROXY, as USER:PASSWORD@ before the proxy's host; or have {host} allowed there, "
        "or list it in NO_PROXY",
    )
