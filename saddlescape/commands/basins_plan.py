"""``landscape basins`` as a question: from its specification to maps, table, figure and JSON."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from saddlescape.commands import lengths, rough
from saddlescape.commands.asking import Asked, Desk, each_method, scene_options
from saddlescape.errors import UsageError
from saddlescape.specs.basins import BasinsSpec
from saddlescape.specs.run import RunSpec

if TYPE_CHECKING:
    from saddlescape.analysis.pixels import Pixels
    from saddlescape.answers.basins import Basins
    from saddlescape.answers.disagreement import Disagreement
    from saddlescape.dynamics.method import Method

#: ends of one method that get a line of the table
MOST_ENDS = 12


@dataclass(frozen=True, eq=False)
class BasinsAsked(Asked):
    """Basins of ``made``, methods with every number resolved, for ``ticks`` each, over the window of ``scene``."""

    made: tuple[Method, ...]
    ticks: tuple[int, ...]
    scene: Pixels

    written = BasinsSpec
    example = "landscape basins himmelblau --opt gd --opt sam"
    drawing = "saddlescape.plots.basins_page"
    telling = ("saddlescape.layout", "saddlescape.analysis.disagreement", "saddlescape.plots.naming")

    @classmethod
    def of(cls, spec: BasinsSpec) -> Self:
        """Return what ``spec`` stands for; its own specification says all of it. Raises UsageError in words."""
        from saddlescape.analysis.pixels import pixels
        from saddlescape.commands.plan import find_landscape, read_methods

        landscape = find_landscape(replace(spec, view=None))
        scene = pixels(landscape, spec.pixels, spec.view, spec.plane or None, spec.origin or None)
        rough.affordable(landscape, spec.pixels, spec.refine or 0)
        made = [each for m in read_methods(spec.methods, landscape) for each in m.expand()]
        methods = tuple({each.text: each for each in made}.values())
        if spec.runs > 1 and not any(m.random for m in methods):
            raise UsageError(
                f"--runs {spec.runs} repeats what chance has a part in, and nothing here is random"
            )
        steps = spec.steps if spec.steps or spec.time else landscape.steps
        lasting = _length(spec, steps)
        lengths.long_enough(lasting, methods)
        named, slices = landscape.name != landscape.formula, landscape.dim > 2
        whole = replace(
            spec,
            landscape=landscape.name if named else landscape.formula,
            methods=tuple(m.text for m in methods),
            params=dict(landscape.params),
            variables=() if named else landscape.coordinates,
            domain=landscape.domain,
            view=scene.view,
            steps=steps,
            plane=tuple(landscape.coordinates[k] for k in scene.plane) if slices else (),
            origin=tuple(float(a) for a in scene.origin) if slices else (),
        )
        return cls(whole, landscape, spec, methods, tuple(lengths.ticks(lasting, m) for m in methods), scene)

    @property
    def methods(self) -> Sequence[str]:
        """The texts of the methods."""
        return [m.text for m in self.made]

    @property
    def labels(self) -> list[str]:
        """The names of the methods in a terminal."""
        from saddlescape.plots import naming

        return naming.plain_labels(self.methods)

    @property
    def notes(self) -> list[str]:
        """What a person should know before it runs."""
        ny, nx = self.scene.shape
        length = _length(self.spec, self.spec.steps)
        said = super().notes + lengths.notes(length, self.made, self.labels)
        return said + lengths.costs(self.made, self.ticks, nx * ny * self.spec.runs, self.labels)

    @property
    def stem(self) -> str:
        """<landscape>-<methods>-basins."""
        from saddlescape.commands import outputs

        heads = dict.fromkeys(m.text.partition(":")[0] for m in self.made)
        return f"{outputs.landscape_name(self.spec.landscape)}-{'-'.join(heads)[:80]}-basins"

    def found(self, desk: Desk) -> list[Basins]:
        """Return the basins of every method; blocks of pixels that are done are kept on Ctrl-C."""
        from saddlescape.analysis.basins import basins

        spec = self.spec

        def work(k: int, progress: Any, resume: Any) -> Basins:
            one = self.made[k]
            return basins(
                self.landscape, one, view=self.scene.view, resolution=spec.pixels, steps=self.ticks[k],
                seed=spec.seed, runs=spec.runs if one.random else 1, plane=self.scene.plane, origin=self.scene.origin,
                early=spec.early, more=spec.more, fast=spec.fast, threads=desk.threads, progress=progress, resume=resume,
            )  # fmt: skip

        maps = each_method(self.labels, work, desk)
        return (
            rough.refined(self.landscape, maps, spec.refine, desk.threads, desk.kept) if spec.refine else maps
        )

    def table(self, found: Sequence[Basins], room: int) -> str:
        """Return the shares of the ends of every method with their intervals, and what decided them."""
        from saddlescape import layout

        rows = [row for name, each in zip(self.labels, found, strict=True) for row in _rows(name, each)]
        lines = [layout.table(("", "ends", "share", "95 % interval"), rows, room, words_in=1)]
        said = [f"{name}: {each.deciding()}" for name, each in zip(self.labels, found, strict=True)]
        if (between := differing(found)) is not None:
            low, high = between.interval
            said.append(
                f"{between.share:.2%} ({low:.2%} to {high:.2%}) of all starts end differently; "
                f"of {between.unknown.mean():.2%} one end is not known"
            )
        lines += [layout.wrapped(each, room) for each in said]
        return "\n".join([*lines, *rough.lines(self.labels, found, room, self.spec.borders)])

    def figure(self, found: Sequence[Basins]) -> Any:
        """Return the figure: a panel for every method, for two a third where they differ."""
        from saddlescape import plots

        return plots.basins_figure(found, differing(found), style=self.spec.style)

    @property
    def moves(self) -> bool:
        """Whether every pixel has a time at which its end is seen: those of several runs have shares."""
        return bool(self.spec.runs == 1)

    def movie(self, found: Sequence[Basins]) -> Any:
        """Return the maps as they fill."""
        from saddlescape import plots

        return plots.animate_basins(found, style=self.spec.style)

    def to_json(self, found: Sequence[Basins]) -> dict[str, Any]:
        """Return the object of schema landscape.basins/1."""
        between = differing(found)
        return {
            "runs": [
                {**each.to_json(), **(rough.to_json(each) if self.spec.borders else {})} for each in found
            ],
            "disagreement": None if between is None else between.share,
            "critical_points": [p.to_json() for p in self.landscape.critical_points],
        }

    def suggestions(self) -> list[str]:
        """Return the commands a person may want next."""
        asked = self.asked
        opts = [part for text in asked.methods for part in ("--opt", text)]
        source = [asked.landscape, *opts, *scene_options(asked)]
        return [shlex.join(["landscape", "critical", *source])]


def _length(spec: BasinsSpec, steps: int | None) -> RunSpec:
    """Return a run as long as the basins are asked to be."""
    return RunSpec(landscape=spec.landscape, steps=steps, time=spec.time)


def differing(found: Sequence[Basins]) -> Disagreement | None:
    """Return where two methods end differently; None for any other number of them."""
    from saddlescape.analysis.disagreement import disagreement

    return disagreement(found[0], found[1]) if len(found) == 2 else None


def _rows(name: str, one: Basins) -> list[tuple[str, str, str, str]]:
    """Return the rows of one method, the largest shares first."""
    shares = one.shares()
    rows = [
        (name * (not k), each.said, f"{each.part:.2%}", f"{each.low:.2%} – {each.high:.2%}")
        for k, each in enumerate(shares[:MOST_ENDS])
    ]
    if rest := shares[MOST_ENDS:]:
        rows.append(("", f"{len(rest)} more", f"{sum(each.part for each in rest):.2%}", ""))
    return rows
