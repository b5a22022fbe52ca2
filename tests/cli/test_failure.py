from __future__ import annotations

import pytest

from reconciler.cli.failure import tell_error, tell_unexpected
from reconciler.cli.output import Output
from reconciler.model.errors import AzureError, ManifestError, OutOfReach, StalePlan
from reconciler.model.findings import Finding, Place, Severity


def told(error: Exception, capsys: pytest.CaptureFixture[str], *, verbose: bool = False) -> str:
    output = Output()
    output.verbose = verbose
    (tell_error if hasattr(error, "hint") else tell_unexpected)(error, output)  # type: ignore[operator]
    captured = capsys.readouterr()
    assert not captured.out
    return captured.err


def test_an_error_of_azure_names_status_target_and_request(capsys: pytest.CaptureFixture[str]) -> None:
    error = OutOfReach(
        "The caller may not read it.",
        status=403,
        code="AuthorizationFailed",
        target="/subscriptions/s",
        request_id="r-1",
        advice=("Ask for the role Reader.",),
    )
    assert told(error, capsys) == (
        "error[AuthorizationFailed]: The caller may not read it.\n"
        " --> HTTP 403, /subscriptions/s, request r-1\n"
        "hint: Ask for the role Reader.\n"
    )


def test_every_line_of_a_message_is_kept_and_tamed(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(StalePlan("The saved plan is stale.\n::error::x\n\x1b[2J"), capsys)
    assert text == "error[stale-plan]: The saved plan is stale.\n  \\::error::x\n  \\x1b[2J\n"


def test_all_problems_of_a_manifest_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    findings = [Finding("a", Severity.ERROR, str(number), place=Place("f", number, 1)) for number in (1, 2)]
    error = ManifestError(findings, {"f": "x: 1\ny: 2\n"})
    error.root = "folder"
    text = told(error, capsys)
    assert " --> folder/f:1:1" in text
    assert " --> folder/f:2:1" in text
    assert text.endswith("\nThe manifest has 2 errors.\n")


def test_a_traceback_needs_verbose_and_hides_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    def failing() -> Exception:
        try:
            raise RuntimeError("Authorization: Bearer abc.def")  # noqa: TRY301
        except RuntimeError as error:
            return error

    assert "Traceback" not in told(failing(), capsys)
    verbose = told(failing(), capsys, verbose=True)
    assert "Traceback" in verbose
    assert "abc.def" not in verbose


def test_an_error_without_more_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(AzureError("It broke."), capsys) == "error[azure]: It broke.\n"
