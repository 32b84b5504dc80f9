"""``landscape tipping`` as a question: from its specification to the map, table, figure and JSON."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from saddlescape.commands import lengths
from saddlescape.commands.asking import Asked, Desk, brief, each_method, scene_options
from saddlescape.errors import UsageError
from saddlescape.specs.run import RunSpec
from saddlescape.specs.tipping import TippingSpec

if TYPE_CHECKING:
    from saddlescape.analysis.pixels import Pixels
    from saddlescape.answers.tipping import Tipping
    from saddlescape.dynamics.method import Method
    from saddlescape.landscapes.base import Landscape

#: changes from one end to another that get a line of the table
MOST_CHANGES = 5


@dataclass(frozen=True, eq=False)
class TippingAsked(Asked):
    """The tipping map of ``swept``, whose number ``key`` has several values, over the window of ``scene``."""

    swept: Method
    key: str
    scene: Pixels

    written = TippingSpec
    example = "landscape tipping saddle --opt sam:rho=0.1..2/5"
    drawing = "saddlescape.plots.tipping_page"

    @classmethod
    def of(cls, spec: TippingSpec) -> Self:
        """Return what ``spec`` stands for; its own specification says all of it. Raises UsageError in words."""
        from saddlescape.analysis.pixels import pixels
        from saddlescape.commands.plan import find_landscape

        landscape = find_landscape(replace(spec, view=None))
        swept, key = _swept(spec.methods, landscape)
        scene = pixels(landscape, spec.pixels, spec.view, spec.plane or None, spec.origin or None)
        named, slices = landscape.name != landscape.formula, landscape.dim > 2
        whole = replace(
            spec,
            landscape=landscape.name if named else landscape.formula,
            methods=(swept.text,),
            params=dict(landscape.params),
            variables=() if named else landscape.coordinates,
            domain=landscape.domain,
            view=scene.view,
            steps=spec.steps or landscape.steps,
            plane=tuple(landscape.coordinates[k] for k in scene.plane) if slices else (),
            origin=tuple(float(a) for a in scene.origin) if slices else (),
        )
        return cls(whole, landscape, spec, swept, key, scene)

    @property
    def values(self) -> tuple[float, ...]:
        """The values of the number."""
        found: Any = self.swept.numbers[self.key]
        return tuple(found)

    @property
    def first(self) -> Method:
        """The method with the first value, whose ends all others are compared with."""
        return self.swept.with_numbers(**{self.key: self.values[0]})

    @property
    def ticks(self) -> int:
        """The ticks of every run: of a flow or SDE those that last as long as the steps of its map."""
        return lengths.ticks(RunSpec(landscape=self.spec.landscape, steps=self.spec.steps), self.first)

    @property
    def label(self) -> str:
        """What the method is called in a terminal, with the ends of its values."""
        from saddlescape.plots import naming

        (name,), values = naming.plain_labels([self.swept.text]), naming.read(self.swept.text).keys[self.key]
        varied = naming.plainly(self.key, values)
        return name if varied in name else f"{name} {varied}"  # eta of one method is not in its name

    @property
    def notes(self) -> list[str]:
        """What a person should know before it runs."""
        from saddlescape.analysis.tipping import ascending, rounds, width

        grid = ascending(self.first, self.key, self.values)
        ny, nx = self.scene.shape
        runs = nx * ny * rounds(grid, width(grid, self.spec.tolerance))
        return super().notes + lengths.costs([self.first], [self.ticks], runs, [self.label])

    @property
    def stem(self) -> str:
        """<landscape>-<method>-tipping."""
        from saddlescape.commands import outputs

        head = self.swept.text.partition(":")[0]
        return f"{outputs.landscape_name(self.spec.landscape)}-{head}-tipping"

    def found(self, desk: Desk) -> list[Tipping]:
        """Return the map; the runs that are through are kept on Ctrl-C."""
        from saddlescape.analysis.tipping import tipping

        spec = self.spec

        def work(_: int, progress: Any, resume: Any) -> Tipping:
            return tipping(
                self.landscape, self.first, self.key, self.values, view=self.scene.view, resolution=spec.pixels,
                steps=self.ticks, tolerance=spec.tolerance, more=spec.more, cycling=spec.cycling,
                plane=self.scene.plane, origin=self.scene.origin, seed=spec.seed, threads=desk.threads, progress=progress,
                resume=resume,
            )  # fmt: skip

        return each_method([self.label], work, desk)

    def table(self, found: Sequence[Tipping], room: int) -> str:
        """Return the shares of what tips and what does not, at which values, and what changes into what."""
        from saddlescape import layout

        (one,) = found
        spans, total = one.intervals(), one.kind.size
        rows = [
            (text, f"{share:.2%}", f"{spans[word][0]:.2%} – {spans[word][1]:.2%}")
            for word, text, share in one.kinds()
        ]
        lines = [layout.table((self.label, "share", "95 % interval"), rows, room, words_in=0)]
        lines += [layout.wrapped(line, room) for line in (*one.typical(), *_unknown(one))]
        if changes := one.changes():
            rows = [(before, after, f"{n / total:.2%}") for before, after, n in changes[:MOST_CHANGES]]
            if rest := changes[MOST_CHANGES:]:
                rows.append((f"{len(rest)} more", "", f"{sum(n for *_, n in rest) / total:.2%}"))
            lines.append(layout.table(("ends at first", "then", "share"), rows, room, words_in=1, left=2))
        return "\n".join(lines)

    def figure(self, found: Sequence[Tipping]) -> Any:
        """Return the figure of the map."""
        from saddlescape import plots

        return plots.tipping_figure(found[0], style=self.spec.style)

    def to_json(self, found: Sequence[Tipping]) -> dict[str, Any]:
        """Return the object of schema landscape.tipping/1."""
        from saddlescape import report

        points = [report.point_json(p) for p in self.landscape.critical_points]
        return {"seed": self.spec.seed, **found[0].to_json(), "critical_points": points}

    def suggestions(self) -> list[str]:
        """Return the command a person may want next: where the starts end at the first value, and at the last."""
        (text,) = self.asked.methods
        head, _, keys = text.partition(":")
        others = [each for each in keys.split(",") if each.partition("=")[0].strip() != self.key]
        ends = [
            f"{head}:{','.join([*others, f'{self.key}={brief(v)}'])}"
            for v in (self.values[0], self.values[-1])
        ]
        opts = [part for each in ends for part in ("--opt", each)]
        return [shlex.join(["landscape", "basins", self.asked.landscape, *opts, *scene_options(self.asked)])]


def _unknown(one: Tipping) -> list[str]:
    """Return a line on the runs whose end is not known, and what would tell more; none where there are none."""
    options = [
        (one.cycles, "--cycling takes cycles for ends"),
        (one.moving, f"--more {one.more + 2} waits longer"),
    ]
    advice = [said for part, said in options if part]
    return [f"{line}: {', '.join(advice)}" for line in one.why_unknown()]


def _swept(texts: Sequence[str], landscape: Landscape) -> tuple[Method, str]:
    """Return the one method and the one number of it that has several values. Raises UsageError for anything else."""
    from saddlescape.analysis.tipping import ascending
    from saddlescape.commands.plan import read_methods

    methods = read_methods(texts, landscape)
    if len(methods) > 1:
        names = ", ".join(m.text for m in methods[:3]) + (", …" if len(methods) > 3 else "")
        raise UsageError(
            f"a tipping map is of one method, and these are {len(methods)}: {names}. What varies is one number "
            "of it, such as rho=0.01..1/9"
        )
    (one,) = methods
    several = [key for key, value in one.numbers.items() if isinstance(value, tuple)]
    if len(several) != 1:
        key = "rho" if "rho" in one.numbers else "eta"
        head, value = texts[0].partition(":")[0].strip(), one.numbers[key]
        middle = value[0] if isinstance(value, tuple) else value or 0.1
        said = (
            f"{' and '.join(several)} have several values" if several else f"no number of {one.text} varies"
        )
        raise UsageError(
            f"a tipping map is over the values of one number, and {said}: write --opt "
            f"{head}:{key}={middle / 10:g}..{2 * middle:g}/9, for example (from..to/how many)"
        )
    (key,) = several
    given: Any = one.numbers[key]
    ascending(one.with_numbers(**{key: given[0]}), key, given)
    return one, key
