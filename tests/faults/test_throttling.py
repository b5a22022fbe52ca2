"""Azure asks to wait: it is waited for as long as it says, in the open, and never beyond the deadline."""

from __future__ import annotations

import pytest
from faults import throttled
from trial import Trial


@pytest.mark.parametrize("kind", ["LIST disks", "GET *", "PUT backupVaults", "PUT backupInstances", "GET operationStatus"])
def test_f01_throttled_with_retry_after_waits_that_long_and_says_so(quickstart: Trial, kind: str) -> None:
    hit = quickstart.inject(kind, throttled(7))
    run = quickstart.apply()
    assert run.code == 0, run.text
    (asked,) = hit.hits
    first, second, *_ = [call.at for call in run.calls if call.path == asked.path and call.method == asked.method]
    assert second - first >= 7
    assert ", waiting 7 s" in run.err
    assert "throttled" in run.err
