"""How text is shown on a terminal: colours, which only repeat what words and symbols say, and how wide."""

from __future__ import annotations

from dataclasses import dataclass

_SEVERITY = {"error": "1;31", "warning": "1;33", "info": "1;36"}
_SYMBOL = {"+": "32", "~": "33", "-": "31"}
_TONE = {"bad": "1;31", "warn": "1;33", "doubt": "35", "busy": "36", "good": "32", "idle": "2", "dim": "2", "bold": "1"}
_MARK = {"bad": "✗x", "warn": "!!", "doubt": "??", "busy": "…~", "good": "✓+", "idle": "--"}


@dataclass(frozen=True, slots=True)
class Style:
    """ANSI colours when `colour` is true, else the text itself.

    Text is wrapped at `width` characters. `whole`: nothing is folded. `ascii`: the stream can't write more than that.
    """

    colour: bool = False
    width: int = 100
    whole: bool = False
    ascii: bool = False

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

    def tone(self, tone: str, text: str) -> str:
        """Text in a tone: `bad`, `warn`, `doubt`, `busy`, `good`, `idle`, `dim`, `bold`; of any other, the text itself."""
        return self._paint(_TONE.get(tone, ""), text)

    def mark(self, tone: str) -> str:
        """The character that says the same as the colour of a tone."""
        return _MARK.get(tone, "  ")[self.ascii]
