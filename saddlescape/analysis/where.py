"""Where faces are compared: at which eta and rho, which of them are the method's own, and to what time."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.dynamics.method import Method
from saddlescape.dynamics.numbers import read
from saddlescape.dynamics.plan import whole
from saddlescape.dynamics.reading import method as as_method
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Landscape

Values = tuple[float, ...]
#: a time is divided by eta up to this part
SAME = 1e-6
#: the part of a time by which it may be moved so that all etas divide it; the multiples of the longest eta that are
#: tried on either side of it, and how many times as long a time that would do may be
MOVED, TRIED, FAR = 0.25, 1000, 10.0


def own_method(landscape: Any, method: Method | str, etas: Any, rhos: Any) -> tuple[Method, Values, Values]:
    """Return the map to compare with, every number resolved, and the etas and rhos to compare at, ascending.

    The traces are those of the map's own eta and rho, so these are always among the lists: a number the method names is
    added; one it leaves open is the value of the list that is nearest to the landscape's. rho is NaN where there is none.
    """
    if not isinstance(landscape, Landscape):
        raise UsageError(f"a landscape is needed, such as ss.landscape('beale'), not {landscape!r:.60}")
    asked = as_method(method)
    if asked.clock.name != "steps":
        raise UsageError(
            f"faces are compared with the map: give {asked.name}:… and name @{asked.clock.name} among the faces, "
            f"faces=('{asked.clock.name}',) (--face {asked.clock.name})"
        )
    for key, value in asked.numbers.items():
        if isinstance(value, tuple):
            more = (
                f": give {key}s=… (--{key}s)" if key in ("eta", "rho") else "; one method at a time, please"
            )
            raise UsageError(f"{key} has {len(value)} values in the method{more}")
    lists = {"eta": listed(asked, "eta", etas), "rho": listed(asked, "rho", rhos)}
    for key, usual in (("eta", landscape.eta), ("rho", landscape.rho)):
        if lists[key] and asked.numbers[key] is None:
            asked = asked.with_numbers(**{key: _nearest(lists[key], usual)})
    own = asked.on(landscape)
    found = [
        tuple(sorted({*values, float(own.numbers.get(key, np.nan))}))  # type: ignore[arg-type]
        for key, values in lists.items()
    ]
    return own, found[0], found[1]


def listed(asked: Method, key: str, given: Any) -> Values:
    """Return the values of eta or rho that were asked for, () where none were."""
    if given is None:
        return ()
    if key not in asked.numbers:
        raise UsageError(f"{asked.name} has no {key}: leave {key}s out")
    found = read(key, given)
    return found if isinstance(found, tuple) else (found,)


def _nearest(values: Values, usual: float | None) -> float:
    """Return the one of ``values`` nearest to the landscape's, by their ratio; the middle one where it names none."""
    ordered = sorted(values)
    if usual is None or usual <= 0 or ordered[0] <= 0:
        return ordered[len(ordered) // 2]
    return min(ordered, key=lambda value: abs(np.log(value / usual)))


def span_of(own: Method, landscape: Landscape, etas: Values, time: Any, steps: Any) -> tuple[float, str]:
    """Return the time a comparison takes and, where that is not what was asked for, a note that says so."""
    if time is not None and steps is not None:
        raise UsageError("steps and time both say how long to run: give one of them")
    if time is None:
        count = whole("steps", landscape.steps if steps is None else steps)
        return _divided(count * float(own.numbers["eta"]), etas)  # type: ignore[arg-type]
    try:
        span = float(time)
    except (TypeError, ValueError):
        span = np.nan
    if not (np.isfinite(span) and span > 0):
        raise UsageError(f"time must be a number above 0, not {time!r:.40}")
    return _divided(span, etas)


def _divided(span: float, etas: Values) -> tuple[float, str]:
    """Return the time nearest to ``span`` that is a whole number of steps of every eta, and a note where it is another.

    Raises UsageError where there is none within the part MOVED of ``span``.
    """
    misfits = [eta for eta in etas if not _fits(span, eta)]
    if not misfits:
        return span, ""
    longest = max(etas)
    about = round(span / longest)
    counts = np.arange(max(1, about - TRIED), about + TRIED)
    times = longest * counts[_all_fit(longest * counts, etas) & (longest * counts < FAR * span + 2 * longest)]
    named = ", ".join(f"eta={eta:g}" for eta in misfits[:3])
    said = f"{named} {'do' if len(misfits) > 1 else 'does'} not divide the time {span:.10g}"
    if not len(times):
        raise UsageError(
            f"{said}, nor do all etas divide any time near it: take etas that are multiples of one another"
        )
    best = float(f"{times[np.argmin(np.abs(times - span))]:.12g}")
    if abs(best - span) > MOVED * span:
        near = sorted(
            {float(f"{t:.12g}") for t in times[np.argsort(np.abs(times - span), kind="stable")[:2]]}
        )
        raise UsageError(f"{said}: {' or '.join(f'{t:.10g}' for t in near)} would do")
    return best, f"{said}: the comparison ends at time {best:.10g}"


def _fits(span: float, eta: float) -> bool:
    return bool(_all_fit(np.array([span]), (eta,))[0])


def _all_fit(spans: Any, etas: Values) -> Any:
    """Return which of ``spans`` (n,) every eta divides into whole steps, at least one."""
    steps = [np.maximum(1, np.round(spans / eta)) * eta for eta in etas]
    return np.all([np.abs(each - spans) <= SAME * spans for each in steps], axis=0)
