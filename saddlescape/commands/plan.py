"""From a specification to the runs it stands for: every default filled in, every name looked up, every number checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from saddlescape import starts
from saddlescape.commands import lengths, remarks
from saddlescape.errors import UsageError
from saddlescape.specs.run import RunSpec
from saddlescape.written import SceneSpec

if TYPE_CHECKING:
    from saddlescape.dynamics.method import Method
    from saddlescape.landscapes.base import Landscape
    from saddlescape.partial import Partial
    from saddlescape.results import Run

Progress = Callable[[int, int], None]
#: coordinates kept per method by default: enough to draw, 32 MB
KEPT = 4_000_000
MOST_METHODS = 1000


@dataclass(frozen=True, eq=False)
class Plan:
    """A resolved specification with the objects it names. ``methods`` and ``steps`` go together, the baseline first.

    ``asked`` is the specification as a person gave it, ``texts`` are those of all methods it asks for.
    """

    spec: RunSpec
    landscape: Landscape
    methods: tuple[Method, ...]
    steps: tuple[int, ...]
    baseline: int | None
    x0: Any
    asked: RunSpec
    texts: tuple[str, ...]

    @property
    def notes(self) -> list[str]:
        """What a person should know before it runs."""
        from saddlescape import report
        from saddlescape.dynamics.accuracy import words
        from saddlescape.plots import naming

        names = report.label(self.methods)
        called = dict(
            zip(self.spec.methods, naming.plain_labels(self.spec.methods), strict=True)
        )  # of sweeps
        called |= {each.text: name for each, name in zip(self.methods, names, strict=True)}
        rough = [(called[text], law) for text, law in self.spec.laws.items() if len(law) > 1]
        said = remarks.of_landscape(self.landscape) + remarks.of_starts(self.landscape, self.x0)
        said += remarks.of_doubles(self.texts, called.__getitem__)
        said += [f"{name} averages over {words(law)}" for name, law in rough]
        said += lengths.notes(self.spec, self.methods, names)
        return said + lengths.costs(self.methods, self.steps, len(self.x0), names)


def find_landscape(spec: SceneSpec) -> Landscape:
    """Return the landscape a specification names, with its parameters and windows."""
    from saddlescape.landscapes import landscape

    more: dict[str, Any] = {"samples": spec.samples} if spec.samples else {}
    return landscape(
        spec.landscape,
        domain=spec.domain,
        view=getattr(spec, "view", None),
        variables=spec.variables or None,
        params=spec.params,
        **more,
    )


def resolve(spec: RunSpec) -> Plan:
    """Return what ``spec`` stands for; its own specification says all of it. Raises UsageError in words."""
    landscape = find_landscape(spec)
    named = read_methods(spec.methods, landscape)
    whole = _resolved(spec, landscape, named)
    every_one = [each for m in named for each in m.expand()]
    expanded = list({each.text: each for each in every_one}.values())
    if len(expanded) > MOST_METHODS:
        raise UsageError(
            f"{len(expanded)} methods are more than one run takes (at most {MOST_METHODS}): make the sweep coarser"
        )
    baseline = _baseline(expanded) if whole.baseline else None
    methods = (baseline, *expanded) if baseline else tuple(expanded)
    x0 = starts.expand(whole.x0, landscape.view, whole.runs)
    lengths.long_enough(whole, methods)
    steps = tuple(lengths.ticks(whole, m) for m in methods)
    every = whole.every or _every(_most_steps(methods, steps), x0.size)
    found = replace(whole, every=every, laws=_laws(landscape, named, x0))
    texts = tuple(each.text for each in every_one)
    return Plan(found, landscape, methods, steps, 0 if baseline else None, x0, spec, texts)


def _laws(landscape: Landscape, methods: Sequence[Method], x0: Any) -> dict[str, Any]:
    """Return what the expectations of flows and SDEs are taken over, per method."""
    from saddlescape.dynamics.accuracy import law_said

    found = {m.text: law_said(landscape, m, x0) for m in methods if m.noise.random}
    return {text: said for text, said in found.items() if said}


def read_methods(texts: Sequence[str], landscape: Landscape) -> list[Method]:
    """Return the methods of ``texts`` (sam:batch=1|2 is two), what they leave open taken from the landscape."""
    from saddlescape.dynamics.reading import alternatives, method

    found = []
    for one in [each for text in texts for each in alternatives(text)]:
        asked = method(one)
        eta = asked.numbers["eta"]
        linked = (
            isinstance(eta, tuple) and asked.numbers.get("dt", 0.0) is None
        )  # dt goes with eta, one to one
        found += [asked.with_numbers(eta=a) for a in eta] if linked and isinstance(eta, tuple) else [asked]
    return [each.on(landscape) for each in found]


def _resolved(spec: RunSpec, landscape: Landscape, methods: list[Method]) -> RunSpec:
    named = landscape.name != landscape.formula
    return replace(
        spec,
        landscape=landscape.name if named else landscape.formula,
        methods=tuple(dict.fromkeys(m.text for m in methods)),
        params=dict(landscape.params),
        variables=() if named else landscape.coordinates,
        domain=landscape.domain,
        view=landscape.view,
        baseline=spec.baseline and all(m.name != "gd" for m in methods),
        x0=tuple(map(starts.embed, spec.x0 or (",".join(f"{a:.17g}" for a in landscape.start),))),
        steps=spec.steps if spec.steps or spec.time else landscape.steps,
    )


def _baseline(methods: list[Method]) -> Method:
    """Return gradient descent with the first method's step size, momentum and noise."""
    from saddlescape.dynamics.reading import method

    first = methods[0]
    noise = replace(first.noise, m=None, ascent="same", nodes=None)
    return replace(method("gd"), eta=first.eta, momentum=first.momentum, noise=noise)


