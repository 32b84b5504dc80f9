"""From the specification of a comparison of faces to what it runs, and what is to be said before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from saddlescape import starts
from saddlescape.commands import lengths
from saddlescape.faces_spec import FacesSpec

if TYPE_CHECKING:
    from saddlescape.analysis.cells import Job
    from saddlescape.landscapes.base import Landscape


@dataclass(frozen=True, eq=False)
class FacesPlan:
    """A resolved specification with what it runs, and as it was asked for."""

    spec: FacesSpec
    landscape: Landscape
    job: Job
    asked: FacesSpec

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


def _many(job: Job) -> str:
    """Return at how many eta and rho is measured."""
    counts = [f"{len(v)} {key}{'s' * (len(v) > 1)}" for key, v in (("eta", job.etas), ("rho", job.rhos))]
    return " × ".join(counts[: 1 + ("rho" in job.method.numbers)])


def resolve(spec: FacesSpec) -> FacesPlan:
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
    return FacesPlan(whole, scene, job, spec)


def held_out(spec: FacesSpec, scene: Landscape) -> Landscape | None:
    """Return the landscape of the test loss: a name, or a formula in the coordinates of ``scene``."""
    from saddlescape.landscapes import CATALOGUE, landscape

    if spec.test is None:
        return None
    return landscape(spec.test, variables=None if spec.test in CATALOGUE else scene.coordinates)
