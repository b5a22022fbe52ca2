"""An `az` that takes its time is waited for; one that takes too long is told as it is (E3)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import installed
import pytest
from manifests import manifest
from tunnels import plain_server

pytestmark = pytest.mark.long

SLOW = (
    "#!/bin/sh\n# as the real one: a script before the program that does the work\nsleep {seconds}\necho '{answer}'\n"
)
ANSWER = '{"accessToken": "t", "expires_on": 4102444800, "expiresOn": "2100-01-01 00:00:00.000000"}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    installed.put_files(tmp_path, manifest())
    return tmp_path


def run(folder: Path, seconds: float, program: str = "az", **said: str) -> Any:
    path = folder / "bin" / program
    path.parent.mkdir(exist_ok=True)
    path.write_text(SLOW.format(seconds=seconds, answer=ANSWER))
    path.chmod(0o755)
    environment = {"PATH": f"{path.parent}:/usr/bin:/bin", "HOME": str(folder), **said}
    with plain_server() as address:  # a command that has got its token says that nobody speaks TLS there
        return installed.run(folder, "whoami", "--arm-endpoint", f"https://{address}", environment=environment)


@pytest.mark.parametrize(
    ("program", "credential", "shown"),
    [
        ("az", "AzureCliCredential", "Azure CLI"),
        ("azd", "AzureDeveloperCliCredential", "Azure Developer CLI"),
    ],
)
def test_a_program_that_takes_too_long_is_told_with_how_long_it_was_waited_for(
    folder: Path, program: str, credential: str, shown: str
) -> None:
    said = {"AZURE_TOKEN_CREDENTIALS": credential, "RECONCILER_SIGN_IN_TIMEOUT": "1"}
    done = run(folder, 4, program, **said)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error[no-token]: Could not get an access token with AZURE_TOKEN_CREDENTIALS: ")
    assert f"{shown} did not answer within 1 second\n" in done.stderr
    assert "RECONCILER_SIGN_IN_TIMEOUT" in done.stderr
    assert "unset" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_in_the_default_chain_too_the_slow_program_is_the_cause(folder: Path) -> None:
    begun = time.monotonic()
    done = run(folder, 20, RECONCILER_SIGN_IN_TIMEOUT="1")
    assert done.returncode == 1
    assert time.monotonic() - begun < 15
    assert "azure-identity's default chain: Azure CLI did not answer within 1 second" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_program_that_needs_longer_than_azure_identity_waits_by_itself_is_waited_for(folder: Path) -> None:
    done = run(folder, 11, AZURE_TOKEN_CREDENTIALS="AzureCliCredential")  # noqa: S106 - a credential's name
    assert done.returncode == 1
    assert "Could not agree with 127.0.0.1 on a TLS connection" in done.stderr


@pytest.mark.parametrize("text", ["soon", "0", "-1", "1.5", "99999", "٣"])
def test_a_time_out_that_is_none_is_refused(folder: Path, text: str) -> None:
    done = run(folder, 0, RECONCILER_SIGN_IN_TIMEOUT=text)
    assert done.returncode == 1
    assert "error[usage]: RECONCILER_SIGN_IN_TIMEOUT is not a number of seconds" in done.stderr