def face_ticks(method: Method, steps: int) -> int:
    """Return how many ticks take as long as ``steps`` steps of the map."""
    from saddlescape.dynamics.timing import face_ticks

    return face_ticks(method, steps)


def _every(steps: int, numbers: int) -> int:
    records = max(2, KEPT // numbers)
    return max(1, -(-steps // (records - 1)))


def _most_steps(methods: Sequence[Method], ticks: Sequence[int]) -> int:
    """Return the most steps of the map that any of the runs lasts."""
    return max(max(1, round(t / face_ticks(m, 1))) for m, t in zip(methods, ticks, strict=True))


def execute(
    plan: Plan,
    k: int,
    progress: Progress | None = None,
    threads: int | None = None,
    resume: Partial | None = None,
) -> Run:
    """Run method ``k`` of the plan; the run carries the whole specification."""
    from saddlescape.dynamics.simulate import simulate

    spec = plan.spec
    run = simulate(
        plan.landscape, plan.methods[k], plan.x0, plan.steps[k],
        seed=spec.seed, fast=spec.fast, every=face_ticks(plan.methods[k], spec.every or 1), stop=spec.stop,
        threads=threads, progress=progress, resume=resume,
    )  # fmt: skip
    return replace(run, spec=spec.to_dict())


@dataclass(frozen=True)
class Ends:
    """Loss, gradient norm (n,) and, for a few trajectories, the largest Hessian eigenvalue where they end."""

    loss: Any
    grad_norm: Any
    sharpness: Any | None


def ends(plan: Plan, run: Run, few: int = 20) -> Ends:
    """Return what holds at the end of every trajectory of ``run``; NaN after divergence."""
    import numpy as np

    x = run.final
    with np.errstate(all="ignore"):
        gradient = np.linalg.norm(plan.landscape.grad(x), axis=-1)
        loss = plan.landscape.loss(x)
        if len(x) > few:
            return Ends(loss, gradient, None)
        hessian = plan.landscape.hessian(x)
    fine = np.isfinite(hessian).all(axis=(-1, -2))
    sharpness = np.full(len(x), np.nan)
    sharpness[fine] = np.linalg.eigvalsh(hessian[fine])[:, -1]
    return Ends(loss, gradient, sharpness)
