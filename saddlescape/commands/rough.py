"""What ``landscape basins`` is asked about borders: maps refined along them, how rough they are, as table and JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, log
from typing import TYPE_CHECKING, Any

from saddlescape.commands.asking import Stopped
from saddlescape.commands.interrupted import Kept
from saddlescape.errors import UsageError

if TYPE_CHECKING:
    from saddlescape.answers.basins import Basins
    from saddlescape.answers.boundaries import BasinEntropy, Uncertainty
    from saddlescape.landscapes.base import Landscape


def affordable(landscape: Landscape, pixels: tuple[int, int], levels: int) -> None:
    """Refuse a refined map that no memory holds, before the first map is made."""
    from saddlescape.analysis import basins
    from saddlescape.analysis.pixels import pixels as scene

    nx, ny = pixels
    basins.affordable(scene(landscape, (nx << levels, ny << levels)))


def refined(
    landscape: Landscape, maps: Sequence[Basins], levels: int, threads: int | None, kept: Kept
) -> list[Basins]:
    """Return the maps refined ``levels`` times. On Ctrl-C they are kept, not what was refined of them by then."""
    from saddlescape.analysis.refine import refine

    try:
        return [refine(landscape, each.method, each, levels, threads=threads) for each in maps]
    except KeyboardInterrupt:
        raise Stopped.at(kept, kept.keep(maps, None), kept.fits) from None


@dataclass(frozen=True)
class Rough:
    """How rough the borders of a map are; None where the map does not tell, and in ``notes`` why."""

    entropy: BasinEntropy | None
    exponent: Uncertainty | None
    notes: tuple[str, ...]


def measured(one: Basins) -> Rough:
    """Return the basin entropy of a map and its uncertainty exponent, as far as they can be told."""
    from saddlescape.analysis.boundaries import BOX, basin_entropy, uncertainty_exponent

    found: list[Any] = []
    notes = []
    for measure in (basin_entropy, uncertainty_exponent):
        try:
            found.append(measure(one))
        except UsageError as refused:
            found.append(None)
            small = measure is basin_entropy and min(one.shape) < BOX  # no one has asked for a box
            notes.append(f"an entropy is of boxes of {BOX} × {BOX} pixels" if small else str(refused))
    entropy, exponent = found
    return Rough(entropy, exponent, tuple(notes))


def to_json(one: Basins) -> dict[str, Any]:
    """Return the key that is added to the entry of a map in schema landscape.basins/1."""
    found = measured(one)
    entropy, exponent = (each and each.to_json() for each in (found.entropy, found.exponent))
    return {"borders": {"entropy": entropy, "exponent": exponent, "notes": list(found.notes)}}


def lines(labels: Sequence[str], maps: Sequence[Basins], room: int, borders: bool) -> list[str]:
    """Return what stands below a table: how much of refined maps was run; with ``borders`` how rough they are."""
    from saddlescape.answers.boundaries import Refined

    found = [
        f"{name}: refined along borders to {one.shape[1]} × {one.shape[0]} pixels by {one.runs_made:,} runs "
        f"({one.runs_made / one.status.size:.1%} of the pixels)"
        for name, one in zip(labels, maps, strict=True)
        if isinstance(one, Refined)
    ]
    return [*_filled(found, room), *(_roughness(labels, maps, room) if borders else [])]


def _roughness(labels: Sequence[str], maps: Sequence[Basins], room: int) -> list[str]:
    """Return a table of entropies and exponents, whose entropy exceeds log 2, and what is not told."""
    from saddlescape import layout

    rows, said = [], []
    for name, one in zip(labels, maps, strict=True):
        found = measured(one)
        rows.append((name, *_entropies(found.entropy), *_exponent(found.exponent)))
        if found.entropy is not None and found.entropy.boundary - 1.96 * found.entropy.se > log(2):
            said.append(f"{name}: S_bb is above log 2 = 0.693, as of a fractal border")
        said += [f"{name}: {note}" for note in found.notes]
    head = ("borders", "S_b ± s.e.", "S_bb ± s.e.", "alpha", "95 %", "dimension")
    return ["", layout.table(head, rows, room), *_filled(said, room)]


def _filled(said: Sequence[str], room: int) -> list[str]:
    return [textwrap.fill(each, room, initial_indent="  ", subsequent_indent="    ") for each in said]


def _entropies(found: BasinEntropy | None) -> tuple[str, str]:
    if found is None:
        return "–", "–"
    return _with_error(found.entropy, found.entropy_se), _with_error(found.boundary, found.se)


def _with_error(value: float, error: float) -> str:
    return "–" if isnan(value) else f"{value:.3f}" + ("" if isnan(error) else f" ± {error:.3f}")


def _exponent(found: Uncertainty | None) -> tuple[str, str, str]:
    if found is None:
        return "–", "–", "–"
    low, high = found.interval
    return f"{found.alpha:.3f}", f"{low:.3f} to {high:.3f}", f"{found.boundary_dimension[0]:.3f}"
