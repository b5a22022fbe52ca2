"""Terminal colours, off by default; they only repeat what words and symbols say."""

from __future__ import annotations

from dataclasses import dataclass

_SEVERITY = {"error": "1;31", "warning": "1;33", "info": "1;36"}
_SYMBOL = {"+": "32", "~": "33", "-": "31"}


@dataclass(frozen=True, slots=True)
class Style:
    """ANSI colours when `colour` is true, else the text itself."""

    colour: bool = False

    def _paint(self, sequence: str, text: str) -> str:
        return f"\x1b[{sequence}m{text}\x1b[0m" if self.colour and sequence else text

    def bold(self, text: str) -> str:
        """Text of a heading."""
        return self._paint("1", text)

    def dim(self, text: str) -> str:
        """Text that matters less."""
        return self._paint("2", text)

    def hint(self, text: str) -> str:
        """Text of a hint."""
        return self._paint("36", text)

    def good(self, text: str) -> str:
        """Text of a success."""
        return self._paint("1;32", text)

    def bad(self, text: str) -> str:
        """Text of a failure."""
        return self._paint("1;31", text)

    def severity(self, severity: str, text: str) -> str:
        """Text in the colour of a severity (`error`, `warning`, `info`)."""
        return self._paint(_SEVERITY.get(severity, ""), text)

    def symbol(self, symbol: str, text: str) -> str:
        """Text in the colour of `+`, `~` or `-`."""
        return self._paint(_SYMBOL.get(symbol, ""), text)
