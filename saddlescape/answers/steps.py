"""SamStep: one step of a method that looks before it steps, in its stages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from saddlescape.answers.base import Answer
from saddlescape.results import Array, Background


@dataclass(frozen=True, eq=False, kw_only=True)
class SamStep(Answer):
    """One step, full gradients, momentum at rest; all vectors (d,): 1 it stands at ``x``; 2 takes the ``gradient`` there;
    3 looks from ``look`` = x + s; 4 takes the gradient there, ``there``; 5 steps from x to ``after``. ``plain`` is where
    the same step of gradient descent would lead, ``losses`` are those at x, look, after and plain."""

    method: str
    formula: str
    background: Background
    x: Array
    gradient: Array
    look: Array
    there: Array
    after: Array
    plain: Array
    losses: Array

    def summary(self) -> str:
        """Return the stages in words, a line each."""
        f0, f1, f2, f3 = self.losses
        radius = float(np.linalg.norm(self.look - self.x))
        return "\n".join([
            f"{self.method} on {self.background.title}",
            f"  1 stands at {_place(self.x)}, loss {f0:.6g}",
            f"  2 gradient {_place(self.gradient)}",
            f"  3 looks from {_place(self.look)}, {radius:.4g} uphill, loss {f1:.6g}",
            f"  4 gradient there {_place(self.there)}",
            f"  5 steps to {_place(self.after)}, loss {f2:.6g} (gradient descent: {_place(self.plain)}, {f3:.6g})",
        ])  # fmt: skip


def _place(x: Array) -> str:
    return f"({', '.join(f'{a:.4g}' for a in x)})"
