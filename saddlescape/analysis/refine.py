"""Refined maps: only pixels next to another end are run again, at twice the resolution, as often as asked."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from typing import Any

import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter

from saddlescape.analysis.basins import MAPS, affordable
from saddlescape.analysis.boundaries import colours
from saddlescape.analysis.pixels import Pixels, pixels
from saddlescape.answers.basins import Basins
from saddlescape.answers.boundaries import Refined
from saddlescape.dynamics.deciding import fates
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.plan import plan_run, whole
from saddlescape.dynamics.reading import method as as_method
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Landscape

#: levels beyond which no map fits into any memory
MOST_LEVELS = 20
Mask = np.ndarray[Any, np.dtype[np.bool_]]


def refine(
    landscape: Landscape,
    method: Method | str,
    basins: Basins,
    levels: int = 1,
    *,
    threads: int | None = None,
    engine: str = "auto",
) -> Refined:
    """Return the map at 2^``levels`` times the resolution, of which only what lies at boundaries is run.

    At every level a pixel is cut in four. Those of a pixel with a neighbour (of eight) that ends elsewhere are run, as
    ``basins`` would run them; all others keep the end of their pixel. Where what was run differs from what was kept next
    to it, that is run as well, until nothing differs across the edge of what was run. A feature thinner than a
    pixel of the first map that touches no boundary seen is missed. ``landscape`` and ``method`` are those of the map.
    Raises UsageError if they are not, and of maps with several runs in a pixel.
    """
    resolved = as_method(method).on(landscape)
    levels = whole("levels", levels)
    _fitting(landscape, resolved, basins)
    affordable(_scene(landscape, basins, 2 ** min(levels, MOST_LEVELS)))
    found = basins
    computed, runs = np.zeros(basins.shape, dtype=np.int8), 0
    for level in range(1, levels + 1):
        scene = _scene(landscape, found, 2)
        maps = {key: _doubled(np.ma.filled(getattr(found, key), -1)) for key in MAPS}
        computed = _doubled(computed)
        todo, done = _doubled(_edges(colours(found))), np.zeros(scene.shape, dtype=bool)
        found = _made(found, scene, maps)
        while todo.any():
            _run(scene, resolved, basins, todo, maps, threads, engine)
            done |= todo
            found = _made(found, scene, maps)
            todo = _edges(colours(found)) & ~done
        runs += int(done.sum())
        computed[done] = level
    kept = {f.name: getattr(found, f.name) for f in fields(Basins)}
    spec = {**basins.spec, "refined": {"levels": levels, "from": list(basins.shape[::-1]), "runs": runs}}
    return Refined(**{**kept, "spec": spec}, computed=computed)


def _fitting(landscape: Landscape, method: Method, basins: Basins) -> None:
    """Refuse a map that is not of this landscape and method, or that no single start stands for."""
    if method.text != basins.method:
        raise UsageError(
            f"the map is of {basins.method}, not of {method.text}: refine goes on with the same method"
        )
    if landscape.latex() != basins.background.latex or dict(landscape.params) != dict(
        basins.background.params
    ):
        raise UsageError(f"the map is of {basins.background.title}, not of {landscape.title}")
    if basins.runs > 1:
        raise UsageError(
            f"the map has {basins.runs} runs in a pixel, which end in many ways: there is no edge to refine"
        )
    same = _scene(landscape, basins, 1)
    if not all(np.allclose(a, b, rtol=1e-12) for a, b in zip(same.axes, basins.axes, strict=True)):
        raise UsageError(
            "the pixels of the map do not fill its view evenly: only maps that ss.basins made are refined"
        )


def _scene(landscape: Landscape, found: Basins, by: int) -> Pixels:
    """Return the pixels of a map, each cut in ``by`` along both sides."""
    ny, nx = found.shape
    return pixels(landscape, (by * nx, by * ny), found.background.view, found.plane, found.origin)


def _doubled(values: Any) -> Any:
    return np.repeat(np.repeat(values, 2, axis=0), 2, axis=1)


def _edges(places: Any) -> Mask:
    """Return which pixels have one of another end among their eight neighbours."""
    look = {"size": 3, "mode": "nearest"}
    return np.asarray(maximum_filter(places, **look) != minimum_filter(places, **look))


def _run(
    scene: Pixels,
    method: Method,
    basins: Basins,
    todo: Mask,
    maps: dict[str, Any],
    threads: int | None,
    engine: str,
) -> None:
    """Run the pixels ``todo`` and write what became of them into ``maps``."""
    which, spec = np.flatnonzero(todo), basins.spec
    plan = plan_run(
        scene.landscape, method, scene.starts()[which], None, spec["steps"], spec["steps"], spec["fast"], spec["seed"],
        {}, which if method.random else None,
    )  # fmt: skip
    threads = whole("threads", os.cpu_count() or 1 if threads is None else threads)
    found = fates(plan, engine, early=spec["early"], more=spec["more"], threads=threads)
    tick = float(plan.method.numbers[plan.method.clock.tick])  # type: ignore[arg-type]
    for key, each in maps.items():
        each[todo] = getattr(found, key) * tick if key == "when" else getattr(found, key)


def _made(found: Basins, scene: Pixels, maps: dict[str, Any]) -> Basins:
    """Return the map of these pixels."""
    own: dict[str, Any] = {k: v.copy() for k, v in maps.items()}
    own |= {k: np.ma.masked_equal(own[k], -1) for k in ("point", "fate")}
    odds = np.empty((0, *scene.shape))
    return replace(found, axes=scene.axes, background=scene.background(), odds=odds, **own)
