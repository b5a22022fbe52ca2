"""What is known of each operation, whatever it is called."""

from __future__ import annotations

from reconciler.model.changes import Op


def test_each_operation_that_deletes_or_puts_by_its_name_is_known_to() -> None:
    assert {op for op in Op if op.deletes} == {op for op in Op if op.endswith(".delete")}
    assert {op for op in Op if op.puts} == {op for op in Op if op.endswith(".put")}
