from __future__ import annotations

import pytest

from reconciler.base.escape import code, commands, fence, markdown, plain, prose
from reconciler.base.redaction import redact


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("plain text", "plain text"),
        ("Überdisk 磁盘", "Überdisk 磁盘"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("two\r\nlines", r"two\r\nlines"),
        ("right\u202eleft", r"right\u202eleft"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("::error::x", r"\::error::x"),
        ("  ::stop-commands::x", r"  \::stop-commands::x"),
        ("a::b", "a::b"),
        ("x ##vso[task.complete]", r"x #\#vso[task.complete]"),
        ("##VSO[task.complete]", r"#\#VSO[task.complete]"),
        ("###[error]x", r"##\#[error]x"),
        ("## heading", "## heading"),
    ],
)
def test_foreign_text_is_shown_and_not_obeyed(foreign: str, shown: str) -> None:
    assert plain(foreign) == shown


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("https://x/?sv=1&sig=abc%2Bdef&se=2", "https://x/?sv=1&sig=***&se=2"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ("token eyJhbGciOi.eyJzdWIi.sIgNaTuRe rejected", "token *** rejected"),
        ("client_secret=hunter2&x=1", "client_secret=***&x=1"),
        ('{"password": "hunter2"}', '{"password": "***"}'),
        ("design=blue", "design=blue"),
    ],
)
def test_secrets_are_hidden(foreign: str, shown: str) -> None:
    assert redact(foreign) == shown


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("a | b", r"a \| b"),
        ("</details><img src=x>", "&lt;/details&gt;&lt;img src=x&gt;"),
        ("*bold* `x` [a](b)", r"\*bold\* \`x\` \[a\](b)"),
        ("ask @team about #12", "ask @&#8203;team about #&#8203;12"),
        ("a & b", "a &amp; b"),
        ("&#64;team", "&amp;#&#8203;64;team"),
    ],
)
def test_markdown_has_no_markup_of_its_own(foreign: str, shown: str) -> None:
    assert markdown(foreign) == shown


def test_code_spans_and_fences_outlast_the_backticks_inside() -> None:
    assert code("a`b") == "`` a`b ``"
    assert code("x") == "`x`"
    assert fence("a ```` b", "diff") == "`````diff\na ```` b\n`````\n"


def test_commands_are_broken_on_every_line() -> None:
    assert commands("a\n::error::b\nc") == "a\n\\::error::b\nc"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("pass `--force x_y`, or *stop*", r"pass `--force x_y`, or \*stop\*"),
        ("`a`", "`a`"),
        ("an odd ` backtick_", r"an odd \` backtick\_"),
        ("two`` in `a` row", r"two\`\` in \`a\` row"),
        ("`@team` @team <b>", "`@team` @&#8203;team &lt;b&gt;"),
        ("`a\nb`", r"`a\nb`"),
    ],
)
def test_what_stands_between_backticks_is_code_in_prose(said: str, shown: str) -> None:
    assert prose(said) == shown
