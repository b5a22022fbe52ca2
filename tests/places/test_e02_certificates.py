"""Private authorities by two variables, and failures of TLS that no retry can mend (E2)."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import installed
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from tokens import TokenEndpoints
from tunnels import plain_server

from reconciler.azure import trust
from reconciler.watch.posting import post, webhook

SOON = 20.0
"""Seconds within which the command has to give up; retries would take five minutes."""

Cloud = Callable[..., TokenEndpoints]


def run(endpoints: TokenEndpoints, folder: Path, *arguments: str, **changed: str) -> Any:
    environment = {**endpoints.environment, "SSL_CERT_FILE": "", **changed}
    address = changed.get("ADDRESS", endpoints.address)
    return installed.run(folder, *arguments, "--arm-endpoint", f"https://{address}", environment=environment)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_private_authority_is_trusted_for_azure_and_for_sign_in(cloud: Cloud, tmp_path: Path, variable: str) -> None:
    endpoints = cloud()
    done = run(endpoints, tmp_path, "whoami", **{variable: str(endpoints.authority)})
    assert done.returncode == 0, done.stderr
    assert (len(endpoints.assertions), len(endpoints.tokens)) == (1, 1)


def test_authorities_may_be_split_over_both_variables(cloud: Cloud, tmp_path: Path) -> None:
    endpoints = cloud()
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    for said in ((other, endpoints.authority), (endpoints.authority, other)):
        done = run(endpoints, tmp_path, "whoami", SSL_CERT_FILE=str(said[0]), REQUESTS_CA_BUNDLE=str(said[1]))
        assert done.returncode == 0, done.stderr


def test_an_authority_below_the_root_is_enough(monkeypatch: Any, tmp_path: Path) -> None:
    """As where a proxy's own authority is named, and not the company's root."""
    root = trustme.CA()
    proxys = root.create_child_ca()
    proxys.cert_pem.write_to_path(tmp_path / "proxy.pem")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    proxys.issue_cert("arm.example").configure_cert(served)
    for variable in trust.VARIABLES:
        _agree(trust.context({variable: str(tmp_path / "proxy.pem")}), served)
    with pytest.raises(ssl.SSLCertVerificationError):
        _agree(trust.context({}), served)


def test_a_certificate_without_the_extensions_of_public_ones_is_trusted(tmp_path: Path) -> None:
    """As `openssl x509 -req` makes them; Python 3.13 refuses them by itself."""
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "private")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    own = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=False).sign(key, SHA256())
    leaf = ec.generate_private_key(ec.SECP256R1())
    other = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "arm")])
    bare = x509.CertificateBuilder(name, other, leaf.public_key(), 2, now - timedelta(days=1), now + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName("arm.example")])
    chain = bare.add_extension(names, critical=False).sign(key, SHA256()).public_bytes(Encoding.PEM)
    secret = leaf.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "authority.pem").write_bytes(own.public_bytes(Encoding.PEM))
    (tmp_path / "server.pem").write_bytes(secret + chain)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(tmp_path / "server.pem")
    _agree(trust.context({"REQUESTS_CA_BUNDLE": str(tmp_path / "authority.pem")}), served)


def _agree(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    """Both ends of a handshake in memory; the client's error if it refuses."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(down, up, server_hostname="arm.example"), server.wrap_bio(up, down, server_side=True)]
    for one in (*ends, *ends, *ends):
        with suppress(ssl.SSLWantReadError):
            one.do_handshake()


@pytest.mark.parametrize(
    ("options", "trusted", "why"),
    [
        ({}, False, "certificate verify failed"),
        ({"names": ["elsewhere.example"]}, True, "certificate is not valid for '127.0.0.1'"),
        ({"not_after": datetime.now(UTC) - timedelta(days=1)}, True, "certificate has expired"),
    ],
    ids=["nobody vouches", "another host", "expired"],
)
@pytest.mark.parametrize("where", ["sign-in", "azure"])
def test_a_certificate_that_is_refused_ends_the_run_at_once(
    cloud: Cloud, tmp_path: Path, options: Any, trusted: bool, why: str, where: str
) -> None:
    bad = cloud(**options)
    authority = str(bad.authority) if trusted else ""
    said = {} if where == "sign-in" else {"RECONCILER_ARM_TOKEN": "given"}
    begun = time.monotonic()
    done = run(bad, tmp_path, "plan", "backup.yaml", SSL_CERT_FILE=authority, **said)
    assert time.monotonic() - begun < SOON
    assert (done.returncode, done.stdout) == (1, "")
    assert "error[untrusted]: " in done.stderr
    assert "The certificate of 127.0.0.1 is not trusted (" in done.stderr
    assert why in done.stderr
    assert "SSL_CERT_FILE or REQUESTS_CA_BUNDLE" in done.stderr
    assert ("Could not get an access token with GitHub Actions' identity token: " in done.stderr) == (
        where == "sign-in"
    )
    assert not bad.assertions


def test_in_the_default_chain_too_a_refused_certificate_is_the_cause(cloud: Cloud, tmp_path: Path) -> None:
    endpoints = cloud()
    hidden = {"ACTIONS_ID_TOKEN_REQUEST_URL": "", "AZURE_CLIENT_SECRET": "hush", "AZURE_TOKEN_CREDENTIALS": "prod"}
    begun = time.monotonic()
    done = run(endpoints, tmp_path, "plan", "backup.yaml", **hidden)
    assert time.monotonic() - begun < SOON
    assert "error[untrusted]: " in done.stderr
    assert "SSL_CERT_FILE" in done.stderr


def test_a_server_that_speaks_no_tls_is_told_at_once(cloud: Cloud, tmp_path: Path) -> None:
    with plain_server() as address:
        begun = time.monotonic()
        said = {"RECONCILER_ARM_TOKEN": "given", "ADDRESS": address}
        done = run(cloud(), tmp_path, "plan", "backup.yaml", **said)
        assert time.monotonic() - begun < SOON
    assert done.returncode == 1
    assert "Could not agree with 127.0.0.1 on a TLS connection: " in done.stderr
    assert "HTTPS_PROXY" in done.stderr


def test_a_connection_that_breaks_off_while_tls_is_agreed_on_is_made_again(cloud: Cloud, tmp_path: Path) -> None:
    endpoints = cloud()
    with plain_server(hang_ups=2, leads_to=endpoints.address) as address:
        authority = str(endpoints.authority)
        done = run(endpoints, tmp_path, "whoami", SSL_CERT_FILE=authority, ADDRESS=address)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("variable", trust.VARIABLES)
@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file or directory"), ("no certificate", "it has no certificates in PEM form")]
)
def test_a_file_of_authorities_that_cannot_be_used_is_named(
    cloud: Cloud, tmp_path: Path, variable: str, content: str | None, why: str
) -> None:
    path = tmp_path / "authorities.pem"
    if content:
        path.write_text(content)
    done = run(cloud(), tmp_path, "plan", "backup.yaml", **{variable: str(path)})
    assert done.returncode == 1
    assert f"error[usage]: Could not load the certificate authorities in {variable}, `{path}`: {why}." in done.stderr


def test_webhooks_trust_the_same_authorities(cloud: Cloud, monkeypatch: Any) -> None:
    endpoints = cloud()
    hook = webhook(f"json=https://{endpoints.address}/hook")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    assert post(hook, {}).endswith("SSLCertVerificationError (see SSL_CERT_FILE and REQUESTS_CA_BUNDLE)")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(endpoints.authority))
    assert post(hook, {}).endswith("401")  # it was asked, and only lacks a token
