"""The field of a method on a grid: flow, drift or mean displacement, with rest points and separatrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from saddlescape import values
from saddlescape.analysis import rests
from saddlescape.analysis.separatrices import refusal, traced
from saddlescape.answers.field import Field, Rest, Separatrix
from saddlescape.dynamics import words
from saddlescape.dynamics.fields import VectorField
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.reading import method as as_method
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Landscape

#: bytes a point of the grid takes while its field is found, and how many are allowed
POINT, MEMORY = 120, 2e9
#: most rest points that are no critical points whose separatrices are traced
MOST = 20


def flow_field(
    landscape: Landscape,
    method: Method | str,
    *,
    view: Any = None,
    resolution: int = 201,
    separatrices: bool = True,
    unstable: bool = False,
) -> Field:
    """Return the field of ``method`` on a grid over ``view``, for landscapes of one or two coordinates.

    Of a flow it is dx/dt, of an SDE its drift −E[G]. Of a map it is the mean step, E[x'] − x, divided by eta: in units
    of x over the time t = k·eta, as a flow's. Expectations are over the law of the noise (docs/theory.md). With momentum
    the field is taken at v = 0: the first step of a map; of flows and SDEs the force −E[G].

    view : ((lo, hi), …), the landscape's by default. resolution : points along each axis, ≥ 2.
    separatrices : trace the stable manifolds of the flow's saddles (``ss.separatrices``); where a method has none,
    ``Field.note`` says why. ``unstable`` adds the unstable manifolds.

    Raises UsageError for more than two coordinates, a method with several values of a number, and fields that need
    derivatives a landscape of the user's own functions does not have.
    """
    if not isinstance(landscape, Landscape):
        raise UsageError(f"a landscape is needed, such as ss.landscape('beale'), not {landscape!r:.60}")
    count = values.whole(2, 10**6)("resolution", resolution)
    scene = landscape.with_window(view=values.window("view", view))
    drawable(scene, count)
    own = _single(as_method(method)).on(scene)
    field = VectorField(scene, own)
    axes, velocity = rests.on_grid(field, scene.view, count)
    found = rests.others(field, axes, velocity)
    why = refusal(field) if separatrices and scene.dim == 2 else ""
    parting = [each for each in found if each.verdict in ("saddle", "neutral")]
    kept = found
    if len(parting) > MOST and not why:
        what = (
            "saddles" if all(each.verdict == "saddle" for each in parting) else "saddles or undecided points"
        )
        why = f"the field has {len(parting)} {what} that are no critical points: their separatrices are not traced"
        kept = tuple(each for each in found if each not in parting)
    curves = _curves(field, kept, unstable) if separatrices else ()
    if field.jumps and separatrices and scene.dim == 2 and not curves and not why:
        why = "the field jumps at the critical points, where no manifold ends: landscape basins finds what they catch"
    return Field(
        spec=_spec(scene, own, count, separatrices, unstable), method=own.text, formula=words.formula(own),
        clock=own.clock.name, what=_what(field), background=words.background(scene), axes=axes, velocity=velocity,
        verdicts=rests.verdicts(field), rests=found, separatrices=curves, note=why,
        v=bool(own.momentum.state),
    )  # fmt: skip


def _curves(field: VectorField, rests: Sequence[Rest], unstable: bool) -> tuple[Separatrix, ...]:
    return () if refusal(field) else tuple(traced(field, field.landscape.view, rests, unstable))


def drawable(landscape: Landscape, count: int) -> None:
    """Raise UsageError where a field of ``count`` points along each axis cannot be drawn."""
    if landscape.dim > 2:
        raise UsageError(
            f"{landscape.name} has {landscape.dim} coordinates, and a field is drawn over one or two: "
            "look at its paths instead (ss.simulate, landscape run)"
        )
    need = POINT * float(count) ** landscape.dim
    if need > MEMORY:
        most = int((MEMORY / POINT) ** (1 / landscape.dim))
        raise UsageError(
            f"a resolution of {count} would need about {need / 1e9:.1f} GB: at most {most} points along an axis"
        )


def _single(method: Method) -> Method:
    for key, value in method.numbers.items():
        if isinstance(value, tuple):
            raise UsageError(
                f"{key} has {len(value)} values; a field is that of one method, so give one of them"
            )
    return method


def _what(field: VectorField) -> str:
    if field.is_map:
        return "displacement"
    return "flow" if field.method.clock.name.startswith("flow") else "drift"


def _spec(scene: Landscape, method: Method, count: int, separatrices: bool, unstable: bool) -> dict[str, Any]:
    return {
        "landscape": scene.name, "title": scene.title, "formula": scene.formula, "params": dict(scene.params),
        "method": method.text, "view": [list(pair) for pair in scene.view], "resolution": count,
        "separatrices": separatrices, "unstable": unstable,
    }  # fmt: skip
