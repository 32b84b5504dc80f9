"""Symbolic losses: the catalogue, typed formulas, and what is derived from them."""

from saddlescape.landscapes.base import Landscape
from saddlescape.landscapes.catalogue import CATALOGUE
from saddlescape.landscapes.typed import landscape

__all__ = ["CATALOGUE", "Landscape", "landscape"]
