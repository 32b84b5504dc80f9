"""Maps of basins made by hand, and from runs over a grid, for the tests of what is drawn and measured on them."""

from __future__ import annotations

from typing import Any

import numpy as np

import saddlescape as ss
from saddlescape.answers.basins import Basins
from saddlescape.results import STATUSES, Background, CriticalPoint


def points() -> tuple[CriticalPoint, ...]:
    """Return a minimum (−1, 0), a minimum (1, 0) and a saddle (0, 0)."""
    kinds = [
        ("minimum", (-1.0, 0.0), (1.0, 2.0)),
        ("minimum", (1.0, 0.0), (1.0, 2.0)),
        ("saddle", (0.0, 0.0), (-1.0, 1.0)),
    ]
    return tuple(
        CriticalPoint(i, np.array(x), float(i), kind, np.array(values), np.eye(2))
        for i, (kind, x, values) in enumerate(kinds)
    )


def background() -> Background:
    """Return the loss (x² − 1)²/4 + y²/2 on a grid."""
    axes = (np.linspace(-2, 2, 41), np.linspace(-1, 1, 41))
    x, y = np.meshgrid(*axes)
    loss, view = (x**2 - 1) ** 2 / 4 + y**2 / 2, ((-2.0, 2.0), (-1.0, 1.0))
    return Background(
        "Two wells", r"\frac{(x^2-1)^2}{4} + \frac{y^2}{2}", ("x", "y"), view, axes, loss, points()
    )


def centres(n: int, low: float, high: float) -> Any:
    """Return the middles of n pixels between two numbers."""
    return low + (np.arange(n) + 0.5) * (high - low) / n


def by_hand(words: Any, **more: Any) -> Basins:
    """Return the basins of a map of labels, one text a pixel: converged:0, trapped:2, cycling:1, moving, left …"""
    words = np.asarray(words)
    heads = np.vectorize(lambda word: word.partition(":")[0])(words)
    about = np.vectorize(lambda word: int(word.partition(":")[2] or -1))(words)
    status = np.vectorize(lambda word: STATUSES.index("moving" if word == "decided" else word))(heads)
    fate = np.where(np.isin(heads, ["converged", "trapped", "decided"]), about, -1)
    ny, nx = words.shape
    fields: dict[str, Any] = {
        "spec": {"landscape": "wells", "seed": 0}, "method": "sam:eta=0.01,rho=0.5", "formula": "x", "clock": "steps",
        "background": background(), "axes": (centres(nx, -2, 2), centres(ny, -1, 1)), "steps": 100, "time": 1.0,
        "status": status.astype(np.int8), "point": np.ma.masked_equal(np.where(heads == "decided", -1, about), -1),
        "fate": np.ma.masked_equal(fate, -1), "rule": np.where(fate >= 0, 1, 0).astype(np.int8),
        "when": np.where(fate >= 0, 0.5, np.nan), "distance": np.full((ny, nx), np.nan, dtype=np.float32),
        "origin": np.zeros(2), "odds": np.zeros((0, ny, nx)),
    }  # fmt: skip
    return Basins(**(fields | more))


def simulated(name: str, method: str, n: int, steps: int, view: Any = None, **numbers: Any) -> Basins:
    """Return the basins of a method from runs over a grid: fates at the end, without times."""
    scene = ss.landscape(name)
    (a, b), (c, d) = view or scene.view
    axes = (centres(n, a, b), centres(n, c, d))
    starts = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    run = ss.simulate(scene, method, starts, steps, every=steps, **numbers)
    status = np.vectorize(STATUSES.index)(run.status).astype(np.int8)
    known, near = ~np.ma.getmaskarray(run.fate), ~np.ma.getmaskarray(run.point)
    return Basins(
        spec={"landscape": name, "seed": 0}, method=run.method, formula=run.formula, clock=run.clock,
        background=run.background, axes=axes, steps=steps, time=float(run.t[-1]), status=status.reshape(n, n),
        point=run.point.reshape(n, n), fate=run.fate.reshape(n, n), rule=known.astype(np.int8).reshape(n, n),
        when=np.full((n, n), np.nan), distance=np.where(near, run.distance, np.nan).astype(np.float32).reshape(n, n),
        origin=np.zeros(2), odds=np.zeros((0, n, n)),
    )  # fmt: skip
