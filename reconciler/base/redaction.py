"""Removes secrets from text, whether Azure, a proxy, the SDK or a person (in a tag) wrote it.

It hides too much rather than too little: whatever looks like a secret is removed.
"""

from __future__ import annotations

import re

_SHOWN = "***"
_START = r"(?:(?<![A-Za-z0-9_])|(?<=%[0-9A-Fa-f]{2}))"
_QUOTE = r"\\*[\"']?"
_VALUE = r"[^&;,\s\"'\\<>]"
_NAMED = (
    r"(?:client[_-]?(?:secret|assertion)|password|passwd|pwd|[a-z0-9_]*_token|api[_-]?key"
    r"|(?:account|sharedaccess)key|sharedaccesssignature|sig)"
)
_SECRET = re.compile(
    "|".join(
        (
            # `client_secret=…`, `"password": "…"`, `sig%3D…`: in queries, JSON, JSON in JSON, connection strings.
            rf"(?P<named>{_START}{_NAMED}{_QUOTE}\s*(?:[=:]|%3[DA])\s*{_QUOTE}(?:Bearer\s+)?){_VALUE}+",
            # The signature of an operation's link: `&t=…&c=…&s=…&h=…`.
            rf"(?P<signed>{_START}[tcsh](?:=|%3D)){_VALUE}{{8,}}",
            rf"(?P<header>\bauthorization{_QUOTE}\s*[=:]\s*{_QUOTE}[a-z]+\s+){_VALUE}+",
            rf"(?P<bearer>\bBearer\s+){_VALUE}+",
            rf"(?P<cookie>\bcookie{_QUOTE}\s*:\s*{_QUOTE})[^\r\n\"'<>]+",
            r"(?P<user>://[^/\s:@\"'<>]*:)[^/\s@\"'<>]+(?=@)",
            r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?",
        )
    ),
    re.IGNORECASE,
)
_SIGN = re.compile(
    r"secret|assertion|passw|pwd|_token|api.?key|accountkey|accesskey|accesssignature|sig[\"'\\\s:=%]"
    r"|bearer|authorization[\"'\\\s:=]|cookie|eyj|[tcsh](?:=|%3d)|://[^/\s]*@"
)
"""A lower-case part of each alternative of `_SECRET`: a fast first check for every line, since most have no secret."""


def redact(text: str) -> str:
    """The text with `***` for bearer tokens, JWTs, keys, passwords, cookies and the signatures of SAS and operation URLs."""
    if not _SIGN.search(text.lower()):
        return text
    return _SECRET.sub(lambda match: (match[match.lastgroup] if match.lastgroup else "") + _SHOWN, text)
