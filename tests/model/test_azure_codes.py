"""One table says what Azure's own codes mean and what to do; every other place asks it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import reconciler
from reconciler.azure.failures import told
from reconciler.azure.jobs import _cause
from reconciler.model.codes.azure import CODES, Nature, advice, known, nature

NAMES = re.compile(
    r"(BMS)?UserError[A-Z]\w+|Cloud(Dos|Service|Internal)\w+|ScopeLocked|ResourceLocked|RequestDisallowed\w+",
    re.IGNORECASE,
)
PACKAGE = Path(reconciler.__file__).parent


def named() -> set[str]:
    """Every code of Azure's that the package spells out anywhere, the sandbox included."""
    texts = {
        node.value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {word for text in texts for word in text.split() if NAMES.fullmatch(word)}


def test_every_code_that_is_named_anywhere_has_its_hint() -> None:
    assert len(named()) > len(CODES) / 2, "the search finds them"
    assert not {code for code in named() if not advice(code, "")}


def test_each_says_in_a_sentence_what_it_means_and_what_to_do() -> None:
    for one in CODES.values():
        assert one.meaning.endswith("."), one
        assert one.hint[:1].islower(), one
        assert not one.hint.endswith("."), one


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("usererrorNOTENOUGHpermissionondisk", Nature.PERMISSION),
        ("UserErrorNotEnoughPermissionOnSomethingNew", Nature.PERMISSION),
        ("CloudServiceRetryableError", Nature.RETRYABLE),
        ("SomeInternalError", Nature.RETRYABLE),
        ("UserErrorSnapshotRGNotFound", Nature.UNKNOWN_YET),
        ("AuthorizationFailed", Nature.UNKNOWN),
        ("", Nature.UNKNOWN),
    ],
)
def test_codes_are_known_in_any_case_and_by_their_kind(code: str, expected: Nature) -> None:
    assert nature(code) is expected


def test_one_code_has_one_hint_in_every_form() -> None:
    """An answer's error, an operation's, a failing instance's and a failed job's."""
    error = {"code": "UserErrorManagedDiskNotFound", "message": "It is gone.", "recommendedAction": ["Ask somebody."]}
    both = (f"{CODES['usererrormanageddisknotfound'].hint}.", "Azure advises: Ask somebody.")
    assert told(error).advice == both
    job = _cause([error])
    assert job is not None
    assert job.advice == both
    assert told({"code": "Unheard", "message": "Odd.", "recommendedAction": ["Ask somebody."]}).advice == (
        "Ask somebody.",
    )


def test_f33_a_lock_is_never_removed_here() -> None:
    assert "never removes" in advice("ScopeLocked", "")


def test_f37_a_disk_protected_elsewhere_is_excluded_or_moved_or_undeleted() -> None:
    code = "UserErrorDppDatasourceAlreadyHasBackupInstance"
    assert "excluded" in advice(code, "with the protection status as ProtectionStopped")
    assert "undelete" in advice(code, "with the protection status as SoftDeleted")


def test_f39_an_unregistered_provider_comes_with_the_command() -> None:
    assert "az provider register" in advice("MissingSubscriptionRegistration", "")


def test_the_rule_about_soft_delete_is_known_by_its_words() -> None:
    assert "AlwaysOn" in advice("BMSUserErrorInvalidInput", "Enable Always-On Soft Delete.")
    assert known("BMSUserErrorInvalidInput") is not None
