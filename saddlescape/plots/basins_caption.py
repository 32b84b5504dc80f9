"""The caption of basins: formulas and numbers, what colours, stripes and brackets mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from saddlescape.answers.basins import Basins
from saddlescape.answers.disagreement import Disagreement
from saddlescape.plots import naming, words
from saddlescape.plots.basin_ends import percent, waiting
from saddlescape.plots.caption import broken, of_loss, of_methods


def sentences(results: Sequence[Basins], between: Disagreement | None, timed: bool) -> list[list[str]]:
    """Return the paragraphs of the caption as pieces between which a line may break."""
    paragraphs = [
        of_loss(replace(results[0].background, coordinates=coordinates(results[0]))),
        of_methods([(each.method, each.formula) for each in results]),
        broken(_numbers(results)),
        broken(_reading(results, between, timed)),
    ]
    return [p for p in paragraphs if p]


def _numbers(results: Sequence[Basins]) -> str:
    """Return what all methods share, how long they ran, how many starts, through which plane, and the seed."""
    facts = [same] if (same := naming.same([each.method for each in results])) else []
    times = list(dict.fromkeys(each.time for each in results))
    spans = " and ".join(words.number(t) for t in times)
    ticks = {each.steps for each in results}
    maps = all(each.clock == "steps" for each in results)
    facts.append(
        f"{words.count(ticks.pop())} steps (time {spans})" if maps and len(ticks) == 1 else f"time {spans}"
    )
    shapes = dict.fromkeys(each.shape for each in results)
    facts.append(" and ".join(f"{words.count(nx)} × {words.count(ny)}" for ny, nx in shapes) + " starts")
    if refined := [each.spec["refined"]["from"] for each in results if "refined" in each.spec]:
        nx, ny = refined[0]
        facts.append(f"refined along borders from {words.count(nx)} × {words.count(ny)}")
    if runs := {each.runs for each in results if each.runs > 1}:
        where = "" if all(each.runs > 1 for each in results) else " of a random method"
        facts.append(f"{' and '.join(map(words.count, sorted(runs)))} runs from each{where}")
    first, names = results[0], coordinates(results[0])
    facts += [
        f"{words.coordinate(names[k])} = {words.number(float(first.origin[k]))}"
        for k in range(len(names))
        if k not in first.plane
    ]
    if any(chancy(each.method) for each in results) and (seed := first.spec.get("seed")) is not None:
        facts.append(f"seed {seed}")
    return ", ".join(facts) + "."


def coordinates(result: Basins) -> tuple[str, ...]:
    """Return the names of all coordinates; the background of a slice names those of its plane."""
    return tuple(result.spec.get("coordinates", result.background.coordinates))


def share(between: Disagreement) -> str:
    """Return the share of starts that end differently, with its interval."""
    return percent(int(between.differ.sum()), between.differ.size)


def chancy(method: str) -> bool:
    """Return whether chance has a part in a method: a batch, Gaussian noise, an SDE."""
    read = naming.read(method)
    return read.clock.startswith("sde") or "sigma" in read.keys or read.value("batch") is not None


def _reading(results: Sequence[Basins], between: Disagreement | None, timed: bool) -> str:
    """Return what colours, stripes and intervals mean, as far as they occur."""
    said = ["Hue: where a start ends"]
    if timed:
        said.append(f"lightness: the {waiting(results)}")
    occurring = {word.partition(":")[0] for each in results for word in each.fractions()}
    looks = {
        "cycling": "thin stripes: it cycles, nearest to that point",
        "moving": "grey: still moving",
        "left": "sand: left the domain",
        "diverged": "hatched: diverged",
    }
    said += [look for word, look in looks.items() if word in occurring]
    text = "; ".join(said) + "."
    if several := [each for each in results if each.ends]:
        text += f" Hues of a pixel’s runs are mixed by their shares{', without their times' if timed else ''}"
        heads = {word.partition(":")[0] for each in several for word in each.ends}
        striped = " and ".join(
            name for word, name in (("cycling", "stripes"), ("diverged", "hatching")) if word in heads
        )
        text += f"; {striped} as strong as the share of such runs." if striped else "."
    if between is not None:
        text += f" {_differing(between)}"
    return f"{text} In brackets: 95\u2009% intervals."


def _differing(between: Disagreement) -> str:
    """Return how to read the panel of what differs."""
    first, second = naming.labels(list(between.methods))
    text = f"Where they differ: filled with the end of {second}, striped with that of {first}; faint: the same end"
    text += "; grey: an end unknown" if between.unknown.any() else ""
    return text + (". What cycles counts as ending at its point." if between.cycling else ".")
