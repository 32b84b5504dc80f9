"""The gallery: one file per figure, which says what it teaches, computes it and draws it "
"(docs/gallery.md)."""

from saddlescape.figures.base import CHAPTERS, NAMES, Plate, plate

__all__ = ["CHAPTERS", "NAMES", "Plate", "plate"]
