"""GallerySpec: which figure of the gallery a file holds, in plain values; loss-free to and from file metadata."""

from __future__ import annotations

from dataclasses import dataclass

from saddlescape import values
from saddlescape.written import STYLES, Written


@dataclass(frozen=True, kw_only=True)
class GallerySpec(Written):
    """One picture of ``landscape gallery``: the name of its figure, its style, and whether it is the ``small`` one."""

    figure: str
    style: str = "paper"
    small: bool = False

    command = "gallery"


GallerySpec.checks = {"figure": values.text, "style": values.one_of(STYLES), "small": values.flag}
