"""The named landscapes, one file per geometry."""

from __future__ import annotations

from saddlescape.landscapes import finite_sums, multimodal, nets, saddles, valleys, wells
from saddlescape.landscapes.base import Landscape

FILES = (saddles, wells, valleys, multimodal, finite_sums, nets)

CATALOGUE: dict[str, Landscape] = {each.name: each for file in FILES for each in file.LANDSCAPES}
