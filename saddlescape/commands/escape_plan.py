"""``landscape escape`` as a question: from its specification to what it runs, the table and the figure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from saddlescape import starts
from saddlescape.commands import lengths
from saddlescape.commands.asking import Asked, Desk, each_method, scene_options
from saddlescape.errors import UsageError
from saddlescape.specs.escape import EscapeSpec

if TYPE_CHECKING:
    from saddlescape.analysis.escape import Job
    from saddlescape.answers.escape import Escape


@dataclass(frozen=True, eq=False)
class EscapeAsked(Asked):
    """Escapes of several methods from one ball, a ``job`` each."""

    jobs: tuple[Job, ...]

    written = EscapeSpec
    example = "landscape escape saddle --opt sam:batch=1"
    drawing = "saddlescape.plots.escape_page"

    @classmethod
    def of(cls, spec: EscapeSpec) -> Self:
        """Return what ``spec`` stands for; its own specification says all of it. Raises UsageError in words."""
        from saddlescape.analysis import ball
        from saddlescape.analysis.escape import planned
        from saddlescape.commands.plan import find_landscape, read_methods

        scene = find_landscape(spec)
        named = read_methods(spec.methods, scene)
        methods = list({m.text: m for each in named for m in each.expand()}.values())
        x0 = starts.expand(spec.x0, scene.view) if spec.x0 else None
        if x0 is not None and len(x0) > 1:
            raise UsageError(
                f"--x0 is the one start of all runs here, not {len(x0)}: --spread spreads them around it"
            )
        about = ball.point_of(scene, spec.point, None if x0 is None else x0[0])
        start = about.x if x0 is None else x0[0]
        radius = spec.radius or ball.default_radius(scene, methods, about)
        spread = ball.default_spread(scene, methods, start, radius) if spec.spread is None else spec.spread
        steps = spec.steps if spec.steps or spec.time else scene.steps
        jobs = tuple(
            planned(scene, m, about.id, start, radius, spec.runs, steps, spec.time, spec.seed, spread)
            for m in methods
        )
        catalogued = scene.name != scene.formula
        whole = replace(
            spec,
            landscape=scene.name if catalogued else scene.formula,
            methods=tuple(dict.fromkeys(m.text for m in named)),
            params=dict(scene.params),
            variables=() if catalogued else scene.coordinates,
            domain=scene.domain,
            point=about.id,
            x0=(",".join(repr(float(a)) for a in start),),
            radius=radius,
            spread=spread,
            steps=steps,
        )
        return cls(whole, scene, spec, jobs)

    @property
    def methods(self) -> Sequence[str]:
        """The texts of the methods, one answer each."""
        return [job.plan.method.text for job in self.jobs]

    @property
    def labels(self) -> list[str]:
        """What the methods are called in a terminal."""
        from saddlescape import report

        return report.label([job.plan.method for job in self.jobs])

    @property
    def notes(self) -> list[str]:
        """What a person should know before it runs."""
        spec, methods = self.spec, [job.plan.method for job in self.jobs]
        said = super().notes
        if self.asked.spread is None and spec.spread:
            idle = "a method is not random, or its noise vanishes at the start"
            said.append(f"starts are spread over a ball of radius {spec.spread:g} (--spread): {idle}")
        said += list(dict.fromkeys(each for job in self.jobs for each in job.doubts))
        return said + lengths.costs(methods, [job.plan.ticks for job in self.jobs], spec.runs, self.labels)

    @property
    def stem(self) -> str:
        """<landscape>-<methods>-escape."""
        from saddlescape.commands import outputs

        heads = dict.fromkeys(text.partition(":")[0] for text in self.methods)
        return f"{outputs.landscape_name(self.spec.landscape)}-{'-'.join(heads)[:80]}-escape"

    def found(self, desk: Desk) -> Sequence[Escape]:
        """Return one escape per method."""
        from saddlescape.analysis.escape import measured

        def work(k: int, progress: Any, resume: Any) -> Escape:
            return measured(self.jobs[k], threads=desk.threads, progress=progress, resume=resume)

        return each_method(self.labels, work, desk)

    def table(self, found: Sequence[Escape], room: int) -> str:
        """Return the shares that left, their median times in steps and the rates of their tails, with 95 % intervals."""
        from saddlescape import layout, report

        one = found[0]
        start = "" if one.start.tolist() == one.centre.tolist() else f" from {layout.place(one.start)}"
        spread = f", starts within {one.spread:.4g}" if one.spread else ""
        line = f"{one.runs:,} run{'s' * (one.runs > 1)}{start}{spread}, time {one.time:g}, seed\xa0{self.spec.seed}"
        rows = [(label, *each.cells()) for label, each in zip(self.labels, found, strict=True)]
        table = layout.table(("", "left", "median steps", "rate of the tail"), rows, room)
        shared = report.shared([job.plan.method for job in self.jobs])
        title = f"out of the ball of radius {one.radius:g} around {one.place}: {line}"
        said = [layout.wrapped(each, room) for each in (shared, "in brackets: 95 % intervals") if each]
        return "\n".join([layout.wrapped(title, room), table, *said])

    def figure(self, found: Sequence[Escape]) -> Any:
        """Return the figure of all escapes."""
        from saddlescape import plots

        return plots.escape_figure(found, style=self.spec.style)

    def to_json(self, found: Sequence[Escape]) -> dict[str, Any]:
        """Return the object of schema landscape.escape/1."""
        from saddlescape import report

        points = [report.point_json(p) for p in self.landscape.critical_points]
        runs = [each.to_json() for each in found]
        return {
            "dimension": self.landscape.dim,
            "seed": self.spec.seed,
            "runs": runs,
            "critical_points": points,
        }

    def suggestions(self) -> list[str]:
        """Return the command a person may want next: what the first method does at the point."""
        source = [self.asked.landscape, *scene_options(self.asked)]
        return [shlex.join(["landscape", "critical", *source, "--opt", self.methods[0]])]
