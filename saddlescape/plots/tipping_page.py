"""The whole picture of a tipping map: the map, the shares as its key, and a caption that says how to read it."""

from __future__ import annotations

from dataclasses import replace

from matplotlib.figure import Figure

from saddlescape.answers.tipping import Tipping
from saddlescape.plots import naming, words
from saddlescape.plots.basins_caption import chancy
from saddlescape.plots.caption import of_loss, of_methods
from saddlescape.plots.pages import page
from saddlescape.plots.tipping_map import swatches, tipping


def tipping_figure(result: Tipping, *, style: str = "paper") -> Figure:
    """Return the figure of a tipping map, with its numbers and what colours and stripes mean."""
    scene, key = result.background, words.GREEK.get(result.key, result.key)
    (name,) = naming.labels([result.method], without={result.key})
    view = [scene.view[k] for k in result.plane]
    names = tuple(result.spec.get("coordinates", scene.coordinates))
    with page(style, f"{scene.title}: from which {key} on {name} ends elsewhere") as made:
        (ax,) = made.maps(view, 1, most=3.4, right=0.9)
        tipping(result, ax, legend=False)
        made.key(*swatches(result))
        made.caption.append(of_loss(replace(scene, coordinates=names)))
        made.caption.append(of_methods([(result.method, result.formula)]))
        made.say(f"{_numbers(result, names)} {_reading(result)}")
    return made.figure


def _numbers(result: Tipping, names: tuple[str, ...]) -> str:
    """Return the values, how finely they were halved, how many starts, how long, through which plane, the seed."""
    key, (ny, nx) = words.GREEK.get(result.key, result.key), result.kind.shape
    first, last = (words.number(float(result.values[k])) for k in (0, -1))
    own = naming.read(result.method).keys
    facts = [naming.said(k, own[k]) for k in ("eta", "dt") if k in own and k != result.key]
    facts += [f"{words.count(len(result.values))} values of {key} from {first} to {last}"]
    facts += [f"halved to {words.number(result.tolerance)}", f"{words.count(nx)} × {words.count(ny)} starts"]
    facts += [
        f"{words.count(result.steps)} steps"
        if result.clock == "steps"
        else f"time {words.number(result.time)}"
    ]
    facts += [
        f"{words.coordinate(each)} = {words.number(float(result.origin[k]))}"
        for k, each in enumerate(names)
        if k not in result.plane
    ]
    facts += [f"seed {result.spec['seed']}"] * chancy(result.method)
    return f"{', '.join(facts)}."


def _reading(result: Tipping) -> str:
    """Return what colours and stripes mean, as far as they occur."""
    key, found = words.GREEK.get(result.key, result.key), result.counts()
    said = [f"Colour: the smallest {key} at which a start ends elsewhere than at the first value"]
    said += ["pale: it never does"] * (found["never"] > 0)
    said += ["white stripes: at a larger value it ends as at the first again"] * (found["back"] > 0)
    said += ["black stripes: unknown ends leave a wide bracket, of which the middle is shown"] * (
        found["open"] > 0
    )
    said += ["grey: ends are not known"] * (found["unknown"] > 0)
    said += ["a cycle counts as an end near its point"] * result.cycling
    return "; ".join(said) + "."
