"""Setting text below a figure: pieces of text and formulas in lines that fit, each placed on its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text


class Setter:
    """Sets paragraphs in lines of at most ``width`` inches on a figure."""

    def __init__(self, figure: Figure, size: float, width: float) -> None:
        self.figure, self.width, self.size = figure, width, size
        canvas: Any = figure.canvas
        self.renderer: Any = canvas.get_renderer()
        self.font = FontProperties(size=size)
        self.space = self.measure("a a") - self.measure("aa")

    def measure(self, text: str) -> float:
        """Return the width of a piece in inches."""
        math = text.startswith("$")
        wide, _, _ = self.renderer.get_text_width_height_descent(text, self.font, math)
        return float(wide) / float(self.figure.dpi)

    def lines(self, paragraphs: Sequence[Sequence[str]]) -> list[list[tuple[float, str]]]:
        """Return the lines as lists of (place in inches, piece); a piece wider than a line stands alone."""
        set_lines: list[list[tuple[float, str]]] = []
        for paragraph in paragraphs:
            at = 0.0
            set_lines.append([])
            for piece, following in zip(paragraph, [*paragraph[1:], ""], strict=True):
                wide = self.measure(piece)
                if at and at + wide > self.width:
                    set_lines.append([])
                    at = 0.0
                set_lines[-1].append((at, piece))
                # pieces of one formula stand close, and an en space is space enough
                close = piece.startswith("$") and following.startswith(("$", "\u2002"))
                at += wide + (0.25 if close else 1.0) * self.space
        return set_lines

    def write(self, line: Sequence[tuple[float, str]], left: float, y: float, colour: str) -> list[Text]:
        """Write one line with its baseline at (left, y) inches; a formula wider than the line is shrunk."""
        width, height = self.figure.get_size_inches()
        texts = []
        runs: list[tuple[float, str]] = []
        for at, piece in line:
            if runs and not piece.startswith("$") and not runs[-1][1].startswith("$"):
                runs[-1] = (runs[-1][0], f"{runs[-1][1]} {piece}")
            else:
                runs.append((at, piece))
        for at, piece in runs:
            size = self.size
            if piece.startswith("$") and self.measure(piece) > self.width:
                size = max(0.35 * size, 0.98 * size * self.width / self.measure(piece))
            texts.append(
                self.figure.text(
                    (left + at) / width,
                    y / height,
                    piece,
                    fontsize=size,
                    color=colour,
                    va="baseline",
                    ha="left",
                    parse_math=piece.startswith("$"),
                )
            )
        return texts
