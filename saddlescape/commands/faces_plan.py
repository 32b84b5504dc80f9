"""``landscape faces`` as a question: from its specification to what it runs, the table and the figure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from saddlescape import starts
from saddlescape.commands import lengths
from saddlescape.commands.asking import Asked, Desk, each_method, scene_options
from saddlescape.specs.faces import FacesSpec

if TYPE_CHECKING:
    from saddlescape.analysis.cells import Job
    from saddlescape.answers.faces import FaceComparison
    from saddlescape.landscapes.base import Landscape


@dataclass(frozen=True, eq=False)
class FacesAsked(Asked):
    """A comparison of faces, with the ``job`` that measures it."""

    job: Job

    written = FacesSpec
    example = "landscape faces beale --opt sam:batch=1"
    drawing = "saddlescape.plots.faces_page"

    @classmethod
    def of(cls, spec: FacesSpec) -> Self:
        """Return what ``spec`` stands for; its own specification says all of it. Raises UsageError in words."""
        from saddlescape.analysis.cells import planned
        from saddlescape.commands.plan import find_landscape

        scene = find_landscape(spec)
        x0 = starts.expand(spec.x0, scene.view) if spec.x0 else None
        steps = spec.steps if spec.steps or spec.time else scene.steps
        job = planned(
            scene, spec.method, spec.faces or None, x0, time=spec.time, steps=steps, runs=spec.runs, etas=spec.etas,
            rhos=spec.rhos, seed=spec.seed, threads=None, records=spec.records, test=held_out(spec, scene), progress=None,
        )  # fmt: skip
        named = scene.name != scene.formula
        whole = replace(
            spec,
            landscape=scene.name if named else scene.formula,
            method=job.method.text,
            faces=job.faces,
            params=dict(scene.params),
            variables=() if named else scene.coordinates,
            domain=scene.domain,
            x0=(",".join(repr(float(a)) for a in job.x0),),
            steps=steps,
        )
        return cls(whole, scene, spec, job)

    @property
    def notes(self) -> list[str]:
        """What a person should know before it runs: doubts about the landscape, another time, minutes of work."""
        from saddlescape.commands import remarks

        runs = self.job.runs
        work = [
            (method, each.steps * ticks, runs if method.random else 1)
            for row in self.job.cells
            for each in row
            for method, ticks in zip(each.methods, each.ticks, strict=True)
        ]
        quick, slow = map(sum, zip(*(lengths.lasting(*each) for each in work), strict=True))
        scene = self.landscape
        found = [*remarks.of_landscape(scene), *remarks.of_starts(scene, self.job.x0[None])]
        found += [self.job.moved] if self.job.moved else []
        if lengths.long(quick, slow):
            total = sum(ticks * n for _, ticks, n in work)
            found.append(
                f"map and faces make {total:,} ticks in all, {runs:,} runs at {_many(self.job)}: "
                f"{lengths.in_words(quick)} to {lengths.in_words(slow)}, as the landscape is simple or not (fewer --runs "
                "or values, longer ticks or a shorter time would make it shorter)"
            )
        return found

    @property
    def stem(self) -> str:
        """<landscape>-<method>-faces."""
        from saddlescape.commands import outputs

        head = self.job.method.text.partition(":")[0]
        return f"{outputs.landscape_name(self.spec.landscape)}-{head}-faces"

    def found(self, desk: Desk) -> list[FaceComparison]:
        """Return the comparison; the runs that are through are kept on Ctrl-C."""
        from saddlescape.analysis.faces import measured

        def work(_: int, progress: Any, resume: Any) -> FaceComparison:
            return measured(replace(self.job, threads=desk.threads, progress=progress), resume)

        return each_method([f"{self.job.method.name} and its faces"], work, desk)

    def table(self, found: Sequence[FaceComparison], room: int) -> str:
        """Return the weak errors as a table, and what is to be said of them."""
        from saddlescape import layout
        from saddlescape.answers.faces import ERRORS

        (one,) = found
        kept = [k for k in range(6) if k != 2 or any(row[2] for row in one.rows())]
        head = ("", "eta", "rho", *ERRORS.values())
        rows = [[row[k] for k in kept] for row in one.rows()]
        lines = [layout.wrapped(one.title, room), layout.table([head[k] for k in kept], rows, room)]
        return "\n".join([*lines, *(layout.wrapped(each, room) for each in one.remarks())])

    def figure(self, found: Sequence[FaceComparison]) -> Any:
        """Return the figure of the comparison."""
        from saddlescape import plots

        return plots.faces_figure(found[0], style=self.spec.style)

    def to_json(self, found: Sequence[FaceComparison]) -> dict[str, Any]:
        """Return the object of schema landscape.faces/1."""
        start = {"dimension": self.landscape.dim, "x0": self.job.x0.tolist(), "seed": self.spec.seed}
        return {**start, **found[0].to_json()}

    def suggestions(self) -> list[str]:
        """Return the command a person may want next: a list of etas, or the paths themselves."""
        spec, own = self.spec, self.job.method
        source = [self.asked.landscape, *scene_options(self.asked)]
        start = ["--x0", spec.x0[0], "--time", f"{self.job.span:.12g}"]
        if spec.etas is None:
            eta = float(own.numbers["eta"])  # type: ignore[arg-type]
            values = "|".join(f"{eta / by:.10g}" for by in (4, 2, 1))
            return [
                shlex.join(["landscape", "faces", *source, "--opt", spec.method, *start, "--etas", values])
            ]
        named = [part for each in self.job.central.methods for part in ("--opt", each.text)]
        return [shlex.join(["landscape", "run", *source, *named, *start])]


def _many(job: Job) -> str:
    """Return at how many eta and rho is measured."""
    counts = [f"{len(v)} {key}{'s' * (len(v) > 1)}" for key, v in (("eta", job.etas), ("rho", job.rhos))]
    return " × ".join(counts[: 1 + ("rho" in job.method.numbers)])


def held_out(spec: FacesSpec, scene: Landscape) -> Landscape | None:
    """Return the landscape of the test loss: a name, or a formula in the coordinates of ``scene``."""
    from saddlescape.landscapes import CATALOGUE, landscape

    if spec.test is None:
        return None
    return landscape(spec.test, variables=None if spec.test in CATALOGUE else scene.coordinates)
